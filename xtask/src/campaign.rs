//! `cargo xtask campaign`: builds the broker with its failpoints and the crate `campaign`, and hands over.
//!
//! What befalls the broker, and what is checked afterwards, is in `campaign/`; every argument goes there as it is.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::test::Outcome;
use crate::tools::{self, Tool};
use crate::{sh, workspace};

/// Where the result of a whole run is kept.
const REPORT: &str = "bench/CAMPAIGN.md";

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `campaign` takes; `cargo xtask campaign --help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<()> {
    sh::step("The broker with its failpoints, and the campaign", build)?;
    tools::install(&Tool::CAMPAIGN);
    sh::live(campaign().args(&args.arguments))
}

/// Each fault once. What a missing tool leaves out is said, and in CI it is a failure.
pub fn short() -> Result<Outcome> {
    build()?;
    sh::live(campaign().arg("--short"))?;
    Ok(Outcome::Done)
}

fn campaign() -> Command {
    let programs = workspace::root().join("target/debug");
    let mut campaign = Command::new(programs.join("campaign"));
    workspace::without_cargo_run(&mut campaign);
    campaign.arg("--broker").arg(programs.join("countersign-broker"));
    campaign.arg("--report").arg(workspace::root().join(REPORT));
    campaign
}

fn build() -> Result<()> {
    let mut build = workspace::cargo("build");
    build.args(["--locked", "--package", "broker", "--package", "campaign", "--bins"]);
    sh::quiet(build.arg("--target-dir").arg(workspace::root().join("target"))).map(drop)
}
