//! The rules of the MCP gateway.

mod glob;
mod visible;

pub use glob::{BadGlob, Glob, MAX_GLOB_CHARS};
pub use visible::visible;

pub(crate) use glob::fits_glob;
