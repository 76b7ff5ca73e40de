use super::{desk, show};
use crate::{
    components::{FormToken, Heading, Icon, Message, SessionRow},
    texts::{rich, t},
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
    let all = t!("services-live", count = sessions.len());
    let label = t!("stop-all-do", count = sessions.len());
    let rows: Vec<_> = sessions.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
    view! {
        <Heading title=t!("top-stop-all") note=all.clone() />
        <Message tone="high" icon="warning">
            {rich!("stop-all-what")}
        </Message>
        <form method="post" action="/stop-all" class="confirm">
            <FormToken />
            <div class="acts">
                <a class="b" href="/">{t!("back")}</a>
                <button class="b no"><Icon name="stop" />{label}</button>
            </div>
        </form>
        <section><h2>{t!("stop-all-list")}</h2><ul class="list">{rows}</ul></section>
    }
}
