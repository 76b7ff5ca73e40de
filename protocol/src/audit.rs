//! The record as people look through it.

use crate::{
    ids::{GrantId, Slug},
    record::{Actor, Record},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused or denied.
    Refused,
    /// It went wrong on its way, or nobody knows how it went.
    Trouble,
}

/// What is looked for; by default everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Who did it: a person, an agent, `host` or `broker`.
    pub who: Option<Slug>,
    /// Which agent did it, or it is about.
    pub agent: Option<Slug>,
    /// Which service it is about.
    pub service: Option<Slug>,
    /// What happened, as `call.refused`, or all that begins with it, as `call`.
    pub kind: Option<String>,
    /// How it went.
    pub outcome: Option<Outcome>,
    /// Which session it is about.
    pub session: Option<GrantId>,
    /// Not before this.
    pub since: Option<DateTime<Utc>>,
    /// Not after this.
    pub until: Option<DateTime<Utc>>,
    /// Behind which record a page begins.
    pub before: Option<Place>,
}

/// A place in the record: newest first, and at the same moment the later chain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The number of the chain.
    pub chain: i64,
    /// The number in it.
    pub seq: i64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.chain, self.seq)
    }
}

impl std::str::FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().ok().filter(|it| *it >= 0));
        let mut next = || parts.next().flatten().ok_or("must be three numbers with dots between");
        Ok(Self { at: next()?, chain: next()?, seq: next()? })
    }
}

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its chain.
    pub chain: String,
    /// Its number there.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What happened.
    pub kind: String,
    /// How it went.
    pub outcome: Outcome,
    /// The session or request it is about.
    pub grant: Option<GrantId>,
    /// Its most telling facts.
    pub gist: String,
}

/// A page of the record, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// What was found.
    pub entries: Vec<AuditEntry>,
    /// Where to look further back, if there is more.
    pub next: Option<Place>,
    /// How far back was looked, if that was as far as one page looks rather than a full page.
    pub looked_back_to: Option<DateTime<Utc>>,
    /// Up to when records were moved out by retention.
    pub dropped_until: Option<DateTime<Utc>>,
}

/// A record with its neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// It.
    pub record: Record,
    /// How it went.
    pub outcome: Outcome,
    /// Its hash.
    pub hash: String,
    /// Whether one stands before it in its chain.
    pub earlier: bool,
    /// Whether one stands behind it.
    pub later: bool,
}

/// What is known of the record as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordStanding {
    /// Its chains, the newest first; only the last of many.
    pub chains: Vec<ChainHead>,
    /// When the anchor beside the database was last written, if there is one.
    pub anchored_at: Option<DateTime<Utc>>,
    /// The last verification by this broker since it started.
    pub verified: Option<Verified>,
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Its name.
    pub chain: String,
    /// When its broker started.
    pub started_at: DateTime<Utc>,
    /// When its broker ended it; none while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// The number of its last record.
    pub seq: i64,
    /// The hash of its last record.
    pub hash: String,
}

/// What came of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Who asked for it.
    pub by: Slug,
    /// Chains.
    pub chains: u64,
    /// Records.
    pub records: u64,
    /// Approvals.
    pub approvals: u64,
    /// Revocations.
    pub revocations: u64,
    /// Calls.
    pub calls: u64,
    /// Records that are dropped, on the record.
    pub dropped: u64,
    /// The first record that is wrong.
    pub damage: Option<Damage>,
}

/// A record that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// In which chain.
    pub chain: String,
    /// Its number.
    pub seq: i64,
    /// What is wrong.
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_are_read_as_they_are_written() {
        let place = Place { at: 1_795_000_000_000, chain: 3, seq: 7 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for bad in ["", "1.2", "1.2.x", "-1.2.3", "a"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
