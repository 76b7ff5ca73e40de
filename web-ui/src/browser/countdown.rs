//! The card's clock. It is not a live region: what a screen reader hears are three marks on the way.

use super::dom;
use crate::components::card::CardState;
use leptos::prelude::*;
use std::time::Duration;

/// Seconds before the end, and what is said then.
const MARKS: [(i64, &str); 3] = [
    (60, "One minute left to decide."),
    (20, "20 seconds left to decide."),
    (0, "Expired. Nothing was granted."),
];

pub(super) fn start(state: CardState) {
    set_interval(move || tick(state), Duration::from_secs(1));
}

fn tick(state: CardState) {
    if !untrack(|| state.pending()) {
        return;
    }
    let before = untrack(|| state.seconds_left());
    state.now.set(dom::now());
    let after = untrack(|| state.seconds_left());
    if let Some((_, words)) = MARKS.iter().find(|(mark, _)| after <= *mark && *mark < before) {
        state.said.set((*words).to_owned());
    }
}
