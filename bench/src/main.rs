//! How fast the broker is: measured beside baselines and peers, in one run, on this machine.
//!
//! `cargo xtask bench` builds this as the broker is installed and calls `bench run`. The other subcommands are the programs that a run
//! starts beside the broker, each in a process of its own so that its processor time can be told apart.

mod baseline;
mod disk;
mod findings;
mod generate;
mod instructions;
mod lab;
mod load;
mod machine;
mod number;
mod peer;
mod process;
mod profile;
mod record;
mod report;
mod rounds;
mod run;
mod scenario;
mod stage;

use std::process::ExitCode;

use clap::Parser;

use baseline::{bare, proxy, upstream};

/// Measures the broker.
#[derive(Parser)]
#[command(name = "bench")]
enum Task {
    /// Run scenarios and say which goals are met.
    #[command(name = "run", bin_name = "cargo xtask bench")]
    Run(run::Args),
    /// Make a database of any size that a broker could have made.
    Generate(generate::Args),
    /// Measure the record of a database that `generate` made.
    Record(record::Args),
    /// Measure how long a flush of this folder's disk takes.
    Flush(disk::Args),
    /// Count the instructions of the hot paths, and hold them against the accepted counts.
    Instructions(instructions::Args),
    /// Run one hot path; what callgrind watches.
    Hot(instructions::HotArgs),
    /// A server that reads JSON and answers with JSON.
    Bare(bare::Args),
    /// A plain streaming proxy.
    Proxy(proxy::Args),
    /// A service with large bodies, events, and answers that never come.
    Upstream(upstream::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Run(args) => run::run(&args),
        Task::Generate(args) => generate::run(&args),
        Task::Record(args) => record::run(&args),
        Task::Flush(args) => disk::run(&args),
        Task::Instructions(args) => instructions::run(&args),
        Task::Hot(args) => instructions::hot(&args),
        Task::Bare(args) => bare::run(&args),
        Task::Proxy(args) => proxy::run(&args),
        Task::Upstream(args) => upstream::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
