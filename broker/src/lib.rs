//! The Countersign broker.
//!
//! ARCHITECTURE.md has the map and walks one request through these files.

pub mod app;
pub mod audit;
pub mod backup;
pub mod calls;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod egress;
pub mod events;
pub mod failpoint;
pub mod fault;
pub mod grants;
pub mod health;
pub mod host;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod mcp;
pub mod metrics;
pub mod net;
pub mod operator;
pub mod people;
pub mod polling;
pub mod recovery;
pub mod remembered;
pub mod retention;
pub mod services;
pub mod store;
pub mod sweeper;
pub mod telemetry;
pub mod tokens;
pub mod vault;
