//! What a service definition says of an MCP server: how it is reached, and the operator's words on its tools.

use crate::{digest::Digest, ids::Slug, services::Effect};
use serde::{Deserialize, Serialize};

/// The part of a service definition that only an MCP server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct McpServer {
    /// How it is reached.
    pub transport: McpTransport,
    /// The operator's words on its tools, each on another tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<ToolWord>,
    /// The rules that do not clean what this server answers. None means that all of them do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<ResultRule>,
}

/// How an MCP server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum McpTransport {
    /// Streamable HTTP.
    Http {
        /// The path of its endpoint below the service's origin, as `/mcp`.
        path: String,
    },
    /// The standard input and output of a program that the broker runs.
    Stdio {
        /// The name of a program that a file on the broker's host declares. A definition cannot say what runs.
        program: Slug,
    },
}

/// The operator's word on one tool. It counts before the tool's own annotations, which are its server's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolWord {
    /// The tool's name.
    pub tool: String,
    /// What it does to the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Whether what it does can be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversible: Option<bool>,
    /// The verb of the sentence, as `comment on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// The object of the sentence, as `issues`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Whether each call of it is to be approved by itself, which holds whatever the tool becomes. As long as a broker cannot
    /// ask for that, the tool cannot be granted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// The definition that the word was given for. Once the server changes the tool, the word can still make it worse
    /// than its annotations say, and no longer better. None means that the word holds whatever the tool becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_digest: Option<Digest>,
}

/// A rule that cleans what an MCP server answers, before an agent or a person reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResultRule {
    /// Characters that nobody sees, or that reorder what is seen, are taken out.
    Invisible,
    /// Control characters and the sequences that command a terminal are taken out.
    Control,
    /// Markup that makes a client fetch or run something, or that hides text, is taken out or made visible.
    Markup,
    /// What is too long is cut.
    Size,
}
