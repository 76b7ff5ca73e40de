//! The vault and the scrubber without the broker's server, compiled a second time from the same files, so that their
//! unit tests are built and run in seconds for each mutant: `cargo xtask mutants`.

/// The data plane's part that keeps secrets out of answers.
#[path = "../../broker/src/calls"]
pub mod calls {
    pub mod scrub;
}

#[path = "../../broker/src/vault/mod.rs"]
pub mod vault;
