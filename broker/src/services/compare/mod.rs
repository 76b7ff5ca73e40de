//! What must change so that things are as they should be. Pure: no database, no clock.

mod agent;
mod connection;
mod person;
mod service;
#[cfg(test)]
mod tests;

pub use person::places;

use super::{Found, Wanted};
use crate::{
    ledger::acts::Credentials,
    store::{agents::Agent, connections::Connection, people::Person},
};
use protocol::{Slug, services::ServiceDefinition};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// One thing that is added or changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is done.
    pub step: Step,
    /// In words.
    pub difference: Difference,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A person is saved.
    Person(Person),
    /// A service is saved.
    Service(ServiceDefinition),
    /// A connection is saved.
    Connection {
        /// It, with the version that it gets. The record is the stored one, or empty before a first sealing.
        connection: Connection,
        /// Whether its secret is sealed anew.
        seal: bool,
    },
    /// An agent is saved.
    Agent {
        /// It.
        agent: Agent,
        /// Whether it gets a new secret.
        new_secret: bool,
        /// What becomes of its other credentials.
        credentials: Credentials,
    },
}

/// A change in words, as the operator sees it first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Whether it is there for the first time.
    pub new: bool,
    /// What it is about, as `service tracker`.
    pub what: String,
    /// What is different.
    pub details: Vec<String>,
    /// How many live sessions lose the service. Of the moment, not part of what was agreed to.
    pub sessions_lose_it: i64,
    /// How many live sessions end. Of the moment, too.
    pub sessions_end: i64,
    /// The connection whose secret is needed.
    pub needs_secret: Option<Slug>,
    /// The agent that gets a new secret.
    pub new_secret: Option<Slug>,
}

impl Difference {
    fn new(new: bool, kind: &str, name: &Slug, details: Vec<String>) -> Self {
        let what = format!("{kind} {name}");
        Self {
            new,
            what,
            details,
            sessions_lose_it: 0,
            sessions_end: 0,
            needs_secret: None,
            new_secret: None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.new { '+' } else { '~' }, self.what)?;
        for detail in &self.details {
            write!(f, "\n    {detail}")?;
        }
        match self.sessions_end {
            0 => {}
            1 => f.write_str("\n    1 live session ends")?,
            many => write!(f, "\n    {many} live sessions end")?,
        }
        match self.sessions_lose_it {
            0 => Ok(()),
            1 => f.write_str("\n    1 live session loses it"),
            many => write!(f, "\n    {many} live sessions lose it"),
        }
    }
}

/// The changes, in the order in which they must be made; or everything that is wrong, in words.
pub fn compare(wanted: &Wanted, found: &Found) -> Result<Vec<Change>, Vec<String>> {
    let mut problems = repeated(wanted);
    for name in &wanted.new_secrets {
        if !wanted.agents.iter().any(|it| it.name == *name) {
            problems.push(format!("agent {name} is to get a new secret, but the file does not declare it"));
        }
    }
    if wanted.end_sessions && wanted.new_secrets.is_empty() {
        problems.push("sessions are to end, but no agent is named that gets a new secret".to_owned());
    }
    let mut changes = Vec::new();
    let mut take = |result: Result<Option<Change>, String>| match result {
        Ok(change) => changes.extend(change),
        Err(problem) => problems.push(problem),
    };
    wanted.people.iter().for_each(|it| take(person::compare(it, found)));
    wanted.services.iter().for_each(|it| take(service::compare(it, wanted, found)));
    wanted.connections.iter().for_each(|it| take(connection::compare(it, wanted, found)));
    wanted.agents.iter().for_each(|it| take(agent::compare(it, wanted, found)));
    if problems.is_empty() { Ok(changes) } else { Err(problems) }
}

fn repeated(wanted: &Wanted) -> Vec<String> {
    let people = wanted.people.iter().map(|it| ("person", &it.name));
    let services = wanted.services.iter().map(|it| ("service", &it.id));
    let connections = wanted.connections.iter().map(|it| ("connection", &it.name));
    let agents = wanted.agents.iter().map(|it| ("agent", &it.name));
    let mut seen = BTreeSet::new();
    let all = people.chain(services).chain(connections).chain(agents);
    all.filter(|it| !seen.insert(*it))
        .map(|(kind, name)| format!("{kind} {name} stands there twice"))
        .collect()
}

fn is_person(name: &Slug, wanted: &Wanted, found: &Found) -> Result<(), String> {
    if found.people.contains_key(name) || wanted.people.iter().any(|it| it.name == *name) {
        Ok(())
    } else {
        Err(format!("there is no person {name}"))
    }
}

fn plain(what: &str, name: &Slug, field: &str, text: &str) -> Result<(), String> {
    domain::text::plain_name(text, 60).map_err(|why| format!("{what} {name}: {field} {why}"))
}

/// `title: A → B`, if they differ.
fn moved(field: &str, from: &str, to: &str) -> Option<String> {
    (from != to).then(|| format!("{field}: {from} → {to}"))
}

fn names(names: &[Slug]) -> String {
    names.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ")
}
