//! The side that faces MCP servers.

pub(crate) mod learn;
pub(crate) mod modern;
pub(crate) mod program;
pub(crate) mod session;
pub mod stdio;
pub(crate) mod wire;

use crate::egress::EgressError;

/// Why an MCP server gave no answer that can be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// It was not reached, or did not answer.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// What it answered is not this protocol.
    #[error("the MCP server did not answer as one: {0}")]
    NotMcp(&'static str),
    /// It is a program that does not run, or has ended.
    #[error("the program that is this MCP server: {0}")]
    Program(String),
    /// It refused with this status.
    #[error("the MCP server answered with status {0}")]
    Status(u16),
    /// A message is larger than any may be.
    #[error("the MCP server sent a message that is too large")]
    TooLarge,
    /// It said nothing for longer than a tool may work.
    #[error("the MCP server said nothing for too long")]
    Silent,
    /// Its stream broke before the answer.
    #[error("the MCP server broke off before it answered")]
    Broken,
    /// It answered something that was not asked.
    #[error("the MCP server answered a request that was not made")]
    WrongId,
    /// It refused to begin a session.
    #[error("the MCP server did not begin a session: {0}")]
    Handshake(String),
}

impl UpstreamError {
    /// Whether certainly nothing was sent.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::Egress(error) if error.is_not_sent())
    }

    /// The word for the record.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Egress(error) => error.code(),
            Self::NotMcp(_) => "upstream_not_mcp",
            Self::Program(_) => "upstream_program",
            Self::Status(_) => "upstream_refused",
            Self::TooLarge => "upstream_message_too_large",
            Self::Silent => "upstream_timeout",
            Self::Broken => "upstream_broken",
            Self::WrongId => "upstream_wrong_id",
            Self::Handshake(_) => "upstream_no_session",
        }
    }
}
