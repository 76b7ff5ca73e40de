//! The page.

use std::fmt::Write as _;

use super::{Run, Section};
use crate::findings::{Bound, Goal, Table, Verdict, plain, spread};

const METHOD: &str = "\
The program that is measured has core 0, the load and the service behind it have core 1; everything is on loopback. \
Contenders take turns (A B A B …); figures are the median of the rounds with their range, ratios are taken round by \
round. CPU is processor time of the server's processes per answered request; memory is its proportional share (PSS). \
A row with a single answer that is no success is void. † marks rows in which other programs used more than 2 % of the \
machine in some round. Where the processor time goes, and which profile justified which change, is in \
[flames](flames/README.md).";

pub fn page(run: &Run) -> String {
    let mut page = String::from("# How fast it is\n\nWritten by `cargo xtask bench --write`.\n\n");
    let _ = writeln!(page, "- machine: {}", run.machine);
    let _ = writeln!(page, "- date: {}", run.date.format("%Y-%m-%d %H:%M UTC"));
    let _ = writeln!(
        page,
        "- {} rounds of {} s, load by {}",
        run.effort.rounds,
        run.effort.time.as_secs(),
        run.load
    );
    for (name, times) in &run.disks {
        let _ = writeln!(
            page,
            "- {name}: flush {:.0} µs (p99 {:.0}), one commit {:.0} µs (p99 {:.0}), {:.0} commits/s one after the other",
            times.flush_p50, times.flush_p99, times.commit_p50, times.commit_p99, times.commits_per_second
        );
    }
    if run.effort.quick {
        page.push_str(
            "\n**This was a quick run: its figures show that everything works, and nothing else.**\n",
        );
    }
    let _ =
        write!(page, "\n{METHOD}\n\n## Goals\n\n![How far each goal is met](results.svg)\n\n{}", goals(run));
    for section in &run.scenarios {
        page.push_str(&shown(section));
    }
    page
}

/// The goal table.
pub fn goals(run: &Run) -> String {
    let mut table =
        String::from("| what | must | goal | measured (range) | of must | |\n|---|---|---|---|---|---|\n");
    for goal in run.goals() {
        let _ = writeln!(table, "{}", line(goal));
    }
    table
}

fn line(goal: &Goal) -> String {
    let sign = match goal.bound {
        Bound::AtLeast => "≥ ",
        Bound::AtMost => "≤ ",
        Bound::None => "",
    };
    let bound = |value: f64| format!("{sign}{} {}", plain(value), goal.unit);
    let must = if goal.bound == Bound::None { String::new() } else { bound(goal.must) };
    let measured = goal.measured.map_or_else(String::new, |measured| {
        let digits = if measured.median.abs() >= 100.0 { 0 } else { 2 };
        format!("{} {}", spread(measured, digits), goal.unit)
    });
    let margin = goal.margin().map(|margin| format!("{margin:.2}")).unwrap_or_default();
    let verdict = match goal.verdict() {
        Verdict::Goal => "met, and the goal",
        Verdict::Met => "met",
        Verdict::Missed => "**missed**",
        Verdict::Void => "**void**",
        Verdict::Told => "",
    };
    let hoped = goal.hoped.map(bound).unwrap_or_default();
    format!("| {} | {must} | {hoped} | {measured} | {margin} | {verdict} |", goal.what)
}

fn shown(section: &Section) -> String {
    let mut text =
        format!("\n## {}\n\n{} ({:.0} s)\n", section.name, capital(section.about), section.seconds);
    match &section.findings {
        Err(why) => {
            let _ = writeln!(text, "\nNot measured: {why}");
        }
        Ok(findings) => {
            for table in &findings.tables {
                text.push_str(&written(table));
            }
            for note in &findings.notes {
                let _ = writeln!(text, "\n{note}");
            }
        }
    }
    text
}

fn written(table: &Table) -> String {
    let mut text = format!("\n### {}\n\n", table.title);
    let row = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let _ = writeln!(text, "{}\n|{}", row(&table.head), "---|".repeat(table.head.len()));
    for cells in &table.rows {
        let _ = writeln!(text, "{}", row(cells));
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Summary;

    #[test]
    fn a_goal_is_one_line() {
        let measured = Some(Summary::of([1_234.0, 1_500.0, 1_000.0]));
        let goal = Goal::at_most("p99", "µs", 2_000.0, Some(900.0), measured);
        assert_eq!(line(&goal), "| p99 | ≤ 2,000 µs | ≤ 900 µs | 1,234 (1,000–1,500) µs | 1.62 | met |");
        assert_eq!(line(&Goal::at_least("x", "%", 2.0, None, None)), "| x | ≥ 2.00 % |  |  |  | **void** |");
    }
}
