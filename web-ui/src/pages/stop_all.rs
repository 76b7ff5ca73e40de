use super::{desk, show};
use crate::{
    components::{FormToken, Heading, Icon, Message, SessionRow},
    format::count,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::sessions::SessionSummary;

/// `/stop-all`: lists what will stop, and asks.
#[component]
pub(crate) fn StopAll() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let now = desk.now();
    show(async move { desk.sessions(false).await }, move |sessions| {
        view! { <Confirm sessions now /> }.into_any()
    })
}

#[component]
fn Confirm(sessions: Vec<SessionSummary>, now: DateTime<Utc>) -> impl IntoView {
    let all = count(i64::try_from(sessions.len()).unwrap_or(i64::MAX), "live session");
    let label = format!("Stop {all}");
    let rows: Vec<_> = sessions.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
    view! {
        <Heading title="Stop all" note=all.clone() />
        <Message tone="high" icon="warning">
            <b>"Everything that any agent may do ends at once."</b>
            " Calls that run are cut, and requests that wait can no longer be approved. This cannot be undone: agents have to ask again."
        </Message>
        <form method="post" action="/stop-all" class="confirm">
            <FormToken />
            <div class="acts">
                <a class="b" href="/">"Back"</a>
                <button class="b no"><Icon name="stop" />{label}</button>
            </div>
        </form>
        <section><h2>"What will stop"</h2><ul class="list">{rows}</ul></section>
    }
}
