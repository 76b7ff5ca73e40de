//! A person decides: exactly on what they were shown, or not at all.

use super::{
    Visitor,
    card::{self, checked, hand},
    grounds, narrowed, revoke, seen_by,
};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, Approval, Denial},
};
use chrono::TimeDelta;
use domain::{
    quorum::Quorum,
    state::{Approving, Verdict},
    text,
};
use protocol::{
    Card, RequestId,
    card::{Approve, Deny},
    revoke::{RevokeRequest, Subject},
};

/// Approves what was shown, and shows what is now true.
pub async fn approve(
    app: &App,
    visitor: &Visitor,
    request: &RequestId,
    decision: &Approve,
    took: Option<TimeDelta>,
) -> Result<Card, Fault> {
    app.limits.decision(&visitor.person.id)?;
    let (stored, connections) = seen_by(app, visitor, request).await?;
    let verdict = verdict(app, visitor, decision.reason.as_deref(), took)?;
    let hand = hand(app, visitor, &stored, grounds(app, &connections)).await?;
    // What the narrowing grants is computed again from the request; if it is not what was shown, the digests differ.
    let terms = narrowed(app, &stored, &connections, hand.means, decision.narrowing.as_ref())?;
    let check = |it| checked(app, visitor, &stored, &hand, &decision.grant_digest, it);
    let (evidence, answered) = decision.passkey.as_ref().map(check).transpose()?.unzip();
    let approving = Approving {
        verdict,
        evidence,
        quorum: Quorum::of(&terms, &app.policy),
        fallen: Vec::new(),
        seen: 0,
        terms,
        request_digest: decision.request_digest.clone(),
        grant_digest: decision.grant_digest.clone(),
        redeem_within: TimeDelta::seconds(i64::from(app.policy.redeem_within)),
    };
    let approval = Approval {
        request: request.clone(),
        approving,
        policy: app.policy,
        answered,
        session: visitor.session.clone(),
    };
    app.ledger.advance(Act::Approve(Box::new(approval))).await?;
    app.metrics.decided(true, app.clock.now() - stored.grant.asked_at);
    card::card(app, visitor, request, None).await
}

/// Denies what was shown.
pub async fn deny(
    app: &App,
    visitor: &Visitor,
    request: &RequestId,
    decision: &Deny,
    took: Option<TimeDelta>,
) -> Result<Card, Fault> {
    app.limits.decision(&visitor.person.id)?;
    let (stored, _) = seen_by(app, visitor, request).await?;
    let agent = Subject::Agent { agent: stored.grant.asked.agent.id.clone() };
    if decision.pause {
        // Before anything is denied: half of what was asked for would be done.
        revoke::permitted(app, visitor, &agent).await?;
    }
    let verdict = verdict(app, visitor, decision.reason.as_deref(), took)?;
    let shown = decision.request_digest.clone();
    let session = visitor.session.clone();
    let denial = Denial { request: request.clone(), verdict, shown, policy: app.policy, session };
    app.ledger.advance(Act::Deny(Box::new(denial))).await?;
    app.metrics.decided(false, app.clock.now() - stored.grant.asked_at);
    if decision.pause {
        let asked = RevokeRequest { block: true, reason: decision.reason.clone() };
        revoke::revoke(app, visitor, agent, &asked).await?;
    }
    card::card(app, visitor, request, None).await
}

fn verdict(
    app: &App,
    visitor: &Visitor,
    reason: Option<&str>,
    took: Option<TimeDelta>,
) -> Result<Verdict, Fault> {
    let given = reason.filter(|reason| !reason.trim().is_empty());
    let reason = given.map(|reason| text::clean(reason, app.policy.max_purpose_chars)).transpose();
    Ok(Verdict {
        by: visitor.person.id.clone(),
        via: visitor.via.clone(),
        let_in_by: visitor.let_in_by.clone(),
        at: app.clock.now(),
        took_ms: took.map(|it| it.num_milliseconds()),
        reason: reason.map_err(|refusal| Fault::text("reason", &refusal))?.map(|it| it.text),
    })
}
