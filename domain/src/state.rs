//! The one state machine. A state carries its facts; a transition consumes the grant and says what becomes of it, or
//! why not.
//!
//! ```text
//! Pending ─approve→ Approved ─redeem→ Active ─→ Ended{expired|revoked|closed|exhausted|idle}
//!    └→ Denied | Withdrawn | Lapsed      └→ Ended{not redeemed | revoked | closed}
//! ```

pub use crate::decision::{Approval, Approving, Consent, Evidence, Proposal, Verdict};

use crate::{digest, narrowing, watermark::Bearings};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{
    Digest, GrantId, RequestId, Terms,
    access::{EndReason, RequestStatus},
};
use serde::{Deserialize, Serialize};

/// A request and the grant that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: RequestId,
    /// Grows by one with each transition.
    pub version: i64,
    /// What was asked.
    pub asked: Terms,
    /// The digest of what was asked.
    pub request_digest: Digest,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// When it lapses if nobody decides.
    pub expires_at: DateTime<Utc>,
    /// Characters that were removed from the agent's purpose.
    pub removed_characters: u32,
    /// Where it stands.
    pub state: State,
}

/// Where a request or grant stands, with the facts of that state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Waits for a person, or for one more.
    Pending {
        /// What some have approved already, where it takes more than one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<Box<Proposal>>,
    },
    /// A person said no.
    Denied {
        /// Who, and when.
        verdict: Verdict,
    },
    /// The agent took it back.
    Withdrawn {
        /// When.
        at: DateTime<Utc>,
    },
    /// Nobody decided in time.
    Lapsed {
        /// When.
        at: DateTime<Utc>,
    },
    /// Granted, not yet redeemed.
    Approved {
        /// By whom, what, until when.
        approval: Box<Approval>,
    },
    /// Redeemed: calls are possible.
    Active {
        /// By whom, what, until when.
        approval: Box<Approval>,
        /// When it was redeemed.
        redeemed_at: DateTime<Utc>,
    },
    /// Over.
    Ended {
        /// By whom, what, until when.
        approval: Box<Approval>,
        /// When it ended.
        at: DateTime<Utc>,
        /// Why.
        reason: EndReason,
    },
}

/// A change that the ledger may commit: compare-and-set on the version it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The version that must still be current.
    pub from: i64,
    /// What becomes of it.
    pub to: Grant,
}

/// Why a transition is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot {act} a request that is {state:?}: {reason}")]
pub struct Refusal {
    /// Where it stands.
    pub state: RequestStatus,
    /// What was tried.
    pub act: &'static str,
    /// Why not.
    pub reason: Reason,
}

/// The reason of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is in another state.
    #[error("it is not in a state that allows this")]
    State,
    /// It is too late.
    #[error("it is too late")]
    Late,
    /// It is too early.
    #[error("it is too early")]
    Early,
    /// What was shown is not what stands here.
    #[error("what was shown is not what stands here now")]
    Digest,
    /// It would grant more than was asked.
    #[error("it would grant more than was asked")]
    Wider,
    /// This person has approved exactly this already.
    #[error("this person has approved it already, and it takes somebody else")]
    Twice,
}

impl Grant {
    /// A new request.
    pub fn open(
        asked: Terms,
        removed_characters: u32,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let request_digest = digest::request_digest(&asked);
        Self {
            id: asked.request.clone(),
            version: 1,
            asked,
            request_digest,
            asked_at: now,
            expires_at,
            removed_characters,
            state: State::Pending { proposal: None },
        }
    }

    /// Where it stands, as others are told.
    pub fn status(&self) -> RequestStatus {
        match self.state {
            State::Pending { .. } => RequestStatus::Pending,
            State::Denied { .. } => RequestStatus::Denied,
            State::Withdrawn { .. } => RequestStatus::Withdrawn,
            State::Lapsed { .. } => RequestStatus::Lapsed,
            State::Approved { .. } => RequestStatus::Approved,
            State::Active { .. } => RequestStatus::Active,
            State::Ended { .. } => RequestStatus::Ended,
        }
    }

    /// The approval, once there is one.
    pub fn approval(&self) -> Option<&Approval> {
        match &self.state {
            State::Approved { approval } | State::Active { approval, .. } | State::Ended { approval, .. } => {
                Some(approval)
            }
            _ => None,
        }
    }

    /// What some have approved while it waits for others.
    pub fn proposal(&self) -> Option<&Proposal> {
        match &self.state {
            State::Pending { proposal } => proposal.as_deref(),
            _ => None,
        }
    }

    /// The terms that hold: what was granted, or while nothing is, what was asked.
    pub fn terms(&self) -> &Terms {
        self.approval().map_or(&self.asked, |approval| &approval.terms)
    }

    /// The session's id.
    pub fn grant_id(&self) -> GrantId {
        self.id.grant()
    }

    /// What it is subject to.
    pub fn bearings(&self) -> Bearings {
        let approvers = self.approval().into_iter().flat_map(Approval::approvers);
        let services = self.terms().lines.iter().map(|line| &line.service.id);
        Bearings::new(&self.grant_id(), &self.asked.agent.id, &self.asked.owner, approvers, services)
    }

    /// A person approves exactly what they were shown.
    pub fn approve(self, decision: Approving) -> Result<Transition, Refusal> {
        let act = "approve";
        self.must_be_pending(act, decision.verdict.at)?;
        if decision.request_digest != self.request_digest
            || decision.grant_digest != digest::grant_digest(&decision.terms)
        {
            return Err(self.refuse(act, Reason::Digest));
        }
        if !narrowing::is_within(&decision.terms, &self.asked) {
            return Err(self.refuse(act, Reason::Wider));
        }
        let consents = self.consents_to(&decision);
        let by = &decision.verdict.by;
        if consents.iter().any(|it| it.verdict.by == *by) {
            return Err(self.refuse(act, Reason::Twice));
        }
        let hands: Vec<_> =
            consents.iter().map(|it| it.verdict.approver()).chain([decision.verdict.approver()]).collect();
        if decision.quorum.missing(&hands, &self.asked.owner).is_some() {
            let proposal = Some(Box::new(proposed(decision, consents)));
            return Ok(self.become_(State::Pending { proposal }));
        }
        Ok(self.become_(State::Approved { approval: Box::new(approval(decision, consents)) }))
    }

    /// The consents to exactly this that still stand. Those to anything else are not for what is approved now.
    fn consents_to(&self, decision: &Approving) -> Vec<Consent> {
        let same = self.proposal().filter(|it| it.grant_digest == decision.grant_digest);
        let consents = same.into_iter().flat_map(|it| &it.consents);
        consents.filter(|it| !decision.fallen.contains(&it.verdict.by)).cloned().collect()
    }

    /// A person says no to what they were shown.
    pub fn deny(self, verdict: Verdict, shown: &Digest) -> Result<Transition, Refusal> {
        self.must_be_pending("deny", verdict.at)?;
        if *shown != self.request_digest {
            return Err(self.refuse("deny", Reason::Digest));
        }
        Ok(self.become_(State::Denied { verdict }))
    }

    /// The agent takes its request back.
    pub fn withdraw(self, now: DateTime<Utc>) -> Result<Transition, Refusal> {
        self.must_be_pending("withdraw", now)?;
        Ok(self.become_(State::Withdrawn { at: now }))
    }

    /// Nobody decided in time.
    pub fn lapse(self, now: DateTime<Utc>) -> Result<Transition, Refusal> {
        match self.state {
            State::Pending { .. } if now >= self.expires_at => {
                let at = self.expires_at;
                Ok(self.become_(State::Lapsed { at }))
            }
            State::Pending { .. } => Err(self.refuse("lapse", Reason::Early)),
            _ => Err(self.refuse("lapse", Reason::State)),
        }
    }

    /// The agent redeems its grant, once.
    pub fn redeem(self, now: DateTime<Utc>) -> Result<Transition, Refusal> {
        match &self.state {
            State::Approved { approval } if now >= approval.redeem_by.min(approval.ends_at) => {
                Err(self.refuse("redeem", Reason::Late))
            }
            State::Approved { approval } => {
                let approval = approval.clone();
                Ok(self.become_(State::Active { approval, redeemed_at: now }))
            }
            _ => Err(self.refuse("redeem", Reason::State)),
        }
    }

    /// The grant is over. The time of an end that time itself brought is that time, not now.
    pub fn end(self, reason: EndReason, now: DateTime<Utc>) -> Result<Transition, Refusal> {
        let (approval, redeemed) = match &self.state {
            State::Approved { approval } => (approval.clone(), false),
            State::Active { approval, .. } => (approval.clone(), true),
            _ => return Err(self.refuse("end", Reason::State)),
        };
        let due = match reason {
            EndReason::Expired => approval.ends_at,
            EndReason::NotRedeemed if redeemed => return Err(self.refuse("end", Reason::State)),
            EndReason::NotRedeemed => approval.redeem_by,
            _ => now,
        };
        if now < due {
            return Err(self.refuse("end", Reason::Early));
        }
        let at = due.min(approval.ends_at);
        Ok(self.become_(State::Ended { approval, at, reason }))
    }

    fn must_be_pending(&self, act: &'static str, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.state {
            State::Pending { .. } if now < self.expires_at => Ok(()),
            State::Pending { .. } => Err(self.refuse(act, Reason::Late)),
            _ => Err(self.refuse(act, Reason::State)),
        }
    }

    fn refuse(&self, act: &'static str, reason: Reason) -> Refusal {
        Refusal { state: self.status(), act, reason }
    }

    fn become_(self, state: State) -> Transition {
        Transition { from: self.version, to: Self { version: self.version + 1, state, ..self } }
    }
}

fn proposed(decision: Approving, mut consents: Vec<Consent>) -> Proposal {
    let Approving { verdict, evidence, seen, terms, grant_digest, .. } = decision;
    consents.push(Consent { verdict, evidence, seen });
    Proposal { terms, grant_digest, consents }
}

fn approval(decision: Approving, earlier: Vec<Consent>) -> Approval {
    let at = decision.verdict.at;
    Approval {
        ends_at: at + TimeDelta::seconds(i64::from(decision.terms.duration)),
        redeem_by: at + decision.redeem_within,
        verdict: decision.verdict,
        evidence: decision.evidence,
        earlier,
        terms: decision.terms,
        grant_digest: decision.grant_digest,
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
