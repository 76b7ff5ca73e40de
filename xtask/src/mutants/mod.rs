//! `cargo xtask mutants`: breaks the parts on which everything rests, one small change at a time, and sees whether a
//! test notices. cargo-mutants makes the changes and runs the tests that lie beside the files.
//!
//! A mutant that no test notices is either a missing test or one of `bench/mutants.toml`, with the reason. The result of
//! each part stays in `target/mutants`; bench/MUTANTS.md is written from there once every part has been run.

mod accepted;
mod outcome;
mod part;
mod report;

use std::fs;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::tools::{self, Tool};
use crate::{sh, workspace};

use accepted::Accepted;
use outcome::Outcomes;
use part::Part;

const REPORT: &str = "bench/MUTANTS.md";
/// What must be caught of each part's mutants.
const GOAL: f64 = 0.95;

#[derive(clap::Args)]
pub struct Args {
    /// Run only this part; may be given more than once.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Try only what was not noticed the last time, and keep what is known of the rest. For new tests: where the code
    /// or a test was changed, try the whole part.
    #[arg(long)]
    again: bool,
}

pub fn run(args: &Args) -> Result<()> {
    tools::install(&[Tool::Mutants]);
    let Some(program) = Tool::Mutants.find() else { bail!(tools::how_to_get(Tool::Mutants)) };
    let accepted = Accepted::read()?;
    let mut wrong = Vec::new();
    for part in Part::value_variants() {
        if args.only.is_empty() || args.only.contains(part) {
            let title = format!("Mutants of {}", part.words());
            let outcomes =
                sh::step(&title, || if args.again { part.again(&program) } else { part.run(&program) })?;
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
