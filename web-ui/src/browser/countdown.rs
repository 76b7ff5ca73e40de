//! The card's clock. It is not a live region: what a screen reader hears are three marks on the way.

use super::dom;
use crate::{components::card::CardState, texts::t};
use leptos::prelude::*;
use std::time::Duration;

/// Seconds before the end, and which text is said then.
const MARKS: [(i64, &str); 3] = [(60, "card-minute-left"), (20, "card-seconds-left"), (0, "card-lapsed")];

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
    if let Some((_, key)) = MARKS.iter().find(|(mark, _)| after <= *mark && *mark < before) {
        state.said.set(t!(key));
    }
}
