//! What people keep from pages: services, connections, agents. Each form says how things should be, the same comparison
//! and the same rules as for `apply` say what that changes, and the ledger judges who may. What is wrong is shown beside
//! its field with everything else as it was typed, except secrets: those are typed again.

mod agent;
mod connection;
mod service;

pub(super) use agent::{add_key, edit as edit_agent, new_secret, pause, register, remove_key, resume};
pub(super) use connection::{connect, reconnect, test};
pub(super) use service::{edit as edit_service, new as new_service, unblock as unblock_service};

use super::{
    access::Browser,
    guard::ExchangeId,
    input::Form,
    language,
    pages::{looking, posted, refilled},
};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    ledger::{
        LedgerError, Why,
        acts::{Act, Declaration, Declaring},
    },
    services::apply::ApplyError,
};
use axum::{extract::FromRequestParts, response::Response};
use http::{StatusCode, request::Parts};
use protocol::record::Actor;
use std::sync::Arc;
use web_ui::{FormView, Language, Said};

/// What came of a form.
enum Done {
    /// It is done: the next page, and what it says there.
    Gone {
        /// Where to.
        page: String,
        /// What is now true.
        says: Said,
    },
    /// The same form again: to be mended, or to be agreed to.
    Again(StatusCode, Box<FormView>),
    /// Another page, that shows something once.
    Once(String, Box<FormView>),
}

async fn answered(
    app: &Arc<App>,
    who: &Browser,
    reads: Reads,
    page: &str,
    done: Result<Done, Fault>,
) -> Response {
    match done {
        Ok(Done::Gone { page, says }) => posted(app, who, &page, Ok(Some(says))).await,
        Ok(Done::Again(status, filled)) => {
            refilled(app, who, (reads.language, reads.exchange), page, status, *filled).await
        }
        Ok(Done::Once(page, filled)) => {
            refilled(app, who, (reads.language, reads.exchange), &page, StatusCode::OK, *filled).await
        }
        Err(fault) => looking(fault, page, Some(who.clone())),
    }
}

/// The fields that a form shows again: neither what may be secret nor what belongs to one rendering.
fn kept(form: &Form) -> Vec<(String, String)> {
    let gone = |name: &str| {
        name.starts_with("secret") || matches!(name, "form_token" | "do" | "remove_row" | "shown" | "jwk")
    };
    form.0.iter().filter(|(name, _)| !gone(name)).cloned().collect()
}

/// The form again, with what is wrong with it.
fn wrong(fields: Vec<(String, String)>, errors: Vec<(String, Said)>) -> Done {
    let filled = FormView { fields, errors, ..FormView::default() };
    Done::Again(StatusCode::UNPROCESSABLE_ENTITY, Box::new(filled))
}

/// What is wrong with a field.
fn at(field: &str, key: &'static str) -> (String, Said) {
    (field.to_owned(), Said::new(key))
}

/// The same in the words of the rules, which speak English.
fn rule(field: impl Into<String>, why: impl Into<String>) -> (String, Said) {
    (field.into(), Said::English(why.into()))
}

/// What the comparison refuses, as a matter of the form as a whole.
fn rules(all: Vec<String>) -> Vec<(String, Said)> {
    all.into_iter().map(|why| rule("", why)).collect()
}

/// In which language whoever posts reads, and the id of the exchange.
pub(in crate::http) struct Reads {
    language: Language,
    exchange: String,
}

impl<S: Sync> FromRequestParts<S> for Reads {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let exchange = parts.extensions.get::<ExchangeId>().map(|id| id.0.clone()).unwrap_or_default();
        Ok(Self { language: language::of(&parts.headers), exchange })
    }
}

fn actor(visitor: &Visitor) -> Actor {
    Actor::Person { person: visitor.person.id.clone(), via: visitor.via.clone() }
}

/// Declares one thing by itself.
async fn declare(app: &App, visitor: &Visitor, declaration: Declaration) -> Result<(), Fault> {
    let declaring = Declaring { declaration, by: actor(visitor), before: None };
    app.ledger.act(Act::DeclareAs(Box::new(declaring))).await?;
    Ok(())
}

/// What `apply` could not do, where it is no matter of the form.
fn fault_of(error: ApplyError) -> Fault {
    match error {
        ApplyError::Changed => Fault::refused(Why::Changed),
        ApplyError::Interrupted { why, .. } => why.into(),
        ApplyError::Store(error) => error.into(),
        ApplyError::Token(error) => Fault::Internal(error.to_string()),
        ApplyError::Secret { why, .. } => Fault::invalid("secret", why),
        ApplyError::Refused(all) => Fault::Invalid { field: "form".to_owned(), detail: all.join("; ") },
    }
}

/// Whether somebody else was faster.
fn is_overtaken(error: &ApplyError) -> bool {
    let interrupted = |why: &LedgerError| matches!(why, LedgerError::Refused(Why::Changed));
    match error {
        ApplyError::Changed => true,
        ApplyError::Interrupted { why, .. } => interrupted(why),
        _ => false,
    }
}
