//! The client leg of the conformance suite: its servers test the gateway's upstream side, which `countersign-broker
//! mcp-probe` drives as each scenario asks for. OAuth towards upstreams is no part of it.

use std::path::Path;

use anyhow::{Result, ensure};

use super::results;
use super::revision::Revision;
use crate::interop::node::Node;
use crate::interop::suite::SUITE;
use crate::interop::talk::Talk;

/// What the suite gives the probe, in milliseconds.
const PATIENCE: &str = "20000";

/// All scenarios of a revision. What went wrong, if anything.
pub fn run(node: &Node, revision: Revision, broker: &Path) -> Result<Result<(), String>> {
    let mut wrong = Vec::new();
    let required = revision.required(node)?.of_clients;
    for scenario in &required {
        if let Err(why) = drive(node, revision, scenario, broker)? {
            wrong.push(why);
        }
    }
    println!("  {} of {} scenarios of {}", required.len() - wrong.len(), required.len(), revision.name());
    Ok(if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) })
}

/// Runs one. It passed if every check did and the probe ended well.
fn drive(node: &Node, revision: Revision, scenario: &str, broker: &Path) -> Result<Result<(), String>> {
    let folder = tempfile::tempdir()?;
    let mut command = node.script(SUITE);
    let probe = format!("{} mcp-probe", broker.display());
    ensure!(
        probe.split(' ').count() == 2,
        "the suite cannot run a program with a blank in its path: {probe}"
    );
    command.args(["client", "--command", &probe, "--scenario", scenario, "--spec-version", revision.name()]);
    command.args(["--timeout", PATIENCE, "-o"]).arg(folder.path());
    let mut talk = Talk::start(&mut command)?;
    while talk.hear()?.is_some() {}
    let said = talk.said.clone();
    let ended_well = talk.end()?.success();
    let verdicts = results::read(folder.path(), "")?;
    let passed =
        ended_well && verdicts.len() == 1 && verdicts.get(scenario).is_some_and(results::Verdict::passed);
    Ok(if passed { Ok(()) } else { Err(format!("{scenario}:\n{said}")) })
}
