//! What is dropped, and what the record of the drop carries over: facts from what is dropped that later records rest on.
//! A session whose records lie on both sides is judged as before by what it was approved for.

use super::{
    Fault,
    evidence::Key,
    facts::{Approved, Facts, HeadFact, Redeemed, shared},
    links::number,
};
use crate::store::{audit::Line, chains::Chain};
use domain::watermark::{ACCEPTED, SEALED, SUSPENDED, UNSEALED};
use protocol::{CallId, GrantId, Slug, revoke::Subject};
use serde::{Deserialize, Serialize};
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet},
};

/// What the record of a drop says.
#[derive(Debug)]
pub(super) struct Dropped {
    /// In which chain that record stands.
    pub chain: String,
    /// As which.
    pub seq: i64,
    /// The number of the drop.
    pub number: i64,
    /// How far each chain is dropped.
    pub heads: Vec<HeadFact>,
    /// What later records rest on.
    pub carried: Carried,
}

/// What later records rest on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::ledger) struct Carried {
    approvals: Vec<Approval>,
    redemptions: Vec<Redemption>,
    revocations: Vec<(i64, Subject)>,
    /// Seals of the vault, suspensions of the database, and their ends.
    marks: Vec<(i64, String)>,
    /// Passkeys that later decisions may rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Key>,
    /// Calls without an end, with the number of their chain.
    pub open: Vec<(CallId, i64)>,
    /// Calls that another broker took for dead, with the number of their chain.
    pub given_up: Vec<(CallId, i64)>,
    /// Calls whose end stands before their beginning, in another chain.
    pub early: Vec<CallId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    grant: GrantId,
    agent: Slug,
    owner: Slug,
    approver: Slug,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Slug>,
    ends_at: i64,
    watermark: i64,
    services: Vec<Slug>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Redemption {
    grant: GrantId,
    chain: String,
    seq: i64,
    watermark: i64,
}

impl Facts {
    /// Whether every chain begins where the newest record of a drop says. `drops` is the number of the last.
    pub(super) fn check_dropped(&self, listed: &[Chain], drops: i64) -> Option<Fault> {
        let mut dropped = listed.iter().filter(|it| it.dropped_seq > 0);
        let Some(newest) = &self.dropped else {
            let what = "it was dropped, and no record says so";
            let counted = listed.first().filter(|_| drops > 0);
            return dropped.next().or(counted).map(|it| Fault::new(&it.id, it.dropped_seq, what));
        };
        if drops > newest.number {
            let what = format!("it is drop {}, and the record of drop {drops} is missing", newest.number);
            return Some(Fault::new(&newest.chain, newest.seq, what));
        }
        let said = |chain: &Chain| newest.heads.iter().find(|it| it.chain == chain.id);
        let fits = |chain: &Chain| {
            said(chain).is_some_and(|it| it.seq == chain.dropped_seq && it.hash == chain.dropped_hash)
        };
        let elsewhere = dropped.find(|it| !fits(it));
        let what =
            format!("record {} of chain {} says that another part is dropped", newest.seq, newest.chain);
        if let Some(chain) = elsewhere {
            return Some(Fault::new(&chain.id, chain.dropped_seq, what));
        }
        let begins = |id: &str| listed.iter().any(|it| it.id == id && it.dropped_seq > 0);
        let missing = newest.heads.iter().find(|it| !begins(&it.chain));
        missing.map(|it| Fault::new(&it.chain, it.seq, what))
    }

    /// Takes over what a drop carried.
    pub fn take_over(&mut self, carried: &Carried) -> Option<Fault> {
        for it in &carried.approvals {
            let grant = number(it.grant.digits());
            if !self.decided.insert(grant) {
                return Some(Fault::new("", 0, format!("{} was decided twice", it.grant)));
            }
            let approved = Approved {
                agent: shared(&mut self.names, it.agent.clone()),
                owner: shared(&mut self.names, it.owner.clone()),
                approver: shared(&mut self.names, it.approver.clone()),
                earlier: shared(&mut self.services, it.earlier.clone()),
                ends_at: it.ends_at,
                watermark: it.watermark,
                services: shared(&mut self.services, it.services.clone()),
                redeemed: None,
                untouched: Cell::new(it.watermark),
            };
            self.approved.insert(grant, approved);
        }
        for Redemption { grant, chain, seq, watermark } in &carried.redemptions {
            let chain = shared(&mut self.chains, chain.clone());
            let (grant, seq, watermark) = (grant.clone(), *seq, *watermark);
            self.redeemed.push(Redeemed { grant, chain, seq, watermark });
        }
        self.proofs.take_over(&carried.keys);
        self.revoked.extend(carried.revocations.iter().cloned());
        for (number, key) in &carried.marks {
            match key.as_str() {
                SEALED => drop(self.seals.insert(*number, SEALED)),
                UNSEALED => drop(self.seals.insert(*number, UNSEALED)),
                SUSPENDED => drop(self.suspensions.insert(*number, SUSPENDED)),
                ACCEPTED => drop(self.suspensions.insert(*number, ACCEPTED)),
                _ => {}
            }
        }
        None
    }

    /// The sessions that these facts are about, by their digits.
    pub fn sessions(&self) -> Vec<String> {
        let of_subject = |it: &Subject| session(it).map(|grant| number(grant.digits()));
        let revoked = self.revoked.values().filter_map(of_subject);
        let redeemed = self.redeemed.iter().map(|it| number(it.grant.digits()));
        let all: HashSet<u128> = self.approved.keys().copied().chain(redeemed).chain(revoked).collect();
        all.into_iter().map(|it| format!("{it:032x}")).collect()
    }

    /// What is to be carried where these sessions have records that stay, each by a batch that had seen the revocations
    /// up to `seen` at least.
    pub fn carried(&self, staying: &HashSet<u128>, seen: i64) -> Carried {
        let stays = |grant: &GrantId| staying.contains(&number(grant.digits()));
        let approvals = self.approved.iter().filter(|(grant, _)| staying.contains(grant));
        let mut approvals: Vec<Approval> = approvals.map(|(grant, it)| it.carried(*grant)).collect();
        approvals.sort_by(|one, other| one.grant.cmp(&other.grant));
        let redemptions = self.redeemed.iter().filter(|it| stays(&it.grant)).map(|it| Redemption {
            grant: it.grant.clone(),
            chain: (*it.chain).clone(),
            seq: it.seq,
            watermark: it.watermark,
        });
        let known = approvals.iter().map(|it| it.watermark).min().map_or(seen, |it| it.min(seen));
        let matters = |subject: &Subject| session(subject).is_none_or(stays);
        let revocations = self.revoked.range(known + 1..).filter(|(_, subject)| matters(subject));
        Carried {
            redemptions: redemptions.collect(),
            revocations: revocations.map(|(number, subject)| (*number, subject.clone())).collect(),
            marks: [standing(&self.seals, seen), standing(&self.suspensions, seen)].concat(),
            approvals,
            keys: self.proofs.carried(),
            ..Carried::default()
        }
    }
}

impl Approved {
    fn carried(&self, grant: u128) -> Approval {
        Approval {
            grant: GrantId::from_u128(grant),
            agent: (*self.agent).clone(),
            owner: (*self.owner).clone(),
            approver: (*self.approver).clone(),
            earlier: (*self.earlier).clone(),
            ends_at: self.ends_at,
            watermark: self.watermark,
            services: (*self.services).clone(),
        }
    }
}

fn session(subject: &Subject) -> Option<&GrantId> {
    match subject {
        Subject::Session { grant } | Subject::SessionService { grant, .. } => Some(grant),
        _ => None,
    }
}

/// What holds for a batch that has seen a number, and what came later.
fn standing(marks: &BTreeMap<i64, &'static str>, seen: i64) -> Vec<(i64, String)> {
    let before = marks.range(..=seen).next_back();
    let all = before.into_iter().chain(marks.range(seen + 1..));
    all.map(|(number, key)| (*number, (*key).to_owned())).collect()
}

/// The calls that are begun and not ended in what is dropped.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Underway {
    open: HashMap<u128, i64>,
    given_up: HashMap<u128, i64>,
    early: HashSet<u128>,
}

impl Underway {
    /// Takes over what an earlier drop carried.
    pub fn take_over(&mut self, carried: &Carried) {
        self.open.extend(carried.open.iter().map(|(call, chain)| (number(call.digits()), *chain)));
        self.given_up.extend(carried.given_up.iter().map(|(call, chain)| (number(call.digits()), *chain)));
        self.early.extend(carried.early.iter().map(|call| number(call.digits())));
    }

    /// Looks at the next record.
    pub fn see(&mut self, line: &Line<'_>) {
        let Some(call) = line.call.map(number) else { return };
        match line.kind {
            "call.authorised" if self.early.remove(&call) => drop(self.given_up.insert(call, line.chain())),
            "call.authorised" => drop(self.open.insert(call, line.chain())),
            "call.outcome_unknown" => match self.open.remove(&call) {
                Some(chain) if chain == line.chain() => {}
                Some(chain) => drop(self.given_up.insert(call, chain)),
                None => drop(self.early.insert(call)),
            },
            "call.finished" | "call.not_sent" => {
                self.open.remove(&call);
                self.given_up.remove(&call);
            }
            _ => {}
        }
    }

    /// Adds them to what is carried. A broker may still say what became of a call that was given up as long as something
    /// of its chain stays.
    pub fn carry(&self, carried: &mut Carried, stays: impl Fn(i64) -> bool) {
        let listed = |calls: &HashMap<u128, i64>| {
            let mut all: Vec<_> =
                calls.iter().map(|(call, chain)| (CallId::from_u128(*call), *chain)).collect();
            all.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
            all
        };
        carried.open = listed(&self.open);
        carried.given_up = listed(&self.given_up);
        carried.given_up.retain(|(_, chain)| stays(*chain));
        carried.early = self.early.iter().map(|call| CallId::from_u128(*call)).collect();
        carried.early.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    }
}
