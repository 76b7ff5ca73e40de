//! A person decides. What was shown is bound by digests; who may decide is read again in the same transaction.

use super::{Acting, Why, ok_or_refuse, terms_facts};
use crate::{
    ledger::{batch::Outcome, facts::Facts},
    people::permission,
    store::{agents, connections, grants::Stored, people},
};
use domain::state::{Approving, Verdict};
use protocol::{Digest, RequestId, Terms, record::Actor};
use serde_json::json;

/// An approval of exactly what was shown.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Of which request.
    pub request: RequestId,
    /// What was shown, by whom it was seen, and what would be granted.
    pub approving: Approving,
}

/// A denial of what was shown.
#[derive(Debug, Clone)]
pub struct Denial {
    /// Of which request.
    pub request: RequestId,
    /// By whom and why.
    pub verdict: Verdict,
    /// The digest of the request that was shown.
    pub shown: Digest,
}

impl Acting<'_> {
    pub(super) async fn approve(mut self, approval: &Approval) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(&approval.request).await?);
        ok_or_refuse!(self.not_revoked(&stored));
        let mut approving = approval.approving.clone();
        approving.verdict.at = self.pen.now;
        let verdict = approving.verdict.clone();
        let terms = approving.terms.clone();
        let transition = ok_or_refuse!(stored.grant.clone().approve(approving));
        ok_or_refuse!(self.may_decide(&verdict, &terms).await?);
        ok_or_refuse!(self.agent_stands(&terms).await?);
        for line in &terms.lines {
            ok_or_refuse!(self.line_stands(line).await?);
        }
        let facts = Facts::from_iter([
            ("agent".to_owned(), json!(terms.agent.id)),
            ("owner".to_owned(), json!(terms.owner)),
            ("request_digest".to_owned(), json!(stored.grant.request_digest)),
            ("grant_digest".to_owned(), json!(approval.approving.grant_digest)),
            ("lines".to_owned(), terms_facts(&terms)),
            ("duration".to_owned(), json!(terms.duration)),
            ("reason".to_owned(), json!(verdict.reason)),
        ]);
        self.advance(&stored, transition, "request.approved", person(&verdict), facts).await
    }

    pub(super) async fn deny(mut self, denial: &Denial) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(&denial.request).await?);
        let mut verdict = denial.verdict.clone();
        verdict.at = self.pen.now;
        let actor = person(&verdict);
        let facts = Facts::from_iter([
            ("request_digest".to_owned(), json!(denial.shown)),
            ("reason".to_owned(), json!(verdict.reason)),
        ]);
        let transition = ok_or_refuse!(stored.grant.clone().deny(verdict.clone(), &denial.shown));
        ok_or_refuse!(self.may_decide(&verdict, &stored.grant.asked).await?);
        self.advance(&stored, transition, "request.denied", actor, facts).await
    }

    fn not_revoked(&self, stored: &Stored) -> Result<(), Why> {
        let bearings = stored.grant.bearings();
        if let Some(number) = self.marks.ended(&bearings, stored.watermark) {
            return Err(Why::Revoked(number));
        }
        let mut services = stored.grant.asked.lines.iter().map(|line| &line.service.id);
        let taken = services.find_map(|it| self.marks.taken_away(&bearings, it, stored.watermark));
        taken.map_or(Ok(()), |number| Err(Why::TakenAway(number)))
    }

    async fn may_decide(&mut self, verdict: &Verdict, terms: &Terms) -> sqlx::Result<Result<(), Why>> {
        let Some(person) = people::find(self.conn, &verdict.by).await? else {
            return Ok(Err(Why::Missing("person")));
        };
        let connections = connections::list(self.conn).await?;
        Ok(permission::may_decide(&person, terms, &connections).map_err(Why::NotPermitted))
    }

    async fn agent_stands(&mut self, terms: &Terms) -> sqlx::Result<Result<(), Why>> {
        let pinned = &terms.agent;
        let Some(agent) = agents::find(self.conn, &pinned.id).await? else {
            return Ok(Err(Why::Missing("agent")));
        };
        if agent.blocked {
            return Ok(Err(Why::Blocked("agent")));
        }
        if (&agent.title, agent.direct) != (&pinned.title, pinned.direct) {
            return Ok(Err(Why::Outdated(
                "the agent's name or switch changed since this was asked".to_owned(),
            )));
        }
        self.credential_stands(&agent, pinned).await
    }
}

fn person(verdict: &Verdict) -> Actor {
    Actor::Person { person: verdict.by.clone(), via: verdict.via.clone() }
}
