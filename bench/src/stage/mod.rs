//! A broker that runs, with a person, agents and services, set up by nothing but its public commands and APIs.

mod broker;
mod browser;
mod declaration;
mod session;
mod web;

pub use broker::{Broker, Plan};
pub use browser::Browser;
pub use session::{Grant, asked};
pub use web::{Form, encoded, page, sign_in, sign_in_link};

/// The names that scenarios use.
pub const SERVICE: &str = "bench";
/// A second service, at an origin of its own.
pub const NEIGHBOUR: &str = "neighbour";
/// An MCP server.
pub const MCP: &str = "bench-mcp";
pub const PERSON: &str = "paul";
pub const PROJECT: &str = "acme/site";
pub const READ: &str = "items.read";
/// The path of a call of [`READ`] at the service.
pub const ITEM: &str = "/projects/acme/site/items/7";

/// Where a client's browser is sent back to; nobody goes there.
pub const REDIRECT: &str = "http://127.0.0.1:9/callback";

/// The name of an agent.
pub fn agent(index: usize) -> String {
    format!("agent-{index}")
}
