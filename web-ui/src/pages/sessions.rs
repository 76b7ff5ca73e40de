use super::{desk, query_fields, show};
use crate::{
    components::{Heading, Message, SessionRow},
    texts::{Slot, rich, t},
};
use leptos::{either::Either, prelude::*};

/// `/sessions`: the live ones; with `?ended=1` those that are over.
#[component]
pub(crate) fn Sessions() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let ended = query_fields().iter().any(|(name, value)| name == "ended" && value == "1");
    let now = desk.now();
    let list = show(async move { desk.sessions(ended).await }, move |sessions| {
        if sessions.is_empty() {
            return view! { <Nothing ended /> }.into_any();
        }
        let rows: Vec<_> =
            sessions.into_iter().map(|session| view! { <SessionRow session now stop=!ended /> }).collect();
        view! { <ul class="list">{rows}</ul> }.into_any()
    });
    view! {
        <Heading title=t!("nav-sessions") />
        <nav class="tabs" aria-label=t!("sessions-which")>
            <a href="/sessions" aria-current=(!ended).then_some("page")>{t!("sessions-live")}</a>
            <a href="/sessions?ended=1" aria-current=ended.then_some("page")>{t!("sessions-ended")}</a>
        </nav>
        <div id="sessions" data-live="">{list}</div>
    }
    .into_any()
}

#[component]
fn Nothing(ended: bool) -> impl IntoView {
    if ended {
        return Either::Left(
            view! { <Message tone="plain" icon="sessions"><b>{t!("sessions-none-ended")}</b></Message> },
        );
    }
    Either::Right(view! {
        <Message tone="plain" icon="sessions">
            {rich!("sessions-empty", inbox = Slot::link("/"))}
        </Message>
    })
}
