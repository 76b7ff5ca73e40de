use super::{desk, passkeys::Proven, show};
use crate::{
    components::{Heading, Message, SessionRow},
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{me::Ceremony, sessions::SessionSummary};

/// `/stop-all`: lists what will stop, and asks.
#[component]
pub(crate) fn StopAll() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let now = desk.now();
    let asked = async move { Ok((desk.sessions(false).await?, desk.ask_step_up().await?)) };
    show(asked, move |(sessions, proof)| view! { <Confirm sessions proof now /> }.into_any())
}

#[component]
fn Confirm(sessions: Vec<SessionSummary>, proof: Option<Ceremony>, now: DateTime<Utc>) -> impl IntoView {
    let all = t!("keep-live-sessions", count = sessions.len());
    let label = t!("stop-all-do", count = sessions.len());
    let rows: Vec<_> = sessions.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
    view! {
        <Heading title=t!("top-stop-all") note=all.clone() />
        <Message tone="high" icon="warning">
            {rich!("stop-all-what")}
        </Message>
        <Proven proof action="/stop-all" label tone="no" icon="stop" back="/" />
        <section><h2>{t!("stop-all-list")}</h2><ul class="list">{rows}</ul></section>
    }
}
