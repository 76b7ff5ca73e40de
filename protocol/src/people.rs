//! People, as admins declare them and pages show them.

use crate::ids::Slug;
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
