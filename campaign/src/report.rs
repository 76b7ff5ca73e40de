//! What was tried, how often, what was lost, on which machine.

use std::fmt::Write as _;
use std::time::Duration;

use crate::faults::{Fault, Tally};
use crate::machine;

/// What came of one fault in all rounds.
pub struct Row {
    pub fault: &'static Fault,
    pub tally: Tally,
    /// Why it could not be tried to its end.
    pub failure: Option<String>,
    /// Why it was not tried.
    pub left_out: Option<String>,
}

impl Row {
    pub fn new(fault: &'static Fault) -> Self {
        Self { fault, tally: Tally::default(), failure: None, left_out: None }
    }

    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.tally.is_good()
    }

    /// In a line.
    pub fn told(&self) -> String {
        let Tally { tries, acknowledged, lost, violations, slowest, .. } = &self.tally;
        format!(
            "{tries} times, {acknowledged} acknowledged, {} lost, {} violations, back after {} ms at most",
            lost.len(),
            violations.len(),
            slowest.as_millis()
        )
    }
}

/// The whole report.
pub fn markdown(rows: &[Row], seed: u64, took: Duration) -> String {
    let mut text = String::from("# What befell the broker, and what was lost\n\n");
    let told = [
        "A real broker (built with its failpoints), under load: agents ask, a person approves and revokes, calls are",
        "made and tokens minted without a pause. After each fault the record is verified, the database is checked",
        "against the invariants I1 to I9 (SECURITY.md), everything that had been acknowledged to anybody is looked for",
        "in it, and every call that reached the service is held against it. *Back* is the slowest return to service:",
        "a start after a death, otherwise from the end of the fault.",
        "",
        "`cargo xtask campaign` writes this file; `--seed` repeats a run.",
    ];
    let _ = writeln!(text, "{}\n", told.join("\n"));
    let _ = writeln!(text, "- machine: {}", machine::describe());
    let _ = writeln!(text, "- {}, {} minutes, seed {seed}\n", machine::today(), took.as_secs().div_ceil(60));
    text.push_str("| fault | times | acknowledged | lost | violations | back, ms |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|\n");
    for row in rows {
        let Tally { tries, acknowledged, lost, violations, slowest, .. } = &row.tally;
        let back = slowest.as_millis();
        let (name, about) = (row.fault.name, row.fault.about);
        let _ = writeln!(
            text,
            "| **{name}**: {about} | {tries} | {acknowledged} | {} | {} | {back} |",
            lost.len(),
            violations.len()
        );
    }
    for row in rows {
        let lines = row.tally.lost.iter().map(|it| format!("lost: {it}"));
        let lines = lines.chain(row.tally.violations.iter().cloned());
        let lines = lines.chain(row.failure.iter().map(|it| format!("not tried to its end: {it}")));
        let lines = lines.chain(row.left_out.iter().map(|it| format!("left out: {it}")));
        for line in lines.chain(row.tally.notes.iter().cloned()) {
            let _ = writeln!(text, "\n- {}: {line}", row.fault.name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::ALL;

    #[test]
    fn what_was_lost_is_named() {
        let mut row = Row::new(&ALL[0]);
        assert!(row.is_good() && !markdown(&[Row::new(&ALL[0])], 7, Duration::ZERO).contains("lost:"));
        row.tally.lost.push("a revocation".to_owned());
        assert!(!row.is_good());
        let text = markdown(&[row], 7, Duration::from_secs(61));
        assert!(
            text.contains("\n- kills: lost: a revocation") && text.contains(", 2 minutes, seed 7"),
            "{text}"
        );
    }
}
