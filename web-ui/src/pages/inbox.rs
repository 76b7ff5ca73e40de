use super::{desk, show};
use crate::{
    components::{Heading, Message, SessionRow, SharedInbox, WaitingRow},
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::{either::Either, prelude::*};
use protocol::sessions::{self, Routine};

/// `/`: what waits, what runs, what was decided.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let (Some(desk), Some(inbox)) = (desk(), use_context::<SharedInbox>()) else { return ().into_any() };
    let now = desk.now();
    show(inbox, move |inbox| view! { <Lists inbox now /> }.into_any())
}

#[component]
fn Lists(inbox: sessions::Inbox, now: DateTime<Utc>) -> impl IntoView {
    let waiting = inbox.waiting.len();
    let note = match waiting {
        0 => t!("inbox-none"),
        n => t!("inbox-some", count = n),
    };
    let rows: Vec<_> =
        inbox.waiting.into_iter().map(|waiting| view! { <WaitingRow waiting now /> }).collect();
    let active: Vec<_> =
        inbox.active.into_iter().map(|session| view! { <SessionRow session now stop=true /> }).collect();
    let decided: Vec<_> =
        inbox.decided.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
    view! {
        <Heading title=t!("nav-inbox") note waiting />
        {inbox.routine.map(|routine| view! { <Note routine /> })}
        <div id="inbox" data-live="">
            <section>
                <h2>{t!("inbox-waiting")}</h2>
                {if rows.is_empty() { Either::Left(Nothing()) } else { Either::Right(view! { <ul class="list">{rows}</ul> }) }}
            </section>
            <Group title=t!("inbox-active") rows=active />
            <Group title=t!("inbox-decided") rows=decided />
        </div>
    }
    .into_any()
}

/// A gentle note on decisions that look like routine.
#[component]
fn Note(routine: Routine) -> impl IntoView {
    let Routine { decisions, approved, median_ms } = routine;
    let median = median_ms.map(|ms| t!("inbox-routine-median", seconds = tenths(ms)));
    view! {
        <Message tone="medium" icon="clock">
            {rich!("inbox-routine", approved = approved.to_string(), decisions = decisions.to_string())}
            " "
            {median}
            " "
            {t!("inbox-routine-advice")}
        </Message>
    }
}

/// Milliseconds as seconds with one decimal.
pub(super) fn tenths(ms: i64) -> String {
    format!("{}.{}", ms / 1_000, ms % 1_000 / 100)
}

/// A list that is not there while it is empty.
#[component]
fn Group<V: IntoView + 'static>(title: String, rows: Vec<V>) -> impl IntoView {
    (!rows.is_empty()).then(|| view! { <section><h2>{title}</h2><ul class="list">{rows}</ul></section> })
}

/// Why it is empty, and what to do next.
#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Message tone="plain" icon="inbox">
            {rich!("inbox-empty")}
        </Message>
    }
}
