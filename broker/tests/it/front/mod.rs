//! The broker through its front door: HTTP in, HTTP out, with a cast of people and agents and a service that does
//! what services do, and worse.

pub mod acts;
mod agent_keys;
mod asking;
mod canary;
pub mod cast;
mod deciding;
mod echoes;
mod exchange;
mod forms;
mod hop_by_hop;
mod hostile_text;
mod input;
mod killed;
mod limits;
mod main_job;
mod misbehaving;
mod pages;
mod path_tricks;
mod paths;
mod proxy;
mod pushed;
mod races;
mod refused;
mod resolving;
mod restoring;
mod revoking;
mod routes;
mod scrubbing;
mod sealing;
mod smuggling;
mod spoofing;
mod streams;
pub mod support;
mod upstream;
mod upstream_tls;
mod wire;
