//! What admins keep: people, services, connections, agents, as a file declares them.
//!
//! 1. The command reads the file (`cli::apply`) and sends a [`Wanted`], without any secret.
//! 2. [`compare()`] holds it against what is stored ([`Found`]) and gives the changes, in words; nothing is decided yet.
//! 3. The operator sees them and says yes. The command reads the secrets that the changes need.
//! 4. [`apply::apply`] compares once more, refuses if the changes are no longer those that were shown, and gives each
//!    change to the ledger. An interrupted run is completed by the next one.

pub mod apply;
pub mod catalogue;
pub mod compare;
pub mod context;
pub mod directory;
pub mod file;
mod found;
pub mod pasted;
pub mod tools;
pub mod trial;
pub mod usage;
mod wanted;

pub use compare::{Change, Difference, Step, compare};
pub use context::{SecretPlace, context};
pub use found::Found;
pub use wanted::{Wanted, WantedAgent, WantedConnection, WantedPerson};
