//! What is measured: a file per scenario.

mod approve;
mod decision;
mod exchange;
pub mod gateway;
pub mod growth;
mod latency;
mod memory;
mod neighbour;
mod oauth;
mod proxy;
mod revoke;
mod slow_disk;
mod start;
mod streaming;

use anyhow::Result;

use crate::findings::Findings;
use crate::lab::Lab;

/// Something that is measured.
pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Lab) -> Result<Findings>,
}

/// All of them, in the order in which they run.
pub const ALL: &[Scenario] = &[
    exchange::SCENARIO,
    oauth::SCENARIO,
    slow_disk::SCENARIO,
    proxy::SCENARIO,
    gateway::SCENARIO,
    latency::SCENARIO,
    streaming::SCENARIO,
    approve::SCENARIO,
    decision::SCENARIO,
    revoke::SCENARIO,
    start::SCENARIO,
    memory::SCENARIO,
    neighbour::SCENARIO,
    growth::SCENARIO,
];
