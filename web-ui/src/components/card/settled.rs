use super::{CardState, quorum::let_in};
use crate::{
    components::Icon,
    format,
    texts::{foreign, rich, t},
};
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
            None => view! { <p class="settled">{t!("card-over")}</p> }.into_any(),
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
                <button class="b no"><Icon name="stop" />{t!("card-stop")}</button>
            </form>
        }
    });
    let at = format::moment(outcome.at, state.now.get_untracked());
    let by = match outcome.by {
        Some(by) => t!("card-decided-by", time = at, person = by),
        None => at,
    };
    let by_link = let_in(&outcome.let_in_by);
    let ends = outcome.ends_at.filter(|_| live).map(|ends| {
        let time = format::moment(ends, state.now.get_untracked());
        view! { " · " {rich!("card-ends-at", time = time)} }
    });
    view! {
        <div class="settled" role="status">
            <p><b lang=foreign()>{outcome.says}</b><br /><span class="soft small">{by}{by_link}{ends}</span></p>
            {outcome.reason.map(|reason| view! { <p class="small">{rich!("card-with-words", reason = reason)}</p> })}
            <div class="acts">
                {granted.then(|| view! { <a class="b" href=session>{t!("card-see-session")}</a> })}
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
            <p><b>{t!("card-not-yours")}</b>" "<span lang=foreign()>{why}</span></p>
            <p class="small soft">{state.if_ignored()}</p>
        </div>
    }
}
