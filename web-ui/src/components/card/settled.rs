use super::CardState;
use crate::{components::Icon, format};
use leptos::prelude::*;
use protocol::{access::RequestStatus, card::Outcome};

/// What stands in the place of the buttons when there is nothing to decide, or not for this person.
#[component]
pub(crate) fn Settled(state: CardState) -> impl IntoView {
    move || {
        let card = state.card.get();
        match card.outcome.clone() {
            Some(outcome) => view! { <Became outcome state /> }.into_any(),
            None if card.status == RequestStatus::Pending => view! { <NotYours state /> }.into_any(),
            None => view! { <p class="settled">"This request is over. Nothing can be decided on it any more."</p> }.into_any(),
        }
    }
}

#[component]
fn Became(outcome: Outcome, state: CardState) -> impl IntoView {
    let card = state.card.get();
    let granted =
        matches!(card.status, RequestStatus::Approved | RequestStatus::Active | RequestStatus::Ended);
    let live = granted && card.status != RequestStatus::Ended;
    let session = format!("/sessions/{}", card.request.grant());
    let stop = live.then(|| {
        view! {
            <form method="post" action=format!("{session}/stop")>
                <input type="hidden" name="form_token" value=state.form_token.get_value() />
                <button class="b no"><Icon name="stop" />"Stop now"</button>
            </form>
        }
    });
    let at = format::moment(outcome.at, state.now.get_untracked());
    let by = outcome.by.map_or(at.clone(), |by| format!("{at} by {by}"));
    let ends = outcome.ends_at.filter(|_| live).map(|ends| {
        view! { " · ends by itself " <b>{format::moment(ends, state.now.get_untracked())}</b> }
    });
    view! {
        <div class="settled" role="status">
            <p><b>{outcome.says}</b><br /><span class="soft small">{by}{ends}</span></p>
            {outcome.reason.map(|reason| view! { <p class="small">"With the words “" <bdi>{reason}</bdi> "”"</p> })}
            <div class="acts">
                {granted.then(|| view! { <a class="b" href=session>"See the session"</a> })}
                {stop}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn NotYours(state: CardState) -> impl IntoView {
    let why = state.card.with(|card| card.permission.why_not.clone());
    view! {
        <div class="settled">
            <p><b>"You can see this, but can’t approve it."</b>" "{why}</p>
            <p class="small soft">{state.if_ignored()}</p>
        </div>
    }
}
