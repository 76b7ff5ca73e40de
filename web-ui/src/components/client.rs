//! How well an OAuth client is known that a person brought along: what vouches for it, where its answers go, and what else
//! has a name like its.

use super::Icon;
use crate::{
    format,
    texts::{rich, t},
};
use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use protocol::clients::{Came, ClientRef, Twin, TwinKind};

/// In a few lines: what is known, and what is not.
#[component]
pub(crate) fn KnownClient(
    client: ClientRef,
    twins: Vec<Twin>,
    /// Whether its agent, whose name stands above, is called otherwise.
    renamed: bool,
    /// Whether it uses its token itself.
    direct: bool,
    now: DateTime<Utc>,
) -> impl IntoView {
    let anybody = client.is_anybody_on_this_device().then(|| warning(t!("client-anybody")));
    let how = vouched(&client, now);
    let ClientRef { name, came, redirect_hosts, .. } = client;
    let (tone, icon) = look(came);
    let called = renamed.then(|| {
        view! { <p class="soft">{rich!("client-calls-itself", name = name)}</p> }
    });
    let back = back(&redirect_hosts);
    let twins: Vec<_> = twins.into_iter().map(|it| warning(twin(it))).collect();
    let direct = direct.then(|| view! { " " {t!("client-direct")} });
    view! {
        <div class="client small" role="group" aria-label=t!("client-known")>
            <p class=format!("how {tone}")><Icon name=icon /><span>{how}</span></p>
            {twins}
            {anybody}
            {called}
            <p>{back}{direct}</p>
        </div>
    }
    .into_any()
}

fn look(came: Came) -> (&'static str, &'static str) {
    match came {
        Came::Document | Came::Declared => ("low", "done"),
        Came::Registered => ("medium", "warning"),
    }
}

/// What vouches for it, and since when it is known.
fn vouched(client: &ClientRef, now: DateTime<Utc>) -> AnyView {
    let seen = seen(client.first_seen, now);
    match (client.came, &client.host) {
        (Came::Document, Some(host)) => rich!("client-document", host = host.clone(), seen = seen),
        (Came::Declared, _) => rich!("client-declared", seen = seen),
        (Came::Document | Came::Registered, _) => rich!("client-registered", seen = seen),
    }
}

fn seen(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let passed = (now - at).max(TimeDelta::zero());
    if passed < TimeDelta::hours(1) {
        let minutes = u32::try_from(passed.num_minutes()).unwrap_or_default();
        t!("client-seen-ago", time = format::span(minutes.max(1) * 60))
    } else if at.date_naive() == now.date_naive() {
        t!("client-seen-today")
    } else {
        t!("client-seen-on", day = format!("{} ({})", format::day(at), format::month(at)))
    }
}

fn back(hosts: &[String]) -> Option<AnyView> {
    let hosts = hosts.join(", ");
    (!hosts.is_empty()).then(|| rich!("client-back", hosts = hosts))
}

fn twin(twin: Twin) -> String {
    let name = twin.name;
    match twin.kind {
        TwinKind::Agent => t!("client-like-agent", name = name),
        TwinKind::Client => t!("client-like-client", name = name),
        TwinKind::Service => t!("client-like-service", name = name),
        TwinKind::Product => t!("client-like-product", name = name),
    }
}

fn warning(words: String) -> AnyView {
    view! { <p class="how high"><Icon name="warning" /><span>{words}</span></p> }.into_any()
}
