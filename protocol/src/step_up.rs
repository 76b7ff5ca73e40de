//! A request beside a session of the same agent that lives: what it already has, and what it asks for in addition.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The difference that a decision is about. Approving makes a session of its own with its own end: nothing is added to the
/// one that runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepUp {
    /// What of the request the agent may do already, as `read issues in acme/site`.
    pub has: Vec<String>,
    /// What it may not do yet; empty if it asks for nothing more.
    pub adds: Vec<String>,
    /// When the last of the sessions that hold it ends.
    pub ends_at: DateTime<Utc>,
}
