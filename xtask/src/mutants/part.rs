//! The parts that are mutated, and how.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{sh, workspace};

use super::outcome::Outcomes;

/// A mutant that runs longer than this many seconds hangs; the tests take less than five.
const HANGS: &str = "60";

/// What is mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    State,
    Narrowing,
    Path,
    Envelope,
    Scrubber,
}

impl Part {
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::State => "state machine and watermarks",
            Self::Narrowing => "narrowing",
            Self::Path => "path canonicaliser, queries and templates",
            Self::Envelope => "envelope, keyring and vault",
            Self::Scrubber => "scrubber",
        }
    }

    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::State => &["domain/src/state.rs", "domain/src/watermark.rs"],
            Self::Narrowing => &["domain/src/narrowing/*.rs"],
            Self::Path => &["domain/src/path/*.rs"],
            Self::Envelope => &[
                "broker/src/vault/crypto.rs",
                "broker/src/vault/envelope.rs",
                "broker/src/vault/keyring.rs",
                "broker/src/vault/mod.rs",
                "broker/src/vault/secret.rs",
            ],
            Self::Scrubber => &["broker/src/calls/scrub/*.rs"],
        }
    }

    /// The package that the files belong to, the one whose tests are run, and the tests that must notice: those of the
    /// part itself, so that it does not live on what happens to use it.
    fn tests(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::State => ("domain", "domain", &["state::", "watermark::"]),
            Self::Narrowing => ("domain", "domain", &["narrowing::"]),
            Self::Path => ("domain", "domain", &["path::"]),
            Self::Envelope => ("broker", "mutants", &["vault::"]),
            Self::Scrubber => ("broker", "mutants", &["scrub::"]),
        }
    }

    /// Where cargo-mutants leaves what it did, and what became of each mutant is kept.
    fn folder(self) -> PathBuf {
        workspace::root().join("target/mutants").join(self.name())
    }

    pub fn outcomes(self) -> PathBuf {
        self.folder().join("outcomes.json")
    }

    /// Forgets what was built of the last mutant. Cargo takes it for the tree as it is: it tells packages apart by where
    /// they lie in their workspace, and the files here are older than that build.
    fn clean(self) -> Command {
        let (_, test_package, _) = self.tests();
        let mut command = workspace::cargo("clean");
        command.args(["--package", test_package]);
        reproducible(&mut command);
        command
    }

    /// The tests on the tree as it is. cargo-mutants would run those of the package that is mutated, which for the
    /// broker is another one.
    fn unchanged(self) -> Command {
        let (_, test_package, tests) = self.tests();
        let mut command = workspace::cargo("test");
        command.args(["--package", test_package, "--lib", "--"]).args(tests);
        reproducible(&mut command);
        command
    }

    /// cargo-mutants for the mutants of this part.
    fn mutants(self, program: &PathBuf) -> Command {
        let (package, test_package, _) = self.tests();
        let mut command = Command::new(program);
        workspace::without_cargo_run(&mut command);
        command.current_dir(workspace::root()).args(["mutants", "--colors", "never"]);
        command.args(["--package", package, "--test-package", test_package]);
        command.args(self.files().iter().flat_map(|file| ["--file", file]));
        reproducible(&mut command);
        command
    }

    fn attempt(self, program: &PathBuf, more: &[&str]) -> Result<Outcomes> {
        fs::create_dir_all(self.folder())?;
        sh::quiet(&mut self.clean())?;
        sh::quiet(&mut self.unchanged()).context("the tests fail on the tree as it is")?;
        let (_, _, tests) = self.tests();
        let mut command = self.mutants(program);
        command.args(["--no-shuffle", "--baseline", "skip", "--jobs", "1", "--timeout", HANGS]).args(more);
        command.arg("--output").arg(self.folder()).args(["--", "--lib", "--"]).args(tests);
        let status = sh::Running::start(&mut command)?.wait(|_| ())?;
        // 2 says that mutants were missed, 3 that some ran into the time-out: which, is in the outcomes.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            bail!("cargo-mutants could not try the mutants of {} ({status})", self.name());
        }
        let outcomes = self.folder().join("mutants.out/outcomes.json");
        // cargo-mutants writes none if there was nothing to try.
        if outcomes.exists() { Outcomes::read(&outcomes) } else { Ok(Outcomes::default()) }
    }

    /// Tries every mutant.
    pub fn run(self, program: &PathBuf) -> Result<Outcomes> {
        let outcomes = self.attempt(program, &[])?;
        outcomes.write(&self.outcomes())?;
        Ok(outcomes)
    }

    /// Tries the mutants that the tests did not fail on the last time, and keeps what is known of the others.
    pub fn again(self, program: &PathBuf) -> Result<Outcomes> {
        let before = Outcomes::read(&self.outcomes()).context("run the whole part first")?;
        let names = sh::quiet(self.mutants(program).arg("--list"))?;
        let outcomes = before.renewed(&self.attempt(program, &["--iterate"])?, &names)?;
        outcomes.write(&self.outcomes())?;
        Ok(outcomes)
    }
}

/// The same inputs for each mutant and in each run, and no input handed on from one mutant to the next.
fn reproducible(command: &mut Command) {
    command.env("PROPTEST_RNG_SEED", "1").env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    command.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_TARGET_DIR", workspace::root().join("target/mutants/build"));
}
