//! `countersign-broker`, the server and its commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    broker::cli::main()
}
