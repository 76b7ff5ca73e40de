//! A file per fault.

mod clock;
mod cut;
mod disk_full;
mod failpoints;
mod flush;
mod frozen;
mod kills;
mod order;
mod postgres;
mod root_key;
mod upgrade;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;

use crate::check::{Findings, Still};
use crate::load::everything_works;
use crate::program;
use crate::stage::Installation;

/// How long a broker that died may take to be ready again.
pub const RESTART: Duration = Duration::from_secs(3);

/// What a fault works with.
pub struct Lab {
    /// The broker, with its failpoints.
    pub program: PathBuf,
    pub random: StdRng,
    /// How often the fault is to happen in this round; one that visits a list visits all of it.
    pub times: usize,
}

/// A fault.
pub struct Fault {
    pub name: &'static str,
    pub about: &'static str,
    /// Programs that it needs, with the package of Debian that has each.
    pub needs: &'static [(&'static str, &'static str)],
    /// Whether only root may do it.
    pub root: bool,
    /// How often it happens in a short run, which leaves it out if that is never, and in each round of a long one.
    pub times: (usize, usize),
    pub run: for<'a> fn(&'a mut Lab) -> Running<'a>,
}

pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Tally>> + 'a>>;

/// Every fault, in the order in which they are tried.
pub const ALL: &[Fault] = &[
    kills::FAULT,
    failpoints::FAULT,
    order::FAULT,
    flush::FAILING,
    flush::SLOW,
    disk_full::FAULT,
    clock::FAULT,
    root_key::FAULT,
    postgres::FAULT,
    frozen::FAULT,
    cut::FAULT,
    upgrade::FAULT,
];

impl Fault {
    /// What this machine lacks for it.
    pub fn lacks(&self) -> Option<String> {
        if self.root && !nix::unistd::geteuid().is_root() {
            return Some("only root may do it".to_owned());
        }
        let missing = self.needs.iter().find(|(program, _)| program::find(program).is_none());
        missing.map(|(program, package)| format!("{program} is missing (Debian: apt-get install {package})"))
    }
}

/// What came of a fault.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub tries: usize,
    /// Acknowledged before the faults, and looked up after them.
    pub acknowledged: usize,
    pub lost: Vec<String>,
    pub violations: Vec<String>,
    /// The slowest start, or the slowest return to service where nothing was started.
    pub slowest: Duration,
    /// What is worth saying besides.
    pub notes: Vec<String>,
}

impl Tally {
    /// A return to service, which must not take longer than this.
    pub fn returned(&mut self, took: Duration, at_most: Duration) {
        self.slowest = self.slowest.max(took);
        if took > at_most {
            self.violations.push(format!("it took {} ms to be ready again", took.as_millis()));
        }
    }

    /// What a check found. What was acknowledged is counted once, at the end of an installation.
    pub fn found(&mut self, findings: &Findings) {
        for (all, new) in [(&mut self.lost, &findings.lost), (&mut self.violations, &findings.violations)] {
            all.extend(new.iter().filter(|it| !all.contains(it)).cloned().collect::<Vec<_>>());
        }
    }

    pub fn add(&mut self, other: Self) {
        self.tries += other.tries;
        self.acknowledged += other.acknowledged;
        self.lost.extend(other.lost);
        self.violations.extend(other.violations);
        self.slowest = self.slowest.max(other.slowest);
        let new = other.notes.into_iter().filter(|it| !self.notes.contains(it)).collect::<Vec<_>>();
        self.notes.extend(new);
    }

    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.violations.is_empty()
    }

    /// The end of an installation: everything works, and what was acknowledged is there.
    pub async fn conclude(&mut self, it: &mut Installation, random: &mut StdRng) -> Result<()> {
        everything_works(it, &it.broker, random).await.context("the broker does not work after the fault")?;
        it.broker.kill();
        let findings = Still::take(it)?.check().await?;
        self.acknowledged += findings.acknowledged;
        self.found(&findings);
        if !self.is_good() {
            self.notes.push(format!("what is left of it lies in {}", it.keep().display()));
        }
        Ok(())
    }
}
