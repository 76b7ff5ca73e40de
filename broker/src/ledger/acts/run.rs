//! What the agent does with its request, and what time does.

use super::{Acting, Why, ok_or_refuse};
use crate::ledger::{batch::Outcome, facts::Facts};
use domain::digest::grant_digest;
use protocol::{Digest, RequestId, Slug, access::EndReason, record::Actor};
use serde_json::json;

impl Acting<'_> {
    async fn own(
        &mut self,
        request: &RequestId,
        agent: &Slug,
    ) -> sqlx::Result<Result<crate::store::grants::Stored, Why>> {
        let found = self.find(request).await?;
        // To everybody else it does not exist.
        Ok(found.and_then(|it| {
            if it.grant.asked.agent.id == *agent { Ok(it) } else { Err(Why::Missing("request")) }
        }))
    }

    pub(super) async fn withdraw(mut self, request: &RequestId, agent: &Slug) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.own(request, agent).await?);
        let transition = ok_or_refuse!(stored.grant.clone().withdraw(self.pen.now));
        let actor = Actor::Agent { agent: agent.clone() };
        self.advance(&stored, transition, "request.withdrawn", actor, Facts::new()).await
    }

    pub(super) async fn redeem(
        mut self,
        request: &RequestId,
        agent: &Slug,
        proven: Option<&Digest>,
        facts: Facts,
    ) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.own(request, agent).await?);
        let approved = stored.grant.approval().map(|it| grant_digest(&it.terms));
        if approved.as_ref() != proven {
            return Ok(Err(Why::Changed));
        }
        if let Some(number) = self.marks.ended(&stored.grant.bearings(), stored.watermark) {
            return Ok(Err(Why::Revoked(number)));
        }
        let transition = ok_or_refuse!(stored.grant.clone().redeem(self.pen.now));
        let actor = Actor::Agent { agent: agent.clone() };
        self.advance(&stored, transition, "grant.redeemed", actor, facts).await
    }

    pub(super) async fn lapse(mut self, request: &RequestId) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(request).await?);
        let transition = ok_or_refuse!(stored.grant.clone().lapse(self.pen.now));
        self.advance(&stored, transition, "request.lapsed", Actor::Broker, Facts::new()).await
    }

    pub(super) async fn end(mut self, request: &RequestId, reason: EndReason) -> sqlx::Result<Outcome> {
        let stored = ok_or_refuse!(self.find(request).await?);
        // Only a revocation ends what is still alive: another broker may be authorising a call of it right now.
        let over = match reason {
            EndReason::Expired | EndReason::NotRedeemed => true, // the state machine looks at the time
            EndReason::Revoked => self.marks.ended(&stored.grant.bearings(), stored.watermark).is_some(),
            EndReason::Closed | EndReason::Exhausted | EndReason::Idle => false,
        };
        if !over {
            return Ok(Err(Why::NotPermitted("it is not over: end it by a revocation".to_owned())));
        }
        let transition = ok_or_refuse!(stored.grant.clone().end(reason, self.pen.now));
        let facts = Facts::from_iter([("why".to_owned(), json!(reason))]);
        self.advance(&stored, transition, "grant.ended", Actor::Broker, facts).await
    }
}
