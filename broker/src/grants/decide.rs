//! A person decides: exactly on what they were shown, or not at all.

use super::{Visitor, card, narrowed, seen_by};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, Approval, Denial},
};
use chrono::TimeDelta;
use domain::{
    state::{Approving, Verdict},
    text,
};
use protocol::{
    Card, RequestId,
    card::{Approve, Deny},
};

/// Approves what was shown, and shows what is now true.
pub async fn approve(
    app: &App,
    visitor: &Visitor,
    request: &RequestId,
    decision: &Approve,
) -> Result<Card, Fault> {
    app.limits.decision(&visitor.person.id)?;
    let (stored, connections) = seen_by(app, visitor, request).await?;
    let verdict = verdict(app, visitor, decision.reason.as_deref())?;
    // What the narrowing grants is computed again from the request; if it is not what was shown, the digests differ.
    let terms = narrowed(app, &stored, &connections, decision.narrowing.as_ref())?;
    let approving = Approving {
        verdict,
        terms,
        request_digest: decision.request_digest.clone(),
        grant_digest: decision.grant_digest.clone(),
        redeem_within: TimeDelta::seconds(i64::from(app.policy.redeem_within)),
    };
    let approval = Approval { request: request.clone(), approving };
    app.ledger.advance(Act::Approve(Box::new(approval))).await?;
    app.metrics.decided(true, app.clock.now() - stored.grant.asked_at);
    card(app, visitor, request, None).await
}

/// Denies what was shown.
pub async fn deny(app: &App, visitor: &Visitor, request: &RequestId, decision: &Deny) -> Result<Card, Fault> {
    app.limits.decision(&visitor.person.id)?;
    let (stored, _) = seen_by(app, visitor, request).await?;
    let verdict = verdict(app, visitor, decision.reason.as_deref())?;
    let denial = Denial { request: request.clone(), verdict, shown: decision.request_digest.clone() };
    app.ledger.advance(Act::Deny(Box::new(denial))).await?;
    app.metrics.decided(false, app.clock.now() - stored.grant.asked_at);
    card(app, visitor, request, None).await
}

fn verdict(app: &App, visitor: &Visitor, reason: Option<&str>) -> Result<Verdict, Fault> {
    let given = reason.filter(|reason| !reason.trim().is_empty());
    let reason = given.map(|reason| text::clean(reason, app.policy.max_purpose_chars)).transpose();
    Ok(Verdict {
        by: visitor.person.id.clone(),
        via: visitor.via.clone(),
        at: app.clock.now(),
        reason: reason.map_err(|refusal| Fault::text("reason", &refusal))?.map(|it| it.text),
    })
}
