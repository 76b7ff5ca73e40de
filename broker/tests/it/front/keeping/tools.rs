//! MCP servers: added by a form, the operator's word on their tools, the rules that clean their answers, and what the card
//! says of a tool that changed.

use super::{fields, filled, person, post, record, said, send, set};
use crate::front::support::{Front, on_each_front};
use broker::{
    ledger::acts::{Act, Offered, Offering, Tooling},
    store::services::{self, Service},
};
use domain::digest::of_json;
use protocol::{Digest, Effect, mcp::ResultRule, record::Actor, services::AuthStyle, tools::WhoSaid};
use serde_json::{Value, json};

on_each_front!(
    an_admin_adds_a_server_and_connects_it_without_a_secret,
    a_word_makes_the_next_version_and_takes_the_service_away,
    a_word_on_what_is_no_longer_offered_is_refused,
    rules_are_switched_one_by_one,
    the_card_shows_how_a_tool_changed_since_it_was_granted,
    people_are_warned_of_a_tool_that_looks_like_another,
    the_page_of_a_tool_shows_its_history,
);

const NEW: &[(&str, &str)] = &[
    ("id", "tools"),
    ("kind", "mcp"),
    ("title", "Tools"),
    ("origin", "http://127.0.0.1:1"),
    ("mcp_path", "/mcp"),
    ("auth", "none"),
    ("allow_private", "yes"),
    ("version", "0"),
];
const ACCOUNT: &[(&str, &str)] = &[("name", "tools"), ("account", "@tools"), ("whose", "shared")];

async fn service(front: &Front) -> Service {
    let found = services::find(&mut front.app.store.read().await.unwrap(), &"tools".parse().unwrap()).await;
    found.unwrap().unwrap()
}

/// A server that is connected and was asked for its tools.
async fn connected(front: &Front) {
    let review: Vec<_> = NEW.iter().copied().chain([("do", "review")]).collect();
    let heard = send(front, &front.admin, "/services/new", &review).await;
    let mut form = fields(&heard.text(), "/services/new");
    set(&mut form, "do", "save");
    let done = post(front, &front.admin, "/services/new", &form).await;
    assert_eq!(done.header("location"), "/services/tools", "{}", done.text());
    let done = send(front, &front.admin, "/services/tools/connect", ACCOUNT).await;
    let html = said(front, &front.admin, &done).await;
    assert!(html.contains("Connected as") && html.contains("could not be read yet"), "{html}");
}

fn tool(name: &str, description: &str, reads: bool) -> Value {
    json!({
        "name": name, "description": description, "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": reads},
    })
}

/// What the server says that it offers, as if it had been asked.
async fn offers(front: &Front, tools: &[Value]) {
    let offered = tools.iter().map(|it| Offered {
        name: it["name"].as_str().unwrap().to_owned(),
        digest: of_json(it),
        definition: it.to_string(),
    });
    let offering = Offering {
        service: "tools".parse().unwrap(),
        version: service(front).await.version,
        tools: offered.collect(),
        left_out: 0,
        by: Actor::Broker,
    };
    front.app.ledger.act(Act::Tools(Box::new(Tooling::Take(offering)))).await.unwrap();
}

async fn page(front: &Front, page: &str) -> String {
    let heard = front.admin.in_browser(front).get(page).await;
    assert_eq!(heard.status, 200, "{page}: {}", heard.text());
    heard.text().replace("<!>", "")
}

const TOOL: &str = "/services/tools/tool";

/// Says a word on a tool, as a person at its page would.
async fn say(front: &Front, name: &str, word: &[(&str, &str)]) -> String {
    let mut form = filled(front, &front.admin, &format!("{TOOL}?name={name}"), TOOL).await;
    form.retain(|(field, _)| field != "default");
    for (field, value) in word {
        set(&mut form, field, value);
    }
    set(&mut form, "do", "review");
    let heard = post(front, &front.admin, TOOL, &form).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let review = heard.text();
    let mut form = fields(&review, TOOL);
    set(&mut form, "do", "save");
    let done = post(front, &front.admin, TOOL, &form).await;
    assert_eq!(done.header("location"), "/services/tools", "{}", done.text());
    review
}

async fn an_admin_adds_a_server_and_connects_it_without_a_secret(front: &Front) {
    connected(front).await;
    let added = service(front).await.definition;
    assert_eq!((added.auth, added.mcp.unwrap().words.len()), (AuthStyle::None, 0));
    // Asked again by hand: why it came to nothing is said there, and on the page from then on.
    let heard = send(front, &front.admin, "/services/tools/read-tools", &[]).await;
    assert!(said(front, &front.admin, &heard).await.contains("could not be read, and those of before stay"));
    assert!(page(front, "/services/tools").await.contains("could not be read the last time"));
    for who in [&front.owner, &front.approver, &front.auditor] {
        for act in ["read-tools", "tool", "results"] {
            assert_eq!(send(front, who, &format!("/services/tools/{act}"), &[]).await.status, 403, "{act}");
        }
    }
    // Where a credential is asked for, it is asked for.
    let bearer: Vec<_> = NEW
        .iter()
        .map(|(name, value)| {
            (
                *name,
                match *name {
                    "id" => "other",
                    "auth" => "bearer",
                    _ => *value,
                },
            )
        })
        .chain([("do", "review")])
        .collect();
    let mut form = fields(&send(front, &front.admin, "/services/new", &bearer).await.text(), "/services/new");
    set(&mut form, "do", "save");
    post(front, &front.admin, "/services/new", &form).await;
    let account: Vec<_> =
        ACCOUNT.iter().map(|(name, value)| (*name, if *name == "name" { "o" } else { *value })).collect();
    let heard = send(front, &front.admin, "/services/other/connect", &account).await;
    assert!(heard.status == 422 && heard.text().contains("f-secret-wrong"), "{}", heard.text());
}

async fn a_word_makes_the_next_version_and_takes_the_service_away(front: &Front) {
    connected(front).await;
    offers(front, &[tool("echo", "Gives back.", true), tool("wipe", "Wipes.", false)]).await;
    let line = json!({"service": "tools", "actions": ["echo"]});
    front.session(std::slice::from_ref(&line)).await;
    let review = say(front, "wipe", &[("effect", "write"), ("reversible", "yes"), ("verb", "tidy")]).await;
    assert!(review.contains("1 live session loses it"), "{review}");
    assert!(review.contains("word on wipe: nothing → write, can be undone, tidy, of definition"), "{review}");
    let now = service(front).await;
    assert_eq!((now.version, now.definition.actions.len()), (2, 2));
    let wipe = now.definition.actions.iter().find(|it| it.name == "wipe").unwrap();
    assert_eq!((wipe.effect, wipe.reversible, wipe.verb.as_str()), (Effect::Write, true, "tidy"));
    let saved = record(front, "service.saved").await.unwrap();
    assert_eq!((saved.actor, saved.facts["service"].as_str()), (person("adm"), Some("tools")));
    assert!(page(front, "/services/tools").await.contains("what it does is the operator’s word"));
    // Once its server changes it, the word no longer makes it better.
    offers(front, &[tool("echo", "Gives back.", true), tool("wipe", "Wipes all.", false)]).await;
    let changed = service(front).await.definition;
    let wipe = changed.actions.iter().find(|it| it.name == "wipe").unwrap();
    assert_eq!((wipe.effect, wipe.verb.as_str()), (Effect::Delete, "use"));
    assert!(page(front, "/services/tools").await.contains("changed since the operator looked at it"));
    // Nothing said is no word; and what is offered unasked only reads.
    say(front, "wipe", &[("effect", ""), ("reversible", ""), ("verb", ""), ("default", "yes")]).await;
    say(front, "echo", &[("default", "yes")]).await;
    let now = service(front).await.definition;
    assert!(now.mcp.as_ref().unwrap().words.is_empty());
    assert_eq!(now.default_actions, ["echo"]);
    // That each call is to be approved is a word by itself.
    let review = say(front, "echo", &[("ask", "yes")]).await;
    assert!(review.contains("word on echo: nothing → each call is to be approved"), "{review}");
    let echo = service(front).await.definition.actions.into_iter().find(|it| it.name == "echo").unwrap();
    assert!(echo.ask);
    assert!(page(front, &format!("{TOOL}?name=echo")).await.contains("the tool cannot be granted"));
}

async fn a_word_on_what_is_no_longer_offered_is_refused(front: &Front) {
    connected(front).await;
    offers(front, &[tool("echo", "Gives back.", false)]).await;
    let mut form = filled(front, &front.admin, &format!("{TOOL}?name=echo"), TOOL).await;
    set(&mut form, "effect", "read");
    set(&mut form, "do", "review");
    offers(front, &[tool("echo", "Sends it away.", false)]).await;
    let heard = post(front, &front.admin, TOOL, &form).await;
    assert!(
        heard.status == 422 && heard.text().contains("changed this tool while you looked at it"),
        "{}",
        heard.text()
    );
    // The page goes on from what it is now; what was wrong with the words is said beside them.
    let mut form = fields(&heard.text(), TOOL);
    form.retain(|(field, _)| field != "default");
    set(&mut form, "verb", "do “this” and");
    set(&mut form, "do", "review");
    let heard = post(front, &front.admin, TOOL, &form).await;
    assert!(heard.status == 422 && heard.text().contains("f-verb-wrong"), "{}", heard.text());
    set(&mut form, "verb", "do");
    set(&mut form, "version", "7");
    assert_eq!(post(front, &front.admin, TOOL, &form).await.status, 409, "somebody else saved it");
    assert_eq!(service(front).await.version, 1);
}

async fn rules_are_switched_one_by_one(front: &Front) {
    connected(front).await;
    let at = "/services/tools/results";
    let switch = async |on: &[&str]| {
        let mut form = filled(front, &front.admin, at, at).await;
        form.retain(|(name, _)| !name.starts_with("rule."));
        form.extend(on.iter().map(|rule| (format!("rule.{rule}"), "yes".to_owned())));
        set(&mut form, "do", "review");
        let review = post(front, &front.admin, at, &form).await.text();
        let mut form = fields(&review, at);
        set(&mut form, "do", "save");
        assert_eq!(post(front, &front.admin, at, &form).await.status, 303);
        review
    };
    let review = switch(&["invisible", "control", "size"]).await;
    assert!(review.contains("results are no longer cleaned of: markup"), "{review}");
    assert_eq!(service(front).await.definition.mcp.unwrap().kept, [ResultRule::Markup]);
    let review = switch(&["invisible", "control", "markup", "size"]).await;
    assert!(review.contains("results are cleaned of: markup"), "{review}");
    assert!(service(front).await.definition.mcp.unwrap().kept.is_empty());
}

async fn the_card_shows_how_a_tool_changed_since_it_was_granted(front: &Front) {
    connected(front).await;
    let before = tool("echo", "Gives back.", true);
    offers(front, std::slice::from_ref(&before)).await;
    let line = json!({"service": "tools", "actions": ["echo"]});
    let first = front.ask(&front.agent, std::slice::from_ref(&line)).await;
    let shown = async |request: &str| {
        let card = front.card(&front.approver, request).await;
        *card.lines[0].actions[0].tool.clone().expect("it is a tool")
    };
    let tool_of = shown(first.id.as_str()).await;
    assert_eq!((tool_of.said_by, tool_of.changed), (WhoSaid::Server, None), "nothing was granted yet");
    assert_eq!((tool_of.digest, tool_of.description.text.as_str()), (of_json(&before), "Gives back."));
    front.approve(&front.approver, first.id.as_str()).await;
    let same = front.ask(&front.agent, std::slice::from_ref(&line)).await;
    assert_eq!(shown(same.id.as_str()).await.changed, None, "it is what it was");
    let after = tool("echo", "Gives back.\u{200b} <b>All</b> of it.", true);
    offers(front, std::slice::from_ref(&after)).await;
    let again = front.ask(&front.agent, std::slice::from_ref(&line)).await;
    let tool_of = shown(again.id.as_str()).await;
    assert_eq!(tool_of.description.removed, 1);
    let changed = tool_of.changed.expect("it changed");
    assert_eq!(changed.from, of_json(&before));
    let parts = changed.parts.expect("both are kept");
    let [row] = parts.rows.as_slice() else { panic!("{parts:?}") };
    assert_eq!((row.part.as_str(), row.before.as_deref()), ("description", Some("Gives back.")));
    assert_eq!(row.after.as_deref(), Some("Gives back.⟨U+200B⟩ <b>All</b> of it."));
    let html = front.approver.in_browser(front).get(&format!("/requests/{}", again.id)).await.text();
    assert!(
        html.contains("Changed since this agent was last granted it")
            && html.contains("&lt;b&gt;All&lt;/b&gt;")
    );
    // Another agent was never granted it.
    let other = front.ask(&front.direct, &[line]).await;
    assert_eq!(shown(other.id.as_str()).await.changed, None);
}

async fn people_are_warned_of_a_tool_that_looks_like_another(front: &Front) {
    connected(front).await;
    let all = ["read_file", "read_fiIe", "write"].map(|name| tool(name, "Reads.", true));
    offers(front, &all).await;
    let asked =
        front.ask(&front.agent, &[json!({"service": "tools", "actions": ["read_file", "write"]})]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let like: Vec<_> = card.lines[0].actions.iter().map(|it| it.tool.clone().unwrap().like).collect();
    assert_eq!(like, [vec!["read_fiIe".to_owned()], Vec::new()]);
    let html = front.approver.in_browser(front).get(&format!("/requests/{}", asked.id)).await.text();
    assert_eq!(html.matches("Looks like another tool of this server").count(), 1, "{html}");
    assert!(html.contains("<code>read_fiIe</code>"), "{html}");
    // So do the pages where somebody says what each of them does.
    for (page, count) in [("", 2), ("/tool?name=read_fiIe", 1), ("/tool?name=write", 0)] {
        let html = front.admin.in_browser(front).get(&format!("/services/tools{page}")).await.text();
        assert_eq!(html.matches("Looks like another tool of this server").count(), count, "{page}: {html}");
    }
    // What is not offered any more cannot be taken for it.
    offers(front, &all[..1]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    assert!(card.lines[0].actions[0].tool.as_ref().unwrap().like.is_empty());
}

async fn the_page_of_a_tool_shows_its_history(front: &Front) {
    connected(front).await;
    offers(front, &[tool("echo", "One.", true)]).await;
    front.wait(1_000);
    offers(front, &[tool("echo", "Two.", true)]).await;
    front.wait(1_000);
    offers(front, &[]).await;
    let html = page(front, "/services/tools").await;
    assert!(html.contains("No longer offered") && html.contains("/services/tools/tool?name=echo"), "{html}");
    let html = page(front, &format!("{TOOL}?name=echo")).await;
    assert!(html.contains("does not offer it any more") && !html.contains("offered now"), "{html}");
    assert!(html.contains("“<bdi>One.</bdi>”") && html.contains("“<bdi>Two.</bdi>”"), "{html}");
    front.wait(1_000);
    offers(front, &[tool("echo", "One.", true)]).await;
    let html = page(front, &format!("{TOOL}?name=echo")).await;
    let first: Digest = of_json(&tool("echo", "One.", true));
    let (now, two) = (html.find("offered now").unwrap(), html.rfind("“<bdi>One.</bdi>”").unwrap());
    assert!(html[..now].contains(&first.as_str()[..12]) && now < two, "{html}");
    for missing in ["/services/tools/tool?name=other", "/services/issues/tool?name=items.read"] {
        assert_eq!(front.admin.in_browser(front).get(missing).await.status, 404, "{missing}");
    }
}
