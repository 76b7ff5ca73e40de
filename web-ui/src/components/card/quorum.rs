//! Who else has to approve, and who has.

use super::CardState;
use crate::{
    components::Icon,
    format,
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::{
    card::{CardQuorum, Given},
    ids::Slug,
};

/// Shown only where it takes more than one person.
#[component]
pub(crate) fn Quorum(state: CardState) -> impl IntoView {
    move || {
        let quorum = state.card.with(|card| card.quorum.clone());
        let several = quorum.approvals > 1 || !quorum.given.is_empty() || !quorum.otherwise.is_empty();
        several.then(|| says(quorum, state))
    }
}

fn says(quorum: CardQuorum, state: CardState) -> AnyView {
    let CardQuorum { approvals, given, missing, otherwise } = quorum;
    let rows: Vec<_> = given.into_iter().map(|it| row(it, state)).collect();
    let started = (!otherwise.is_empty()).then(|| {
        let names: Vec<String> = otherwise.iter().map(ToString::to_string).collect();
        view! { <p class="warn">{t!("card-quorum-otherwise", people = names.join(", "))}</p> }
    });
    let next = move || {
        state.decidable().then(|| match missing.clone() {
            None => t!("card-quorum-completes").into_any(),
            Some(missing) => {
                let missing = view! { <span lang=foreign()>{missing}</span> }.into_any();
                rich!("card-quorum-then", missing = missing)
            }
        })
    };
    view! {
        <div class="quorum small" role="group" aria-label=t!("card-quorum")>
            <p><Icon name="person" /><b>{t!("card-quorum-takes", people = approvals.to_string())}</b>" "{next}</p>
            <ul>{rows}</ul>
            {started}
        </div>
    }
    .into_any()
}

/// By whose link somebody was in who decided.
pub(super) fn let_in(by: &[Slug]) -> Option<AnyView> {
    let by = by.first()?.to_string();
    Some(view! { " · " {rich!("card-let-in-by", person = by)} }.into_any())
}

fn row(given: Given, state: CardState) -> AnyView {
    let at = format::moment(given.at, state.now.get_untracked());
    let says = rich!("card-quorum-given", person = given.by.to_string(), time = at);
    let by_link = let_in(&given.let_in_by);
    let reason = given.reason.map(|reason| view! { ": “"<bdi>{reason}</bdi>"”" });
    view! { <li><Icon name="done" />{says}{by_link}{reason}</li> }.into_any()
}
