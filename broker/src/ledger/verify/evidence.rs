//! Decisions that were proven by a passkey, checked offline: with the public keys that the record itself holds, and with
//! nothing else. What is high or critical is approved with such a proof or not at all; where it took several people,
//! each of them is on the record with the same digest.

use super::{
    Fault,
    facts::{fact, optional_fact},
    links::number,
};
use crate::people::passkeys::{
    Passkey,
    relying::{Answer, Relying},
};
use chrono::DateTime;
use domain::{digest::approval_challenge, state::Evidence};
use protocol::{
    Digest, Slug, Tier,
    record::{Actor, Record},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// Clocks of two brokers may differ so much, in milliseconds.
const APART: i64 = 60_000;

/// A passkey as the record knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Key {
    credential: String,
    person: Slug,
    public: Value,
    origin: String,
    added_at: i64,
    removed_at: Option<i64>,
}

/// What is known of passkeys, and of decisions that rest on them.
#[derive(Default)]
pub(super) struct Proofs {
    keys: HashMap<String, Key>,
    /// When each key was last used for a decision.
    used: HashMap<String, i64>,
    /// Decisions whose key was not met yet: chains are read one after the other, not by time.
    waiting: Vec<Claim>,
    removed: Vec<(String, i64)>,
    /// Who consented to which digest.
    consents: HashMap<u128, Vec<(Slug, Digest)>>,
    /// Approvals that rest on earlier consents.
    joint: Vec<Joint>,
    relying: HashMap<String, Relying>,
    /// Decisions that were proven.
    proven: u64,
}

/// A decision with its proof.
struct Claim {
    chain: String,
    seq: i64,
    at: i64,
    person: Slug,
    request_digest: Digest,
    grant_digest: Digest,
    evidence: Evidence,
}

/// An approval that others had begun.
struct Joint {
    chain: String,
    seq: i64,
    grant: u128,
    digest: Digest,
    earlier: Vec<Slug>,
}

impl Proofs {
    /// Takes in what a record says, and checks the proof if its key is known already.
    pub fn learn(&mut self, record: &Record) -> Result<(), String> {
        match record.kind.as_str() {
            "passkey.added" => self.add(record),
            "passkey.removed" => self.remove(record),
            "request.approved" | "request.consented" => self.decide(record),
            _ => Ok(()),
        }
    }

    fn add(&mut self, record: &Record) -> Result<(), String> {
        let key = Key {
            credential: fact(record, "passkey")?,
            person: fact(record, "person")?,
            public: fact(record, "public")?,
            origin: fact(record, "origin")?,
            added_at: record.at.timestamp_millis(),
            removed_at: None,
        };
        match self.keys.insert(key.credential.clone(), key) {
            None => Ok(()),
            Some(before) => Err(format!("the passkey {} was added twice", before.credential)),
        }
    }

    fn remove(&mut self, record: &Record) -> Result<(), String> {
        self.removed.push((fact(record, "passkey")?, record.at.timestamp_millis()));
        Ok(())
    }

    fn decide(&mut self, record: &Record) -> Result<(), String> {
        let Actor::Person { person, .. } = &record.actor else {
            return Err("no person approved it".to_owned());
        };
        let grant = record.grant.as_ref().ok_or("it names no request")?;
        let grant_digest: Digest = fact(record, "grant_digest")?;
        self.remember(record, number(grant.digits()), person, &grant_digest)?;
        let evidence: Option<Evidence> = optional_fact(record, "evidence")?;
        let Some(evidence) = evidence else {
            let tier: Option<Tier> = optional_fact(record, "tier")?;
            return match tier {
                Some(tier @ (Tier::High | Tier::Critical)) => {
                    Err(format!("it approves what is {tier:?} without a passkey's proof").to_lowercase())
                }
                _ => Ok(()),
            };
        };
        let claim = Claim {
            chain: record.chain.clone(),
            seq: record.seq,
            at: record.at.timestamp_millis(),
            person: person.clone(),
            request_digest: fact(record, "request_digest")?,
            grant_digest,
            evidence,
        };
        if self.keys.contains_key(&claim.evidence.credential) {
            return self.prove(&claim);
        }
        self.waiting.push(claim);
        Ok(())
    }

    fn remember(
        &mut self,
        record: &Record,
        grant: u128,
        person: &Slug,
        digest: &Digest,
    ) -> Result<(), String> {
        if record.kind == "request.consented" {
            self.consents.entry(grant).or_default().push((person.clone(), digest.clone()));
        } else if record.facts.contains_key("earlier") {
            let (chain, seq) = (record.chain.clone(), record.seq);
            let earlier = fact(record, "earlier")?;
            self.joint.push(Joint { chain, seq, grant, digest: digest.clone(), earlier });
        }
        Ok(())
    }

    fn prove(&mut self, claim: &Claim) -> Result<(), String> {
        let Claim { at, person, request_digest, grant_digest, evidence, .. } = claim;
        let known = self.keys.get(&evidence.credential);
        let key = known.ok_or("the passkey that proves it was never added")?;
        if key.person != *person {
            return Err(format!("the passkey that proves it is {}’s", key.person));
        }
        if key.added_at > at + APART {
            return Err("the passkey that proves it was added later".to_owned());
        }
        let (passkey, origin) = (key.passkey(), key.origin.clone());
        if !self.relying.contains_key(&origin) {
            let fresh = Relying::new(&origin).map_err(|why| why.to_string())?;
            self.relying.insert(origin.clone(), fresh);
        }
        let relying = self.relying.get(&origin).ok_or("its origin is no place for passkeys")?;
        let challenge = approval_challenge(request_digest, grant_digest, person, &evidence.nonce);
        let answer = Answer::parse(&evidence.answer.to_string()).map_err(|why| why.to_string())?;
        let checked = relying.check(&[passkey], &challenge, &answer);
        checked.map_err(|why| format!("its proof does not hold: {why}"))?;
        let used = self.used.entry(evidence.credential.clone()).or_default();
        *used = (*used).max(*at);
        self.proven += 1;
        Ok(())
    }

    /// Checks what could not be checked before everything was read; gives how many decisions were proven.
    pub fn finish(&mut self) -> Result<u64, Fault> {
        for claim in std::mem::take(&mut self.waiting) {
            self.prove(&claim).map_err(|what| Fault::new(&claim.chain, claim.seq, what))?;
        }
        for (credential, at) in std::mem::take(&mut self.removed) {
            if self.used.get(&credential).is_some_and(|used| *used > at + APART) {
                let what =
                    format!("a decision is proven by the passkey {credential}, which had been removed");
                return Err(Fault::new("", 0, what));
            }
            if let Some(key) = self.keys.get_mut(&credential) {
                key.removed_at = Some(at);
            }
        }
        for Joint { chain, seq, grant, digest, earlier } in std::mem::take(&mut self.joint) {
            let consents = self.consents.get(&grant);
            let stands = |person: &Slug| {
                consents.is_some_and(|it| it.iter().any(|(by, to)| by == person && *to == digest))
            };
            if let Some(person) = earlier.iter().find(|person| !stands(person)) {
                return Err(Fault::new(
                    &chain,
                    seq,
                    format!("{person} had not approved exactly this before"),
                ));
            }
        }
        Ok(self.proven)
    }

    /// What later records rest on.
    pub fn carried(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.keys.values().cloned().collect();
        keys.sort_by(|one, other| one.credential.cmp(&other.credential));
        keys
    }

    /// Takes over what a drop carried.
    pub fn take_over(&mut self, keys: &[Key]) {
        for key in keys {
            self.removed.extend(key.removed_at.map(|at| (key.credential.clone(), at)));
            self.keys.entry(key.credential.clone()).or_insert_with(|| key.clone());
        }
    }
}

impl Key {
    fn passkey(&self) -> Passkey {
        Passkey {
            credential: self.credential.clone(),
            person: self.person.clone(),
            name: String::new(),
            public: self.public.to_string(),
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
            counter: 0,
            backed_up: false,
            record: String::new(),
            let_in_by: Vec::new(),
        }
    }
}
