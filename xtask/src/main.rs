//! What a developer runs: `cargo xtask <task>`.
//!
//! One file per task (`demo`, `fuzz`, `test`, `ui`, `bench`, `campaign`, `interop`, `requirements`, `mutants`); the rest are the parts that tasks share: `sh` runs programs, `tools` finds and
//! installs them, `postgres` lends a temporary cluster, `workspace` knows where things lie.

mod architecture;
mod bench;
mod bindgen;
mod campaign;
mod checks;
mod demo;
mod fuzz;
mod interop;
mod mutants;
mod postgres;
mod requirements;
mod sh;
mod source_size;
mod suite;
mod test;
mod tools;
mod ui;
mod wasm_compiler;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Countersign's developer tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Watch an agent ask, countersign it in your browser, see it work through the broker.
    Demo(demo::Args),
    /// Build the wasm half of the pages into target/site/pkg.
    Ui,
    /// Run every check and every test, on both databases and in a browser.
    Test(test::Args),
    /// Look for inputs that break the pure parts: paths, headers, secrets in answers, tokens, text.
    Fuzz(fuzz::Args),
    /// Measure the broker beside baselines, and say which goals it meets.
    Bench(bench::Args),
    /// Kill, starve, freeze and mislead a broker under load, and see that nothing is lost.
    Campaign(campaign::Args),
    /// Let clients of others drive every OAuth door of a running broker.
    Interop(interop::Args),
    /// Hold the table of requirements and their tests against the sources, or write it.
    Requirements(requirements::Args),
    /// Break the state machine, narrowing, vault, scrubber and paths in small ways, and see that a test notices.
    Mutants(mutants::Args),
}

fn main() -> ExitCode {
    let task = Task::parse();
    match sh::catch_interrupts().and_then(|()| run(task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if sh::interrupted() => {
            eprintln!("\nInterrupted; everything that was started has been stopped.");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Demo(args) => demo::run(&args),
        Task::Ui => ui::run(),
        Task::Test(args) => test::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Campaign(args) => campaign::run(&args),
        Task::Interop(args) => interop::run(&args),
        Task::Requirements(args) => requirements::run(&args),
        Task::Mutants(args) => mutants::run(&args),
    }
}
