//! Ending things early.

use crate::ids::{GrantId, Slug};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a revocation ends. Each is one numbered row, however many sessions it ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Subject {
    /// One session.
    Session {
        /// Which.
        grant: GrantId,
    },
    /// One service out of one session.
    SessionService {
        /// Which session.
        grant: GrantId,
        /// Which service.
        service: Slug,
    },
    /// A service, everywhere.
    Service {
        /// Which.
        service: Slug,
    },
    /// An agent.
    Agent {
        /// Which.
        agent: Slug,
    },
    /// A person: what their agents hold and what they approved.
    Person {
        /// Who.
        person: Slug,
    },
    /// Everything.
    All,
}

/// What a person sends with a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokeRequest {
    /// Whether new requests are refused from now on too (services, agents and people).
    #[serde(default)]
    pub block: bool,
    /// Why, for the record.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What a revocation stopped, counted in the transaction that recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stopped {
    /// What was revoked.
    pub subject: Subject,
    /// The number of the revocation: nothing older passes any more.
    pub number: i64,
    /// Sessions that ended.
    pub sessions: i64,
    /// Sessions that lost a service but go on.
    pub narrowed: i64,
    /// Requests that can no longer be approved.
    pub requests: i64,
    /// Calls in flight that were cut here.
    pub streams: i64,
    /// Call tokens that were still valid and are refused from now on.
    pub tokens: i64,
    /// When the last of those tokens would have expired by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_until: Option<DateTime<Utc>>,
}
