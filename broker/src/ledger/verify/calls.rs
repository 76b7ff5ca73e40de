//! The calls: each under a grant that stood, each end behind its beginning.

use super::{
    Fault,
    carried::Carried,
    facts::{Approved, Facts},
    links::number,
};
use crate::store::{audit::Line, time};
use domain::watermark::Watermarks;
use protocol::{GrantId, RequestId, Slug};
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// The walk over the calls of all chains.
pub(super) struct Calls<'a> {
    facts: &'a Facts,
    chain: String,
    /// The revocations that the chain's batches had seen so far.
    marks: Watermarks,
    /// Calls without an end, with the number of their chain.
    open: HashMap<u128, i64>,
    /// Calls that another broker took for dead. The broker itself may still say what became of them.
    given_up: HashSet<u128>,
    /// Ends whose beginning has not been met: it may stand in a chain that comes later.
    early: HashMap<u128, Fault>,
    pub authorised: u64,
    pub refused: u64,
}

/// What the record of a call or call token must say.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    service: Option<Cow<'a, str>>,
    #[serde(borrow)]
    person: Option<Cow<'a, str>>,
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

    /// Takes over the calls that went on when what is dropped was.
    pub fn take_over(&mut self, carried: &Carried) {
        self.open.extend(carried.open.iter().map(|(call, chain)| (number(call.digits()), *chain)));
        self.given_up.extend(carried.given_up.iter().map(|(call, _)| number(call.digits())));
        let what = "a call that was not authorised ended in what is dropped";
        let early = carried.early.iter().map(|call| (number(call.digits()), Fault::new("", 0, what)));
        self.early.extend(early);
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
    pub fn look_for_beginning(&mut self, line: &Line<'_>) {
        if line.kind == "call.authorised"
            && let Some(call) = line.call
        {
            self.early.remove(&number(call));
        }
    }

    /// The first end of a call that never began.
    pub fn end_without_beginning(self) -> Option<Fault> {
        self.early.into_values().min_by(|one, other| (&one.chain, one.seq).cmp(&(&other.chain, other.seq)))
    }

    /// Checks the next record of a chain.
    pub fn check(&mut self, chain: &str, line: &Line<'_>) -> Result<(), Fault> {
        if chain != self.chain {
            chain.clone_into(&mut self.chain);
            self.marks = Watermarks::default();
        }
        let checked = match line.kind {
            "call.authorised" => self.authorised(line),
            "token.minted" => self.allowed(line),
            "call.finished" | "call.not_sent" | "call.outcome_unknown" => self.ended(line),
            "call.refused" | "token.refused" => {
                self.refused += 1;
                Ok(())
            }
            _ => Ok(()),
        };
        checked.map_err(|what| Fault::new(&self.chain, line.seq(), what))
    }

    fn authorised(&mut self, line: &Line<'_>) -> Result<(), String> {
        self.allowed(line)?;
        self.authorised += 1;
        let call = number(line.call.ok_or("it names no call")?);
        if self.early.remove(&call).is_some() {
            self.given_up.insert(call);
            return Ok(());
        }
        match self.open.insert(call, line.chain()) {
            None => Ok(()),
            Some(_) => Err("its call was authorised twice".to_owned()),
        }
    }

    fn allowed(&mut self, line: &Line<'_>) -> Result<(), String> {
        let digits = line.grant.ok_or("it names no grant")?;
        let named = || format!("{}{digits}", GrantId::PREFIX);
        let approved = self.facts.approval(number(digits));
        let approved = approved.ok_or_else(|| format!("{} was not approved", named()))?;
        let redeemed = approved.redeemed.as_ref();
        let (chain, seq) = redeemed.ok_or_else(|| format!("{} was not redeemed", named()))?;
        if **chain == self.chain && *seq > line.seq() {
            return Err(format!("{} was redeemed later", named()));
        }
        if line.at >= approved.ends_at {
            return Err(format!("{} had ended at {}", named(), time(approved.ends_at)));
        }
        let agent = line.actor.strip_prefix("agent:").ok_or("no agent made it")?;
        let said: Said<'_> =
            serde_json::from_str(line.facts).map_err(|error| format!("it cannot be read: {error}"))?;
        if agent != approved.agent.as_str() || said.person.as_deref() != Some(approved.approver.as_str()) {
            return Err(format!("{} is another agent's, or another person approved it", named()));
        }
        let service = said.service.as_deref().unwrap_or_default();
        let granted = approved.services.iter().find(|name| name.as_str() == service);
        let service = granted.ok_or("it is for a service that was not granted")?;
        if let Some(number) = self.facts.suspended(line.watermark) {
            return Err(format!("the database was suspended ({number}), and its batch had seen it"));
        }
        if let Some(number) = self.facts.sealed(line.watermark) {
            return Err(format!("the vault was sealed ({number}), and its batch had seen it"));
        }
        if approved.is_untouched(line.watermark) {
            return Ok(());
        }
        self.facts.learn_until(line.watermark, &mut self.marks);
        self.not_revoked(line, digits, approved, service)
    }

    fn not_revoked(
        &self,
        line: &Line<'_>,
        digits: &str,
        approved: &Approved,
        service: &Slug,
    ) -> Result<(), String> {
        let grant = RequestId::from_u128(number(digits)).grant();
        let bearings = approved.bearings(&grant);
        if let Some(number) = self.marks.ended(&bearings, approved.watermark) {
            return Err(format!("revocation {number} had ended the session, and its batch had seen it"));
        }
        let taken = |service: &Slug| self.marks.taken_away(&bearings, service, approved.watermark);
        if let Some(number) = taken(service) {
            return Err(format!("revocation {number} had taken {service} away, and its batch had seen it"));
        }
        if approved.services.iter().all(|service| taken(service).is_none()) {
            approved.note_untouched(line.watermark);
        }
        Ok(())
    }

    fn ended(&mut self, line: &Line<'_>) -> Result<(), String> {
        let call = number(line.call.ok_or("it names no call")?);
        let unknown = line.kind == "call.outcome_unknown";
        match self.open.remove(&call) {
            Some(chain) if chain == line.chain() => Ok(()),
            Some(_) if unknown => {
                self.given_up.insert(call);
                Ok(())
            }
            Some(_) => Err("another broker authorised this call".to_owned()),
            None if self.given_up.remove(&call) && !unknown => Ok(()),
            None if unknown && !self.early.contains_key(&call) => {
                let what = "it ends a call that was not authorised";
                self.early.insert(call, Fault::new(&self.chain, line.seq(), what));
                Ok(())
            }
            None => Err("it ends a call that was not authorised, or that had ended".to_owned()),
        }
    }
}
