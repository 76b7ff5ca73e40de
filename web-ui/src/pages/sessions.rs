use super::{desk, query_fields, show};
use crate::components::{Heading, Message, SessionRow};
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
        <Heading title="Sessions" />
        <nav class="tabs" aria-label="Which sessions">
            <a href="/sessions" aria-current=(!ended).then_some("page")>"Live"</a>
            <a href="/sessions?ended=1" aria-current=ended.then_some("page")>"Ended"</a>
        </nav>
        <div id="sessions" data-live="">{list}</div>
    }
    .into_any()
}

#[component]
fn Nothing(ended: bool) -> impl IntoView {
    if ended {
        return Either::Left(
            view! { <Message tone="plain" icon="sessions"><b>"No session has ended yet."</b></Message> },
        );
    }
    Either::Right(view! {
        <Message tone="plain" icon="sessions">
            <b>"No agent can do anything right now."</b>
            " A session begins when you approve a request in the "
            <a href="/">"inbox"</a>
            "."
        </Message>
    })
}
