//! `/connect`: how an agent comes to use this broker, to be copied, and whether it has come.

mod blocks;
mod mcp;

use super::{desk, query_fields, show};
use crate::{
    components::{Heading, Icon, Message},
    desk::AgentView,
    format,
    islands::Copy,
    texts::{rich, t},
};
use blocks::{Client, blocks};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use mcp::mcp_clients;
use protocol::sessions::Role;

/// `/connect?agent=NAME&client=CLIENT`.
#[component]
pub(crate) fn ConnectAgent() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let fields = query_fields();
    let asked = move |name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let (name, client) = (asked("agent"), Client::of(&asked("client")));
    let roles = desk.viewer().map(|viewer| viewer.roles).unwrap_or_default();
    let may_register = roles.contains(&Role::Admin) || roles.contains(&Role::Developer);
    let (url, now) = (desk.public_url(), desk.now());
    let server = asked("service");
    let asked = async move {
        let services = if client == Client::Mcp { desk.service_views().await? } else { Vec::new() };
        Ok((desk.agent_views().await?, services))
    };
    let body = show(asked, move |(agents, services)| {
        let chosen = agents.iter().find(|it| it.summary.id.as_str() == name).or(agents.first()).cloned();
        match chosen {
            chosen if client == Client::Mcp => {
                let agent = chosen.map(|it| it.summary.id);
                view! {
                    <Tabs agent=agent.as_ref().map(ToString::to_string).unwrap_or_default() client />
                    {mcp_clients(services, &server, agent.as_ref(), &url)}
                }
                .into_any()
            }
            Some(agent) => {
                view! { <Choose agents agent=agent.clone() client /> <How agent client url now /> }.into_any()
            }
            None => view! { <Tabs agent=String::new() client /> <NoAgent may_register /> }.into_any(),
        }
    });
    view! { <Heading title=t!("connect-title") /> {body} }.into_any()
}

#[component]
fn NoAgent(may_register: bool) -> impl IntoView {
    let register = may_register.then(
        || view! { <p class="after"><a class="b go" href="/agents/new">{t!("agents-register")}</a></p> },
    );
    view! { <Message tone="plain" icon="person">{rich!("connect-no-agent")}</Message> {register} }
}

/// Which agent, by which means. Plain links and a plain form.
#[component]
fn Choose(agents: Vec<AgentView>, agent: AgentView, client: Client) -> impl IntoView {
    let chosen = agent.summary.id;
    let options: Vec<_> = agents
        .into_iter()
        .map(|it| {
            let selected = it.summary.id == chosen;
            view! { <option value=it.summary.id.to_string() selected=selected>{it.summary.title}</option> }
        })
        .collect();
    view! {
        <form method="get" action="/connect" class="choose">
            <input type="hidden" name="client" value=client.word() />
            <label for="agent">{t!("connect-agent")}</label>
            <select id="agent" name="agent">{options}</select>
            <button class="b quiet">{t!("connect-choose")}</button>
        </form>
        <Tabs agent=chosen.to_string() client />
    }
}

/// The means, as links.
#[component]
fn Tabs(agent: String, client: Client) -> impl IntoView {
    let tabs: Vec<_> = Client::ALL
        .iter()
        .map(|each| {
            let href = format!("/connect?agent={agent}&client={}", each.word());
            let here = (*each == client).then_some("page");
            view! { <a href=href aria-current=here>{each.title()}</a> }
        })
        .collect();
    view! { <nav class="tabs" aria-label=t!("connect-client")>{tabs}</nav> }
}

#[component]
fn How(agent: AgentView, client: Client, url: String, now: DateTime<Utc>) -> impl IntoView {
    let name = agent.summary.id.to_string();
    let steps: Vec<_> = blocks(client, &url, &name, agent.secret.is_some())
        .into_iter()
        .map(|(why, text)| view! { <li><p>{why}</p><pre class="copy" tabindex="0"><code>{text}</code></pre></li> })
        .collect();
    let note = client.note().map(|note| view! { <Message tone="plain" icon="warning">{note}</Message> });
    view! {
        {note}
        <ol class="steps">{steps}</ol>
        <div id="first-call" data-live=""><Waiting agent now /></div>
        <p class="small soft">{rich!("connect-more")}</p>
        <Copy />
    }
}

/// Whether it has come. The page looks again by itself, with JavaScript on each event, without it every ten seconds.
#[component]
fn Waiting(agent: AgentView, now: DateTime<Utc>) -> impl IntoView {
    let name = agent.summary.title.clone();
    if let Some(at) = agent.last_call {
        let called = rich!("connect-called", agent = name, ago = format::ago(at, now).into_any());
        return view! { <Message tone="low" icon="done">{called}</Message> }.into_any();
    }
    let waits = match agent.last_seen {
        Some(at) => {
            let inbox = crate::texts::Slot::link("/");
            rich!("connect-came", agent = name, ago = format::ago(at, now).into_any(), inbox = inbox)
        }
        None => rich!("connect-waiting", agent = name),
    };
    let again = format!("/connect?agent={}", agent.summary.id);
    view! {
        <Message tone="medium" icon="pending">{waits}</Message>
        <p class="after"><a class="b quiet" href=again><Icon name="clock" />{t!("connect-look-again")}</a></p>
        <noscript><meta http-equiv="refresh" content="10" /></noscript>
    }
    .into_any()
}
