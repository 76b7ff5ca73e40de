//! Peers: what others made for parts of this job, measured in the same rounds if `cargo xtask bench --peers` asks for it.
//!
//! Each is installed into `target/bench/peers` by the ordinary client of its registry, in the version that its file names,
//! and runs on the core of the program that is measured, as that does. One that cannot be installed, started or asked is
//! left out: the findings say which and why, and what was to be held against it is void.

pub mod contextforge;
pub mod envoy;
pub mod fastmcp;
pub mod install;
pub mod oidc_provider;
pub mod openbao;

use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::lab::Lab;
use crate::load::{Ask, download};
use crate::number::Summary;
use crate::process::Server;
use crate::rounds::{Contender, Row};

/// A peer of the proxy that is never measured, and why.
pub const AGENTGATE: &str = "agentgate is left out: it listens on all interfaces of the machine, so it would need a \
                             network namespace of its own, with the service and the load in it.";

/// How long the first answer of a peer may take.
const FIRST: Duration = Duration::from_secs(30);

/// A peer that runs. It ends when this does, and its folder with it.
pub struct Peer {
    pub server: Server,
    pub ask: Ask,
    /// What a reader of its figures must know.
    note: Option<String>,
    _folder: TempDir,
}

/// The peers of a scenario: none unless they were asked for.
pub struct Peers<'a> {
    lab: &'a Lab,
    present: Vec<(&'static str, Peer)>,
    /// What is left out and why, and what is to be known of the others.
    pub notes: Vec<String>,
}

impl<'a> Peers<'a> {
    pub fn none_yet(lab: &'a Lab) -> Self {
        Self { lab, present: Vec::new(), notes: Vec::new() }
    }

    /// Adds a peer, if it starts and answers what it will be asked.
    pub fn add(&mut self, name: &'static str, start: impl FnOnce(&Lab) -> Result<Peer>) {
        if !self.lab.peers {
            return;
        }
        match start(self.lab).and_then(|peer| answering(self.lab, peer)) {
            Ok(peer) => {
                self.notes.extend(peer.note.clone());
                self.present.push((name, peer));
            }
            Err(error) => {
                let why = format!("{name} is left out: {error:#}");
                println!("  {why}");
                self.notes.push(why);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Peer)> {
        self.present.iter().map(|(name, peer)| (*name, peer))
    }

    pub fn contenders(&self) -> impl Iterator<Item = Contender<'_>> {
        self.iter().map(|(name, peer)| Contender::new(name, peer.ask.clone(), &peer.server))
    }
}

/// The peer, once it has answered with a success.
fn answering(lab: &Lab, peer: Peer) -> Result<Peer> {
    lab.runtime
        .block_on(async { tokio::time::timeout(FIRST, download::whole(&peer.ask, usize::MAX, || {})).await })
        .context("it does not answer")??;
    Ok(peer)
}

/// How many times the rate of a peer ours is, round by round; none if that peer was left out or counts for nothing.
pub fn times(ours: &Row, rows: &[Row], peer: &str) -> Option<Summary> {
    let row = rows.iter().find(|row| row.name == peer)?;
    ours.ratio(row, |round| round.rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::Round;

    fn row(name: &str, rate: f64, refused: u64) -> Row {
        let round = Round { rate, p50: 1.0, p99: 2.0, processor: 3.0, refused, broken: 0, others: 0.0 };
        Row { name: name.to_owned(), connections: 64, rounds: vec![round], idle_kb: 0, loaded_kb: 0 }
    }

    #[test]
    fn a_peer_that_is_absent_or_refuses_is_no_measure() {
        let ours = row("countersign", 3_000.0, 0);
        let rows = [row("answers", 100.0, 0), row("refuses", 100.0, 1)];
        let median = |peer| times(&ours, &rows, peer).map(|it| it.median.to_string());
        assert_eq!(["answers", "refuses", "absent"].map(median), [Some("30".to_owned()), None, None]);
    }
}
