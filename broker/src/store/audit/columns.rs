//! A record and its columns. What the columns hold is everything: the canonical JSON that is hashed is put together
//! from them, so no column can say something else than the record.

use super::{id, seq_of};
use chrono::DateTime;
use domain::chain::{self, Head, Parts};
use protocol::{
    CallId, Digest, GrantId, Slug,
    ids::BadId,
    record::{Actor, Record},
};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// What a record says that is not written yet.
#[derive(Debug, Clone)]
pub struct Said {
    /// What happened.
    pub kind: String,
    /// Who did it.
    pub actor: Actor,
    /// In which session.
    pub grant: Option<GrantId>,
    /// In which call.
    pub call: Option<CallId>,
    /// Its facts, in canonical JSON.
    pub facts: String,
}

/// What all records of a batch have in common.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// The name of the chain.
    pub chain: &'a str,
    /// Its number.
    pub number: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The highest revocation that the batch has seen.
    pub watermark: i64,
}

/// A row to append.
#[derive(Debug, Clone)]
pub struct NewRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) at: i64,
    pub(in crate::store) watermark: i64,
    /// How far back the record before of the same session stands; none: not in this batch.
    pub(in crate::store) back: Option<i64>,
    pub(in crate::store) kind: String,
    pub(in crate::store) actor: String,
    grant: Option<GrantId>,
    call: Option<CallId>,
    pub(in crate::store) facts: String,
    pub(in crate::store) hash: [u8; 32],
}

impl NewRow {
    /// Appends a record behind `head` and moves the head.
    pub fn append(said: Said, common: &Common<'_>, head: &mut Head) -> Self {
        let Said { kind, actor, grant, call, facts } = said;
        let parts = Parts {
            chain: common.chain,
            seq: head.seq + 1,
            at: common.at,
            watermark: common.watermark,
            kind: &kind,
            actor: &chain::actor_json(&actor),
            grant: grant.as_ref().map(GrantId::digits),
            call: call.as_ref().map(CallId::digits),
            facts: &facts,
        };
        let mut body = String::with_capacity(facts.len() + 300);
        parts.write(&mut body);
        head.push(&body);
        Self {
            id: id(common.number, head.seq),
            at: common.at,
            watermark: common.watermark,
            back: None,
            kind,
            actor: actor_column(&actor),
            grant,
            call,
            facts,
            hash: head.hash,
        }
    }

    /// Its number in its chain.
    pub fn seq(&self) -> i64 {
        seq_of(self.id)
    }

    pub(super) fn grant_id(&self) -> Option<&GrantId> {
        self.grant.as_ref()
    }

    pub(in crate::store) fn grant(&self) -> Option<&str> {
        self.grant.as_ref().map(GrantId::digits)
    }

    pub(in crate::store) fn call(&self) -> Option<&str> {
        self.call.as_ref().map(CallId::digits)
    }

    pub(super) fn stands_behind(&mut self, before: i64) {
        self.back = Some(self.id - before);
    }
}

impl Serialize for NewRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (grant, call, hash) = (self.grant(), self.call(), Digest::from_bytes(&self.hash));
        let Self { id, at, watermark, back, kind, actor, facts, .. } = self;
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

    /// The highest revocation that its batch had seen.
    pub fn watermark(&self) -> i64 {
        self.watermark
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

/// An actor, as the column has it.
pub(crate) fn actor_column(actor: &Actor) -> String {
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
    actor(column).map(|it| chain::actor_json(&it))
}

fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::digest;
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
        let said = Said {
            kind: record.kind.clone(),
            actor: record.actor.clone(),
            grant: record.grant.clone(),
            call: record.call.clone(),
            facts: digest::canonical(&record.facts),
        };
        let new = NewRow::append(said, &Common { chain: "c1", number: 4, at: 5, watermark: 3 }, &mut head);
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
        assert_eq!((row.seq(), row.hash().as_str()), (7, Digest::from_bytes(&new.hash).as_str()));
    }
}
