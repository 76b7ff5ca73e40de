//! `/agents`: who may ask, whose they are, and how they are trusted; a file for each of its pages.

mod new;
mod one;

pub(crate) use {new::NewAgent, one::Agent};

use super::{desk, show};
use crate::{
    components::{Heading, Icon, Message, face},
    desk::{AgentView, Trust},
    format,
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{clients::Came, sessions::Role};

/// `/agents`.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let roles = desk.viewer().map(|viewer| viewer.roles).unwrap_or_default();
    let may_register = roles.contains(&Role::Admin) || roles.contains(&Role::Developer);
    let now = desk.now();
    let list = show(async move { desk.agent_views().await }, move |agents| {
        if agents.is_empty() {
            let how = if may_register { rich!("agents-none-register") } else { rich!("agents-none-other") };
            return view! { <Message tone="plain" icon="person"><b>{t!("agents-none")}</b>" "{how}</Message> }.into_any();
        }
        let rows: Vec<_> = agents.into_iter().map(|agent| view! { <Row agent now /> }).collect();
        view! { <div id="agents" data-live=""><ul class="list">{rows}</ul></div> }.into_any()
    });
    let add = may_register.then(|| {
        view! { <a class="b go" href="/agents/new">{t!("agents-register")}</a> }
    });
    view! {
        <Heading title=t!("agents-title") />
        {list}
        <p class="after">{add}<a class="b" href="/connect">{t!("agents-connect")}</a></p>
    }
    .into_any()
}

#[component]
fn Row(agent: AgentView, now: DateTime<Utc>) -> impl IntoView {
    let AgentView { summary, trust, pending, last_seen, client, .. } = agent;
    let client = client.filter(|it| it.came != Came::Declared).map(|it| {
        let words = match it.host {
            Some(host) => rich!("agents-client-of", host = host),
            None => rich!("agents-client-unverified"),
        };
        view! { <p class="small">{words}</p> }
    });
    let seen = match last_seen {
        Some(at) => t!("agents-last-seen", ago = format::ago(at, now)),
        None => t!("agents-never-seen"),
    };
    view! {
        <li class="row">
            {face(&summary.title)}
            <div>
                <a class="whole" href=format!("/agents/{}", summary.id)>
                    <b><bdi>{summary.title}</bdi></b> " " <span class="soft small id">{summary.id.to_string()}</span>
                </a>
                <p class="small">{rich!("agents-of", owner = summary.owner.to_string())}</p>
                {client}
                <p class="small soft">{seen}</p>
            </div>
            <div class="end">
                <Trusted trust now />
                <span class="small">{t!("agents-live", count = summary.live_sessions)}</span>
                <span class="small soft">{t!("agents-pending", count = pending)}</span>
            </div>
        </li>
    }
    .into_any()
}

/// How an agent is trusted, as a tag.
#[component]
fn Trusted(trust: Trust, now: DateTime<Utc>) -> impl IntoView {
    let (tone, icon, words) = match trust {
        Trust::New => ("medium", "warning", t!("agents-new")),
        Trust::Known => ("low", "done", t!("agents-known")),
        Trust::Paused => ("high", "lock", t!("agents-paused")),
        Trust::CoolingDown { until } => {
            ("high", "clock", t!("agents-cooling", until = format::moment(until, now)))
        }
    };
    view! { <span class=format!("tag {tone}")><Icon name=icon />{words}</span> }
}
