//! How fast the broker is: measured beside baselines and peers, in one run, on this machine.
//!
//! `cargo xtask bench` builds this in release and calls `bench run`. The other subcommands are the programs that a run
//! starts beside the broker, each in a process of its own so that its processor time can be told apart.

mod disk;
mod machine;
mod number;
mod run;

use std::process::ExitCode;

use clap::Parser;

/// Measures the broker.
#[derive(Parser)]
#[command(name = "bench")]
enum Task {
    /// Run scenarios and say which goals are met.
    #[command(name = "run", bin_name = "cargo xtask bench")]
    Run(run::Args),
    /// Measure how long a flush of this folder's disk takes.
    Flush(disk::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Run(args) => run::run(&args),
        Task::Flush(args) => disk::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
