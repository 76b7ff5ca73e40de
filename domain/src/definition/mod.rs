//! What an admin declares about a service is checked once, when it is declared: everything later relies on it.

pub mod form;
mod mcp;
mod origin;
mod resource;

pub use mcp::{LONGEST_NAME, METHODS as MCP_METHODS, is_tool_name, program_origin};
pub use origin::check_origin;
pub use resource::ResourceTemplate;

use crate::{
    path::{CanonicalPath, Template},
    quorum::MOST,
    text::plain_name,
    tier::action_tier,
};
use protocol::{
    Action,
    access::{AskableAction, AskableService},
    services::{AuthStyle, Effect, Recogniser, ServiceDefinition, ServiceKind, Tier},
};
use std::collections::{BTreeMap, BTreeSet};

/// The methods an action may have: those that carry a plain request. `CONNECT` and `TRACE` never.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// How many people a service may ask for.
const APPROVALS: &str = "must be 1 to 9";

/// Why a definition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {why}")]
pub struct BadDefinition {
    /// Which field, as `actions[2].recogniser.path`.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

/// A service as it stands now, with the version of its definition.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// Its definition.
    pub definition: &'a ServiceDefinition,
    /// The version of that definition.
    pub version: i64,
}

/// Checks a definition. An action whose path lacks the names of the resource template is allowed: it can only be
/// called on lines that name no resource.
pub fn check(definition: &ServiceDefinition) -> Result<(), BadDefinition> {
    plain("title", &definition.title, 60)?;
    check_origin(&definition.origin).map_err(|why| bad("origin", why))?;
    check_auth(&definition.auth)?;
    mcp::check(definition)?;
    if let Some(resource) = &definition.resource {
        ResourceTemplate::parse(resource).map_err(|why| bad("resource", why))?;
    }
    if !(1..=MOST).contains(&definition.approvals) {
        return Err(bad("approvals", APPROVALS));
    }
    if definition.actions.is_empty() && definition.kind != ServiceKind::Mcp {
        return Err(bad("actions", "must name at least one action"));
    }
    let mut names = BTreeSet::new();
    let mut known: Vec<(&str, Template, &str)> = Vec::new();
    for (number, action) in definition.actions.iter().enumerate() {
        let field = |part: &str| format!("actions[{number}].{part}");
        check_words(action, definition.kind, &field)?;
        if !names.insert(action.name.as_str()) {
            return Err(bad(field("name"), format!("repeats {}", action.name)));
        }
        let Recogniser::Http { method, path } = &action.recogniser else {
            mcp::check_action(definition, action, &field)?;
            continue;
        };
        if definition.kind != ServiceKind::Http {
            return Err(bad(field("recogniser.by"), "must be tool or method: this is an MCP server"));
        }
        if !METHODS.contains(&method.as_str()) {
            return Err(bad(field("recogniser.method"), format!("must be one of {}", METHODS.join(", "))));
        }
        let template = Template::parse(path).map_err(|why| bad(field("recogniser.path"), why.to_string()))?;
        let same = known.iter().find(|(other, known, _)| {
            other == method && known.overlaps(&template) && known.specificity() == template.specificity()
        });
        if let Some((_, _, other)) = same {
            let why = format!("recognises the same calls as {other}");
            return Err(bad(field("recogniser.path"), why));
        }
        known.push((method, template, &action.name));
    }
    check_defaults(definition)
}

/// What is offered unasked only looks: whoever wants more has to say so.
fn check_defaults(definition: &ServiceDefinition) -> Result<(), BadDefinition> {
    for (number, name) in definition.default_actions.iter().enumerate() {
        if definition.kind == ServiceKind::Mcp {
            mcp::check_default(definition, number)?; // which tools there are is the server's to say
            continue;
        }
        let action = definition.actions.iter().position(|it| it.name == *name);
        let Some(at) = action else {
            return Err(bad(format!("default_actions[{number}]"), format!("there is no action {name}")));
        };
        if definition.actions[at].effect != Effect::Read {
            return Err(bad(format!("actions[{at}].default"), "is only for actions with the effect read"));
        }
        if definition.default_actions[..number].contains(name) {
            return Err(bad(format!("default_actions[{number}]"), format!("repeats {name}")));
        }
    }
    Ok(())
}

/// The action that a call is: of those that match, the one with the most specific path. Definitions that passed
/// [`check`] never leave a choice.
pub fn recognise<'a>(actions: &'a [Action], method: &str, path: &CanonicalPath) -> Option<Recognised<'a>> {
    let matching = actions.iter().filter_map(|action| {
        let Recogniser::Http { method: of_action, path: template } = &action.recogniser else { return None };
        let template = Template::parse(template).ok().filter(|_| of_action == method)?;
        let names = template.matches(path)?;
        Some((template.specificity(), Recognised { action, names }))
    });
    matching.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, recognised)| recognised)
}

/// A call that is one of a service's actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised<'a> {
    /// Which.
    pub action: &'a Action,
    /// The named, decoded segments of its path.
    pub names: BTreeMap<String, String>,
}

/// What an action does, as `comment on issues`.
pub fn does(action: &Action) -> String {
    format!("{} {}", action.verb, action.object)
}

/// How an action is called, as `POST /projects/{project}/issues`.
pub fn call_of(action: &Action) -> String {
    match &action.recogniser {
        Recogniser::Http { method, path } => format!("{method} {path}"),
        Recogniser::Tool { tool, .. } => format!("tools/call {tool}"),
        Recogniser::Method { method } => method.clone(),
    }
}

/// The path template of an action; none of what is not called by HTTP.
pub fn template_of(action: &Action) -> Option<&str> {
    match &action.recogniser {
        Recogniser::Http { path, .. } => Some(path),
        Recogniser::Tool { .. } | Recogniser::Method { .. } => None,
    }
}

/// A service as an agent sees it that may ask for it.
pub fn askable(definition: &ServiceDefinition) -> AskableService {
    let ask = |action: &Action| AskableAction {
        name: action.name.clone(),
        does: does(action),
        call: call_of(action),
        cautions: cautions(action, definition.sensitive),
    };
    AskableService {
        service: definition.id.clone(),
        title: definition.title.clone(),
        resource: definition.resource.clone(),
        actions: definition.actions.iter().map(ask).collect(),
    }
}

/// What an agent should be careful about: what the action does to the world, and how hard it is to get.
fn cautions(action: &Action, sensitive: bool) -> Vec<String> {
    let does = match action.effect {
        Effect::Read if sensitive => Some("what it reads is sensitive"),
        Effect::Read | Effect::Write => None,
        Effect::Send => Some("it sends something to others"),
        Effect::Spend => Some("it spends money or quota"),
        Effect::Delete => Some("it deletes"),
        Effect::Admin => Some("it changes permissions or credentials, or returns credentials"),
    };
    let undone = !action.reversible && action.effect != Effect::Read;
    let hard = match action_tier(action.effect, action.reversible, sensitive, false) {
        Tier::Low | Tier::Medium => None,
        Tier::High => Some("a person grants it with a passkey, if at all"),
        Tier::Critical => Some("two persons grant it, one with a passkey, if at all"),
    };
    let all = [does, undone.then_some("it cannot be undone"), hard];
    all.into_iter().flatten().map(str::to_owned).collect()
}

fn check_words(
    action: &Action,
    kind: ServiceKind,
    field: &impl Fn(&str) -> String,
) -> Result<(), BadDefinition> {
    plain(&field("verb"), &action.verb, 40)?;
    if kind == ServiceKind::Mcp {
        return plain(&field("object"), &action.object, mcp::LONGEST_NAME);
    }
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    if !(1..=64).contains(&action.name.len()) || !action.name.bytes().all(inner) {
        return Err(bad(field("name"), "must be 1 to 64 of a-z, 0-9, _, . and -"));
    }
    plain(&field("object"), &action.object, 60)
}

fn check_auth(auth: &AuthStyle) -> Result<(), BadDefinition> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    match auth {
        AuthStyle::Header { name, .. } if name.is_empty() || !name.bytes().all(token) => {
            Err(bad("auth.name", "must be the name of an HTTP header"))
        }
        AuthStyle::Header { prefix, .. } if !prefix.bytes().all(|b| (b' '..=b'~').contains(&b)) => {
            Err(bad("auth.prefix", "must be printable ASCII"))
        }
        AuthStyle::Basic { user } if user.contains(':') || user.chars().any(char::is_control) => {
            Err(bad("auth.user", "must not hold a colon or control characters"))
        }
        AuthStyle::Bearer | AuthStyle::Header { .. } | AuthStyle::Basic { .. } | AuthStyle::None => Ok(()),
    }
}

fn plain(field: &str, text: &str, max: usize) -> Result<(), BadDefinition> {
    plain_name(text, max).map_err(|why| bad(field, why.to_string()))
}

fn bad(field: impl Into<String>, why: impl Into<String>) -> BadDefinition {
    BadDefinition { field: field.into(), why: why.into() }
}

#[cfg(test)]
mod tests;
