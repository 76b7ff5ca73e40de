//! What the pages of MCP servers may ask: their tools, each with all of its definitions.

use chrono::{DateTime, Utc};
use protocol::{
    card::CleanText,
    digest::Digest,
    ids::Slug,
    mcp::ToolWord,
    problem::Problem,
    services::Action,
    tools::{ChangedParts, WhoSaid},
};

/// What the pages of tools may ask.
#[async_trait::async_trait]
pub trait ToolDesk: Send + Sync {
    /// One tool of an MCP server.
    async fn tool(&self, service: &Slug, name: &str) -> Result<ToolPage, Problem>;
}

/// What an MCP server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerView {
    /// Its tools, in the order of their names.
    pub tools: Vec<ToolView>,
    /// Tools that it offered before.
    pub gone: Vec<String>,
    /// How many tools are left out, if this broker has asked it.
    pub left_out: Option<usize>,
    /// Why it could not be asked the last time.
    pub failed: Option<String>,
}

/// A tool as its server defines it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolView {
    /// Its name.
    pub name: String,
    /// Its title in its server's words, cleaned.
    pub title: String,
    /// Its description in its server's words, cleaned.
    pub description: CleanText,
    /// SHA-256 over the RFC 8785 form of its definition.
    pub digest: Digest,
    /// Whose word it is, what it does.
    pub said_by: WhoSaid,
    /// Other tools that the server offers now, whose names people could take for this one's.
    pub like: Vec<String>,
    /// When a tool of this name was first seen.
    pub first_seen: DateTime<Utc>,
    /// Since when it is as it is now, if it was otherwise before.
    pub changed_at: Option<DateTime<Utc>>,
}

/// A tool with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPage {
    /// Its service.
    pub service: Slug,
    /// The service's name for people.
    pub service_title: String,
    /// The version of the service's definition.
    pub version: i64,
    /// Whether what the service lets be read is sensitive.
    pub sensitive: bool,
    /// Its name.
    pub name: String,
    /// It as it is offered now; none if it no longer is.
    pub now: Option<(ToolView, Action)>,
    /// The operator's word on it.
    pub word: Option<ToolWord>,
    /// Whether it is offered to a client that names no action.
    pub default: bool,
    /// Its newest definition as its server wrote it, with everything in it made visible.
    pub definition: String,
    /// Its definitions, the newest first.
    pub history: Vec<Definition>,
    /// Whether the viewer keeps services.
    pub may_keep: bool,
}

/// A definition that was seen of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// SHA-256 over its RFC 8785 form.
    pub digest: Digest,
    /// When it was seen first.
    pub first_seen: DateTime<Utc>,
    /// Whether it is offered now.
    pub current: bool,
    /// How it differs from the one before; none for the oldest that is kept.
    pub changed: Option<ChangedParts>,
}
