//! Approving with a passkey: what is asked is fetched at the last moment, and only for what is on the screen.

use super::{
    card::hold,
    dom::find,
    passkey,
    preview::{fetch, take},
};
use crate::{
    components::card::{CardState, Gate},
    texts::t,
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, HtmlInputElement};

/// Asks the passkey for the card as it stands, then sends the form with its answer.
pub(crate) fn prove(state: CardState) {
    hold(state, Gate::Proving);
    state.trouble.set(None);
    spawn_local(async move {
        if let Err(why) = proven(state).await {
            state.gate.set(Gate::Open);
            state.said.set(why.clone());
            state.trouble.set(Some(why));
        }
    });
}

async fn proven(state: CardState) -> Result<(), String> {
    let fields = state.fields.get_untracked();
    let fresh = fetch(state, &fields).await;
    let fresh = fresh.ok_or_else(|| t!("card-prove-no-answer"))?;
    let digest = |card: &protocol::card::Card| (card.request_digest.clone(), card.grant_digest.clone());
    if state.card.with_untracked(digest) != digest(&fresh) {
        take(state, fresh, Some(fields));
        return Err(t!("card-prove-changed"));
    }
    let question = fresh.passkey.ok_or_else(|| t!("card-prove-not-now"))?;
    let answer = passkey::ask(&question.options).await.map_err(passkey::Failed::words)?;
    fill("nonce", &question.nonce);
    fill("answer", &answer);
    state.gate.set(Gate::Sent);
    let form = find("#approve").and_then(|it| it.dyn_into::<HtmlFormElement>().ok());
    // Not `request_submit`: its listener would ask again.
    form.and_then(|form| form.submit().ok()).ok_or_else(|| t!("card-prove-not-sent"))
}

fn fill(name: &str, value: &str) {
    let field = find(&format!("#approve input[name={name}]"));
    if let Some(field) = field.and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) {
        field.set_value(value);
    }
}
