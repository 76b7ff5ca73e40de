//! The upper half of the card: all that a person must know, above the fold of a phone.

use super::{CardState, parts::Moment};
use crate::{
    components::{Icon, KnownClient, Spans, face, tag::tone},
    format,
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::card::History;

/// Who asks, and how long there is to decide.
#[component]
pub(crate) fn Who(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let whose = whose(card.yours, card.owner.to_string());
    let registered = format::machine(card.agent_since);
    let key = t!("card-registered", time = registered, number = card.agent.key.to_string());
    let clock = move || format::left(state.seconds_left());
    let expires_at = card.expires_at;
    let long = card.agent.title.chars().count() > LONG_NAME;
    view! {
        <header class="who">
            {face(&card.agent.title)}
            <div data-q="who">
                <b class:long=long><bdi>{card.agent.title}</bdi></b>
                <span class="soft small" title=key>{whose}<span class="wide">" · " {t!("card-since", month = format::month(card.agent_since))}</span></span>
            </div>
            <Show when=move || state.pending()>
                <div class="clock" data-q="ignore">
                    <b><time datetime=format::machine(expires_at)>{clock}</time></b>
                    <span class="soft small">{t!("card-to-decide")}<span class="vh">{t!("card-to-decide-long")}</span></span>
                </div>
            </Show>
        </header>
    }
    .into_any()
}

/// How well the client is known that asks, where a person brought it along.
#[component]
pub(crate) fn Client(state: CardState) -> impl IntoView {
    let (agent, twins) = state.card.with_untracked(|card| (card.agent.clone(), card.twins.clone()));
    let now = state.now.get_untracked();
    agent.client.map(|client| {
        let renamed = client.name != agent.title;
        view! { <KnownClient client=*client twins renamed direct=agent.direct now /> }
    })
}

/// Whose agent it is.
pub(crate) fn whose(yours: bool, owner: String) -> String {
    if yours { t!("card-your-agent") } else { t!("card-agent-of", owner = owner) }
}

/// Texts of more bytes than this may not fit above the fold of a phone: they scroll by themselves, so that no length
/// pushes an answer off the screen.
const LONG: usize = 150;
/// A name of more characters than this takes several lines there.
const LONG_NAME: usize = 30;

/// The sentence: what would be granted as the card stands.
#[component]
pub(crate) fn Says(state: CardState) -> impl IntoView {
    let long = move || {
        state.card.with(|card| card.sentence.iter().map(|span| span.text.len()).sum::<usize>() > LONG)
    };
    view! {
        <p class="says" class:long=long tabindex=move || long().then_some("0") data-q="what" lang=foreign()>
            {move || view! { <Spans sentence=state.card.get().sentence /> }}
        </p>
    }
}

/// The worst that could come of it.
#[component]
pub(crate) fn Worst(state: CardState) -> impl IntoView {
    let class = move || format!("worst {}", state.card.with(|card| tone(card.worst.tier)));
    view! {
        <p class=class data-q="worst">
            <Icon name="warning" />
            <span lang=foreign()>
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
    // A client that was brought along says it with what is known of it.
    let direct = card.agent.direct && card.agent.client.is_none();
    let direct = direct.then(|| view! { <span>{t!("card-direct")}</span> });
    view! {
        <div class="facts">
            <Show when=move || state.pending()>
                <span data-q="long">
                    {rich!("card-ends", time = view! { <Moment at=ends_at state /> }.into_any())}
                </span>
            </Show>
            <span>{t!("card-code")}<span class="wide">" "{t!("card-code-where")}</span>" "<b class="id">{card.matching_code}</b></span>
            <span data-q="normal">{history(card.history)}</span>
            {direct}
        </div>
    }
    .into_any()
}

fn history(history: History) -> AnyView {
    let History { asked, approved, denied, calls_on_average } = history;
    if asked == 0 {
        return rich!("card-first-time");
    }
    let verdict = match (approved, denied) {
        (a, 0) if a == asked => t!("card-all-approved"),
        (0, d) if d == asked => t!("card-all-denied"),
        (a, d) => t!("card-some-denied", approved = a, denied = d),
    };
    let used = (approved > 0).then(|| t!("card-calls-on-average", count = calls_on_average));
    view! { {rich!("card-asked-before", count = asked, verdict = verdict)} {used} }.into_any()
}

/// The agent's words: marked as its words, quoted, only ever text.
#[component]
pub(crate) fn Why(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let removed = card.purpose.removed;
    let note = (removed > 0).then(|| {
        view! { <span class="small warn">{t!("card-invisible", count = removed)}</span> }
    });
    let long = card.purpose.text.len() > LONG;
    if card.purpose.text.is_empty() {
        return view! {
            <div class="why" data-q="why"><span class="soft small">{t!("card-agent-is-silent")}</span>{note}</div>
        }
        .into_any();
    }
    view! {
        <div class="why" class:long=long data-q="why">
            <span class="soft small">{t!("card-agent-says")}</span>
            <p tabindex=long.then_some("0")>"“"<bdi>{card.purpose.text}</bdi>"”"</p>
            {note}
        </div>
    }
    .into_any()
}
