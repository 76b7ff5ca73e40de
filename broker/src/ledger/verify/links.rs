//! One chain: numbers, hashes, ways back, order, head.

use super::Fault;
use crate::store::{
    Conn,
    audit::{self, Line},
    chains,
    segments::Segment,
};
use domain::chain::{self, Head};
use protocol::Digest;
use serde::de::IgnoredAny;
use std::collections::{HashMap, VecDeque};

/// Where the walk along a chain is.
pub(in crate::ledger) struct Walk<'a> {
    chain: &'a chains::Chain,
    pub head: Head,
    watermark: i64,
    at: i64,
    /// The last record of each session, by its digits as a number.
    last: HashMap<u128, i64>,
    /// The canonical JSON of the record at hand.
    body: String,
    /// An actor's column and canonical JSON: many records in a row have one actor.
    actor: (String, String),
    /// Segments whose end was not met yet.
    sealed: VecDeque<Segment>,
    /// Where the next of them must begin.
    next: i64,
}

impl<'a> Walk<'a> {
    /// Begins behind what is dropped.
    pub fn new(chain: &'a chains::Chain, sealed: Vec<Segment>) -> Self {
        Self {
            chain,
            sealed: sealed.into(),
            next: chain.dropped_seq + 1,
            // A head that cannot be read fits nothing.
            head: chain.beginning().unwrap_or(Head { seq: chain.dropped_seq, ..Head::default() }),
            watermark: 0,
            at: i64::MIN,
            last: HashMap::new(),
            body: String::new(),
            actor: (String::new(), String::new()),
        }
    }

    /// The canonical JSON of the record that was checked last.
    pub fn body(&self) -> &str {
        &self.body
    }

    pub fn fault(&self, seq: i64, what: impl Into<String>) -> Fault {
        Fault::new(&self.chain.id, seq, what)
    }

    /// Checks the next record.
    pub fn step(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let seq = line.seq();
        if self.actor.0 != line.actor {
            let json = line.actor_json().map_err(|_| self.fault(seq, "it cannot be read: who did it"))?;
            self.actor = (line.actor.to_owned(), json);
        }
        self.body.clear();
        line.write(&self.chain.id, &self.actor.1, &mut self.body);
        let expected = self.head.seq + 1;
        self.head.follow(seq, &self.body, &line.hash).map_err(|broken| match broken {
            chain::Fault::Gap { .. } => self.fault(expected, broken.to_string()),
            _ => self.fault(seq, broken.to_string()),
        })?;
        // Text that is no JSON of its own could pass for other parts of the record.
        if !line.facts.starts_with('{') || serde_json::from_str::<IgnoredAny>(line.facts).is_err() {
            return Err(self.fault(seq, chain::Fault::Unreadable.to_string()));
        }
        if line.watermark < self.watermark {
            let what = format!("it had seen fewer revocations than the one before ({})", self.watermark);
            return Err(self.fault(seq, what));
        }
        if line.at < self.at {
            return Err(self.fault(seq, "it is older than the one before"));
        }
        (self.watermark, self.at) = (line.watermark, line.at);
        self.seal(line)?;
        self.way_back(line)
    }

    /// Old records are dropped by what their segments say: it must be what the records say.
    fn seal(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let Some(segment) = self.sealed.front() else { return Ok(()) };
        let seq = line.seq();
        let begins = segment.first == self.next && (seq != segment.first || segment.first_at == line.at);
        let hash = Digest::from_bytes(&line.hash);
        let ends = seq != segment.last || (segment.hash == hash.as_str() && segment.last_at == line.at);
        if !begins || !ends || seq > segment.last {
            return Err(self.fault(seq, "the segment that it stands in is sealed otherwise"));
        }
        if seq == segment.last {
            self.next = seq + 1;
            self.sealed.pop_front();
        }
        Ok(())
    }

    /// The pages find a session's records by their ways back: one that leads elsewhere would hide some.
    fn way_back(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let before = line.grant.and_then(|grant| self.last.insert(number(grant), line.id));
        if before.map_or(0, |before| line.id - before) == line.back {
            return Ok(());
        }
        // What stood before may be dropped.
        let dropped = 1..=self.chain.dropped_seq;
        if before.is_none() && dropped.contains(&(line.seq() - line.back)) {
            return Ok(());
        }
        Err(self.fault(line.seq(), "its way back to the record before of its session leads elsewhere"))
    }

    /// Whether the chain ends where the list of chains says.
    pub async fn end(self, conn: &mut Conn) -> Result<Option<Fault>, sqlx::Error> {
        let chain = self.chain;
        if self.head.seq < chain.head_seq {
            let what = "it is missing; the end of the chain was cut off";
            return Ok(Some(self.fault(self.head.seq + 1, what)));
        }
        if Digest::from_bytes(&self.head.hash).as_str() != chain.head_hash {
            return Ok(Some(self.fault(self.head.seq, "it is not the head that the list of chains names")));
        }
        self.behind_the_head(conn).await
    }

    /// Records behind the head that was listed are newer ones, or were put there by another hand.
    async fn behind_the_head(&self, conn: &mut Conn) -> Result<Option<Fault>, sqlx::Error> {
        let chain = self.chain;
        let next = audit::page(conn, chain.number, chain.head_seq, 1).await?.pop();
        let Some(next) = next else { return Ok(None) };
        let head = chains::find(conn, &chain.id).await?.map_or(0, |now| now.head_seq);
        let foreign = next.seq() > head;
        Ok(foreign.then(|| self.fault(next.seq(), "it stands behind the head of its chain")))
    }
}

/// The 32 digits of an id as a number. Other text, which no record has whose hash is right, is 0.
pub(in crate::ledger) fn number(digits: &str) -> u128 {
    u128::from_str_radix(digits, 16).unwrap_or_default()
}
