//! A broker that runs, with a person, agents and a service, set up by nothing but its public commands and APIs.

mod broker;
mod cluster;
mod declaration;
mod installation;
mod namespace;
mod older;

pub use broker::{Broker, Start};
pub use cluster::Cluster;
pub use installation::Installation;
pub use namespace::{Gate, Namespace, OUTSIDE};
pub use older::Older;

pub const SERVICE: &str = "tracker";
pub const PERSON: &str = "paul";
pub const PROJECT: &str = "acme/site";
pub const READ: &str = "items.read";
/// How many agents work at once; one more is for the probe, and one for the end.
pub const AGENTS: usize = 4;

/// The name of an agent.
pub fn agent(index: usize) -> String {
    format!("agent-{index}")
}
