use leptos::prelude::*;
use protocol::card::Span;

/// A generated sentence. Its names come from admins and agents, so it is isolated and only ever text.
#[component]
pub(crate) fn Spans(sentence: Vec<Span>) -> impl IntoView {
    let pieces: Vec<_> = sentence
        .into_iter()
        .map(
            |Span { text, strong }| if strong { view! { <b>{text}</b> }.into_any() } else { text.into_any() },
        )
        .collect();
    view! { <bdi>{pieces}</bdi> }
}
