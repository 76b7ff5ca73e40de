//! The card on the screen: when Approve acts, and the keys of the card.
//!
//! Approve is inert for 800 ms after the card was loaded, came back to the front or changed: a click that was meant
//! for something else must not approve. The server refuses such a decision too.

use super::{
    countdown,
    dom::{self, find, listen, typing},
    keys, live, preview,
};
use crate::{
    components::card::{CardState, Gate},
    texts::t,
};
use leptos::{html, prelude::*};
use std::{cell::Cell, time::Duration};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDetailsElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

const SETTLE: Duration = Duration::from_millis(800);
const ARMED: Duration = Duration::from_secs(3);

thread_local! {
    /// Counts what puts Approve on hold, so that only the latest hold releases it.
    static HOLD: Cell<u32> = const { Cell::new(0) };
}

/// Brings the card to life.
pub(crate) fn wake(state: CardState, form: NodeRef<html::Form>) {
    Effect::new(move |woken: Option<bool>| {
        let Some(form) = form.get() else { return woken == Some(true) };
        if woken != Some(true) {
            start(state, &HtmlFormElement::from(form));
        }
        true
    });
}

fn start(state: CardState, form: &HtmlFormElement) {
    state.scripted.set(true);
    countdown::start(state);
    settle(state);
    let (window, document) = (window(), document());
    for event in ["focus", "pageshow"] {
        listen(&window, event, move |_: Event| settle(state));
    }
    listen(&document, "visibilitychange", move |_: Event| settle(state));
    for event in ["input", "change"] {
        let fields = form.clone();
        listen(form, event, move |_: Event| preview::changed(state, fields.clone()));
    }
    keys::on_key(move |event, act| key(state, event, act));
    live::on_event(move |event| preview::recheck(state, event));
}

/// Holds Approve back until the person can have seen what it would do.
pub(super) fn settle(state: CardState) {
    if matches!(state.gate.get_untracked(), Gate::Sent | Gate::Asking | Gate::Failed) {
        return;
    }
    let hold = hold(state, Gate::Settling);
    set_timeout(
        move || {
            if hold == HOLD.get() && state.gate.get_untracked() == Gate::Settling {
                state.gate.set(Gate::Open);
                if untrack(|| state.ready()) {
                    state.said.set(t!("card-ready"));
                }
            }
        },
        SETTLE,
    );
}

/// Puts Approve on hold; returns the number of this hold.
pub(super) fn hold(state: CardState, gate: Gate) -> u32 {
    HOLD.set(HOLD.get().wrapping_add(1));
    state.armed.set(false);
    state.gate.set(gate);
    HOLD.get()
}

/// Whether this is still the latest hold.
pub(super) fn latest(hold: u32) -> bool {
    hold == HOLD.get()
}

/// `A` arms, `Enter` approves, `D` goes to the reason, `N` to the ticks, `Esc` goes back. Nothing else ever decides.
fn key(state: CardState, event: &KeyboardEvent, act: Option<&'static str>) {
    let key = event.key();
    if key == "Escape" {
        state.armed.set(false);
        return close_deny();
    }
    if key == "Enter" && (event.ctrl_key() || event.meta_key()) && in_reason() {
        return submit("#deny form");
    }
    let armed = state.armed.get_untracked();
    if !(act == Some("approve") || key == "Enter") {
        state.armed.set(false);
    }
    if key == "Enter" && armed {
        event.prevent_default();
        state.armed.set(false);
        if !typing(event) && untrack(|| state.ready()) {
            submit("#approve");
        }
    }
    match act.filter(|_| untrack(|| state.decidable())) {
        Some("approve") => arm(state),
        Some("deny") => {
            event.prevent_default();
            open_deny();
        }
        Some("narrow") => keys::focus(event, find("#narrow input[type=checkbox]:not(:disabled)")),
        _ => (),
    }
}

fn arm(state: CardState) {
    if !untrack(|| state.ready()) {
        return;
    }
    state.armed.set(true);
    state.said.set(t!("card-armed"));
    let until = dom::now() + ARMED;
    set_timeout(
        move || {
            if dom::now() >= until {
                state.armed.set(false);
            }
        },
        ARMED,
    );
}

fn in_reason() -> bool {
    document().active_element().is_some_and(|it| it.id() == "deny-reason")
}

fn open_deny() {
    let deny = find("#deny").and_then(|it| it.dyn_into::<HtmlDetailsElement>().ok());
    let reason = find("#deny-reason").and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    if let (Some(deny), Some(reason)) = (deny, reason) {
        deny.set_open(true);
        drop(reason.focus());
    }
}

fn close_deny() {
    if let Some(deny) = find("#deny").and_then(|it| it.dyn_into::<HtmlDetailsElement>().ok()) {
        deny.set_open(false);
    }
}

/// Presses the form's own button: its listeners and the browser's checks apply.
fn submit(form: &str) {
    if let Some(form) = find(form).and_then(|it| it.dyn_into::<HtmlFormElement>().ok()) {
        drop(form.request_submit());
    }
}
