//! Services.

use super::{Change, Difference, Found, Step, Wanted, moved};
use crate::services::context;
use domain::definition::{call_of, check, does};
use protocol::{
    Action, Slug,
    mcp::{McpTransport, ResultRule, ToolWord},
    services::{AuthStyle, ServiceDefinition},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(
    definition: &ServiceDefinition,
    wanted: &Wanted,
    found: &Found,
) -> Result<Option<Change>, String> {
    check(definition).map_err(|why| format!("service {}: {why}", definition.id))?;
    let step = Step::Service(definition.clone());
    let Some(before) = found.services.get(&definition.id) else {
        let ground = format!("{}, {}, {}", definition.title, definition.origin, auth(&definition.auth));
        let mcp = definition.mcp.as_ref().map(|_| server(definition));
        let actions = definition.actions.iter().map(|it| format!("+ {}", action(it)));
        let details = [ground].into_iter().chain(mcp).chain(actions).collect();
        let difference = Difference::new(true, "service", &definition.id, details);
        return Ok(Some(Change { step, difference }));
    };
    let before = &before.declared();
    if before == definition {
        return Ok(None);
    }
    left_behind(before, definition, wanted, found)?;
    let mut difference = Difference::new(false, "service", &definition.id, details(before, definition));
    // Live sessions use the definition they were granted with: any other takes the service away from them.
    difference.sessions_lose_it = found.live.get(&definition.id).copied().unwrap_or_default();
    Ok(Some(Change { step, difference }))
}

/// A secret is sealed for the place it may be sent to: whoever changes that place must give every secret again.
fn left_behind(
    before: &ServiceDefinition,
    after: &ServiceDefinition,
    wanted: &Wanted,
    found: &Found,
) -> Result<(), String> {
    let moves = |it: &&Slug| {
        let connection = &found.connections[*it];
        context(before, connection).ok() != context(after, connection).ok()
    };
    let of_service = found.connections.values().filter(|it| it.service == after.id).map(|it| &it.id);
    let missing: Vec<Slug> = of_service
        .filter(moves)
        .filter(|it| !wanted.connections.iter().any(|declared| declared.name == **it))
        .filter(|it| !wanted.left_unusable.contains(it))
        .cloned()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "service {}: its origin or auth changes, so the secrets of its connections are needed again; \
         also declare, with its secret: {}",
        after.id,
        super::names(&missing)
    ))
}

fn details(before: &ServiceDefinition, after: &ServiceDefinition) -> Vec<String> {
    let yes = |flag: bool| (if flag { "yes" } else { "no" }).to_owned();
    let listed = |it: &ServiceDefinition| match it.default_actions.as_slice() {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    let resource = |it: &ServiceDefinition| it.resource.clone().unwrap_or_else(|| "none".to_owned());
    let ground = [
        moved("title", &before.title, &after.title),
        moved("origin", &before.origin, &after.origin),
        moved("auth", &auth(&before.auth), &auth(&after.auth)),
        moved("private addresses", &yes(before.allow_private), &yes(after.allow_private)),
        moved("sensitive", &yes(before.sensitive), &yes(after.sensitive)),
        moved("resource", &resource(before), &resource(after)),
        moved("approvals", &before.approvals.to_string(), &after.approvals.to_string()),
        moved("MCP server", &place(before), &place(after)),
        moved("four eyes", &yes(before.four_eyes), &yes(after.four_eyes)),
        moved("offered to a client that names no action", &listed(before), &listed(after)),
    ];
    let named = |actions: &[Action], name: &str| actions.iter().any(|it| it.name == name);
    let changed = after.actions.iter().filter(|it| !before.actions.contains(it)).map(|it| {
        let sign = if named(&before.actions, &it.name) { '~' } else { '+' };
        format!("{sign} {}", action(it))
    });
    let removed = before.actions.iter().filter(|it| !named(&after.actions, &it.name));
    let mut details: Vec<String> =
        ground.into_iter().flatten().chain(said(before, after)).chain(changed).collect();
    details.extend(removed.map(|it| format!("- {}", it.name)));
    if details.is_empty() {
        details.push("its actions stand in another order".to_owned());
    }
    details
}

fn action(action: &Action) -> String {
    let effect = serde_json::to_value(action.effect).ok();
    let effect = effect.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
    let undone = if action.reversible { "" } else { ", cannot be undone" };
    format!("{}: {} ({effect}{undone}), {}", action.name, does(action), call_of(action))
}

/// Where an MCP server is, and what the operator says of it.
fn server(definition: &ServiceDefinition) -> String {
    let words =
        definition.mcp.iter().flat_map(|it| &it.words).map(|it| format!("; {}: {}", it.tool, word(it)));
    let kept = definition.mcp.iter().flat_map(|it| &it.kept);
    let kept = kept.map(|rule| format!("; results keep {}", rule_word(*rule)));
    [place(definition)].into_iter().chain(words).chain(kept).collect()
}

/// Where an MCP server is.
fn place(definition: &ServiceDefinition) -> String {
    match definition.mcp.as_ref().map(|it| &it.transport) {
        None => "none".to_owned(),
        Some(McpTransport::Http { path }) => format!("Streamable HTTP at {path}"),
        Some(McpTransport::Stdio { program }) => format!("the program {program} of this host"),
    }
}

fn word(word: &ToolWord) -> String {
    let effect = word.effect.map(domain::definition::form::effect_word);
    let undone = word.reversible.map(|it| if it { "can be undone" } else { "cannot be undone" });
    let ask = word.ask.then_some("each call is to be approved");
    let said = [effect, undone, word.verb.as_deref(), word.object.as_deref(), ask];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    let of = word.for_digest.as_ref().and_then(|it| it.as_str().get(..12));
    said.join(", ") + &of.map(|it| format!(", of definition {it}")).unwrap_or_default()
}

/// What the operator says otherwise than before: of each tool, and of the rules that clean results.
fn said(before: &ServiceDefinition, after: &ServiceDefinition) -> Vec<String> {
    let words = |it: &ServiceDefinition| -> BTreeMap<String, String> {
        let words = it.mcp.iter().flat_map(|it| &it.words);
        words.map(|it| (it.tool.clone(), word(it))).collect()
    };
    let (old, new) = (words(before), words(after));
    let tools: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let none = "nothing".to_owned();
    let of = |of: &BTreeMap<String, String>, tool| of.get(tool).unwrap_or(&none).clone();
    let words = tools.into_iter().filter_map(|tool| {
        moved(&format!("the operator's word on {tool}"), &of(&old, tool), &of(&new, tool))
    });
    let kept = |it: &ServiceDefinition| -> Vec<String> {
        it.mcp.iter().flat_map(|it| &it.kept).map(|rule| rule_word(*rule)).collect()
    };
    let (old, new) = (kept(before), kept(after));
    let off =
        new.iter().filter(|it| !old.contains(it)).map(|it| format!("results are no longer cleaned of: {it}"));
    let on = old.iter().filter(|it| !new.contains(it)).map(|it| format!("results are cleaned of: {it}"));
    words.chain(off).chain(on).collect()
}

fn rule_word(rule: ResultRule) -> String {
    serde_json::to_value(rule).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

fn auth(auth: &AuthStyle) -> String {
    match auth {
        AuthStyle::Bearer => "bearer token".to_owned(),
        AuthStyle::Header { name, prefix } if prefix.is_empty() => format!("header {name}"),
        AuthStyle::Header { name, prefix } => format!("header {name} with prefix {prefix:?}"),
        AuthStyle::Basic { user } => format!("basic as {user:?}"),
        AuthStyle::None => "no credential".to_owned(),
    }
}
