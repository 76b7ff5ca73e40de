//! What a person sees of themselves: passkeys, recovery codes, web sessions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A person's own page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Their passkeys, the oldest first.
    pub passkeys: Vec<PasskeySummary>,
    /// Why there can be none at this address.
    pub impossible: Option<String>,
    /// How many recovery codes are left.
    pub codes_left: i64,
    /// Their web sessions, the last used first.
    pub sessions: Vec<WebSession>,
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeySummary {
    /// The credential's id.
    pub id: String,
    /// What its person calls it.
    pub name: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// When it last answered.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether it is kept in more than one place.
    pub backed_up: bool,
    /// Whether it counts for decisions; not known while the vault is sealed.
    pub counts: Option<bool>,
}

/// A web session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebSession {
    /// What it is called in addresses; nothing that lets anybody in.
    pub id: String,
    /// How it began: `passkey`, `link`, `recovery`, `set-up code`.
    pub via: String,
    /// On which device, in a few words; empty where that is not known.
    pub device: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// Whether it is the one that looks.
    pub this: bool,
}

/// What a form asks the browser for before it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ceremony {
    /// Whether a new passkey is made; else one that is there answers.
    pub make: bool,
    /// The options, as `PublicKeyCredential.parse…OptionsFromJSON` takes them.
    pub options: String,
    /// What comes back with the answer.
    pub nonce: String,
}
