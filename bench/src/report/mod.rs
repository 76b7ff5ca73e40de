//! What a run leaves behind: `target/bench/results.json`, and with `--write` `bench/RESULTS.md` with its chart.

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

/// Writes the raw figures, and with `write` the report that is committed.
pub fn write(lab: &Lab, run: &Run, write: bool) -> Result<()> {
    let raw = lab.folder.join("results.json");
    fs::write(&raw, serde_json::to_string_pretty(run)?)?;
    println!("\n{}", markdown::goals(run));
    println!("The figures of every round are in {}", raw.display());
    if write {
        let folder = lab.root.join("bench");
        fs::write(folder.join("RESULTS.md"), markdown::page(run))?;
        fs::write(folder.join("results.svg"), chart::chart(run.goals()))?;
        println!("The report is in bench/RESULTS.md");
    }
    Ok(())
}
