//! Tools of MCP servers, as people see them.

use crate::{card::CleanText, digest::Digest};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the card says of a tool beside its action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardTool {
    /// SHA-256 over the RFC 8785 form of its definition.
    pub digest: Digest,
    /// Its description, in its server's words; empty if it has none.
    pub description: CleanText,
    /// Whose word it is, what it does.
    pub said_by: WhoSaid,
    /// Other tools that the server offers now, whose names people could take for this one's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub like: Vec<String>,
    /// What is different from the definition that the agent was granted last; none if nothing is, or nothing was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<ToolChange>,
}

/// Whose word it is, what a tool does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhoSaid {
    /// The operator's, on this definition or on any.
    Operator,
    /// The operator's on an earlier definition and the server's on this one: the worse of both.
    Earlier,
    /// The server's own.
    Server,
    /// Nobody's: it is taken for the worst.
    Nobody,
}

/// How a tool differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolChange {
    /// The definition that it was.
    pub from: Digest,
    /// When that was granted.
    pub granted_at: DateTime<Utc>,
    /// The parts that differ; none if the definition of then is no longer kept.
    pub parts: Option<ChangedParts>,
}

/// The parts in which two definitions differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedParts {
    /// The first of them.
    pub rows: Vec<ChangedPart>,
    /// How many more there are.
    pub more: usize,
}

/// A part in which two definitions differ, with everything in it made visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedPart {
    /// Which, as `inputSchema/properties/path`.
    pub part: String,
    /// What it was; none where it was not there.
    pub before: Option<String>,
    /// What it is; none where it is gone.
    pub after: Option<String>,
}
