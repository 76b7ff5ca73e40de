//! What decides about calls, collected from every chain: decisions, redemptions, revocations, and the heads that
//! starting brokers found.

use super::{
    Fault,
    archive::{Named, named_by},
    carried::Dropped,
    evidence::Proofs,
    links::number,
};
use crate::store::{Conn, audit, chains::Chain, millis};
use chrono::TimeDelta;
use domain::watermark::{ACCEPTED, Bearings, SEALED, SUSPENDED, UNSEALED, Watermarks, keys};
use protocol::{
    GrantId, Slug,
    record::{Actor, Record},
    revoke::Subject,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

/// What an approval granted, as far as calls are judged by it. There may be millions: names are shared.
pub(in crate::ledger) struct Approved {
    pub agent: Arc<Slug>,
    pub approver: Arc<Slug>,
    /// Who had approved it before.
    pub(super) earlier: Arc<Vec<Slug>>,
    pub(super) owner: Arc<Slug>,
    pub ends_at: i64,
    pub watermark: i64,
    pub services: Arc<Vec<Slug>>,
    /// In which chain it was redeemed, and as which record.
    pub redeemed: Option<(Arc<String>, i64)>,
    /// The revocations up to this number are known not to touch it.
    pub(super) untouched: Cell<i64>,
}

impl Approved {
    /// Whether it is known that no revocation up to `watermark` touches it.
    pub fn is_untouched(&self, watermark: i64) -> bool {
        watermark <= self.untouched.get()
    }

    /// Notes that no revocation up to `watermark` touches it.
    pub fn note_untouched(&self, watermark: i64) {
        self.untouched.set(watermark);
    }

    pub fn bearings(&self, grant: &GrantId) -> Bearings {
        let approvers = self.earlier.iter().chain([&*self.approver]);
        Bearings::new(grant, &self.agent, &self.owner, approvers, self.services.iter())
    }
}

/// The facts.
#[derive(Default)]
pub(in crate::ledger) struct Facts {
    pub(super) approved: HashMap<u128, Approved>,
    pub(super) decided: HashSet<u128>,
    pub(super) revoked: BTreeMap<i64, Subject>,
    /// Seals of the vault, and their ends.
    pub(super) seals: BTreeMap<i64, &'static str>,
    /// Suspensions of the database, and when it was accepted.
    pub(super) suspensions: BTreeMap<i64, &'static str>,
    pub(super) redeemed: Vec<Redeemed>,
    heads: Vec<Found>,
    /// Passkeys, and what they prove.
    pub(super) proofs: Proofs,
    /// The newest drop.
    pub(super) dropped: Option<Dropped>,
    /// The heads up to which any drop dropped.
    ends: HashMap<(String, i64), Named>,
    pub(super) names: HashSet<Arc<Slug>>,
    pub(super) services: HashSet<Arc<Vec<Slug>>>,
    pub(super) chains: HashSet<Arc<String>>,
}

pub(super) struct Redeemed {
    pub grant: GrantId,
    pub chain: Arc<String>,
    pub seq: i64,
    pub watermark: i64,
}

/// A head that a starting broker found, with the record that says so.
struct Found {
    chain: String,
    seq: i64,
    head: HeadFact,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct HeadFact {
    pub chain: String,
    pub seq: i64,
    pub hash: String,
}

#[derive(Deserialize)]
struct LineFact {
    service: Slug,
}

impl Facts {
    pub fn approvals(&self) -> u64 {
        self.approved.len() as u64
    }

    pub fn revocations(&self) -> u64 {
        self.revoked.len() as u64
    }

    pub fn approval(&self, grant: u128) -> Option<&Approved> {
        self.approved.get(&grant)
    }

    /// The heads that starts found and drops sealed.
    pub(super) fn named(&self) -> impl Iterator<Item = Named> {
        let by = |it: &Found| format!("record {} of chain {}", it.seq, it.chain);
        let found = self.heads.iter().map(move |it| Named { head: it.head.clone(), by: by(it) });
        found.chain(self.ends.values().cloned())
    }

    /// The seal of the vault as a batch knew it that had seen `watermark`, if it had not seen it lifted.
    pub fn sealed(&self, watermark: i64) -> Option<i64> {
        let (number, key) = self.seals.range(..=watermark).next_back()?;
        (*key == SEALED).then_some(*number)
    }

    /// The suspension as a batch knew it that had seen `watermark`, if it had not seen it accepted.
    pub fn suspended(&self, watermark: i64) -> Option<i64> {
        let (number, key) = self.suspensions.range(..=watermark).next_back()?;
        (*key == SUSPENDED).then_some(*number)
    }

    /// The revocations as a batch knew them that had seen `watermark`. What `marks` knows already stays.
    pub fn learn_until(&self, watermark: i64, marks: &mut Watermarks) {
        self.learn_between(marks.seen(), watermark, marks);
    }

    fn learn_between(&self, known: i64, watermark: i64, marks: &mut Watermarks) {
        let newer = self.revoked.range(known + 1..);
        for (number, subject) in newer.take_while(|(number, _)| **number <= watermark) {
            for key in keys(subject) {
                marks.learn(*number, &key);
            }
        }
    }

    /// Takes in what a record says.
    pub fn learn(&mut self, record: &Record) -> Result<(), Fault> {
        let taken = match record.kind.as_str() {
            "broker.started" => self.started(record),
            "request.approved" => self.approve(record),
            "request.denied" | "request.withdrawn" | "request.lapsed" => self.decide(record).map(drop),
            "grant.redeemed" => self.redeem(record),
            "revoked" => self.revoke(record),
            "vault.sealed" => self.seal(record, SEALED),
            "vault.unsealed" if record.facts.contains_key("number") => self.seal(record, UNSEALED),
            "database.suspended" => self.suspend(record, SUSPENDED),
            "database.accepted" => self.suspend(record, ACCEPTED),
            "record.dropped" => self.note_drop(record),
            _ => Ok(()),
        };
        let taken = taken.and_then(|()| self.proofs.learn(record));
        taken.map_err(|what| Fault::new(&record.chain, record.seq, what))
    }

    fn decide<'a>(&mut self, record: &'a Record) -> Result<&'a GrantId, String> {
        let grant = record.grant.as_ref().ok_or("it names no request")?;
        if self.decided.insert(number(grant.digits())) {
            Ok(grant)
        } else {
            Err(format!("{grant} was decided twice"))
        }
    }

    fn approve(&mut self, record: &Record) -> Result<(), String> {
        let grant = self.decide(record)?;
        let Actor::Person { person: approver, .. } = &record.actor else {
            return Err("no person approved it".to_owned());
        };
        let duration: u32 = fact(record, "duration")?;
        let lines: Vec<LineFact> = fact(record, "lines")?;
        let services: Vec<Slug> = lines.into_iter().map(|line| line.service).collect();
        let earlier: Option<Vec<Slug>> = optional_fact(record, "earlier")?;
        let earlier = earlier.unwrap_or_default();
        let ends_at = record.at.checked_add_signed(TimeDelta::seconds(i64::from(duration)));
        let content = Approved {
            agent: shared(&mut self.names, fact::<Slug>(record, "agent")?),
            owner: shared(&mut self.names, fact::<Slug>(record, "owner")?),
            approver: shared(&mut self.names, approver.clone()),
            earlier: shared(&mut self.services, earlier),
            ends_at: millis(ends_at.ok_or("its end is out of reach")?),
            watermark: record.watermark,
            services: shared(&mut self.services, services),
            redeemed: None,
            untouched: Cell::new(record.watermark),
        };
        self.approved.insert(number(grant.digits()), content);
        Ok(())
    }

    fn redeem(&mut self, record: &Record) -> Result<(), String> {
        let grant = record.grant.clone().ok_or("it names no grant")?;
        let chain = shared(&mut self.chains, record.chain.clone());
        self.redeemed.push(Redeemed { grant, chain, seq: record.seq, watermark: record.watermark });
        Ok(())
    }

    fn revoke(&mut self, record: &Record) -> Result<(), String> {
        let number: i64 = fact(record, "number")?;
        match self.revoked.insert(number, fact(record, "subject")?) {
            None => Ok(()),
            Some(_) => Err(format!("there are two revocations {number}")),
        }
    }

    fn seal(&mut self, record: &Record, key: &'static str) -> Result<(), String> {
        let number: i64 = fact(record, "number")?;
        match self.seals.insert(number, key) {
            None if !self.revoked.contains_key(&number) => Ok(()),
            _ => Err(format!("the number {number} was given before")),
        }
    }

    fn suspend(&mut self, record: &Record, key: &'static str) -> Result<(), String> {
        let number: i64 = fact(record, "number")?;
        match self.suspensions.insert(number, key) {
            None if !self.revoked.contains_key(&number) => Ok(()),
            _ => Err(format!("the number {number} was given before")),
        }
    }

    fn note_drop(&mut self, record: &Record) -> Result<(), String> {
        for named in named_by(record) {
            self.ends.entry((named.head.chain.clone(), named.head.seq)).or_insert(named);
        }
        let (chain, seq) = (record.chain.clone(), record.seq);
        let dropped = Dropped {
            chain,
            seq,
            number: fact(record, "number")?,
            heads: fact(record, "heads")?,
            carried: fact(record, "carried")?,
        };
        let newest = self.dropped.as_ref().map(|it| it.number);
        if newest == Some(dropped.number) {
            return Err(format!("there are two drops {}", dropped.number));
        }
        if newest < Some(dropped.number) {
            self.dropped = Some(dropped);
        }
        Ok(())
    }

    fn started(&mut self, record: &Record) -> Result<(), String> {
        let links: Vec<HeadFact> = fact(record, "links")?;
        let found = |head| Found { chain: record.chain.clone(), seq: record.seq, head };
        self.heads.extend(links.into_iter().map(found));
        Ok(())
    }

    /// Whether every head that a starting broker found is still there; then whether everything that was redeemed had
    /// been approved and not been revoked.
    pub async fn check_heads(&mut self, conn: &mut Conn, listed: &[Chain]) -> sqlx::Result<Option<Fault>> {
        for Found { chain, seq, head } in &self.heads {
            let linked = listed.iter().find(|it| it.id == head.chain);
            if linked.is_some_and(|it| {
                head.seq < it.dropped_seq || (head.seq == it.dropped_seq && head.hash == it.dropped_hash)
            }) {
                continue;
            }
            let stored = match linked {
                Some(linked) => audit::find(conn, linked.number, head.seq).await?,
                None => None,
            };
            if stored.is_none_or(|row| row.hash() != head.hash) {
                let what = format!(
                    "it links to record {} of chain {}, which is missing or another: the end of that chain was cut off",
                    head.seq, head.chain
                );
                return Ok(Some(Fault::new(chain, *seq, what)));
            }
        }
        Ok(self.check_redemptions().err())
    }

    fn check_redemptions(&mut self) -> Result<(), Fault> {
        for Redeemed { grant, chain, seq, watermark } in std::mem::take(&mut self.redeemed) {
            let fault = |what: &str| Fault::new(&chain, seq, what);
            let mut marks = Watermarks::default();
            let approved = self.approved.get(&number(grant.digits()));
            let approved = approved.ok_or_else(|| fault("what it redeems was not approved"))?;
            if !approved.is_untouched(watermark) {
                self.learn_between(approved.watermark, watermark, &mut marks);
                if let Some(number) = marks.ended(&approved.bearings(&grant), approved.watermark) {
                    return Err(fault(&format!("revocation {number} had ended what it redeems")));
                }
            }
            let Some(approved) = self.approved.get_mut(&number(grant.digits())) else { continue };
            if approved.redeemed.replace((chain.clone(), seq)).is_some() {
                return Err(fault(&format!("{grant} was redeemed twice")));
            }
        }
        Ok(())
    }
}

/// The one copy of a value that many have.
pub(super) fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(found) = known.get(&value) {
        return found.clone();
    }
    let fresh = Arc::new(value);
    known.insert(fresh.clone());
    fresh
}

/// A fact that a record of this kind may have.
pub(super) fn optional_fact<T: DeserializeOwned>(record: &Record, name: &str) -> Result<Option<T>, String> {
    record.facts.get(name).map(|_| fact(record, name)).transpose()
}

/// A fact that a record of this kind must have.
pub(super) fn fact<T: DeserializeOwned>(record: &Record, name: &str) -> Result<T, String> {
    let value = record.facts.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|_| format!("its {name} cannot be read"))
}
