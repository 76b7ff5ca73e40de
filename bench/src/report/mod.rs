//! What a run leaves behind: `results.json`, `RESULTS.md` and a chart in `target/bench`, and with `--write` the latter two in `bench`.

mod chart;
mod markdown;

use std::fs;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::disk::Times;
use crate::findings::Findings;
use crate::lab::{Effort, Lab};
use crate::machine::Machine;

/// One run.
#[derive(Serialize)]
pub struct Run {
    pub machine: Machine,
    pub date: DateTime<Utc>,
    pub effort: Effort,
    pub load: &'static str,
    pub disks: Vec<(String, Times)>,
    pub scenarios: Vec<Section>,
}

/// What one scenario gave.
#[derive(Serialize)]
pub struct Section {
    pub name: &'static str,
    pub about: &'static str,
    pub seconds: f64,
    pub findings: Result<Findings, String>,
}

impl Run {
    /// All goals, in the order in which they were measured.
    fn goals(&self) -> impl Iterator<Item = &crate::findings::Goal> {
        self.scenarios.iter().filter_map(|it| it.findings.as_ref().ok()).flat_map(|it| &it.goals)
    }
}

/// Writes the raw figures and the report; with `commit` to where it is committed, too.
pub fn write(lab: &Lab, run: &Run, commit: bool) -> Result<()> {
    let raw = lab.folder.join("results.json");
    fs::write(&raw, serde_json::to_string_pretty(run)?)?;
    println!("\n{}", markdown::goals(run));
    println!("The figures of every round are in {}", raw.display());
    let committed = commit.then(|| lab.root.join("bench"));
    for folder in [lab.folder.clone()].into_iter().chain(committed) {
        let report = folder.join("RESULTS.md");
        fs::write(&report, markdown::page(run))?;
        fs::write(folder.join("results.svg"), chart::chart(run.goals()))?;
        println!("The report is in {}", report.display());
    }
    Ok(())
}
