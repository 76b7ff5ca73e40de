//! The checks that read the source and the lock file and run nothing of ours.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::test::Outcome;
use crate::tools::{self, Tool};
use crate::{architecture, sh, source_size, workspace};

/// An export of the RustSec database, for machines that cannot fetch it.
const ADVISORIES: &str = "../shared/advisory-db";

/// Installs what it may; what is then still missing is named, and in CI it is a failure.
pub fn tools() -> Result<Outcome> {
    tools::install(&Tool::ALL);
    let (found, missing): (Vec<Tool>, Vec<Tool>) =
        Tool::ALL.into_iter().partition(|tool| tool.find().is_some());
    for tool in found {
        println!("  found {}", tool.name());
    }
    match missing.split_first() {
        None => Ok(Outcome::Done),
        Some((first, rest)) => {
            for tool in rest {
                println!("  {}", tools::how_to_get(*tool));
            }
            Outcome::missing(*first)
        }
    }
}

pub fn format() -> Result<Outcome> {
    sh::quiet(workspace::cargo("fmt").args(["--all", "--check"]))?;
    Ok(Outcome::Done)
}

/// Never with all features: Leptos' `ssr` and `hydrate` exclude each other.
pub fn lint() -> Result<Outcome> {
    sh::quiet(workspace::cargo("clippy").args(["--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Outcome::Done)
}

pub fn docs() -> Result<Outcome> {
    let mut doc = workspace::cargo("doc");
    doc.args(["--workspace", "--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings");
    sh::quiet(&mut doc)?;
    Ok(Outcome::Done)
}

pub fn licences() -> Result<Outcome> {
    let Some(deny) = Tool::Deny.find() else { return Outcome::missing(Tool::Deny) };
    let mut command = std::process::Command::new(deny);
    workspace::without_cargo_run(&mut command);
    command.current_dir(workspace::root()).args(["check", "licenses", "bans", "sources"]);
    println!("  {}", sh::quiet(&mut command)?.trim());
    Ok(Outcome::Done)
}

/// What is accepted, and why, is in .cargo/audit.toml.
pub fn advisories() -> Result<Outcome> {
    let Some(audit) = Tool::Audit.find() else { return Outcome::missing(Tool::Audit) };
    let mut command = std::process::Command::new(audit);
    workspace::without_cargo_run(&mut command);
    command.current_dir(workspace::root()).arg("audit");
    if workspace::root().join(ADVISORIES).is_dir() {
        command.args(["--db", ADVISORIES, "--no-fetch", "--stale"]);
    } else if workspace::ci() {
        bail!("no advisory database at {ADVISORIES}");
    }
    println!("  {}", sh::quiet(&mut command)?.trim());
    Ok(Outcome::Done)
}

/// Arrows between crates, what the pure crates reach for, and the size of files.
pub fn architecture() -> Result<Outcome> {
    let metadata = sh::ask(workspace::cargo("metadata").args(["--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` names no packages")?;
    let manifests = packages.iter().filter_map(|package| package["manifest_path"].as_str());
    let mut sizes = source_size::measure(manifests.filter_map(|manifest| Path::new(manifest).parent()))?;
    for size in &mut sizes {
        size.file = workspace::relative(&size.file).to_owned();
    }
    let mut wrong = architecture::check(&metadata);
    wrong.extend(source_size::check(&sizes));
    if !wrong.is_empty() {
        bail!("the workspace is not as designed:\n  {}", wrong.join("\n  "));
    }
    println!("  {} crates, {}", packages.len(), source_size::summary(&sizes));
    Ok(Outcome::Done)
}
