use super::{CardState, Mode, parts::Moment};
use crate::{
    format,
    texts::{rich, t},
};
use leptos::prelude::*;

/// For how long: what is offered is never more than was asked.
#[component]
pub(crate) fn Duration(state: CardState) -> impl IntoView {
    let duration = state.card.with_untracked(|card| card.duration.clone());
    let edit = state.mode == Mode::Edit && state.decidable();
    let options = duration.options.into_iter().map(|seconds| {
        let checked = seconds == duration.chosen;
        view! {
            <label><input type="radio" name="duration" value=seconds checked=checked />{format::span(seconds)}</label>
        }
    });
    let choice = if edit {
        view! { <fieldset class="seg"><legend class="vh">{t!("card-how-long")}</legend>{options.collect::<Vec<_>>()}</fieldset> }
            .into_any()
    } else {
        view! { <b>{format::span(duration.chosen)}</b> }.into_any()
    };
    let ends_at = move || state.card.with(|card| card.duration.ends_at);
    view! {
        <div class="time">
            {choice}
            <Show when=move || state.pending()>
                <span class="soft">
                    {rich!(
                        "card-time",
                        time = view! { <b><Moment at=ends_at state /></b> }.into_any(),
                        asked = format::span(duration.asked),
                    )}
                </span>
            </Show>
        </div>
    }
    .into_any()
}
