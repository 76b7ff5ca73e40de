//! The Countersign broker.
//!
//! ARCHITECTURE.md has the map and walks one request through these files.

pub mod app;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod egress;
pub mod events;
pub mod failpoint;
pub mod fault;
pub mod grants;
pub mod host;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod people;
pub mod services;
pub mod store;
pub mod sweeper;
pub mod tokens;
pub mod vault;
