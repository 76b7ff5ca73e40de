//! The hash chain of the record. Each record's hash covers its canonical JSON (RFC 8785) and the hash before it, so
//! that nothing can be changed, removed or put in between without every later hash changing too.

use crate::digest;
use protocol::{
    CallId, Digest, GrantId,
    record::{Actor, Record},
};
use sha2::{Digest as _, Sha256};
use std::{borrow::Cow, fmt::Write as _};

/// What stands before the first record of a chain.
pub const START: [u8; 32] = [0; 32];

/// Keeps hashes of records apart from every other use of SHA-256 here.
const LABEL: &[u8] = b"countersign-record-v1\0";

/// The hash of a record whose canonical JSON is `body`, behind `previous`.
pub fn hash(previous: &[u8; 32], body: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(LABEL);
    hasher.update(previous);
    hasher.update(body.as_bytes());
    hasher.finalize().into()
}

/// The place behind which the next record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record; 0 before the first.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Default for Head {
    fn default() -> Self {
        Self { seq: 0, hash: START }
    }
}

/// The parts of a record as they are stored, from which its canonical JSON is put together without reading it.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The name of its chain.
    pub chain: &'a str,
    /// Its number there.
    pub seq: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The highest revocation that its batch had seen.
    pub watermark: i64,
    /// What happened.
    pub kind: &'a str,
    /// Who did it, in canonical JSON.
    pub actor: &'a str,
    /// The digits of the session it is about.
    pub grant: Option<&'a str>,
    /// The digits of the call it is about.
    pub call: Option<&'a str>,
    /// Its facts, in canonical JSON.
    pub facts: &'a str,
}

impl Parts<'_> {
    /// Appends the canonical JSON (RFC 8785) of the record to `body`. Numbers beyond what canonical JSON can hold are
    /// written out, as everywhere (see [`digest::canonical`]).
    pub fn write(&self, body: &mut String) {
        push(body, &["{\"actor\":", self.actor, ",\"at\":"]);
        push_number(body, self.at);
        if let Some(call) = self.call {
            push(body, &[",\"call\":\"", CallId::PREFIX, call, "\""]);
        }
        push(body, &[",\"chain\":"]);
        push_text(body, self.chain);
        push(body, &[",\"facts\":", self.facts]);
        if let Some(grant) = self.grant {
            push(body, &[",\"grant\":\"", GrantId::PREFIX, grant, "\""]);
        }
        push(body, &[",\"kind\":"]);
        push_text(body, self.kind);
        body.push_str(",\"seq\":");
        push_number(body, self.seq);
        body.push_str(",\"watermark\":");
        push_number(body, self.watermark);
        body.push('}');
    }
}

fn push(body: &mut String, parts: &[&str]) {
    for part in parts {
        body.push_str(part);
    }
}

fn push_number(body: &mut String, number: i64) {
    // Writing to a string cannot fail.
    let _ = write!(body, "{number}");
}

/// Plain names are what there is; whatever else stands there is escaped, so that no text can pass for another part.
fn push_text(body: &mut String, text: &str) {
    if text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-')) {
        body.push('"');
        body.push_str(text);
        body.push('"');
    } else {
        body.push_str(&digest::canonical(&text));
    }
}

/// A record as it is exported: canonical JSON and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The record's number.
    pub seq: i64,
    /// Its canonical JSON.
    pub body: String,
    /// Its hash.
    pub hash: Digest,
}

impl Head {
    /// Appends a record: sets its number, and moves the head behind it.
    pub fn append(&mut self, record: &mut Record) -> Link {
        record.seq = self.seq + 1;
        let body = canonical(record);
        self.push(&body);
        Link { seq: record.seq, body, hash: Digest::from_bytes(&self.hash) }
    }

    /// Moves the head behind the record whose canonical JSON is `body` and whose number is the next.
    pub fn push(&mut self, body: &str) {
        *self = Self { seq: self.seq + 1, hash: hash(&self.hash, body) };
    }

    /// Checks that the record with this number, canonical JSON and hash is the next one, and moves the head behind it.
    pub fn follow(&mut self, seq: i64, body: &str, hash: &[u8]) -> Result<(), Fault> {
        let expected = self.seq + 1;
        if seq != expected {
            return Err(Fault::Gap { expected, found: seq });
        }
        let next = self::hash(&self.hash, body);
        if next != hash {
            return Err(Fault::Hash);
        }
        *self = Self { seq, hash: next };
        Ok(())
    }

    /// Checks that a stored record is the next one of `chain`, and moves the head behind it.
    pub fn check(&mut self, chain: &str, link: &Link) -> Result<Record, Fault> {
        let mut next = *self;
        let expected = self.seq + 1;
        if link.seq != expected {
            return Err(Fault::Gap { expected, found: link.seq });
        }
        next.push(&link.body);
        if Digest::from_bytes(&next.hash) != link.hash {
            return Err(Fault::Hash);
        }
        let record: Record = serde_json::from_str(&link.body).map_err(|_| Fault::Unreadable)?;
        if record.chain != chain || record.seq != link.seq {
            return Err(Fault::Misplaced);
        }
        *self = next;
        Ok(record)
    }
}

/// A record's canonical JSON (RFC 8785).
fn canonical(record: &Record) -> String {
    let (actor, facts) = (actor_json(&record.actor), digest::canonical_object(&record.facts));
    let parts = Parts {
        chain: &record.chain,
        seq: record.seq,
        at: record.at.timestamp_millis(),
        watermark: record.watermark,
        kind: &record.kind,
        actor: &actor,
        grant: record.grant.as_ref().map(GrantId::digits),
        call: record.call.as_ref().map(CallId::digits),
        facts: &facts,
    };
    let mut body = String::with_capacity(facts.len() + 300);
    parts.write(&mut body);
    body
}

/// An actor in canonical JSON (RFC 8785).
pub fn actor_json(actor: &Actor) -> Cow<'static, str> {
    match actor {
        Actor::Broker => Cow::Borrowed("{\"is\":\"broker\"}"),
        Actor::Host => Cow::Borrowed("{\"is\":\"host\"}"),
        Actor::Agent { agent } => Cow::Owned(format!("{{\"agent\":\"{agent}\",\"is\":\"agent\"}}")),
        person @ Actor::Person { .. } => Cow::Owned(digest::canonical(person)),
    }
}

/// What is wrong with a stored record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A record is missing, or stands twice.
    #[error("record {expected} is missing; record {found} follows")]
    Gap {
        /// The number that should follow.
        expected: i64,
        /// The number that does.
        found: i64,
    },
    /// The record or one before it was changed.
    #[error("its hash does not fit its content and the record before it")]
    Hash,
    /// It is not a record.
    #[error("it cannot be read")]
    Unreadable,
    /// It belongs to another place.
    #[error("it says that it stands in another place")]
    Misplaced,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use serde_json::json;

    fn record(kind: &str) -> Record {
        Record {
            chain: "c1".to_owned(),
            seq: 0,
            at: DateTime::UNIX_EPOCH,
            watermark: 3,
            kind: kind.to_owned(),
            actor: Actor::Broker,
            grant: None,
            call: None,
            facts: json!({"b": 1, "a": "é"}).as_object().unwrap().clone(),
        }
    }

    fn chain(length: usize) -> Vec<Link> {
        let mut head = Head::default();
        (0..length).map(|n| head.append(&mut record(&format!("kind.{n}")))).collect()
    }

    fn first_fault(links: &[Link]) -> Option<(i64, Fault)> {
        let mut head = Head::default();
        links.iter().find_map(|link| head.check("c1", link).err().map(|fault| (link.seq, fault)))
    }

    #[test]
    fn every_record_is_written_as_canonical_json() {
        let facts = [
            json!({}),
            json!({"b": 1, "a": "\u{8}\u{1f}\"\\/é\u{2028}\u{7f}\n", "c": [null, true, {"z": -5, "y": []}]}),
            json!({"whole": digest::MAX_SAFE_INTEGER, "under": -digest::MAX_SAFE_INTEGER}),
            json!({"large": digest::MAX_SAFE_INTEGER + 1, "nested": {"float": 1.0}}),
            json!({"\u{ffff}": 1, "\u{10000}": 2, "inner": [{"é": 1}]}),
        ];
        let actors = [
            Actor::Agent { agent: "bot".parse().unwrap() },
            Actor::Person { person: "paul".parse().unwrap(), via: "li\u{1}nk".to_owned() },
            Actor::Host,
            Actor::Broker,
        ];
        for facts in &facts {
            for (number, actor) in actors.iter().enumerate() {
                let mut record = record("call.\u{fffd}");
                record.facts = facts.as_object().unwrap().clone();
                record.actor = actor.clone();
                record.grant = (number > 1).then(|| GrantId::from_u128(7));
                record.call = (number % 2 == 0).then(|| CallId::from_u128(8));
                assert_eq!(canonical(&record), digest::canonical(&record));
            }
        }
    }

    #[test]
    fn an_untouched_chain_checks() {
        assert_eq!(first_fault(&chain(20)), None);
    }

    #[test]
    fn every_edit_removal_and_swap_is_found_where_it_is() {
        for at in 0..10 {
            let seq = i64::try_from(at).unwrap() + 1;
            let mut edited = chain(10);
            edited[at].body = edited[at].body.replace("broker", "host");
            assert_eq!(first_fault(&edited), Some((seq, Fault::Hash)));
            let mut removed = chain(11);
            removed.remove(at);
            assert_eq!(first_fault(&removed), Some((seq + 1, Fault::Gap { expected: seq, found: seq + 1 })));
            let mut swapped = chain(11);
            swapped.swap(at, at + 1);
            assert!(first_fault(&swapped).is_some());
        }
    }

    #[test]
    fn a_record_of_another_chain_does_not_fit() {
        let mut foreign = record("kind");
        foreign.chain = "c2".to_owned();
        let link = Head::default().append(&mut foreign);
        assert_eq!(Head::default().check("c1", &link), Err(Fault::Misplaced));
    }

    #[test]
    fn parts_make_the_canonical_text() {
        let ids = [None, Some(7)];
        for (grant, call, kind) in ids.iter().flat_map(|grant| {
            ids.iter().flat_map(move |call| ["call.finished", "\"", "\u{1}é"].map(|kind| (grant, call, kind)))
        }) {
            let mut record = record(kind);
            record.actor = Actor::Person { person: "ana".parse().unwrap(), via: "a \"link\"\n".to_owned() };
            record.grant = grant.map(GrantId::from_u128);
            record.call = call.map(CallId::from_u128);
            record.seq = 12;
            let (actor, facts) = (digest::canonical(&record.actor), digest::canonical(&record.facts));
            let parts = Parts {
                chain: &record.chain,
                seq: record.seq,
                at: record.at.timestamp_millis(),
                watermark: record.watermark,
                kind: &record.kind,
                actor: &actor,
                grant: record.grant.as_ref().map(GrantId::digits),
                call: record.call.as_ref().map(CallId::digits),
                facts: &facts,
            };
            let mut body = String::new();
            parts.write(&mut body);
            assert_eq!(body, digest::canonical(&record));
        }
    }

    #[test]
    fn a_record_that_was_hashed_again_breaks_the_next() {
        let mut links = chain(5);
        let mut head = Head::default();
        head.check("c1", &links[0]).unwrap();
        links[1] = head.append(&mut record("forged"));
        assert_eq!(first_fault(&links), Some((3, Fault::Hash)));
    }
}
