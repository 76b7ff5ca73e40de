//! Writes the records of one batch: keeps them in order, then appends them to the chain in one statement.

use super::intent::{Entry, Facts};
use crate::{
    events::Event,
    grants::visible,
    store::{Conn, audit, chains},
};
use chrono::{DateTime, Utc};
use domain::{chain::Head, text::is_forbidden};
use protocol::{
    CallId, Digest, GrantId,
    record::{Actor, Record},
};
use serde_json::Value;

/// The chain of an incarnation.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// Its name, which stands in its records.
    pub name: String,
    /// Its number, which stands in the ids of its rows.
    pub number: i64,
}

/// The records and events of one batch.
pub(super) struct Pen {
    /// The time of the batch: one for all of it, never before the batch before.
    pub now: DateTime<Utc>,
    /// The chain of this incarnation.
    pub chain: Chain,
    /// The highest revocation that this batch has seen.
    pub watermark: i64,
    /// What to tell after the commit.
    pub events: Vec<Event>,
    /// Up to which number revocations were forgotten.
    pub forgotten: i64,
    records: Vec<Record>,
}

impl Pen {
    pub fn new(now: DateTime<Utc>, chain: Chain, watermark: i64) -> Self {
        Self { now, chain, watermark, events: Vec::new(), forgotten: 0, records: Vec::new() }
    }

    /// Adds a record.
    pub fn write(
        &mut self,
        kind: &str,
        actor: Actor,
        grant: Option<GrantId>,
        call: Option<CallId>,
        mut facts: Facts,
    ) {
        facts.values_mut().for_each(make_visible);
        self.records.push(Record {
            chain: self.chain.name.clone(),
            seq: 0,
            at: self.now,
            watermark: self.watermark,
            kind: kind.to_owned(),
            actor,
            grant,
            call,
            facts,
        });
    }

    /// Adds a record that stands for itself.
    pub fn entry(&mut self, entry: &Entry) {
        let (grant, call) = (entry.grant.clone(), entry.call.clone());
        self.write(entry.kind, entry.actor.clone(), grant, call, entry.facts.clone());
    }

    /// How much has been written: a savepoint's mark.
    pub fn mark(&self) -> (usize, usize) {
        (self.records.len(), self.events.len())
    }

    /// Takes back what was written since the mark.
    pub fn rewind(&mut self, (records, events): (usize, usize)) {
        self.records.truncate(records);
        self.events.truncate(events);
    }

    /// Whether there is nothing to append.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Appends everything behind `head`; gives where the head is then.
    pub async fn append(&mut self, conn: &mut Conn, mut head: Head) -> sqlx::Result<Head> {
        if self.is_empty() {
            return Ok(head);
        }
        let from = head.seq;
        let records = std::mem::take(&mut self.records).into_iter();
        let mut rows: Vec<_> =
            records.map(|record| audit::NewRow::append(record, self.chain.number, &mut head)).collect();
        audit::append(conn, self.chain.number, &mut rows).await?;
        let hash = Digest::from_bytes(&head.hash);
        if chains::advance(conn, &self.chain.name, from, head.seq, hash.as_str(), self.now).await? {
            Ok(head)
        } else {
            Err(sqlx::Error::Protocol("another writer has moved this chain's head".to_owned()))
        }
    }
}

/// What an agent named in a call may hold anything. The record is exported as it was hashed, so nothing in it may act on
/// whoever reads it.
fn make_visible(fact: &mut Value) {
    match fact {
        Value::String(text) if text.chars().any(is_forbidden) => *text = visible(text),
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(map) => map.values_mut().for_each(make_visible),
        _ => {}
    }
}
