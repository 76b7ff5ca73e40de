//! The broker's host: one broker on one data directory, and commands to it from the same machine.
//!
//! A command speaks to the running broker over a Unix socket, so that the ledger stays the one writer; when none runs,
//! it takes the broker's lock, puts a broker together and does the same in its own process.

mod client;
mod command;
mod lock;
pub mod notify;
mod passkeys;
mod secret_text;
pub mod set_up;
mod socket;
mod start;

pub use client::Host;
pub use command::{Command, HostError, MAX_TOKEN_SECONDS, Reply, handle};
pub use lock::{Lock, LockError};
pub use secret_text::SecretText;
pub use set_up::SetUpCode;
pub use socket::HostSocket;
pub use start::{Started, open, root_keys, set_up_code, shared_user, start, user_name};
