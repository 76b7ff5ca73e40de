//! What one batch writes: records in their order, and calls as they come and go. All of it is written at its end, in
//! as few statements as the engine allows.

use super::{facts::CanonicalFacts, intent::Entry};
use crate::{
    events::Event,
    store::{
        Conn,
        audit::{Common, NewRow, Said, id},
        batch::{self, AtOnce, Known},
        calls, millis,
    },
};
use chrono::{DateTime, Utc};
use domain::chain::Head;
use protocol::{CallId, GrantId, record::Actor};
use tokio::sync::Notify;

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
    /// Call tokens that are used up, where that is done with the records.
    pub taken: Vec<CallId>,
    /// Calls and call tokens that come into being: written with the records.
    pub calls: Vec<calls::Row>,
    /// Calls that are over.
    pub over: Vec<CallId>,
    records: Vec<Said>,
    /// Where the head of the chain stood before this batch.
    from: i64,
}

impl Pen {
    pub fn new(now: DateTime<Utc>, chain: Chain, watermark: i64, from: i64) -> Self {
        Self {
            now,
            chain,
            watermark,
            events: Vec::new(),
            forgotten: 0,
            taken: Vec::new(),
            calls: Vec::new(),
            over: Vec::new(),
            records: Vec::new(),
            from,
        }
    }

    /// The id of the record that is written next.
    pub fn next_id(&self) -> i64 {
        let written = i64::try_from(self.records.len()).unwrap_or(i64::MAX);
        id(self.chain.number, self.from + written + 1)
    }

    /// Adds a record.
    pub fn write(
        &mut self,
        kind: &str,
        actor: Actor,
        grant: Option<GrantId>,
        call: Option<CallId>,
        facts: impl Into<CanonicalFacts>,
    ) {
        let facts = facts.into().into_text();
        self.records.push(Said { kind: kind.to_owned(), actor, grant, call, facts });
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

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.calls.is_empty() && self.over.is_empty()
    }

    /// Writes everything down, the records behind `head`; gives where the head is then.
    pub async fn append(&mut self, conn: &mut Conn, mut head: Head) -> sqlx::Result<Head> {
        if self.is_empty() {
            return Ok(head);
        }
        let mut records = self.records_behind(&mut head);
        if batch::write(conn, &mut records, &self.written()).await? {
            Ok(head)
        } else {
            Err(sqlx::Error::Protocol("another writer has moved this chain's head".to_owned()))
        }
    }

    /// Commits everything in one text, if it was judged by what still holds; gives where the head is then.
    pub async fn commit(
        &mut self,
        conn: &mut Conn,
        committing: &Notify,
        mut head: Head,
        known: Known,
    ) -> sqlx::Result<(AtOnce, Head)> {
        let mut records = self.records_behind(&mut head);
        let done = batch::at_once(conn, committing, &mut records, &self.written(), known).await?;
        Ok((done, head))
    }

    fn records_behind(&mut self, head: &mut Head) -> Vec<NewRow> {
        let (chain, number, at) = (self.chain.name.as_str(), self.chain.number, millis(self.now));
        let common = Common { chain, number, at, watermark: self.watermark };
        let said = std::mem::take(&mut self.records).into_iter();
        said.map(|said| NewRow::append(said, &common, head)).collect()
    }

    fn written(&self) -> batch::Written<'_> {
        let (chain, number, at) = (self.chain.name.as_str(), self.chain.number, millis(self.now));
        let (taken, calls, over) = (&self.taken, &self.calls, &self.over);
        batch::Written { chain, number, from: self.from, at, taken, calls, over }
    }
}
