//! What decides about calls, collected from every chain: decisions, redemptions, revocations, and the heads that
//! starting brokers found.

use super::{Fault, VerifyError};
use crate::store::{Conn, audit};
use chrono::{DateTime, TimeDelta, Utc};
use domain::watermark::{Bearings, SEALED, UNSEALED, Watermarks, keys};
use protocol::{
    GrantId, Slug,
    record::{Actor, Record},
    revoke::Subject,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What an approval granted, as far as calls are judged by it.
pub(super) struct Approved {
    pub agent: Slug,
    pub approver: Slug,
    pub ends_at: DateTime<Utc>,
    pub watermark: i64,
    pub bearings: Bearings,
    pub services: Vec<Slug>,
    /// In which chain it was redeemed, and as which record.
    pub redeemed: Option<(String, i64)>,
}

/// The facts.
#[derive(Default)]
pub(super) struct Facts {
    approved: HashMap<GrantId, Approved>,
    decided: HashSet<GrantId>,
    revoked: BTreeMap<i64, Subject>,
    /// Seals of the vault, and their ends.
    seals: BTreeMap<i64, &'static str>,
    redeemed: BTreeMap<GrantId, Redeemed>,
    heads: Vec<Found>,
}

struct Redeemed {
    chain: String,
    seq: i64,
    watermark: i64,
}

/// A head that a starting broker found, with the record that says so.
struct Found {
    chain: String,
    seq: i64,
    head: HeadFact,
}

#[derive(Deserialize)]
struct HeadFact {
    chain: String,
    seq: i64,
    hash: String,
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

    pub fn approval(&self, grant: &GrantId) -> Option<&Approved> {
        self.approved.get(grant)
    }

    /// The revocations as a batch knew them that had seen `watermark`. What `marks` knows already stays.
    pub fn learn_until(&self, watermark: i64, marks: &mut Watermarks) {
        let from = marks.seen() + 1;
        for (number, key) in self.seals.range(from..).take_while(|(number, _)| **number <= watermark) {
            marks.learn(*number, key);
        }
        let newer = self.revoked.range(from..);
        for (number, subject) in newer.take_while(|(number, _)| **number <= watermark) {
            for key in keys(subject) {
                marks.learn(*number, &key);
            }
        }
    }

    /// Takes in what a record says.
    pub fn learn(&mut self, record: &Record, seq: i64) -> Result<(), Fault> {
        let taken = match record.kind.as_str() {
            "broker.started" => self.started(record, seq),
            "request.approved" => self.approve(record),
            "request.denied" | "request.withdrawn" | "request.lapsed" => self.decide(record).map(drop),
            "grant.redeemed" => self.redeem(record, seq),
            "revoked" => self.revoke(record),
            "vault.sealed" => self.seal(record, SEALED),
            "vault.unsealed" if record.facts.contains_key("number") => self.seal(record, UNSEALED),
            _ => Ok(()),
        };
        taken.map_err(|what| Fault::new(&record.chain, seq, what))
    }

    fn decide(&mut self, record: &Record) -> Result<GrantId, String> {
        let grant = record.grant.clone().ok_or("it names no request")?;
        if self.decided.insert(grant.clone()) { Ok(grant) } else { Err(format!("{grant} was decided twice")) }
    }

    fn approve(&mut self, record: &Record) -> Result<(), String> {
        let grant = self.decide(record)?;
        let Actor::Person { person: approver, .. } = &record.actor else {
            return Err("no person approved it".to_owned());
        };
        let agent: Slug = fact(record, "agent")?;
        let owner: Slug = fact(record, "owner")?;
        let duration: u32 = fact(record, "duration")?;
        let lines: Vec<LineFact> = fact(record, "lines")?;
        let services: Vec<Slug> = lines.into_iter().map(|line| line.service).collect();
        let content = Approved {
            bearings: Bearings::new(&grant, &agent, &owner, Some(approver), &services),
            agent,
            approver: approver.clone(),
            ends_at: record
                .at
                .checked_add_signed(TimeDelta::seconds(i64::from(duration)))
                .ok_or("its end is out of reach")?,
            watermark: record.watermark,
            services,
            redeemed: None,
        };
        self.approved.insert(grant, content);
        Ok(())
    }

    fn redeem(&mut self, record: &Record, seq: i64) -> Result<(), String> {
        let grant = record.grant.clone().ok_or("it names no grant")?;
        let redeemed = Redeemed { chain: record.chain.clone(), seq, watermark: record.watermark };
        match self.redeemed.insert(grant.clone(), redeemed) {
            None => Ok(()),
            Some(_) => Err(format!("{grant} was redeemed twice")),
        }
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

    fn started(&mut self, record: &Record, seq: i64) -> Result<(), String> {
        let links: Vec<HeadFact> = fact(record, "links")?;
        let found = |head| Found { chain: record.chain.clone(), seq, head };
        self.heads.extend(links.into_iter().map(found));
        Ok(())
    }

    /// Whether every head that a starting broker found is still there; then whether everything that was redeemed had
    /// been approved and not been revoked.
    pub async fn check_heads(&mut self, conn: &mut Conn) -> Result<Option<Fault>, VerifyError> {
        for Found { chain, seq, head } in &self.heads {
            let stored = audit::find(conn, &head.chain, head.seq).await?;
            if stored.is_none_or(|row| row.hash != head.hash) {
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
        for (grant, Redeemed { chain, seq, watermark }) in std::mem::take(&mut self.redeemed) {
            let fault = |what: &str| Fault::new(&chain, seq, what);
            let mut marks = Watermarks::default();
            self.learn_until(watermark, &mut marks);
            let approved =
                self.approved.get_mut(&grant).ok_or_else(|| fault("what it redeems was not approved"))?;
            if let Some(number) = marks.ended(&approved.bearings, approved.watermark) {
                return Err(fault(&format!("revocation {number} had ended what it redeems")));
            }
            approved.redeemed = Some((chain.clone(), seq));
        }
        Ok(())
    }
}

/// A fact that a record of this kind must have.
fn fact<T: DeserializeOwned>(record: &Record, name: &str) -> Result<T, String> {
    let value = record.facts.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|_| format!("its {name} cannot be read"))
}
