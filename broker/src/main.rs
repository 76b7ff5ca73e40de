//! `countersign-broker`, the server and its commands.

use std::process::ExitCode;

/// A call makes some hundred small allocations; the C library's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    broker::cli::main()
}
