//! People, as admins declare them and see them.

use crate::{
    ids::Slug,
    sessions::{Role, Routine},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// For which services and agents a person may decide; an empty list means all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Slug>,
    /// Agents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Slug>,
}

impl Scope {
    /// Whether this service is in it.
    pub fn has_service(&self, service: &Slug) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }

    /// Whether this agent is in it.
    pub fn has_agent(&self, agent: &Slug) -> bool {
        self.agents.is_empty() || self.agents.contains(agent)
    }
}

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
    /// How many passkeys they have.
    pub passkeys: usize,
    /// By whose sign-in links they were in when they added one, the nearest first, until another admin vouches for them.
    pub let_in_by: Vec<Slug>,
    /// How they decided in the last week, if it looks like routine.
    pub routine: Option<Routine>,
    /// For which services and agents they may decide.
    pub decides_for: Scope,
}
