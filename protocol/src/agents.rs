//! Agents, as admins see them.

use crate::ids::Slug;
use serde::{Deserialize, Serialize};

/// An agent on pages and in `GET /v1/agents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentSummary {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// Whose it is.
    pub owner: Slug,
    /// Whether its requests are refused.
    pub blocked: bool,
    /// Whether its grant tokens may be used at the proxy without an exchange.
    pub direct: bool,
    /// How many live sessions it holds.
    pub live_sessions: i64,
}
