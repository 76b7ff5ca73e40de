//! The tools of an MCP server: what each does and whose word that is, its definition, and when that changed last.

use super::form::NotThere;
use crate::{
    components::{
        FormToken, Icon, Message, Tag, When,
        tool::{Describes, Like, SaidBy, Short},
    },
    desk::{ActionUsage, ServerView, ToolView},
    texts::{foreign, rich, t},
};
use chrono::{DateTime, Utc};
use domain::{definition::does, tier::action_tier};
use leptos::prelude::*;
use protocol::{
    mcp::{McpTransport, ResultRule},
    services::{Action, Effect, ServiceDefinition},
};
use std::collections::BTreeMap;

/// The rules, in the order in which pages show them, with their word in forms.
pub(super) const RULES: [(ResultRule, &str); 4] = [
    (ResultRule::Invisible, "invisible"),
    (ResultRule::Control, "control"),
    (ResultRule::Markup, "markup"),
    (ResultRule::Size, "size"),
];

/// A rule by its name, and what it does.
pub(super) fn rule_words(rule: ResultRule) -> (String, String) {
    match rule {
        ResultRule::Invisible => (t!("rule-invisible"), t!("rule-invisible-does")),
        ResultRule::Control => (t!("rule-control"), t!("rule-control-does")),
        ResultRule::Markup => (t!("rule-markup"), t!("rule-markup-does")),
        ResultRule::Size => (t!("rule-size"), t!("rule-size-does")),
    }
}

/// How a server is reached.
pub(super) fn transport(definition: &ServiceDefinition) -> Option<AnyView> {
    Some(match &definition.mcp.as_ref()?.transport {
        McpTransport::Http { path } => rich!("tools-over-http", path = path.clone()),
        McpTransport::Stdio { program } => rich!("tools-over-stdio", program = program.to_string()),
    })
}

/// All of them.
#[component]
pub(super) fn Tools(
    definition: ServiceDefinition,
    server: ServerView,
    usage: Vec<ActionUsage>,
    may_keep: bool,
    now: DateTime<Utc>,
) -> impl IntoView {
    let ServerView { tools, gone, left_out, failed } = server;
    let id = definition.id.to_string();
    let mut usage: BTreeMap<_, _> = usage.into_iter().map(|it| (it.action.clone(), it)).collect();
    let rows: Vec<_> = definition
        .actions
        .iter()
        .map(|action| {
            let tool = tools.iter().find(|it| it.name == action.name).cloned();
            let used = usage.remove(&action.name);
            let default = definition.default_actions.contains(&action.name);
            view! { <Row id=id.clone() action=action.clone() sensitive=definition.sensitive tool used default now /> }
        })
        .collect();
    let none = rows.is_empty().then(|| view! { <NotThere>{t!("tools-none")}</NotThere> });
    let read = may_keep.then(|| view! { <ReadAgain id=id.clone() /> });
    view! {
        <section>
            <h2>{t!("tools-title")}</h2>
            <p class="soft small">{t!("tools-are")}" "{t!("keep-usage-is")}</p>
            <Left left_out failed />
            {none}
            <ul class="tools">{rows}</ul>
            <Gone id=id.clone() gone />
            {read}
        </section>
        <Rules definition may_keep />
    }
    .into_any()
}

/// What could not be taken in.
#[component]
fn Left(left_out: Option<usize>, failed: Option<String>) -> impl IntoView {
    let failed = failed.map(|why| {
        view! { <Message tone="medium" icon="warning">{t!("tools-not-read")}" "<bdi lang=foreign()>{why}</bdi></Message> }
    });
    let left = left_out.filter(|it| *it > 0).map(|count| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        view! { <Message tone="medium" icon="warning">{t!("tools-left-out", count = count)}</Message> }
    });
    view! { {failed} {left} }
}

/// What it offered before.
#[component]
fn Gone(id: String, gone: Vec<String>) -> impl IntoView {
    (!gone.is_empty()).then(|| {
        let names: Vec<_> = gone
            .into_iter()
            .map(|name| {
                let href = format!("/services/{id}/tool?name={name}");
                view! { <li><a href=href><code>{name}</code></a></li> }
            })
            .collect();
        view! { <div class="gone small"><span class="soft">{t!("tools-gone")}</span><ul>{names}</ul></div> }
    })
}

/// Asks the server now.
#[component]
fn ReadAgain(id: String) -> impl IntoView {
    view! {
        <form method="post" action=format!("/services/{id}/read-tools") class="after">
            <FormToken />
            <button class="b">{t!("tools-read")}</button>
        </form>
    }
    .into_any()
}

#[component]
fn Row(
    id: String,
    action: Action,
    sensitive: bool,
    tool: Option<ToolView>,
    used: Option<ActionUsage>,
    default: bool,
    now: DateTime<Utc>,
) -> impl IntoView {
    let tier = action_tier(action.effect, action.reversible, sensitive, false);
    let undone = (!action.reversible && action.effect != Effect::Read)
        .then(|| view! { " · "<span class="soft">{t!("keep-not-undone")}</span> });
    let name = match &tool {
        Some(tool) => {
            let href = format!("/services/{id}/tool?name={}", tool.name);
            view! { <a href=href><b><code>{tool.name.clone()}</code></b></a> }.into_any()
        }
        None => view! { <b><code>{action.name.clone()}</code></b> }.into_any(),
    };
    let whose = tool.as_ref().map(|it| view! { " · "<SaidBy said_by=it.said_by /> });
    let default =
        default.then(|| view! { <span class="tag low"><Icon name="done" />{t!("tools-default")}</span> });
    let (granted, calls, refused) = used.map_or((0, 0, 0), |it| (it.granted, it.calls, it.refused));
    let used = t!("tools-used", granted = granted, calls = calls, refused = refused);
    let says = tool.map(|tool| view! { <Says tool now /> });
    view! {
        <li class="card padded tool">
            <p class="head">{name}" "<Tag effect=action.effect tier />" "{default}</p>
            <p class="small">{t!("tools-sentence")}" “"<bdi lang=foreign()>{does(&action)}</bdi>"”"{whose}{undone}</p>
            {says}
            <p class="small soft">{used}</p>
        </li>
    }
    .into_any()
}

/// What its server says of it, and since when.
#[component]
fn Says(tool: ToolView, now: DateTime<Utc>) -> impl IntoView {
    let titled = (tool.title != tool.name)
        .then(|| view! { <p class="small"><span class="soft">{t!("tools-titled")}</span>" “"<bdi>{tool.title}</bdi>"”"</p> });
    let changed = tool.changed_at.map(|at| view! { " · "{t!("tools-changed")}" "<When at now /> });
    view! {
        <div class="small tool"><Like names=tool.like />{titled}<Describes description=tool.description /></div>
        <p class="small soft">{t!("tool-definition")}" "<Short digest=tool.digest />" · "{t!("tools-first-seen")}" "<When at=tool.first_seen now />{changed}</p>
    }
    .into_any()
}

/// Which rules clean what it answers.
#[component]
fn Rules(definition: ServiceDefinition, may_keep: bool) -> impl IntoView {
    let kept = definition.mcp.map(|it| it.kept).unwrap_or_default();
    let rules = RULES.map(|(rule, _)| {
        let (name, does) = rule_words(rule);
        let (class, icon, word) = if kept.contains(&rule) {
            ("tag medium", "warning", t!("rule-off"))
        } else {
            ("tag low", "done", t!("rule-on"))
        };
        view! { <li><p><b>{name}</b>" "<span class=class><Icon name=icon />{word}</span></p><p class="small soft">{does}</p></li> }
    });
    let href = format!("/services/{}/results", definition.id);
    let change =
        may_keep.then(|| view! { <p class="after"><a class="b" href=href>{t!("rule-change")}</a></p> });
    view! {
        <section>
            <h2>{t!("rule-title")}</h2>
            <p class="soft small">{t!("rule-are")}</p>
            <ul class="rules card padded">{rules.into_iter().collect::<Vec<_>>()}</ul>
            {change}
        </section>
    }
    .into_any()
}
