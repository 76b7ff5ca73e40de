//! `/services/ID`: where it is, its accounts, and its actions granted against used.

use super::{
    form::NotThere,
    health::{Health, standing},
    tools::{Tools, transport},
};
use crate::{
    components::{FormToken, Heading, Icon, Message, Tag},
    desk::{ActionUsage, ConnectionView, ServiceView, Tested, Tried},
    format,
    pages::{NotFound, desk, id_in_path, show},
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use domain::{definition::call_of, tier::action_tier};
use leptos::prelude::*;
use protocol::{
    ids::Slug,
    mcp::McpTransport,
    services::{Action, AuthStyle, ServiceDefinition},
};

/// `/services/ID`.
#[component]
pub(crate) fn Service() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let now = desk.now();
    show(async move { desk.service_view(&id).await }, move |service| {
        view! { <Whole service now /> }.into_any()
    })
}

#[component]
fn Whole(service: ServiceView, now: DateTime<Utc>) -> impl IntoView {
    let ServiceView { summary, definition, connections, usage, server, may_keep, .. } = service;
    let blocked = summary.blocked.then(|| view! { <Blocked id=summary.id.to_string() may_keep /> });
    let id = summary.id.to_string();
    let acts = may_keep.then(|| {
        let revoke = t!("keep-revoke-everywhere", count = summary.live_sessions);
        view! {
            <div class="acts">
                <a class="b" href=format!("/services/{id}/edit")>{t!("keep-edit")}</a>
                <a class="b no" href=format!("/services/{id}/revoke")><Icon name="stop" />{revoke}</a>
            </div>
        }
    });
    let accounts = view! { <Accounts definition=definition.clone() connections now may_keep /> };
    view! {
        <Heading title=summary.title note=summary.id.to_string() />
        {blocked}
        <Facts definition=definition.clone() version=summary.version live=summary.live_sessions />
        {acts}
        {accounts}
        {match server {
            Some(server) => view! { <Tools definition server usage may_keep now /> }.into_any(),
            None => view! { <Actions definition usage /> }.into_any(),
        }}
    }
}

/// A blocked service, and the way to let it be asked for again.
#[component]
fn Blocked(id: String, may_keep: bool) -> impl IntoView {
    let lift = may_keep.then(|| {
        view! {
            <form method="post" action=format!("/services/{id}/unblock") class="after">
                <FormToken />
                <button class="b">{t!("keep-unblock")}</button>
            </form>
        }
    });
    view! { <Message tone="high" icon="lock">{rich!("keep-is-blocked")}</Message> {lift} }
}

#[component]
fn Facts(definition: ServiceDefinition, version: i64, live: i64) -> impl IntoView {
    let private = definition
        .allow_private
        .then(|| view! { <span class="tag medium"><Icon name="warning" />{t!("keep-is-private")}</span> });
    let sensitive = definition
        .sensitive
        .then(|| view! { <span class="tag medium"><Icon name="read" />{t!("keep-is-sensitive")}</span> });
    let mcp = transport(&definition).map(|how| {
        let url = desk().map(|desk| desk.public_url()).unwrap_or_default();
        view! {
            <div><dt>{t!("tools-transport")}</dt><dd>{how}</dd></div>
            <div><dt>{t!("tools-address")}</dt><dd><code>{format!("{url}/mcp/{}", definition.id)}</code>" "<a href="/connect?client=mcp">{t!("tools-connect")}</a></dd></div>
        }
    });
    let resource = definition.resource.map(|it| {
        view! { <div><dt>{t!("keep-resource")}</dt><dd><code>{it}</code></dd></div> }
    });
    view! {
        <dl class="facts-of">
            <div><dt>{t!("keep-origin")}</dt><dd><bdi>{definition.origin}</bdi> " " {private}</dd></div>
            {mcp}
            <div><dt>{t!("keep-auth")}</dt><dd>{auth(definition.auth)}</dd></div>
            {resource}
            <div><dt>{t!("keep-version")}</dt><dd>{version} " " {sensitive}</dd></div>
            <div><dt>{t!("keep-used-now")}</dt><dd>{t!("keep-live-sessions", count = live)}</dd></div>
        </dl>
    }
}

/// How the credential is put on a call.
fn auth(auth: AuthStyle) -> AnyView {
    match auth {
        AuthStyle::Bearer => rich!("keep-auth-is-bearer"),
        AuthStyle::Header { name, .. } => rich!("keep-auth-is-header", name = name),
        AuthStyle::Basic { user } => rich!("keep-auth-is-basic", user = user),
        AuthStyle::None => rich!("keep-auth-is-none"),
    }
}

#[component]
fn Accounts(
    definition: ServiceDefinition,
    connections: Vec<ConnectionView>,
    now: DateTime<Utc>,
    may_keep: bool,
) -> impl IntoView {
    let none = connections.is_empty().then(|| view! { <NotThere>{rich!("keep-no-account-yet")}</NotThere> });
    let id = definition.id.to_string();
    // Where nothing is asked for there is no secret, and a program of the host takes no HTTP.
    let asks = definition.auth != AuthStyle::None;
    let program = definition.mcp.is_some_and(|it| matches!(it.transport, McpTransport::Stdio { .. }));
    let able = |it: ConnectionView| ConnectionView {
        may_test: it.may_test && !program,
        may_reconnect: it.may_reconnect && asks,
        ..it
    };
    let rows: Vec<_> =
        connections.into_iter().map(able).map(|it| view! { <Account it asks now may_keep /> }).collect();
    let connect = may_keep.then(|| {
        view! { <p class="after"><a class="b" href=format!("/services/{id}/connect")>{t!("keep-connect")}</a></p> }
    });
    view! { <section><h2>{t!("keep-accounts")}</h2>{none}<ul class="list">{rows}</ul>{connect}</section> }
}

#[component]
fn Account(it: ConnectionView, asks: bool, now: DateTime<Utc>, may_keep: bool) -> impl IntoView {
    let health = standing(&it);
    let whose = match (&it.owner, it.approvers.is_empty()) {
        (Some(owner), _) => rich!("keep-personal", owner = owner.to_string()),
        (None, true) => rich!("keep-shared-all"),
        (None, false) => {
            let names: Vec<_> = it.approvers.iter().map(Slug::as_str).collect();
            rich!("keep-shared-some", names = names.join(", "))
        }
    };
    let ago = format::ago(it.entered_at, now);
    let secret = if asks {
        t!("keep-secret-of", version = it.secret_version.to_string(), ago = ago)
    } else {
        t!("tools-connected", ago = ago)
    };
    let call = it.last_call.map(|call| view! { <p class="small soft">{last_call(&call, now)}</p> });
    let test = it.last_test.map(|test| view! { <p class="small soft">{last_test(&test, now)}</p> });
    let name = it.id.to_string();
    let test_now = it.may_test.then(|| {
        view! {
            <form method="post" action=format!("/connections/{name}/test") class="act">
                <FormToken />
                <button class="b quiet">{t!("keep-test")}</button>
            </form>
        }
    });
    let change = may_keep.then(|| {
        view! {
            <a class="b quiet" href=format!("/connections/{name}/edit")>{t!("account-edit")}</a>
            <a class="b quiet no" href=format!("/connections/{name}/remove")>{t!("account-remove-this")}</a>
        }
    });
    let again = it.may_reconnect.then(|| {
        view! { <a class="b quiet" href=format!("/connections/{name}/reconnect")>{t!("keep-reconnect")}</a> }
    });
    view! {
        <li class="row">
            <span class="face"><Icon name="lock" /></span>
            <div>
                <b><bdi>{it.account}</bdi></b> " " <span class="soft small id">{name.clone()}</span>
                <p class="small">{whose}</p>
                <p class="small soft">{secret}</p>
                {call}
                {test}
            </div>
            <div class="end"><Health standing=health />{test_now}{again}{change}</div>
        </li>
    }
    .into_any()
}

/// A status, or in a word why there is none.
fn came_to(tried: &Tried) -> String {
    tried.status.map_or_else(|| tried.outcome.replace('_', " "), |status| status.to_string())
}

fn last_call(call: &Tried, now: DateTime<Utc>) -> AnyView {
    rich!("keep-last-call", ago = plain(format::ago(call.at, now)), result = came_to(call))
}

fn last_test(test: &Tested, now: DateTime<Utc>) -> AnyView {
    rich!(
        "keep-last-test",
        ago = plain(format::ago(test.tried.at, now)),
        by = test.by.clone(),
        call = test.call.clone(),
        result = came_to(&test.tried),
        ms = plain(test.ms.to_string()),
    )
}

fn plain(text: String) -> AnyView {
    text.into_any()
}

#[component]
fn Actions(definition: ServiceDefinition, usage: Vec<ActionUsage>) -> impl IntoView {
    let sensitive = definition.sensitive;
    let rows: Vec<_> = definition
        .actions
        .into_iter()
        .map(|action| {
            let used = usage.iter().find(|it| it.action == action.name).cloned();
            view! { <ActionRow action sensitive used /> }
        })
        .collect();
    view! {
        <section>
            <h2>{t!("keep-actions")}</h2>
            <p class="soft small">{t!("keep-usage-is")}</p>
            <div class="wide-table" tabindex="0" role="region" aria-label=t!("keep-actions")>
                <table class="action-table">
                    <thead><tr>
                        <th scope="col">{t!("keep-action")}</th>
                        <th scope="col">{t!("keep-effect")}</th>
                        <th scope="col" class="n">{t!("keep-granted")}</th>
                        <th scope="col" class="n">{t!("keep-calls")}</th>
                        <th scope="col" class="n">{t!("keep-refused")}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn ActionRow(action: Action, sensitive: bool, used: Option<ActionUsage>) -> impl IntoView {
    let tier = action_tier(action.effect, action.reversible, sensitive, false);
    let undone = (!action.reversible && action.effect != protocol::services::Effect::Read)
        .then(|| view! { <span class="small soft">{t!("keep-not-undone")}</span> });
    let call = call_of(&action);
    let (granted, calls, refused) = used.map_or((0, 0, 0), |it| (it.granted, it.calls, it.refused));
    let unused = (calls == 0).then(|| view! { <br /><span class="small soft">{t!("keep-not-used")}</span> });
    view! {
        <tr>
            <th scope="row">
                <bdi>{action.verb} " " {action.object}</bdi> " " <span class="id small soft">{action.name}</span>
                <br /><code class="small soft">{call}</code>
                {unused}
            </th>
            <td><Tag effect=action.effect tier />{undone}</td>
            <td class="n" data-of=t!("keep-granted")>{granted}</td>
            <td class="n" data-of=t!("keep-calls")>{calls}</td>
            <td class="n" data-of=t!("keep-refused")>{refused}</td>
        </tr>
    }
}
