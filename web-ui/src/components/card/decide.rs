//! The decision: Deny on the left, Approve on the right, always.

use super::{
    CardState, Gate, Mode,
    parts::{Hidden, Token},
    state::Obstacle,
};
use crate::{
    components::Icon,
    fields,
    texts::{foreign, t},
};
use leptos::{ev::SubmitEvent, prelude::*};

/// The bar at the foot of the card while it can be decided.
#[component]
pub(crate) fn Decide(state: CardState) -> impl IntoView {
    let direct = move || state.scripted.get() || (state.mode == Mode::Review && !state.asks_passkey());
    view! {
        <Show when=direct><Word /></Show>
        <div class="decide">
            <Obstacles state />
            <Deny state />
            {(state.mode == Mode::Review).then(|| view! { <Change state /> })}
            <Show when=direct fallback=move || view! { <Indirect state /> }>
                <Approve state />
            </Show>
        </div>
        <p class="ignore">{move || state.if_ignored()}</p>
    }
    .into_any()
}

/// A word to the agent, sent with the approval.
#[component]
fn Word() -> impl IntoView {
    view! {
        <details class="word">
            <summary class="small soft">{t!("card-word")}</summary>
            <textarea name="reason" form="approve" maxlength="280" rows="2" aria-label=t!("card-word-label")></textarea>
        </details>
    }
}

/// Why Approve does not act.
#[component]
fn Obstacles(state: CardState) -> impl IntoView {
    let items = move || {
        let items: Vec<_> = state.obstacles().into_iter().map(obstacle).collect();
        (!items.is_empty()).then(|| view! { <ul class="obstacles small">{items}</ul> })
    };
    let changed = move || {
        state.frozen.get().then(|| {
            let href = state.card.with(|card| format!("/requests/{}", card.request));
            view! { <p class="obstacles small">{t!("card-changed")} " " <a href=href>{t!("card-see-changes")}</a></p> }
        })
    };
    view! { {items}{changed} }.into_any()
}

fn obstacle(obstacle: Obstacle) -> impl IntoView {
    let lang = obstacle.lang();
    view! { <li lang=lang>{obstacle.into_words()}</li> }
}

/// Deny opens a place for a reason; only the button in there denies.
#[component]
fn Deny(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    view! {
        <details class="deny" id="deny">
            <summary class="b no">
                <span class="closed">{t!("card-deny-open")}</span>
                <span class="back">{t!("card-deny-back")}</span>
                <kbd>"D"</kbd>
            </summary>
            <form class="sheet" method="post" action=format!("/requests/{}/deny", card.request)>
                <Token name="form_token" value=state.form_token.get_value() />
                <Token name="request_digest" value=card.request_digest.to_string() />
                <label for="deny-reason">{t!("card-deny-why")}</label>
                <textarea id="deny-reason" name="reason" maxlength="280" rows="3"
                    placeholder=t!("card-deny-example") />
                {card.permission.may_pause.then(|| view! {
                    <label class="small pause"><input type="checkbox" name="pause" value="1" />{t!("card-pause")}</label>
                })}
                <button class="b no" disabled=move || state.expired()>{t!("card-deny")}</button>
            </form>
        </details>
    }
    .into_any()
}

/// Back to the ticks, as they were.
#[component]
fn Change(state: CardState) -> impl IntoView {
    let href = state.card.with_untracked(|card| {
        format!("/requests/{}?{}", card.request, fields::query(&state.fields.get_untracked()))
    });
    view! { <a class="b mid" href=href>{t!("card-change")}</a> }
}

/// Without JavaScript: first the review; and a passkey cannot be asked at all.
#[component]
fn Indirect(state: CardState) -> impl IntoView {
    match state.mode {
        Mode::Edit => view! { <Review state /> }.into_any(),
        Mode::Review => view! {
            <p class="small">{t!("card-passkey-script")}</p>
        }
        .into_any(),
    }
}

/// Without JavaScript: first see what it would grant.
#[component]
fn Review(state: CardState) -> impl IntoView {
    view! {
        <button class="b go" form="narrow" name="review" value="1" disabled=move || state.expired()>{t!("card-review")}</button>
    }
}

/// The only way to approve: a form with the digests of what is on the screen, and its narrowing.
#[component]
fn Approve(state: CardState) -> impl IntoView {
    let card = state.card;
    let action = format!("/requests/{}/approve", card.with_untracked(|card| card.request.clone()));
    let request_digest = move || card.with(|card| card.request_digest.to_string());
    let grant_digest = move || card.with(|card| card.grant_digest.as_ref().map(ToString::to_string));
    let send = move |event: SubmitEvent| {
        if state.ready() && !state.asks_passkey() {
            state.gate.set(Gate::Sent);
            return;
        }
        event.prevent_default();
        if state.ready() {
            prove(state);
        }
    };
    let label = move || card.with(|card| card.approve_label.clone());
    let with_passkey =
        move || state.asks_passkey().then(|| view! { <span class="vh">" "{t!("card-with-passkey")}</span> });
    view! {
        <form class="approve" id="approve" method="post" action=action on:submit=send>
            <Token name="form_token" value=state.form_token.get_value() />
            <input type="hidden" name="request_digest" value=request_digest />
            <input type="hidden" name="grant_digest" value=grant_digest />
            <Hidden state />
            <input type="hidden" name="nonce" />
            <input type="hidden" name="answer" />
            <button class="b go" class:armed=move || state.armed.get() disabled=move || !state.approvable()
                aria-disabled=move || (!state.ready()).then_some("true")>
                {move || state.asks_passkey().then(|| view! { <Icon name="lock" /> })}
                <span lang=foreign()>{label}</span>
                {with_passkey}
                <kbd>{move || if state.armed.get() { "Enter" } else { "A" }}</kbd>
            </button>
        </form>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
use crate::browser::prove::prove;

/// On the server there is no passkey to ask.
#[cfg(not(feature = "hydrate"))]
fn prove(_: CardState) {}
