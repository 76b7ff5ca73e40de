use crate::format;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// A moment with its zone and how far away it is.
#[component]
pub(crate) fn When(at: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    view! {
        <time datetime=format::machine(at)>{format::moment(at, now)}</time>
        <span class="soft">" · "{format::ago(at, now)}</span>
    }
}
