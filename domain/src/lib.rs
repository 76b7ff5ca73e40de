//! The rules of Countersign: pure functions over the words of `protocol`.
//!
//! No I/O, no clock, no randomness: time and ids are arguments, so everything here can be tested exhaustively and
//! runs unchanged in the browser.

pub mod admit;
pub mod audit_query;
pub mod chain;
pub mod decision;
pub mod definition;
pub mod digest;
pub mod look_alikes;
pub mod mcp;
pub mod narrowing;
pub mod path;
pub mod pin;
pub mod policy;
pub mod proof;
pub mod quorum;
pub mod replay;
#[cfg(test)]
mod samples;
pub mod sentence;
pub mod state;
pub mod step_up;
pub mod text;
pub mod tier;
pub mod watermark;
