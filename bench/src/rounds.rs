//! Contenders take turns (A B A B …), so that what the machine does in the meantime meets all of them alike.

use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::lab::Lab;
use crate::load::Ask;
use crate::number::{Summary, float};
use crate::process::{Server, Table};

/// Other programs may use so much of the machine in a round, in percent.
const QUIET: f64 = 2.0;

/// One of those that are compared.
pub struct Contender<'a> {
    pub name: String,
    pub ask: Ask,
    pub server: &'a Server,
}

impl<'a> Contender<'a> {
    pub fn new(name: &str, ask: Ask, server: &'a Server) -> Self {
        Self { name: name.to_owned(), ask, server }
    }
}

/// What one round gave. Times in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Round {
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    /// Processor time of the server's tree per answered request.
    pub processor: f64,
    pub refused: u64,
    pub broken: u64,
    /// What programs that are not part of the run used of the machine, in percent.
    pub others: f64,
}

/// What all rounds of one contender gave.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub connections: usize,
    pub rounds: Vec<Round>,
    /// Memory of the server's tree before and after, in kB.
    pub idle_kb: u64,
    pub loaded_kb: u64,
}

impl Row {
    pub fn summary(&self, of: impl Fn(&Round) -> f64) -> Summary {
        Summary::of(self.rounds.iter().map(of))
    }

    /// Why the row counts for nothing, if it does: an answer that is no success is often a fast one.
    pub fn void(&self) -> Option<String> {
        let refused: u64 = self.rounds.iter().map(|round| round.refused).sum();
        let broken: u64 = self.rounds.iter().map(|round| round.broken).sum();
        let silent = self.rounds.iter().any(|round| round.rate <= 0.0);
        (refused + broken > 0 || silent).then(|| format!("{refused} refused, {broken} broken"))
    }

    /// Whether other programs worked in any of its rounds.
    pub fn noisy(&self) -> bool {
        self.rounds.iter().any(|round| round.others > QUIET)
    }

    /// Round by round, this one's figure as a share of the other's; none if either counts for nothing.
    pub fn ratio(&self, to: &Self, of: impl Fn(&Round) -> f64) -> Option<Summary> {
        let counts = self.void().is_none() && to.void().is_none();
        counts.then(|| Summary::of(self.rounds.iter().zip(&to.rounds).map(|(a, b)| of(a) / of(b))))
    }
}

/// Warms everybody up, then lets them take turns.
pub fn compare(lab: &Lab, connections: usize, contenders: &[Contender<'_>]) -> Result<Vec<Row>> {
    let row = |it: &Contender<'_>| Row {
        name: it.name.clone(),
        connections,
        rounds: Vec::new(),
        idle_kb: it.server.memory_kb(),
        loaded_kb: 0,
    };
    let mut rows: Vec<Row> = contenders.iter().map(row).collect();
    for contender in contenders {
        lab.closed.run(&contender.ask, connections, lab.effort.warm_up)?;
    }
    for turn in 1..=lab.effort.rounds {
        for (contender, row) in contenders.iter().zip(&mut rows) {
            let round = quiet_round(lab, connections, contender)?;
            println!("    {turn} {:<34} {}", row.name, shown(&round));
            row.rounds.push(round);
        }
    }
    for (contender, row) in contenders.iter().zip(&mut rows) {
        row.loaded_kb = contender.server.memory_kb();
    }
    Ok(rows)
}

/// A round that other programs left alone; the last try counts as it is.
fn quiet_round(lab: &Lab, connections: usize, contender: &Contender<'_>) -> Result<Round> {
    for _ in 0..lab.effort.again {
        let round = round(lab, connections, contender)?;
        if round.others <= QUIET {
            return Ok(round);
        }
    }
    round(lab, connections, contender)
}

fn round(lab: &Lab, connections: usize, contender: &Contender<'_>) -> Result<Round> {
    let (before, start) = (Table::read(), Instant::now());
    let load = lab.closed.run(&contender.ask, connections, lab.effort.time)?;
    let (after, took) = (Table::read(), start.elapsed());
    let server = contender.server.id();
    let spent = after.time_of_tree(server).saturating_sub(before.time_of_tree(server));
    let others = after.time_of_others(&before, std::process::id());
    let cores = crate::machine::cores();
    Ok(Round {
        rate: load.rate(),
        p50: load.p50,
        p99: load.p99,
        processor: spent.as_secs_f64() * 1e6 / float(load.answered.max(1)),
        refused: load.refused,
        broken: load.broken,
        others: 100.0 * others.as_secs_f64() / (took.as_secs_f64() * cores),
    })
}

fn shown(round: &Round) -> String {
    let Round { rate, p50, p99, processor, others, .. } = round;
    let noise = if *others > QUIET { format!(" · others {others:.0} %") } else { String::new() };
    format!("{rate:>9.0}/s · p50 {p50:.0} · p99 {p99:.0} · {processor:.1} µs CPU{noise}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rates: &[f64]) -> Row {
        let round = |rate: &f64| Round {
            rate: *rate,
            p50: 1.0,
            p99: 2.0,
            processor: 3.0,
            refused: 0,
            broken: 0,
            others: 0.0,
        };
        Row {
            name: "row".to_owned(),
            connections: 1,
            rounds: rates.iter().map(round).collect(),
            idle_kb: 0,
            loaded_kb: 0,
        }
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let (ours, theirs) = (row(&[10.0, 30.0, 20.0]), row(&[100.0, 100.0, 400.0]));
        let ratio = ours.ratio(&theirs, |round| round.rate).unwrap();
        assert_eq!(format!("{ratio:?}"), "Summary { median: 0.1, least: 0.05, most: 0.3 }");
    }

    #[test]
    fn a_refusal_makes_a_row_void() {
        let mut refused = row(&[10.0]);
        refused.rounds[0].refused = 1;
        assert!(refused.void().is_some());
        assert!(row(&[1.0]).ratio(&refused, |round| round.rate).is_none());
        assert!(row(&[0.0]).void().is_some(), "a server that is not there is not fast");
    }
}
