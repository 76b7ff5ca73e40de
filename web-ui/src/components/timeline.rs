use super::Message;
use crate::format;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::sessions::{TimelineItem, TimelineKind};

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
                "These are the newest records. Older ones of this session are in the record: whoever operates this \
                 broker can export them."
            </Message>
        }
    });
    let dropped = dropped_until.map(|at| {
        view! {
            <Message tone="plain" icon="clock">
                <b>
                    "Records up to "
                    <time datetime=format::machine(at)>{format::dated(at)}</time>
                    " were moved out by retention."
                </b>
                " What this session did until then is not shown here, and may not be counted. Whoever operates this broker may have \
                 it in an archive."
            </Message>
        }
    });
    view! { <div id="left-out" data-live="">{more} {dropped}</div> }.into_any()
}

#[component]
fn Item(item: TimelineItem, now: DateTime<Utc>) -> impl IntoView {
    let (class, word) = match item.kind {
        TimelineKind::Call => ("call", ""),
        TimelineKind::Refused => ("deny", "Refused: "),
        TimelineKind::Trouble => ("trouble", "Trouble: "),
        TimelineKind::Person => ("person", ""),
        TimelineKind::Agent => ("agent", ""),
        TimelineKind::Broker => ("broker", ""),
    };
    let id = item.call.map(|call| call.to_string());
    view! {
        <li class=class title=id>
            <time datetime=format::machine(item.at)>{format::precise(item.at, now)}</time>
            <span>
                <b>{word}<bdi>{item.title}</bdi></b>
                " "
                {(!item.detail.is_empty()).then(|| view! { <code><bdi>{item.detail}</bdi></code> })}
            </span>
            <span class="small">{item.result}</span>
        </li>
    }
    .into_any()
}
