//! What a change would grant: the server is asked, and only its latest answer is shown and can be approved.

use super::{
    card::{hold, latest, settle},
    dom,
};
use crate::{
    components::card::{CardState, Gate},
    fields::{Pair, narrowing_fields, query},
    texts::t,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{access::RequestStatus, card::Card, events::PersonEvent};
use std::time::Duration;
use web_sys::{FormData, HtmlFormElement};

/// So long after the last change the server is asked.
const REST: Duration = Duration::from_millis(200);

/// Something on the form changed: until the server has said what it would grant, nothing can be approved.
pub(super) fn changed(state: CardState, form: HtmlFormElement) {
    if state.gate.get_untracked() == Gate::Sent {
        return;
    }
    let turn = hold(state, Gate::Asking);
    let ask = move || {
        if latest(turn) {
            spawn_local(ask(state, read_form(&form), turn));
        }
    };
    set_timeout(ask, REST);
}

async fn ask(state: CardState, fields: Vec<Pair>, turn: u32) {
    let answer = card(state, &fields).await;
    if !latest(turn) {
        return;
    }
    match answer {
        Some(card) => {
            state.gate.set(Gate::Open);
            take(state, card, Some(fields));
        }
        None => state.gate.set(Gate::Failed),
    }
}

/// The server said that something changed: look whether it was this request.
pub(super) fn recheck(state: CardState, event: &PersonEvent) {
    let about_this = match event {
        PersonEvent::RequestChanged { request, .. } => {
            state.card.with_untracked(|card| card.request == *request)
        }
        PersonEvent::Resync => true,
        PersonEvent::CallRecorded { .. } => false,
    };
    if about_this && untrack(|| state.pending()) && state.gate.get_untracked() != Gate::Sent {
        spawn_local(async move {
            let fields = state.fields.get_untracked();
            if let Some(card) = card(state, &fields).await {
                let moved = state.card.with_untracked(|shown| shown.request_digest != card.request_digest);
                if moved || card.status != RequestStatus::Pending {
                    take(state, card, None);
                }
            }
        });
    }
}

/// Shows an answer. A request that is no longer the one that was put before the person is not shown: it freezes the
/// card until they look at it afresh.
fn take(state: CardState, card: Card, fields: Option<Vec<Pair>>) {
    let same = state.card.with_untracked(|shown| shown.request_digest == card.request_digest);
    if !same {
        state.frozen.set(true);
        state.said.set(t!("card-changed"));
        return;
    }
    if let Some(outcome) = &card.outcome {
        state.said.set(outcome.says.clone());
    }
    if let Some(fields) = fields {
        state.fields.set(fields);
    }
    state.card.set(card);
    settle(state);
}

async fn card(state: CardState, fields: &[Pair]) -> Option<Card> {
    let request = state.card.with_untracked(|card| card.request.clone());
    let address = format!("/requests/{request}/preview?{}", query(fields));
    let answer = dom::read(&address, "application/json").await.ok()?;
    if answer.status == 200 { serde_json::from_str(&answer.body).ok() } else { None }
}

fn read_form(form: &HtmlFormElement) -> Vec<Pair> {
    let Ok(data) = FormData::new_with_form(form) else { return Vec::new() };
    let entries = data.entries().into_iter().flatten();
    let pairs = entries.filter_map(|entry| {
        let entry = js_sys::Array::from(&entry);
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    });
    narrowing_fields(pairs)
}
