//! A broker that runs, with a person, agents and services, set up by nothing but its public commands and APIs.

mod broker;
mod declaration;
mod session;
mod web;

pub use broker::{Broker, Plan};
pub use session::{Grant, asked};
pub use web::{Form, page, sign_in, sign_in_link};

/// The names that scenarios use.
pub const SERVICE: &str = "bench";
/// A second service, at an origin of its own.
pub const NEIGHBOUR: &str = "neighbour";
pub const PERSON: &str = "paul";
pub const PROJECT: &str = "acme/site";
pub const READ: &str = "items.read";
/// The path of a call of [`READ`] at the service.
pub const ITEM: &str = "/projects/acme/site/items/7";

/// The name of an agent.
pub fn agent(index: usize) -> String {
    format!("agent-{index}")
}
