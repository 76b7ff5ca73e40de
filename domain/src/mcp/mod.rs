//! The rules of the MCP gateway.
//!
//! Two sides, neither trusted. What an agent sends is read in the one strict way ([`json`]), so that policy and server
//! cannot see different things in it, and its arguments are judged ([`arguments`]). What a server says of its tools
//! becomes actions ([`tool`]) whose changes a person is shown ([`difference`]), and what it answers is cleaned
//! ([`results`]) before an agent reads it.

pub mod arguments;
pub mod difference;
mod glob;
pub mod json;
pub mod offered;
pub mod results;
pub mod tool;
mod visible;

pub use glob::{BadGlob, Glob, MAX_GLOB_CHARS};
pub use visible::visible;

pub(crate) use glob::fits_glob;
