//! A service's definition as the fields of an HTML form, so that a page without JavaScript can send one.
//!
//! | field | meaning |
//! |---|---|
//! | `title`, `origin`, `resource` | as in the definition; an empty `resource` means none |
//! | `kind` | `mcp` for an MCP server; anything else is an HTTP API |
//! | `mcp_path` | the path of an MCP server's endpoint |
//! | `auth` | `bearer`, `header`, `basic` or `none` |
//! | `auth_name`, `auth_prefix`, `auth_user` | what the chosen style needs; the others are not looked at |
//! | `sensitive`, `allow_private`, `four_eyes` | there if they are ticked |
//! | `approvals` | how many people must approve; empty means one |
//! | `row` (repeated) | the numbers of the rows that the form shows |
//! | `name.N`, `verb.N`, `object.N`, `effect.N`, `method.N`, `path.N` | the action in row N; a row without a name, a path and words is none |
//! | `reversible.N` | there if what it does can be undone |
//! | `default.N` | there if it is offered to a client that names no action |
//!
//! An MCP server has no resource and no rows: its tools are its own word. What the operator says of them, and a program that
//! a file on the host declares, are kept from the definition before. Other fields of the same form are not looked at. What the
//! definition itself must be is [`check`]'s.

use super::{APPROVALS, BadDefinition, bad, check};
use protocol::{
    Action, Slug,
    mcp::{McpServer, McpTransport},
    services::{AuthStyle, Effect, Recogniser, ServiceDefinition, ServiceKind},
};

/// A field of a form: its name and value.
pub type Pair = (String, String);

/// The most rows that a form may have.
pub const MOST_ROWS: usize = 100;

/// The effects in the order in which a form offers them.
pub const EFFECTS: [(&str, Effect); 6] = [
    ("read", Effect::Read),
    ("write", Effect::Write),
    ("send", Effect::Send),
    ("spend", Effect::Spend),
    ("delete", Effect::Delete),
    ("admin", Effect::Admin),
];

/// Reads the definition of the service `id` out of a form and checks it. What is wrong is said with the name of the
/// form's field. `before` is how it was declared, if it was: its kind stays, and so does what a form cannot say.
pub fn from_pairs(
    id: &Slug,
    pairs: &[Pair],
    before: Option<&ServiceDefinition>,
) -> Result<ServiceDefinition, BadDefinition> {
    let is_mcp = before.map_or_else(|| text(pairs, "kind") == "mcp", |it| it.kind == ServiceKind::Mcp);
    if is_mcp {
        return server(id, pairs, before);
    }
    let rows = rows(pairs);
    if rows.len() > MOST_ROWS {
        return Err(bad("row", format!("must be at most {MOST_ROWS}")));
    }
    let filled: Vec<&str> = rows.into_iter().filter(|row| is_filled(pairs, row)).collect();
    let resource = text(pairs, "resource").trim();
    let definition = ServiceDefinition {
        resource: (!resource.is_empty()).then(|| resource.to_owned()),
        default_actions: filled
            .iter()
            .filter(|row| has(pairs, &format!("default.{row}")))
            .map(|row| text(pairs, &format!("name.{row}")).trim().to_owned())
            .collect(),
        actions: filled.iter().map(|row| action(pairs, row)).collect::<Result<_, _>>()?,
        ..ground(id, pairs)?
    };
    check(&definition).map_err(|it| BadDefinition { field: field(&it.field, &filled), ..it })?;
    Ok(definition)
}

/// What the forms of both kinds have.
fn ground(id: &Slug, pairs: &[Pair]) -> Result<ServiceDefinition, BadDefinition> {
    Ok(ServiceDefinition {
        id: id.clone(),
        title: text(pairs, "title").trim().to_owned(),
        kind: ServiceKind::Http,
        origin: text(pairs, "origin").trim().trim_end_matches('/').to_owned(),
        auth: auth(pairs)?,
        allow_private: has(pairs, "allow_private"),
        sensitive: has(pairs, "sensitive"),
        resource: None,
        approvals: approvals(pairs)?,
        four_eyes: has(pairs, "four_eyes"),
        default_actions: Vec::new(),
        mcp: None,
        actions: Vec::new(),
    })
}

/// An MCP server. What runs as a program is said in a file on the host alone, so a form leaves it and where it is.
fn server(
    id: &Slug,
    pairs: &[Pair],
    before: Option<&ServiceDefinition>,
) -> Result<ServiceDefinition, BadDefinition> {
    let was = before.and_then(|it| it.mcp.as_ref());
    let mut definition = ServiceDefinition {
        kind: ServiceKind::Mcp,
        default_actions: before.map(|it| it.default_actions.clone()).unwrap_or_default(),
        ..ground(id, pairs)?
    };
    let transport = match (before, was.map(|it| &it.transport)) {
        (Some(before), Some(stdio @ McpTransport::Stdio { .. })) => {
            definition.origin.clone_from(&before.origin);
            definition.auth.clone_from(&before.auth);
            stdio.clone()
        }
        _ => McpTransport::Http { path: text(pairs, "mcp_path").trim().to_owned() },
    };
    definition.mcp = Some(McpServer {
        transport,
        words: was.map(|it| it.words.clone()).unwrap_or_default(),
        kept: was.map(|it| it.kept.clone()).unwrap_or_default(),
    });
    check(&definition).map_err(|it| BadDefinition { field: field(&it.field, &[]), ..it })?;
    Ok(definition)
}

/// The numbers of the rows that the form shows, each once, as they are written.
pub fn rows(pairs: &[Pair]) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    for (_, row) in pairs.iter().filter(|(name, _)| name == "row") {
        if !rows.contains(&row.as_str()) {
            rows.push(row);
        }
    }
    rows
}

/// The fields of a form that shows this definition.
pub fn to_pairs(definition: &ServiceDefinition) -> Vec<Pair> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![
        pair("title", &definition.title),
        pair("origin", &definition.origin),
        pair("resource", definition.resource.as_deref().unwrap_or_default()),
    ];
    match definition.mcp.as_ref().map(|it| &it.transport) {
        Some(McpTransport::Http { path }) => pairs.extend([pair("kind", "mcp"), pair("mcp_path", path)]),
        Some(McpTransport::Stdio { program }) => {
            pairs.extend([pair("kind", "mcp"), pair("mcp_program", program.as_str())]);
        }
        None => {}
    }
    match &definition.auth {
        AuthStyle::Bearer => pairs.push(pair("auth", "bearer")),
        AuthStyle::Header { name, prefix } => {
            pairs.extend([pair("auth", "header"), pair("auth_name", name), pair("auth_prefix", prefix)]);
        }
        AuthStyle::Basic { user } => pairs.extend([pair("auth", "basic"), pair("auth_user", user)]),
        AuthStyle::None => pairs.push(pair("auth", "none")),
    }
    pairs.extend(definition.allow_private.then(|| pair("allow_private", "yes")));
    pairs.extend(definition.sensitive.then(|| pair("sensitive", "yes")));
    pairs.push(pair("approvals", &definition.approvals.to_string()));
    pairs.extend(definition.four_eyes.then(|| pair("four_eyes", "yes")));
    for (at, action) in definition.actions.iter().enumerate() {
        let named = |name: &str, value: &str| (format!("{name}.{at}"), value.to_owned());
        let Recogniser::Http { method, path } = &action.recogniser else { continue };
        pairs.push(("row".to_owned(), at.to_string()));
        pairs.extend([
            named("name", &action.name),
            named("verb", &action.verb),
            named("object", &action.object),
            named("effect", effect_word(action.effect)),
            named("method", method),
            named("path", path),
        ]);
        pairs.extend(action.reversible.then(|| named("reversible", "yes")));
        let default = definition.default_actions.contains(&action.name);
        pairs.extend(default.then(|| named("default", "yes")));
    }
    pairs
}

/// The word of an effect in a form.
pub fn effect_word(effect: Effect) -> &'static str {
    EFFECTS.iter().find(|(_, it)| *it == effect).map_or("read", |(word, _)| word)
}

fn text<'a>(pairs: &'a [Pair], name: &str) -> &'a str {
    pairs.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

fn has(pairs: &[Pair], name: &str) -> bool {
    pairs.iter().any(|(field, _)| field == name)
}

fn is_filled(pairs: &[Pair], row: &str) -> bool {
    ["name", "verb", "object", "path"].iter().any(|it| !text(pairs, &format!("{it}.{row}")).trim().is_empty())
}

fn approvals(pairs: &[Pair]) -> Result<u8, BadDefinition> {
    let text = text(pairs, "approvals").trim();
    let number = if text.is_empty() { Ok(1) } else { text.parse() };
    number.map_err(|_| bad("approvals", APPROVALS))
}

fn auth(pairs: &[Pair]) -> Result<AuthStyle, BadDefinition> {
    match text(pairs, "auth") {
        "bearer" => Ok(AuthStyle::Bearer),
        "header" => Ok(AuthStyle::Header {
            name: text(pairs, "auth_name").trim().to_owned(),
            // Its space at the end is what separates it from the secret.
            prefix: text(pairs, "auth_prefix").to_owned(),
        }),
        "basic" => Ok(AuthStyle::Basic { user: text(pairs, "auth_user").to_owned() }),
        "none" => Ok(AuthStyle::None),
        _ => Err(bad("auth", "must be bearer, header, basic or none")),
    }
}

fn action(pairs: &[Pair], row: &str) -> Result<Action, BadDefinition> {
    let of = |name: &str| text(pairs, &format!("{name}.{row}")).trim().to_owned();
    let effect = of("effect");
    let effect = EFFECTS.iter().find(|(word, _)| *word == effect).map(|(_, effect)| *effect);
    Ok(Action {
        name: of("name"),
        verb: of("verb"),
        object: of("object"),
        effect: effect.ok_or_else(|| bad(format!("effect.{row}"), "must be one of those offered"))?,
        reversible: has(pairs, &format!("reversible.{row}")),
        ask: false,
        recogniser: Recogniser::Http { method: of("method").to_ascii_uppercase(), path: of("path") },
    })
}

/// The form's name of a definition's field.
fn field(of_definition: &str, rows: &[&str]) -> String {
    match of_definition {
        "auth.name" => return "auth_name".to_owned(),
        "auth.prefix" => return "auth_prefix".to_owned(),
        "auth.user" => return "auth_user".to_owned(),
        "auth.style" => return "auth".to_owned(),
        "mcp.transport.path" => return "mcp_path".to_owned(),
        _ => {}
    }
    let of_action = of_definition.strip_prefix("actions[").and_then(|rest| rest.split_once("]."));
    let Some((number, part)) = of_action else { return of_definition.to_owned() };
    let row = number.parse().ok().and_then(|at: usize| rows.get(at)).copied().unwrap_or_default();
    format!("{}.{row}", part.strip_prefix("recogniser.").unwrap_or(part))
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
