//! Passkeys: what people sign in with, and what proves their decisions.
//!
//! A ceremony in four steps: (1) a page carries a nonce and what the browser is to be asked, for a challenge that says
//! what the answer is for (`challenge.rs`); nothing is stored. (2) The browser posts the answer with the nonce. (3) The
//! challenge is derived again from what is true now, and the answer held against it (`relying.rs`). (4) The ledger uses
//! the challenge up in the transaction in which the answer takes effect.
//!
//! A row of the database is no passkey by itself: what decides is sealed by the vault (`trust.rs`).

mod answer;
pub mod challenge;
pub mod codes;
mod enrol;
pub mod relying;
mod trust;

pub use answer::{Answered, Asked, ask_sign_in, ask_step_up, sign_in, step_up};
pub use enrol::{Added, ask_enrol, enrol, named, user};
pub(crate) use trust::{digest_of, place};
pub use trust::{is_trusted, seal, trusted};

use crate::{
    app::App,
    fault::Fault,
    store::{passkeys, people::Person},
};
use chrono::{DateTime, Utc};
use protocol::{Slug, me::PasskeySummary};
use relying::Relying;

/// A passkey of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The credential's id, in base64url.
    pub credential: String,
    /// Whose.
    pub person: Slug,
    /// What they call it.
    pub name: String,
    /// The public key and what was said when it was made, as `relying.rs` writes and reads it.
    pub public: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last answered.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Its counter when it last answered; 0 where it has none.
    pub counter: u32,
    /// Whether it was kept in more than one place when it last answered.
    pub backed_up: bool,
    /// Sealed by the vault for exactly this person, credential and public key: a row that somebody else wrote has none
    /// that opens.
    pub record: String,
    /// By whose sign-in links its person was in when it was added, the nearest first; none for a link of the host, and
    /// none any more once another admin vouched for them.
    pub let_in_by: Vec<Slug>,
}

/// Somebody in a web session.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// Who.
    pub person: &'a Person,
    /// How they signed in.
    pub via: &'a str,
    /// The HMAC of their session.
    pub session: &'a str,
}

/// The passkeys of a person, as people see them.
pub async fn summaries(app: &App, person: &Slug) -> Result<Vec<PasskeySummary>, Fault> {
    let stored = passkeys::of_person(&mut app.store.read().await?, person).await?;
    let summary = |it: Passkey| PasskeySummary {
        counts: is_trusted(app, &it).ok(),
        id: it.credential,
        name: it.name,
        added_at: it.created_at,
        last_used_at: it.last_used_at,
        backed_up: it.backed_up,
    };
    Ok(stored.into_iter().map(summary).collect())
}

/// What asks browsers, where there can be passkeys at all.
pub fn relying(app: &App) -> Result<&Relying, Fault> {
    app.relying.as_ref().map_err(|refused| refused.clone().into())
}
