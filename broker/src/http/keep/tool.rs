//! What the operator says of an MCP server: their word on a tool, and which rules clean what it answers. Each makes the next
//! version of the service's definition, in the way of its form. And its tools are read when somebody asks for that.

use super::{
    Done, FormPost, at, rule,
    service::{Redeclared, redeclared},
};
use crate::{
    fault::Fault,
    http::{desk::admins, input::Named},
    mcp::import,
    store::services::Service,
};
use axum::response::Response;
use domain::definition::{
    check,
    form::{EFFECTS, Pair},
};
use protocol::{
    Slug,
    mcp::{McpServer, ResultRule, ToolWord},
    services::{Recogniser, ServiceDefinition},
};
use web_ui::Said;

type Wrong = Vec<(String, Said)>;

/// The rules by the names of their fields.
const RULES: [(&str, ResultRule); 4] = [
    ("rule.invisible", ResultRule::Invisible),
    ("rule.control", ResultRule::Control),
    ("rule.markup", ResultRule::Markup),
    ("rule.size", ResultRule::Size),
];

/// A word on a tool.
pub(in crate::http) async fn word(Named(id): Named<Slug>, post: FormPost) -> Response {
    let name = post.form.get("name").ok().flatten().unwrap_or_default();
    let page = if domain::definition::is_tool_name(name) {
        format!("/services/{id}/tool?name={name}")
    } else {
        format!("/services/{id}")
    };
    post.then(&page, async |post| redeclared(post, &id, with_word).await).await
}

/// The definition with what a form says of a tool: for the definition of it that the form was made of.
fn with_word(before: &Service, fields: &[Pair]) -> Redeclared {
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, it)| it.trim());
    let said = |name: &str| Some(value(name).to_owned()).filter(|it| !it.is_empty());
    let name = value("name");
    let offered = before.definition.actions.iter().find_map(|it| match &it.recogniser {
        Recogniser::Tool { tool, digest } if tool == name => Some(digest),
        _ => None,
    });
    let Some(digest) = offered.filter(|it| it.as_str() == value("digest")) else {
        return Err(vec![at("", "word-error-moved")]);
    };
    let effect = EFFECTS.iter().find(|(word, _)| *word == value("effect")).map(|(_, effect)| *effect);
    let reversible = match value("reversible") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let (verb, object) = (said("verb"), said("object"));
    let ticked = |name: &str| fields.iter().any(|(field, _)| field == name);
    let ask = ticked("ask");
    let any = ask || effect.is_some() || reversible.is_some() || verb.is_some() || object.is_some();
    let (tool, for_digest) = (name.to_owned(), Some(digest.clone()));
    let word = any.then_some(ToolWord { tool, effect, reversible, verb, object, ask, for_digest });
    let mut definition = before.declared();
    let server = server(&mut definition)?;
    // In the order of names: what was said stays where it was, and where it was said first says nothing.
    server.words.retain(|it| it.tool != name);
    server.words.extend(word);
    server.words.sort_by(|a, b| a.tool.cmp(&b.tool));
    definition.default_actions.retain(|it| it != name);
    if ticked("default") {
        definition.default_actions.push(name.to_owned());
        definition.default_actions.sort();
    }
    checked(definition)
}

/// Rules are switched.
pub(in crate::http) async fn results(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/services/{id}/results");
    post.then(&page, async |post| redeclared(post, &id, with_rules).await).await
}

fn with_rules(before: &Service, fields: &[Pair]) -> Redeclared {
    let mut definition = before.declared();
    let off = RULES.iter().filter(|(name, _)| !fields.iter().any(|(field, _)| field == name));
    server(&mut definition)?.kept = off.map(|(_, rule)| *rule).collect();
    checked(definition)
}

fn server(definition: &mut ServiceDefinition) -> Result<&mut McpServer, Wrong> {
    definition.mcp.as_mut().ok_or_else(|| vec![rule("", "this service is no MCP server")])
}

/// What is wrong is said with the name of the form's field.
fn checked(definition: ServiceDefinition) -> Redeclared {
    match check(&definition) {
        Ok(()) => Ok(definition),
        Err(bad) => {
            let field = bad.field.rsplit('.').next().unwrap_or_default();
            let field = if ["verb", "object"].contains(&field) { field } else { "" };
            Err(vec![rule(field, bad.why)])
        }
    }
}

/// A server is asked for its tools.
pub(in crate::http) async fn read_tools(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/services/{id}");
    post.then(&page, async |post| {
        admins(&post.who.visitor)?;
        let says = read(post, &id, None).await?;
        Ok(Done::gone(format!("/services/{id}"), says))
    })
    .await
}

/// Reads the tools of a server for whoever posted a form, and says what came of it; of a new account with its name.
pub(super) async fn read(post: &FormPost, service: &Slug, account: Option<String>) -> Result<Said, Fault> {
    let keys = match account {
        Some(_) => ["done-server-connected", "done-server-silent"],
        None => ["done-tools-read", "done-tools-failed"],
    };
    let said = match import::now(&post.app, service, post.who.visitor.by().actor).await {
        Ok(report) => Said::new(keys[0])
            .with("added", report.added.to_string())
            .with("changed", report.changed.to_string())
            .with("gone", report.gone.to_string())
            .with("left", i64::try_from(report.left_out).unwrap_or(i64::MAX)),
        Err(import::ImportError::Missing) => return Err(Fault::NotFound("MCP server")),
        Err(error) => Said::new(keys[1]).with("why", error.to_string()),
    };
    Ok(match account {
        Some(account) => said.with("account", account),
        None => said,
    })
}
