//! People as admins see them.

use crate::{ids::Slug, sessions::Role};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A person in the list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSummary {
    /// Their name.
    pub id: Slug,
    /// Their name for people.
    pub title: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Whether they may do nothing any more.
    pub blocked: bool,
    /// When they were last in a browser, and how they had signed in; none if no web session of theirs is remembered.
    pub last_seen: Option<(DateTime<Utc>, String)>,
    /// Live sessions that they approved.
    pub approved: usize,
    /// Agents that are theirs.
    pub agents: usize,
    /// Whether nobody else is an admin.
    pub last_admin: bool,
}
