//! A person decides. What was shown is bound by digests; who may decide is read again in the same transaction.

use super::{Acting, Why, ok_or_refuse, terms_facts};
use crate::{
    ledger::{batch::Outcome, facts::Facts},
    people::{
        passkeys::Answered,
        permission::{self, Grounds},
    },
    store::{agents, connections, grants::Stored, passkeys, people},
};
use domain::{
    policy::Policy,
    proof,
    state::{Approving, State, Verdict},
    tier::terms_tier,
};
use protocol::{Digest, RequestId, Slug, Terms, record::Actor};
use serde_json::json;

/// An approval of exactly what was shown.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Of which request.
    pub request: RequestId,
    /// What was shown, by whom it was seen, and what would be granted.
    pub approving: Approving,
    /// The numbers of how many people and which proof it takes.
    pub policy: Policy,
    /// The passkey that answered, which this uses up; its answer was checked by whoever hands it in.
    pub answered: Option<Answered>,
    /// The HMAC of the web session that it came from: it says by whose links the person is in.
    pub session: Option<String>,
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
    /// The numbers of who may decide.
    pub policy: Policy,
    /// The HMAC of the web session that it came from.
    pub session: Option<String>,
}

impl Acting<'_> {
    pub(super) async fn approve(mut self, approval: &Approval) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(&approval.request).await?);
        ok_or_refuse!(self.not_revoked(&stored));
        let connections = connections::list(self.conn).await?;
        let grounds = Grounds { connections: &connections, policy: &approval.policy };
        let mut approving = approval.approving.clone();
        approving.verdict.at = self.pen.now;
        approving.verdict.let_in_by =
            self.let_in_by(approval.session.as_deref(), approval.answered.as_ref()).await?;
        approving.seen = self.marks.seen();
        approving.fallen = self.fallen(&stored, &approving.terms, grounds).await?;
        let (verdict, terms) = (approving.verdict.clone(), approving.terms.clone());
        let facts = facts(&stored, &approving);
        let transition = ok_or_refuse!(stored.grant.clone().approve(approving));
        ok_or_refuse!(self.may_decide(&verdict.by, &terms, grounds).await?);
        ok_or_refuse!(self.is_proven(approval).await?);
        ok_or_refuse!(self.agent_stands(&terms).await?);
        for line in &terms.lines {
            ok_or_refuse!(self.line_stands(line).await?);
        }
        let complete = !matches!(transition.to.state, State::Pending { .. });
        let kind = if complete { "request.approved" } else { "request.consented" };
        let facts = with_earlier(facts, &transition.to.state);
        self.advance(&stored, transition, kind, person(&verdict), facts).await
    }

    pub(super) async fn deny(mut self, denial: &Denial) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(&denial.request).await?);
        let connections = connections::list(self.conn).await?;
        let grounds = Grounds { connections: &connections, policy: &denial.policy };
        let mut verdict = denial.verdict.clone();
        verdict.at = self.pen.now;
        verdict.let_in_by = self.let_in_by(denial.session.as_deref(), None).await?;
        let actor = person(&verdict);
        let facts = Facts::from_iter([
            ("request_digest".to_owned(), json!(denial.shown)),
            ("reason".to_owned(), json!(verdict.reason)),
        ]);
        let facts = with_let_in_by(facts, &verdict);
        let transition = ok_or_refuse!(stored.grant.clone().deny(verdict.clone(), &denial.shown));
        ok_or_refuse!(self.may_decide(&verdict.by, &stored.grant.asked, grounds).await?);
        self.advance(&stored, transition, "request.denied", actor, facts).await
    }

    /// People whose earlier consent no longer counts: they may not decide any more, or a revocation named them since.
    async fn fallen(
        &mut self,
        stored: &Stored,
        terms: &Terms,
        grounds: Grounds<'_>,
    ) -> sqlx::Result<Vec<Slug>> {
        let mut fallen = Vec::new();
        for consent in stored.grant.proposal().into_iter().flat_map(|it| &it.consents) {
            let by = &consent.verdict.by;
            let permitted = self.may_decide(by, terms, grounds).await?.is_ok();
            if !permitted || self.marks.approver_revoked(by, consent.seen) {
                fallen.push(by.clone());
            }
        }
        Ok(fallen)
    }

    /// Whether the proof that this takes came with it. The passkey counts as used, and its challenge is used up.
    async fn is_proven(&mut self, approval: &Approval) -> sqlx::Result<Result<(), Why>> {
        let Approval { approving, policy, answered, .. } = approval;
        let by = &approving.verdict.by;
        if let Some(answered) = answered {
            return Ok(if self.taken(by, answered).await? { Ok(()) } else { Err(Why::Spent) });
        }
        let has_passkey = passkeys::count(self.conn, by).await? > 0;
        let needed = proof::takes_passkey(terms_tier(&approving.terms), has_passkey, policy);
        Ok(if needed { Err(Why::NeedsPasskey) } else { Ok(()) })
    }

    fn not_revoked(&self, stored: &Stored) -> Result<(), Why> {
        let bearings = stored.grant.bearings();
        if let Some(number) = self.marks.ended(&bearings, stored.watermark) {
            return Err(Why::Overtaken(number));
        }
        let mut services = stored.grant.asked.lines.iter().map(|line| &line.service.id);
        let taken = services.find_map(|it| self.marks.taken_away(&bearings, it, stored.watermark));
        taken.map_or(Ok(()), |number| Err(Why::Overtaken(number)))
    }

    async fn may_decide(
        &mut self,
        by: &Slug,
        terms: &Terms,
        grounds: Grounds<'_>,
    ) -> sqlx::Result<Result<(), Why>> {
        let Some(person) = people::find(self.conn, by).await? else {
            return Ok(Err(Why::Missing("person")));
        };
        Ok(permission::may_decide(&person, terms, grounds).map_err(Why::NotPermitted))
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

/// What an approval says, whether it completes it or others have to follow.
fn facts(stored: &Stored, approving: &Approving) -> Facts {
    let terms = &approving.terms;
    let mut facts = Facts::from_iter([
        ("agent".to_owned(), json!(terms.agent.id)),
        ("owner".to_owned(), json!(terms.owner)),
        ("request_digest".to_owned(), json!(stored.grant.request_digest)),
        ("grant_digest".to_owned(), json!(approving.grant_digest)),
        ("lines".to_owned(), terms_facts(terms)),
        ("duration".to_owned(), json!(terms.duration)),
        ("tier".to_owned(), json!(terms_tier(terms))),
        ("reason".to_owned(), json!(approving.verdict.reason)),
    ]);
    let evidence = approving.evidence.as_ref().map(|it| ("evidence".to_owned(), json!(it)));
    let took = approving.verdict.took_ms.map(|it| ("took_ms".to_owned(), json!(it)));
    facts.extend(evidence.into_iter().chain(took));
    with_let_in_by(facts, &approving.verdict)
}

/// Says by whose links somebody was in who decided.
fn with_let_in_by(mut facts: Facts, verdict: &Verdict) -> Facts {
    if !verdict.let_in_by.is_empty() {
        facts.insert("let_in_by".to_owned(), json!(verdict.let_in_by));
    }
    facts
}

/// Names those who had approved it before.
fn with_earlier(mut facts: Facts, state: &State) -> Facts {
    if let State::Approved { approval } = state
        && !approval.earlier.is_empty()
    {
        let people: Vec<&Slug> = approval.earlier.iter().map(|it| &it.verdict.by).collect();
        facts.insert("earlier".to_owned(), json!(people));
    }
    facts
}

fn person(verdict: &Verdict) -> Actor {
    Actor::Person { person: verdict.by.clone(), via: verdict.via.clone() }
}
