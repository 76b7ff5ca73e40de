//! What happened in a session, row by row; `said.rs` has the words.

mod said;

use super::Message;
use crate::{
    format,
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::timeline::{TimelineItem, TimelineKind};
use said::{how, what};

/// What happened in a session, newest first.
#[component]
pub(crate) fn Timeline(items: Vec<TimelineItem>, now: DateTime<Utc>) -> impl IntoView {
    let items: Vec<_> = items.into_iter().map(|item| view! { <Item item now /> }).collect();
    view! { <ol class="line-of" id="timeline" data-live="">{items}</ol> }.into_any()
}

/// What a timeline leaves out, said where it ends: nobody takes what is shown for the whole.
#[component]
pub(crate) fn LeftOut(more: bool, dropped_until: Option<DateTime<Utc>>) -> impl IntoView {
    let more = more.then(|| {
        view! {
            <Message tone="plain" icon="clock">
                {t!("timeline-newest")}
            </Message>
        }
    });
    let dropped = dropped_until.map(|at| {
        view! {
            <Message tone="plain" icon="clock">
                {rich!("timeline-dropped", time = time(at))}
            </Message>
        }
    });
    view! { <div id="left-out" data-live="">{more} {dropped}</div> }.into_any()
}

fn time(at: DateTime<Utc>) -> AnyView {
    view! { <time datetime=format::machine(at)>{format::dated(at)}</time> }.into_any()
}

#[component]
fn Item(item: TimelineItem, now: DateTime<Utc>) -> impl IntoView {
    let (class, word) = match item.kind {
        TimelineKind::Call => ("call", None),
        TimelineKind::Refused => ("deny", Some(t!("timeline-refused"))),
        TimelineKind::Trouble => ("trouble", Some(t!("timeline-trouble"))),
        TimelineKind::Person => ("person", None),
        TimelineKind::Agent => ("agent", None),
        TimelineKind::Broker => ("broker", None),
    };
    let id = item.call.map(|call| call.to_string());
    view! {
        <li class=class title=id>
            <time datetime=format::machine(item.at)>{format::precise(item.at, now)}</time>
            <span>
                <b>{word}" "{what(&item.happened, &item.by)}</b>
                " "
                {(!item.detail.is_empty()).then(|| view! { <code><bdi>{item.detail}</bdi></code> })}
            </span>
            <span class="small">{how(item.happened, &item.by)}</span>
        </li>
    }
    .into_any()
}
