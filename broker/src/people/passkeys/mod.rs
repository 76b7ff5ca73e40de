//! Passkeys: what people sign in with, and what proves their decisions.

pub mod relying;

use chrono::{DateTime, Utc};
use protocol::Slug;

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
}
