//! The record: one line of the audit trail, as it is hashed, exported and shown.

use crate::ids::{CallId, GrantId, Slug};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record. Its canonical JSON (RFC 8785) is what the chain hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which chain: one for each start of a broker.
    pub chain: String,
    /// Its place in the chain, from 1, without gaps.
    pub seq: i64,
    /// When, in milliseconds since 1970 (UTC).
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The highest revocation that the batch had seen.
    pub watermark: i64,
    /// What happened, as `call.authorised`.
    pub kind: String,
    /// Who did it.
    pub actor: Actor,
    /// The session or request it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The call it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// The facts of this kind of record; never bodies, never secrets.
    pub facts: Map<String, Value>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Actor {
    /// An agent.
    Agent {
        /// Which.
        agent: Slug,
    },
    /// A person.
    Person {
        /// Who.
        person: Slug,
        /// How they were signed in: `link`, `token`, `host`.
        via: String,
    },
    /// The operator, by a command on the broker's host.
    Host,
    /// The broker itself.
    Broker,
}
