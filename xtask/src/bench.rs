//! `cargo xtask bench`: builds the broker and the crate `bench` as the broker is installed, lends a PostgreSQL, and hands over.
//!
//! What is measured, and how, is in `bench/`; every argument goes there as it is. Instructions are counted in the release profile, which
//! every test run builds anyway.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::postgres::{self, Cluster};
use crate::test::Outcome;
use crate::tools::{self, Tool};
use crate::{sh, workspace};

/// Profiles: what is installed, and what is as fast to build as it can be and optimised.
const INSTALLED: &str = "dist";
const RELEASE: &str = "release";

/// Where the bench finds the server that it was lent.
const POSTGRES: &str = "COUNTERSIGN_BENCH_POSTGRES";
/// The accepted instruction counts.
const ACCEPTED: &str = "bench/instructions.toml";
/// What needs no server and no broker.
const TALK: [&str; 5] = ["--help", "-h", "--list", "help", "--instructions"];

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `bench run` takes; `cargo xtask bench --help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<()> {
    let talks = args.arguments.iter().any(|argument| TALK.iter().any(|talk| argument == talk));
    let profile = if talks { RELEASE } else { INSTALLED };
    sh::step("The broker and the bench, optimised", || build(profile))?;
    let mut bench = Command::new(program(profile));
    bench.arg("run").arg("--root").arg(workspace::root()).args(&args.arguments);
    let cluster = if talks { None } else { lend()? };
    if let Some(cluster) = &cluster {
        bench.env(POSTGRES, cluster.url());
    }
    sh::live(&mut bench)
}

/// Counts the instructions of the hot paths and holds them against what was accepted in `bench/instructions.toml`.
pub fn instructions() -> Result<Outcome> {
    if Tool::Valgrind.find().is_none() {
        return Outcome::missing(Tool::Valgrind);
    }
    if !workspace::root().join(ACCEPTED).exists() {
        let advice =
            format!("no counts are accepted in {ACCEPTED}: cargo xtask bench --instructions --write");
        return Ok(Outcome::Skipped(advice)); // not a missing tool: there is nothing to hold counts against yet
    }
    build(RELEASE)?;
    let mut bench = Command::new(program(RELEASE));
    bench.arg("instructions").arg(workspace::root().join(ACCEPTED));
    println!("{}", sh::quiet(&mut bench)?.trim_end());
    Ok(Outcome::Done)
}

fn program(profile: &str) -> PathBuf {
    workspace::root().join("target").join(profile).join("bench")
}

fn build(profile: &str) -> Result<()> {
    let mut build = workspace::cargo("build");
    build.args(["--locked", "--profile", profile, "--package", "broker", "--package", "bench", "--bins"]);
    sh::quiet(build.arg("--target-dir").arg(workspace::root().join("target"))).map(drop)
}

/// Scenarios that need PostgreSQL say so if there is none.
fn lend() -> Result<Option<Cluster>> {
    tools::install(&Tool::BENCH);
    if postgres::programs().is_none() {
        println!("  {}: what needs it is left out", tools::how_to_get(Tool::Postgres));
        return Ok(None);
    }
    sh::step("Starting a temporary PostgreSQL that flushes to the disk", Cluster::start_durable).map(Some)
}
