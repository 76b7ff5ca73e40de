//! Bad luck, on purpose: a real broker under load is killed, starved, frozen, cut off and misled about the time, and
//! after each blow everything that it had acknowledged must be there, and everything that must always hold must hold.
//!
//! `cargo xtask campaign` builds the broker with its failpoints and calls this. A fault is a file in `faults/`: it
//! does one thing to the broker and takes it back; what surrounds it is the same for all:
//!
//! - `stage` starts the broker as a process of its own, set up by nothing but its public commands and APIs;
//! - `load` keeps agents, a person and their calls going, and never stops for an error;
//! - `witness` notes what was acknowledged to them, and `upstream` what reached the service;
//! - `check` holds both against the record, and the database against the invariants I1 to I9.

mod check;
mod faults;
mod load;
mod machine;
mod probe;
mod program;
mod report;
mod run;
mod stage;
mod upstream;
mod witness;

/// The checker that runs after every test of the broker, and what it reads with.
#[path = "../../broker/tests/it/support"]
#[expect(clippy::unwrap_used, reason = "a check ends where something is not as it should be")]
mod support {
    pub mod dump;
    pub mod invariants;

    /// What the checker looks for in the database.
    pub mod installation {
        pub use crate::upstream::KEY as CANARY;
    }
}

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = run::Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run::run(&args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
