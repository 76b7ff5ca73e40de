//! `cargo xtask mutants`: breaks the parts on which everything rests, one small change at a time, and sees whether a
//! test notices. cargo-mutants makes the changes and runs the tests that lie beside the files.
//!
//! A mutant that no test notices is either a missing test or one of `bench/mutants.toml`, with the reason. The result of
//! each part stays in `target/mutants`; bench/MUTANTS.md is written from there once every part has been run.

mod accepted;
mod outcome;
mod report;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::tools::{self, Tool};
use crate::{sh, workspace};

use accepted::Accepted;
use outcome::Outcomes;

const REPORT: &str = "bench/MUTANTS.md";
/// What must be caught of each part's mutants.
const GOAL: f64 = 0.95;
/// A mutant that runs longer than this many seconds hangs; the tests take less than five.
const HANGS: &str = "60";

#[derive(clap::Args)]
pub struct Args {
    /// Run only this part; may be given more than once.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

/// What is mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    State,
    Narrowing,
    Path,
    Envelope,
    Scrubber,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn words(self) -> &'static str {
        match self {
            Self::State => "state machine and watermarks",
            Self::Narrowing => "narrowing",
            Self::Path => "path canonicaliser, queries and templates",
            Self::Envelope => "envelope, keyring and vault",
            Self::Scrubber => "scrubber",
        }
    }

    fn files(self) -> &'static [&'static str] {
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

    /// Where cargo-mutants leaves what it did.
    fn folder(self) -> PathBuf {
        workspace::root().join("target/mutants").join(self.name())
    }

    fn outcomes(self) -> PathBuf {
        self.folder().join("mutants.out/outcomes.json")
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

    fn command(self, program: &PathBuf) -> Command {
        let (package, test_package, tests) = self.tests();
        let mut command = Command::new(program);
        workspace::without_cargo_run(&mut command);
        command.current_dir(workspace::root()).args(["mutants", "--colors", "never", "--no-shuffle"]);
        command.args(["--baseline", "skip", "--jobs", "1", "--timeout", HANGS]);
        command.args(["--package", package, "--test-package", test_package]);
        command.args(self.files().iter().flat_map(|file| ["--file", file]));
        command.arg("--output").arg(self.folder()).args(["--", "--lib", "--"]).args(tests);
        reproducible(&mut command);
        command
    }

    fn run(self, program: &PathBuf) -> Result<Outcomes> {
        fs::create_dir_all(self.folder())?;
        sh::quiet(&mut self.unchanged()).context("the tests fail on the tree as it is")?;
        let status = sh::Running::start(&mut self.command(program))?.wait(|_| ())?;
        // 2 says that mutants were missed, 3 that some ran into the time-out: which, is in the outcomes.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            bail!("cargo-mutants could not try the mutants of {} ({status})", self.name());
        }
        Outcomes::read(&self.outcomes())
    }
}

/// The same inputs for each mutant and in each run, and no input handed on from one mutant to the next.
fn reproducible(command: &mut Command) {
    command.env("PROPTEST_RNG_SEED", "1").env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    command.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_TARGET_DIR", workspace::root().join("target/mutants/build"));
}

pub fn run(args: &Args) -> Result<()> {
    tools::install(&[Tool::Mutants]);
    let Some(program) = Tool::Mutants.find() else { bail!(tools::how_to_get(Tool::Mutants)) };
    let accepted = Accepted::read()?;
    let mut wrong = Vec::new();
    for part in Part::value_variants() {
        if args.only.is_empty() || args.only.contains(part) {
            let title = format!("Mutants of {}", part.words());
            let outcomes = sh::step(&title, || part.run(&program))?;
            wrong.extend(judge(*part, &outcomes, &accepted));
        }
    }
    write_report(&accepted)?;
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("the tests do not hold every mutant:\n  {}", wrong.join("\n  "))
}

/// What is wrong with the outcome of a part, if anything.
fn judge(part: Part, outcomes: &Outcomes, accepted: &Accepted) -> Vec<String> {
    let (caught, tried) = (outcomes.noticed(), outcomes.tried());
    println!("  {}: {caught} of {tried} caught", part.name());
    let mut wrong = accepted.check(&outcomes.missed(), part.files());
    if outcomes.share() < GOAL {
        wrong.push(format!("{}: only {caught} of {tried} are caught", part.name()));
    }
    wrong
}

fn write_report(accepted: &Accepted) -> Result<()> {
    let mut parts = Vec::new();
    for part in Part::value_variants() {
        if !part.outcomes().exists() {
            println!("  {REPORT} is written once every part has been run; {} has not", part.name());
            return Ok(());
        }
        parts.push((part.words(), part.files(), Outcomes::read(&part.outcomes())?));
    }
    let report = report::write(&parts, accepted);
    fs::write(workspace::root().join(REPORT), report).with_context(|| format!("cannot write {REPORT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_names_files_that_exist() {
        for part in Part::value_variants() {
            for file in part.files() {
                let path = workspace::root().join(file.strip_suffix("*.rs").unwrap_or(file));
                assert!(path.exists(), "{file}");
            }
        }
    }

    #[test]
    fn every_accepted_mutant_is_in_a_file_that_is_mutated() {
        let accepted = Accepted::read().unwrap();
        let files: Vec<&str> = Part::value_variants().iter().flat_map(|part| part.files()).copied().collect();
        assert_eq!(accepted.elsewhere(&files), Vec::<&str>::new());
    }
}
