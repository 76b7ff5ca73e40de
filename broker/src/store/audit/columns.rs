//! A record and its columns. What the columns hold is everything: the canonical JSON that is hashed is put together
//! from them, so no column can say something else than the record.

use super::{id, seq_of};
use crate::store::millis;
use chrono::DateTime;
use domain::{
    chain::{Head, Parts},
    digest,
};
use protocol::{
    CallId, Digest, GrantId, Slug,
    ids::BadId,
    record::{Actor, Record},
};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A row to append.
#[derive(Debug, Clone)]
pub struct NewRow {
    id: i64,
    at: i64,
    watermark: i64,
    /// How far back the record before of the same session stands; none: not in this batch.
    back: Option<i64>,
    kind: String,
    actor: String,
    grant: Option<GrantId>,
    call: Option<CallId>,
    facts: String,
    hash: Digest,
}

impl NewRow {
    /// Appends a record behind `head`, in the chain of this number, and moves the head.
    pub fn append(record: Record, chain: i64, head: &mut Head) -> Self {
        let seq = head.seq + 1;
        let (actor, facts) = (digest::canonical(&record.actor), digest::canonical(&record.facts));
        let parts = Parts {
            chain: &record.chain,
            seq,
            at: millis(record.at),
            watermark: record.watermark,
            kind: &record.kind,
            actor: &actor,
            grant: record.grant.as_ref().map(GrantId::digits),
            call: record.call.as_ref().map(CallId::digits),
            facts: &facts,
        };
        let mut body = String::with_capacity(facts.len() + 300);
        parts.write(&mut body);
        head.push(&body);
        Self {
            id: id(chain, seq),
            at: millis(record.at),
            watermark: record.watermark,
            back: None,
            kind: record.kind,
            actor: actor_column(&record.actor),
            grant: record.grant,
            call: record.call,
            facts,
            hash: Digest::from_bytes(&head.hash),
        }
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn at(&self) -> i64 {
        self.at
    }

    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn grant(&self) -> Option<&str> {
        self.grant.as_ref().map(GrantId::digits)
    }

    pub(super) fn stands_behind(&mut self, before: Option<i64>) {
        self.back = before.map(|before| self.id - before);
    }
}

impl Serialize for NewRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (grant, call) = (self.grant(), self.call.as_ref().map(CallId::digits));
        let Self { id, at, watermark, back, kind, actor, facts, hash, .. } = self;
        (id, at, watermark, back, kind, actor, grant, call, facts, hash).serialize(serializer)
    }
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    id: i64,
    at: i64,
    watermark: i64,
    /// What happened.
    pub kind: String,
    actor: String,
    grant_id: Option<Vec<u8>>,
    call_id: Option<Vec<u8>>,
    facts: String,
    hash: Vec<u8>,
}

impl Row {
    /// Its number in its chain.
    pub fn seq(&self) -> i64 {
        seq_of(self.id)
    }

    /// When, in milliseconds since 1970 (UTC).
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Its hash as lower-case hexadecimal digits.
    pub fn hash(&self) -> String {
        hex(&self.hash)
    }

    /// Its hash as it is stored.
    pub fn hash_bytes(&self) -> &[u8] {
        &self.hash
    }

    /// The digits of the session it is about.
    pub fn grant(&self) -> Option<String> {
        self.grant_id.as_deref().map(hex)
    }

    /// Its canonical JSON, as a record of the chain of this name.
    pub fn body(&self, chain: &str) -> Result<String, BadId> {
        let (grant, call) = (self.grant(), self.call_id.as_deref().map(hex));
        let parts = Parts {
            chain,
            seq: self.seq(),
            at: self.at,
            watermark: self.watermark,
            kind: &self.kind,
            actor: &actor_json(&self.actor)?,
            grant: grant.as_deref(),
            call: call.as_deref(),
            facts: &self.facts,
        };
        let mut body = String::with_capacity(self.facts.len() + 300);
        parts.write(&mut body);
        Ok(body)
    }

    /// It, as a record of the chain of this name.
    pub fn record(&self, chain: &str) -> Result<Record, serde_json::Error> {
        let (grant, call) = (self.grant(), self.call_id.as_deref().map(hex));
        record(&Columns {
            chain,
            seq: self.seq(),
            at: self.at,
            watermark: self.watermark,
            kind: &self.kind,
            actor: &self.actor,
            grant: grant.as_deref(),
            call: call.as_deref(),
            facts: &self.facts,
        })
    }
}

/// The columns of a record, ids as digits.
pub(super) struct Columns<'a> {
    pub chain: &'a str,
    pub seq: i64,
    pub at: i64,
    pub watermark: i64,
    pub kind: &'a str,
    pub actor: &'a str,
    pub grant: Option<&'a str>,
    pub call: Option<&'a str>,
    pub facts: &'a str,
}

pub(super) fn record(columns: &Columns<'_>) -> Result<Record, serde_json::Error> {
    use serde::de::Error as _;
    let bad = |it: BadId| serde_json::Error::custom(it);
    let grant = columns.grant.map(|it| format!("{}{it}", GrantId::PREFIX).parse()).transpose();
    let call = columns.call.map(|it| format!("{}{it}", CallId::PREFIX).parse()).transpose();
    let at = DateTime::from_timestamp_millis(columns.at);
    Ok(Record {
        chain: columns.chain.to_owned(),
        seq: columns.seq,
        at: at.ok_or_else(|| serde_json::Error::custom("its time is none"))?,
        watermark: columns.watermark,
        kind: columns.kind.to_owned(),
        actor: actor(columns.actor).map_err(bad)?,
        grant: grant.map_err(bad)?,
        call: call.map_err(bad)?,
        facts: serde_json::from_str(columns.facts)?,
    })
}

fn actor_column(actor: &Actor) -> String {
    match actor {
        Actor::Agent { agent } => format!("agent:{agent}"),
        Actor::Person { person, via } => format!("person:{person}:{via}"),
        Actor::Host => "host".to_owned(),
        Actor::Broker => "broker".to_owned(),
    }
}

fn actor(column: &str) -> Result<Actor, BadId> {
    const EXPECTED: BadId = BadId { expected: "who did it" };
    match column.split_once(':') {
        None if column == "broker" => Ok(Actor::Broker),
        None if column == "host" => Ok(Actor::Host),
        Some(("agent", agent)) => Ok(Actor::Agent { agent: agent.parse()? }),
        Some(("person", rest)) => {
            let (person, via) = rest.split_once(':').ok_or(EXPECTED)?;
            Ok(Actor::Person { person: person.parse::<Slug>()?, via: via.to_owned() })
        }
        _ => Err(EXPECTED),
    }
}

/// An actor in canonical JSON.
pub(super) fn actor_json(column: &str) -> Result<Cow<'static, str>, BadId> {
    Ok(match actor(column)? {
        Actor::Broker => Cow::Borrowed("{\"is\":\"broker\"}"),
        Actor::Host => Cow::Borrowed("{\"is\":\"host\"}"),
        Actor::Agent { agent } => Cow::Owned(format!("{{\"agent\":\"{agent}\",\"is\":\"agent\"}}")),
        person @ Actor::Person { .. } => Cow::Owned(digest::canonical(&person)),
    })
}

fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    #[test]
    fn actors_keep_their_canonical_text() {
        let odd = "a:b \"c\"\n\u{1}é";
        for who in [
            Actor::Broker,
            Actor::Host,
            Actor::Agent { agent: slug("bot") },
            Actor::Person { person: slug("ana"), via: "link".to_owned() },
            Actor::Person { person: slug("ana"), via: odd.to_owned() },
        ] {
            let column = actor_column(&who);
            assert_eq!(actor(&column).as_ref(), Ok(&who));
            assert_eq!(actor_json(&column).unwrap(), digest::canonical(&who));
        }
        for bad in ["", "agent", "agent:", "agent:A", "person:ana", "person::x", "root", "host:x", "agent:\""]
        {
            assert!(actor(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_row_gives_back_its_record() {
        let record = Record {
            chain: "c1".to_owned(),
            seq: 0,
            at: DateTime::from_timestamp_millis(5).unwrap(),
            watermark: 3,
            kind: "call.authorised".to_owned(),
            actor: Actor::Agent { agent: slug("bot") },
            grant: Some(GrantId::from_u128(1)),
            call: Some(CallId::from_u128(u128::MAX)),
            facts: json!({"b": 1, "a": "é\n\"", "n": 1.5}).as_object().unwrap().clone(),
        };
        let mut head = Head { seq: 6, ..Head::default() };
        let new = NewRow::append(record.clone(), 4, &mut head);
        let row = Row {
            id: new.id,
            at: new.at,
            watermark: new.watermark,
            kind: new.kind,
            actor: new.actor,
            grant_id: Some(1_u128.to_be_bytes().to_vec()),
            call_id: Some(vec![255; 16]),
            facts: new.facts,
            hash: head.hash.to_vec(),
        };
        let expected = Record { seq: 7, ..record };
        assert_eq!(row.record("c1").unwrap(), expected);
        assert_eq!(row.body("c1").unwrap(), digest::canonical(&expected));
        assert_eq!((row.seq(), row.hash().as_str()), (7, new.hash.as_str()));
    }
}
