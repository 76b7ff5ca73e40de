//! What was decided and done lately, in numbers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Numbers of one day, one agent or one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// Requests that were approved or denied.
    pub decisions: u64,
    /// Those that were denied.
    pub denied: u64,
    /// Calls.
    pub calls: u64,
    /// Calls and call tokens that were refused.
    pub refused: u64,
    /// How long a decision took, in seconds: half were faster.
    pub median_seconds: Option<i64>,
}

/// The last days. Decisions and calls are counted on the day on which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Each day by its beginning (UTC), the oldest first; also those without anything.
    pub days: Vec<(DateTime<Utc>, Numbers)>,
    /// By agent, the most active first.
    pub agents: Vec<(String, Numbers)>,
    /// By service. A decision about several services is counted under each.
    pub services: Vec<(String, Numbers)>,
    /// Whether there was more than is counted; then the oldest days are not whole.
    pub more: bool,
}
