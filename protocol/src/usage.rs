//! How what was granted is used: what earlier sessions say about a decision, and what became of a session.

use crate::step_up::StepUp;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What earlier sessions of the same agent on these services say about what a card would grant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Earlier {
    /// What it asks for that it never asked for before, as `delete issues` or `acme/site`; empty for an agent that never
    /// asked for anything here.
    pub first: Vec<String>,
    /// What its last session was granted and never used.
    pub unused: Vec<String>,
    /// What its earlier calls would have come to under what the card would grant; none if there were none.
    pub replay: Option<Replay>,
    /// What of it the agent holds already in a session that lives; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
}

/// Earlier calls, judged by other terms.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replay {
    /// Of so many sessions.
    pub sessions: u32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Calls that were made.
    pub calls: u32,
    /// Calls that would pass.
    pub covered: u32,
    /// What would not, the most frequent first.
    pub lost: Vec<Lost>,
    /// Whether the sessions made more calls than were looked at.
    pub more: bool,
}

/// Earlier calls that would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lost {
    /// What they did, as `close issues in acme/site`.
    pub what: String,
    /// Why they would be refused.
    pub why: Why,
    /// How many.
    pub calls: u32,
}

/// Why an earlier call would be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The action would not be granted.
    Action,
    /// It would not be granted there.
    Resource,
    /// A condition is not met.
    Condition,
    /// The limit would be used up.
    Limit,
    /// The session would be over.
    Time,
}

/// How much of what was asked was granted, and how much of that was used. Counted in actions on lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedGrantedUsed {
    /// Asked.
    pub asked: u32,
    /// Granted.
    pub granted: u32,
    /// Used at least once.
    pub used: u32,
    /// Granted and never used, as `close issues`.
    pub unused: Vec<String>,
    /// Whether there were more calls than were looked at: then something may have been used that is not counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}
