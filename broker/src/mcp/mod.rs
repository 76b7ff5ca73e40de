//! The MCP gateway.

pub mod upstream;
