use super::CardState;
use crate::format;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// A moment that changes with the card.
#[component]
pub(super) fn Moment(
    at: impl Fn() -> DateTime<Utc> + Copy + Send + Sync + 'static,
    state: CardState,
) -> impl IntoView {
    let words = move || format::moment(at(), state.now.get_untracked());
    view! { <time datetime=move || format::machine(at())>{words}</time> }
}

/// Hidden fields: a narrowing that is posted exactly as it was shown.
#[component]
pub(super) fn Hidden(state: CardState) -> impl IntoView {
    let fields = move || {
        state.fields.with(|fields| {
            let input = |(name, value): &(String, String)| {
                view! { <input type="hidden" name=name.clone() value=value.clone() /> }
            };
            fields.iter().map(input).collect::<Vec<_>>()
        })
    };
    view! { {fields} }
}

/// A digest in a hidden field.
#[component]
pub(super) fn Token(name: &'static str, value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}
