//! The upper half of the card: all that a person must know, above the fold of a phone.

use super::{CardState, parts::Moment};
use crate::{
    components::{Icon, Spans, face, tag::tone},
    format,
};
use leptos::prelude::*;
use protocol::card::History;

/// Who asks, and how long there is to decide.
#[component]
pub(crate) fn Who(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let whose = if card.yours { "your agent".to_owned() } else { format!("{}’s agent", card.owner) };
    let key = format!("Registered {}, secret number {}", format::machine(card.agent_since), card.agent.key);
    let clock = move || format::left(state.seconds_left());
    let expires_at = card.expires_at;
    view! {
        <header class="who">
            {face(&card.agent.title)}
            <div data-q="who">
                <b><bdi>{card.agent.title}</bdi></b>
                <span class="soft small" title=key>{whose} " · since " {format::month(card.agent_since)}</span>
            </div>
            <Show when=move || state.pending()>
                <div class="clock" data-q="ignore">
                    <b><time datetime=format::machine(expires_at)>{clock}</time></b>
                    <span class="soft small">"to decide"<span class="vh">", then it expires and nothing is granted"</span></span>
                </div>
            </Show>
        </header>
    }
    .into_any()
}

/// The sentence: what would be granted as the card stands.
#[component]
pub(crate) fn Says(state: CardState) -> impl IntoView {
    view! { <p class="says" data-q="what">{move || view! { <Spans sentence=state.card.get().sentence /> }}</p> }
}

/// The worst that could come of it.
#[component]
pub(crate) fn Worst(state: CardState) -> impl IntoView {
    let class = move || format!("worst {}", state.card.with(|card| tone(card.worst.tier)));
    view! {
        <p class=class data-q="worst">
            <Icon name="warning" />
            <span>
                <b>{move || state.card.with(|card| card.worst.headline.clone())}</b>
                " "
                {move || state.card.with(|card| card.worst.detail.clone())}
            </span>
        </p>
    }
    .into_any()
}

/// When it ends, whether it is normal, and the code to compare.
#[component]
pub(crate) fn Facts(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let ends_at = move || state.card.with(|card| card.duration.ends_at);
    view! {
        <div class="facts">
            <Show when=move || state.pending()>
                <span data-q="long">
                    "Ends by itself " <b><Moment at=ends_at state /></b>
                </span>
            </Show>
            <span>"Code"<span class="wide">" on its screen"</span>" "<b class="id">{card.matching_code}</b></span>
            <span data-q="normal">{history(card.history)}</span>
        </div>
    }
    .into_any()
}

fn history(history: History) -> AnyView {
    let History { asked, approved, denied, calls_on_average } = history;
    if asked == 0 {
        return view! { <b>"First time"</b>" it asks for this in 14 days" }.into_any();
    }
    let verdict = match (approved, denied) {
        (a, 0) if a == asked => "all approved".to_owned(),
        (0, d) if d == asked => "all denied".to_owned(),
        (a, d) => format!("{a} approved, {d} denied"),
    };
    let used = (approved > 0).then(|| format!(", {} on average", format::count(calls_on_average, "call")));
    view! { "Asked " <b>{format::count(asked, "time")}</b> " in 14 days, " <b>{verdict}</b> {used} }
        .into_any()
}

/// The agent's words: marked as its words, quoted, only ever text.
#[component]
pub(crate) fn Why(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let removed = card.purpose.removed;
    let note = (removed > 0).then(|| {
        let what = format::count(i64::from(removed), "invisible character");
        view! { <span class="small warn">{what}" removed from its text"</span> }
    });
    view! {
        <div class="why" data-q="why">
            <span class="soft small">"The agent says"</span>
            <p>"“"<bdi>{card.purpose.text}</bdi>"”"</p>
            {note}
        </div>
    }
    .into_any()
}
