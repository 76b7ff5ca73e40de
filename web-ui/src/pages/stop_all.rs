use super::{desk, passkeys::Proven, show};
use crate::{
    components::{Heading, Message, SessionRow},
    format::count,
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
    let all = count(i64::try_from(sessions.len()).unwrap_or(i64::MAX), "live session");
    let label = format!("Stop {all}");
    let rows: Vec<_> = sessions.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
    view! {
        <Heading title="Stop all" note=all.clone() />
        <Message tone="high" icon="warning">
            <b>"Everything that any agent may do ends at once."</b>
            " Calls that run are cut, and requests that wait can no longer be approved. This cannot be undone: agents have to ask again."
        </Message>
        <Proven proof action="/stop-all" label tone="no" icon="stop" back="/" />
        <section><h2>"What will stop"</h2><ul class="list">{rows}</ul></section>
    }
}
