//! MCP servers that speak JSON-RPC over their standard input and output: programs on the broker's own host.
//!
//! A program runs only if a file on the host declares it ([`Program`], from `[mcp.program.NAME]` of the configuration);
//! nothing that comes from the API, a page or the database ever becomes a command. How one is started:
//!
//! 1. [`Programs::running`] finds the declared program, or the server of it that runs already.
//! 2. [`Stdio::start`] makes its temporary folder, reads its secrets and starts the broker's own executable as
//!    `countersign-broker confined` with the environment that the program will have, and nothing else of ours.
//! 3. That process (`confine.rs`) takes away from itself what the program must not have, and becomes the program.
//! 4. Tasks carry lines both ways (`pipes.rs`), log what it says on standard error (`errors.rs`), and end it with all
//!    that it started (`supervise.rs`).
//!
//! There is no shell anywhere.

mod confine;
mod enforced;
mod errors;
mod paths;
mod pipes;
mod program;
mod programs;
mod restart;
mod restrict;
mod server;
mod spawn;
mod supervise;

pub use confine::{Args, run};
pub use enforced::Enforced;
pub use paths::collision;
pub use program::{Limits, Program, Value};
pub use programs::Programs;
pub use server::{Host, Stdio, StdioError};
pub use supervise::{Ended, Reason};

/// The longest line, either way.
pub const MAX_LINE: usize = 4 << 20;
