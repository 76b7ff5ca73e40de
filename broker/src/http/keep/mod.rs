//! What people keep from pages: services, connections, agents. Each form says how things should be, the same comparison
//! and the same rules as for `apply` say what that changes, and the ledger judges who may. What is wrong is shown beside
//! its field with everything else as it was typed, except secrets: those are typed again.

mod account;
mod agent;
mod connection;
mod service;
mod tool;

pub(super) use account::{edit as edit_account, remove as remove_account};
pub(super) use agent::{add_key, edit as edit_agent, new_secret, pause, register, remove_key, resume};
pub(super) use connection::{connect, reconnect, test};
pub(super) use service::{edit as edit_service, new as new_service, unblock as unblock_service};
pub(super) use tool::{read_tools, results, word};

use super::form_post::{Done, FormPost};
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
use http::StatusCode;
use web_ui::{FormView, Said};

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

/// Declares one thing by itself.
async fn declare(app: &App, visitor: &Visitor, declaration: Declaration) -> Result<(), Fault> {
    let declaring = Declaring { declaration, by: visitor.by(), before: None };
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
