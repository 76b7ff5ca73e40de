//! The words that agents, people and the broker speak.
//!
//! Everything here is data with a serde shape and no behaviour beyond parsing and printing itself, so that it
//! builds for the server, for agents and for wasm alike. The rules over these words live in `domain`.

pub mod access;
pub mod activity;
pub mod agents;
pub mod audit;
pub mod card;
pub mod clients;
pub mod digest;
pub mod events;
pub mod ids;
pub mod lines;
pub mod mcp;
pub mod me;
pub mod operator;
pub mod people;
pub mod problem;
pub mod record;
pub mod revoke;
pub mod services;
pub mod sessions;
pub mod step_up;
pub mod terms;
pub mod timeline;
pub mod tools;
pub mod usage;

pub use access::{AccessRequest, RequestStatus, RequestView};
pub use card::{Card, Narrowing};
pub use digest::{Digest, HalfDigest};
pub use ids::{CallId, GrantId, RequestId, Slug};
pub use lines::{AskedLine, Condition, Limits, Test};
pub use problem::{Code, Hint, Problem};
pub use services::{Action, Effect, Tier};
pub use terms::{Line, LineId, Terms};
