//! The calls: each under a grant that stood, each end behind its beginning.

use super::{
    Fault,
    facts::{Approved, Facts},
};
use crate::store::audit;
use domain::watermark::Watermarks;
use protocol::{
    CallId, Slug,
    record::{Actor, Record},
};
use std::collections::{HashMap, HashSet};

/// The walk over the calls of all chains.
pub(super) struct Calls<'a> {
    facts: &'a Facts,
    chain: String,
    /// The revocations that the chain's batches had seen so far.
    marks: Watermarks,
    open: HashMap<CallId, String>,
    /// Calls that another broker took for dead. The broker itself may still say what became of them.
    given_up: HashSet<CallId>,
    /// Ends whose beginning has not been met: it may stand in a chain that comes later.
    early: HashMap<CallId, Fault>,
    pub authorised: u64,
    pub refused: u64,
}

impl<'a> Calls<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            chain: String::new(),
            marks: Watermarks::default(),
            open: HashMap::new(),
            given_up: HashSet::new(),
            early: HashMap::new(),
            authorised: 0,
            refused: 0,
        }
    }

    /// How many calls have no end.
    pub fn open(&self) -> u64 {
        self.open.len() as u64
    }

    /// Whether ends were met whose beginning was not. A broker that was taken for dead may have said what became of
    /// its call before the other did.
    pub fn misses_beginnings(&self) -> bool {
        !self.early.is_empty()
    }

    /// Looks whether a record is the beginning of such a call.
    pub fn look_for_beginning(&mut self, row: &audit::Row) {
        if row.kind == "call.authorised"
            && let Some(call) = record(row).ok().and_then(|record| record.call)
        {
            self.early.remove(&call);
        }
    }

    /// The first end of a call that never began.
    pub fn end_without_beginning(self) -> Option<Fault> {
        self.early.into_values().min_by(|one, other| (&one.chain, one.seq).cmp(&(&other.chain, other.seq)))
    }

    /// Checks the next record of a chain.
    pub fn check(&mut self, chain: &str, row: &audit::Row) -> Result<(), Fault> {
        if chain != self.chain {
            chain.clone_into(&mut self.chain);
            self.marks = Watermarks::default();
        }
        let checked = match row.kind.as_str() {
            "call.authorised" => self.authorised(row),
            "token.minted" => record(row).and_then(|record| self.allowed(&record)),
            "call.finished" | "call.not_sent" | "call.outcome_unknown" => self.ended(row),
            "call.refused" | "token.refused" => {
                self.refused += 1;
                Ok(())
            }
            _ => Ok(()),
        };
        checked.map_err(|what| Fault::new(&self.chain, row.seq, what))
    }

    fn authorised(&mut self, row: &audit::Row) -> Result<(), String> {
        let record = record(row)?;
        self.allowed(&record)?;
        self.authorised += 1;
        let call = record.call.ok_or("it names no call")?;
        if self.early.remove(&call).is_some() {
            self.given_up.insert(call);
            return Ok(());
        }
        match self.open.insert(call, record.chain) {
            None => Ok(()),
            Some(_) => Err("its call was authorised twice".to_owned()),
        }
    }

    fn allowed(&mut self, record: &Record) -> Result<(), String> {
        let grant = record.grant.as_ref().ok_or("it names no grant")?;
        let approved = self.facts.approval(grant).ok_or_else(|| format!("{grant} was not approved"))?;
        let (chain, seq) = approved.redeemed.as_ref().ok_or_else(|| format!("{grant} was not redeemed"))?;
        if *chain == record.chain && *seq > record.seq {
            return Err(format!("{grant} was redeemed later"));
        }
        if record.at >= approved.ends_at {
            return Err(format!("{grant} had ended at {}", approved.ends_at));
        }
        let Actor::Agent { agent } = &record.actor else { return Err("no agent made it".to_owned()) };
        if *agent != approved.agent || !names(record, "person", &approved.approver) {
            return Err(format!("{grant} is another agent's, or another person approved it"));
        }
        self.facts.learn_until(record.watermark, &mut self.marks);
        self.not_revoked(record, approved)
    }

    fn not_revoked(&self, record: &Record, approved: &Approved) -> Result<(), String> {
        let service: Option<Slug> = record.facts.get("service").and_then(|name| name.as_str()?.parse().ok());
        let service = service.filter(|name| approved.services.contains(name));
        let service = service.ok_or("it is for a service that was not granted")?;
        if let Some(number) = self.marks.sealed() {
            return Err(format!("the vault was sealed ({number}), and its batch had seen it"));
        }
        if let Some(number) = self.marks.ended(&approved.bearings, approved.watermark) {
            return Err(format!("revocation {number} had ended the session, and its batch had seen it"));
        }
        match self.marks.taken_away(&approved.bearings, &service, approved.watermark) {
            Some(number) => {
                Err(format!("revocation {number} had taken {service} away, and its batch had seen it"))
            }
            None => Ok(()),
        }
    }

    fn ended(&mut self, row: &audit::Row) -> Result<(), String> {
        let call = record(row)?.call.ok_or("it names no call")?;
        let unknown = row.kind == "call.outcome_unknown";
        match self.open.remove(&call) {
            Some(chain) if chain == self.chain => Ok(()),
            Some(_) if unknown => {
                self.given_up.insert(call);
                Ok(())
            }
            Some(_) => Err("another broker authorised this call".to_owned()),
            None if self.given_up.remove(&call) && !unknown => Ok(()),
            None if unknown && !self.early.contains_key(&call) => {
                let what = "it ends a call that was not authorised";
                self.early.insert(call, Fault::new(&self.chain, row.seq, what));
                Ok(())
            }
            None => Err("it ends a call that was not authorised, or that had ended".to_owned()),
        }
    }
}

fn record(row: &audit::Row) -> Result<Record, String> {
    serde_json::from_str(&row.body).map_err(|error| error.to_string())
}

fn names(record: &Record, fact: &str, name: &Slug) -> bool {
    record.facts.get(fact).and_then(|value| value.as_str()) == Some(name.as_str())
}
