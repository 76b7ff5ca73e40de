//! `cargo xtask test`: everything that must hold before a change lands, cheap checks first.

use anyhow::Result;
use clap::ValueEnum;

use crate::tools::{self, Tool};
use crate::{bench, campaign, checks, fuzz, interop, requirements, sh, suite, workspace};

#[derive(clap::Args)]
pub struct Args {
    /// Run only this step; may be given more than once.
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// List the steps.
    #[arg(long)]
    list: bool,
}

/// The steps, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    Tools,
    Format,
    Lint,
    Docs,
    Licences,
    Advisories,
    Architecture,
    Requirements,
    Ui,
    Tests,
    DocTests,
    Instructions,
    Fuzz,
    Campaign,
    Interop,
}

/// How a step ended that did not fail.
pub enum Outcome {
    Done,
    /// Left out, and what to type so that it is not.
    Skipped(String),
}

impl Outcome {
    /// A missing tool leaves a step out; in CI it fails it.
    pub fn missing(tool: Tool) -> Result<Self> {
        let advice = tools::how_to_get(tool);
        if workspace::ci() { Err(anyhow::Error::msg(advice)) } else { Ok(Self::Skipped(advice)) }
    }
}

impl Step {
    fn title(self) -> &'static str {
        match self {
            Self::Tools => "Tools: what the other steps need",
            Self::Format => "Format: cargo fmt --check",
            Self::Lint => "Lint: cargo clippy, warnings are errors",
            Self::Docs => "Docs: cargo doc, warnings are errors",
            Self::Licences => "Licences, bans, sources: cargo deny",
            Self::Advisories => "Advisories: cargo audit",
            Self::Architecture => "Architecture: arrows between crates, size of files",
            Self::Requirements => "Requirements: each has a test, and the page that says which is true",
            Self::Ui => "The wasm half of the pages",
            Self::Tests => "Tests: SQLite, PostgreSQL, pages, browser",
            Self::DocTests => "Doc tests",
            Self::Instructions => "Instruction counts of the hot paths: callgrind",
            Self::Fuzz => "Fuzz targets: their seeds, and a moment each",
            Self::Campaign => "Bad luck: each fault once",
            Self::Interop => "Clients of others: the MCP conformance suite and a strict OAuth client",
        }
    }

    fn run(self) -> Result<Outcome> {
        match self {
            Self::Tools => checks::tools(),
            Self::Format => checks::format(),
            Self::Lint => checks::lint(),
            Self::Docs => checks::docs(),
            Self::Licences => checks::licences(),
            Self::Advisories => checks::advisories(),
            Self::Architecture => checks::architecture(),
            Self::Requirements => requirements::step(),
            Self::Ui => suite::wasm_half(),
            Self::Tests => suite::tests(),
            Self::DocTests => suite::doc_tests(),
            Self::Instructions => bench::instructions(),
            Self::Fuzz => fuzz::short(),
            Self::Campaign => campaign::short(),
            Self::Interop => interop::step(),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

pub fn run(args: &Args) -> Result<()> {
    if args.list {
        for step in Step::value_variants() {
            println!("{:<13} {}", step.name(), step.title());
        }
        return Ok(());
    }
    let chosen = chosen(&args.only);
    let mut skipped = Vec::new();
    for (index, step) in chosen.iter().enumerate() {
        let title = format!("{}/{} {}", index + 1, chosen.len(), step.title());
        if let Outcome::Skipped(why) = sh::step(&title, || step.run())? {
            println!("  SKIPPED: {why}");
            skipped.push(step.name());
        }
    }
    match skipped.as_slice() {
        [] => println!("\nAll {} steps passed.", chosen.len()),
        some => println!("\n{} steps passed, skipped: {}.", chosen.len() - some.len(), some.join(", ")),
    }
    Ok(())
}

/// All steps or the named ones, always in the order in which they are declared.
fn chosen(only: &[Step]) -> Vec<Step> {
    let all = Step::value_variants().iter().copied();
    all.filter(|step| only.is_empty() || only.contains(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_steps_keep_their_order() {
        let names = |steps: Vec<Step>| steps.into_iter().map(Step::name).collect::<Vec<_>>();
        assert_eq!(names(chosen(&[Step::Tests, Step::Lint, Step::Tests])), ["lint", "tests"]);
        assert_eq!(chosen(&[]).len(), Step::value_variants().len());
    }
}
