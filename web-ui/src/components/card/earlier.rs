//! What really happened before, beside what would be granted now.

use super::CardState;
use crate::texts::{foreign, t};
use leptos::prelude::*;
use protocol::{
    card::Card,
    usage::{Lost, Replay, Why},
};

/// How many kinds of lost calls are listed.
const LISTED: usize = 5;

/// What is new, what went unused, and what earlier calls would have come to under the card as it stands.
#[component]
pub(crate) fn Earlier(state: CardState) -> impl IntoView {
    let first = state.card.with_untracked(|card| card.earlier.first.clone());
    let unused = state.card.with_untracked(|card| card.earlier.unused.clone());
    let replay = move || state.card.with(|card| card.earlier.replay.clone());
    let changed = state.card.with_untracked(changed_tools);
    let any = !first.is_empty() || !unused.is_empty() || !changed.is_empty() || replay().is_some();
    any.then(|| {
        view! {
            <div class="earlier" role="group" aria-label=t!("card-earlier")>
                {named(t!("card-tools-changed"), changed)}
                {named(t!("card-first-seen"), first)}
                {named(t!("card-never-used"), unused)}
                {move || replay().map(covers)}
            </div>
        }
    })
}

/// The tools that are not what they were when the agent was last granted them.
fn changed_tools(card: &Card) -> Vec<String> {
    let actions = card.lines.iter().flat_map(|line| &line.actions);
    let changed = actions.filter(|it| it.tool.as_ref().is_some_and(|tool| tool.changed.is_some()));
    changed.map(|it| it.label.clone()).collect()
}

fn named(title: String, names: Vec<String>) -> Option<AnyView> {
    if names.is_empty() {
        return None;
    }
    let names: Vec<_> = names.into_iter().map(|name| view! { <li><bdi>{name}</bdi></li> }).collect();
    let list = view! { <ul lang=foreign()>{names}</ul> };
    Some(view! { <div class="small"><span class="soft">{title}</span>{list}</div> }.into_any())
}

fn covers(replay: Replay) -> AnyView {
    let Replay { sessions, calls, covered, lost, more, .. } = replay;
    let of = t!("card-earlier-sessions", count = sessions);
    let which = if more { t!("card-calls-newest") } else { t!("card-calls-all") };
    let refused = calls - covered;
    let rest: u32 = lost.iter().skip(LISTED).map(|it| it.calls).sum();
    let rest =
        (rest > 0).then(|| view! { <li class="soft">{t!("card-lost-more", number = rest.to_string())}</li> });
    let rows: Vec<_> = lost.into_iter().take(LISTED).map(row).collect();
    let cost = (refused > 0).then(|| view! { <ul class="lost">{rows}{rest}</ul> });
    let says = match refused {
        0 => t!("card-covers-all", calls = calls.to_string(), which = which, of = of),
        _ => t!(
            "card-covers",
            covered = covered.to_string(),
            calls = calls.to_string(),
            which = which,
            of = of,
            refused = refused.to_string()
        ),
    };
    view! { <div class="small" aria-live="polite" data-covered=covered data-calls=calls><p>{says}</p>{cost}</div> }
        .into_any()
}

fn row(lost: Lost) -> AnyView {
    let why = match lost.why {
        Why::Action => t!("card-lost-action"),
        Why::Resource => t!("card-lost-resource"),
        Why::Condition => t!("card-lost-condition"),
        Why::Limit => t!("card-lost-limit"),
        Why::Time => t!("card-lost-time"),
    };
    let what = view! { <bdi lang=foreign()>{lost.what}</bdi> };
    view! { <li><b>{lost.calls}</b>" × "{what}<span class="soft">", "{why}</span></li> }.into_any()
}
