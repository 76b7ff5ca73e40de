//! The desk of an MCP server: tools that are plain, one that changed, one that its server would like to be taken for more,
//! and what is left out.

use super::{Fake, not_found, sample};
use chrono::TimeDelta;
use protocol::{
    card::{Card, CardAction, CleanText},
    digest::Digest,
    ids::Slug,
    mcp::{McpServer, McpTransport, ResultRule, ToolWord},
    problem::Problem,
    services::{Action, AuthStyle, Effect, Recogniser, ServiceDefinition, ServiceKind, Tier},
    timeline::{CallResult, Cleaned},
    tools::{CardTool, ChangedPart, ChangedParts, ToolChange, WhoSaid},
};
use web_ui::{Definition, ServerView, ServiceView, ToolDesk, ToolPage, ToolView};

#[async_trait::async_trait]
impl ToolDesk for Fake {
    async fn tool(&self, service: &Slug, name: &str) -> Result<ToolPage, Problem> {
        self.works()?;
        let definition = definition("everything");
        let view = server().tools.into_iter().find(|it| it.name == name);
        let known = view.is_some() || name == "gone";
        if !known || !service.as_str().starts_with("everything") {
            return Err(not_found());
        }
        let action = definition.actions.iter().find(|it| it.name == name).cloned();
        let past = |number: u8, current, changed| Definition {
            digest: Digest::from_bytes(&[number; 32]),
            first_seen: sample::now() - TimeDelta::days(i64::from(number)),
            current,
            changed,
        };
        Ok(ToolPage {
            service: service.clone(),
            service_title: "Everything".to_owned(),
            version: 4,
            sensitive: false,
            name: name.to_owned(),
            now: view.zip(action),
            word: (name == "get-sum").then(word),
            default: name == "echo",
            definition: format!(r#"{{"name":"{name}","description":"{}"}}"#, sample::hostile()),
            history: vec![past(1, name != "gone", Some(parts())), past(9, false, None)],
            may_keep: !self.plain,
        })
    }
}

fn word() -> ToolWord {
    ToolWord {
        tool: "get-sum".to_owned(),
        effect: Some(Effect::Read),
        reversible: None,
        verb: Some("add".to_owned()),
        object: None,
        ask: false,
        for_digest: Some(Digest::from_bytes(&[1; 32])),
    }
}

/// What changed, as a server that hides something would have it.
fn parts() -> ChangedParts {
    let part = |part: &str, before: Option<&str>, after: Option<&str>| ChangedPart {
        part: part.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    ChangedParts {
        rows: vec![
            part("annotations/readOnlyHint", Some("true"), Some("false")),
            part(
                "description",
                Some("Adds two numbers."),
                Some(&format!("Adds.⟨U+200B⟩ {}", sample::hostile())),
            ),
            part("inputSchema/properties/send_to", None, Some(r#"{"type":"string"}"#)),
        ],
        more: 2,
    }
}

const TOOLS: [(&str, Effect, WhoSaid); 4] = [
    ("echo", Effect::Read, WhoSaid::Server),
    ("get-sum", Effect::Read, WhoSaid::Operator),
    ("toggle-logging", Effect::Delete, WhoSaid::Nobody),
    ("write_file", Effect::Delete, WhoSaid::Earlier),
];

pub fn definition(id: &str) -> ServiceDefinition {
    let action = |name: &str, effect, recogniser| Action {
        name: name.to_owned(),
        verb: "use".to_owned(),
        object: name.to_owned(),
        effect,
        reversible: effect == Effect::Read,
        ask: false,
        recogniser,
    };
    let tool = |name: &str| Recogniser::Tool { tool: name.to_owned(), digest: Digest::from_bytes(&[1; 32]) };
    let mut actions: Vec<_> = TOOLS.map(|(name, effect, _)| action(name, effect, tool(name))).to_vec();
    let method = "resources/read".to_owned();
    actions.push(action("resources/read", Effect::Read, Recogniser::Method { method }));
    let transport = if id.ends_with("stdio") {
        McpTransport::Stdio { program: sample::slug("everything") }
    } else {
        McpTransport::Http { path: "/mcp".to_owned() }
    };
    ServiceDefinition {
        id: sample::slug(id),
        title: "Everything".to_owned(),
        kind: ServiceKind::Mcp,
        origin: "https://everything.example".to_owned(),
        auth: if id.ends_with("stdio") { AuthStyle::None } else { AuthStyle::Bearer },
        allow_private: false,
        sensitive: false,
        resource: None,
        approvals: 1,
        four_eyes: false,
        default_actions: vec!["echo".to_owned()],
        mcp: Some(McpServer { transport, words: vec![word()], kept: vec![ResultRule::Size] }),
        actions,
    }
}

pub fn server() -> ServerView {
    let tool = |(name, _, said_by): (&str, Effect, WhoSaid)| ToolView {
        name: name.to_owned(),
        title: if name == "write_file" { sample::hostile() } else { name.to_owned() },
        description: description(name),
        digest: Digest::from_bytes(&[1; 32]),
        said_by,
        like: if name == "echo" { vec!["ech0".to_owned()] } else { Vec::new() },
        first_seen: sample::now() - TimeDelta::days(40),
        changed_at: (name == "write_file").then(|| sample::now() - TimeDelta::hours(3)),
    };
    ServerView {
        tools: TOOLS.map(tool).to_vec(),
        gone: vec!["gone".to_owned()],
        left_out: Some(2),
        failed: Some("the MCP server took more than 30 seconds to say what it offers".to_owned()),
    }
}

fn description(name: &str) -> CleanText {
    match name {
        "toggle-logging" => CleanText::default(),
        "write_file" => CleanText { text: sample::hostile().repeat(3), removed: 7 },
        _ => CleanText { text: "Gives back what it is given.".to_owned(), removed: 0 },
    }
}

/// The same as services of the list.
pub fn views(like: &ServiceView) -> Vec<ServiceView> {
    let view = |id: &str| {
        let definition = definition(id);
        let mut view = like.clone();
        (view.summary.id, view.summary.title) = (definition.id.clone(), definition.title.clone());
        (view.summary.origin, view.summary.version) = (definition.origin.clone(), 4);
        view.summary.actions.clone_from(&definition.actions);
        view.usage = Vec::new();
        ServiceView { server: Some(server()), definition, ..view }
    };
    vec![view("everything"), view("everything-stdio")]
}

/// A call of a tool that says that it failed, in words that had to be cleaned.
pub fn call_result() -> CallResult {
    let cleaned = |rule, places| Cleaned { rule, places };
    let cleaned = vec![cleaned(ResultRule::Invisible, 12), cleaned(ResultRule::Markup, 1)];
    CallResult::Answered { status: 200, ms: 31, trouble: None, failed: true, cleaned }
}

/// A card on which tools are asked for.
pub fn set(card: &mut Card) {
    let action = |(name, effect, said_by): (&str, Effect, WhoSaid)| {
        let why = "needs a passkey";
        let disabled_because = (effect == Effect::Delete).then(|| why.to_owned());
        let changed = ToolChange {
            from: Digest::from_bytes(&[9; 32]),
            granted_at: sample::now() - TimeDelta::days(12),
            parts: (name == "get-sum").then(parts),
        };
        CardAction {
            name: name.to_owned(),
            label: format!("use {name}"),
            effect,
            tier: if effect == Effect::Delete { Tier::High } else { Tier::Low },
            ticked: disabled_because.is_none(),
            disabled_because,
            tool: Some(Box::new(CardTool {
                digest: Digest::from_bytes(&[1; 32]),
                description: description(name),
                said_by,
                like: if name == "get-sum" { vec!["get-surn".to_owned()] } else { Vec::new() },
                changed: (said_by == WhoSaid::Operator || said_by == WhoSaid::Earlier).then_some(changed),
            })),
        }
    };
    card.sentence =
        sample::sentence("wants to *use echo and add get-sum* on *Everything* as @paul, for *1 hour*.");
    card.worst.tier = Tier::Low;
    "Can only read.".clone_into(&mut card.worst.headline);
    card.worst.detail = String::new();
    let line = &mut card.lines[0];
    line.service = sample::slug("everything");
    "Everything".clone_into(&mut line.title);
    "https://everything.example".clone_into(&mut line.origin);
    line.actions = TOOLS.map(action).to_vec();
    line.resources = Vec::new();
    line.conditions = vec!["argument /path starts with “/srv/docs/”".to_owned()];
}
