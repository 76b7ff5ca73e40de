//! What an agent asks for beside a session of it that runs.

use super::{CardState, parts::Moment};
use crate::texts::{foreign, rich, t};
use leptos::prelude::*;

/// The difference that the decision is about, and that it makes a session of its own.
#[component]
pub(crate) fn StepUp(state: CardState) -> impl IntoView {
    let step_up = state.card.with_untracked(|card| card.earlier.step_up.clone());
    step_up.map(|it| {
        let ends_at = move || it.ends_at;
        let nothing = it.adds.is_empty().then(|| view! { <p>{t!("card-step-up-nothing")}</p> });
        view! {
            <div class="earlier step-up" role="group" aria-label=t!("card-step-up")>
                {listed(t!("card-step-up-has"), "has", it.has)}
                {listed(t!("card-step-up-adds"), "adds", it.adds)}
                {nothing}
                <p class="small soft">
                    {rich!(
                        "card-step-up-clock",
                        time = view! { <b><Moment at=ends_at state /></b> }.into_any(),
                    )}
                </p>
            </div>
        }
    })
}

fn listed(title: String, class: &'static str, names: Vec<String>) -> Option<AnyView> {
    if names.is_empty() {
        return None;
    }
    let names: Vec<_> = names.into_iter().map(|name| view! { <li><bdi>{name}</bdi></li> }).collect();
    let list = view! { <ul lang=foreign()>{names}</ul> };
    Some(view! { <div class=class><span class="soft small">{title}</span>{list}</div> }.into_any())
}
