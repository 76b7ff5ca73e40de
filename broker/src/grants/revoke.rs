//! Ending early. Acknowledged when durable; then the streams in flight here are cut and counted.

use super::{Visitor, grounds, own, seen_by};
use crate::{
    app::App,
    fault::Fault,
    ledger::{Revocation, Why},
    people::permission::may_stop,
    store::agents::Agent,
};
use domain::{text, watermark::Watermarks};
use protocol::{
    RequestId, RequestView,
    access::EndReason,
    record::Actor,
    revoke::{RevokeRequest, Stopped, Subject},
    sessions::Role,
};

/// A person ends something that they may end.
pub async fn revoke(
    app: &App,
    visitor: &Visitor,
    subject: Subject,
    asked: &RevokeRequest,
) -> Result<Stopped, Fault> {
    permitted(app, visitor, &subject).await?;
    let clean = |reason: &String| text::clean(reason, app.policy.max_purpose_chars);
    let given = asked.reason.as_ref().filter(|reason| !reason.trim().is_empty());
    let reason = given.map(clean).transpose().map_err(|refusal| Fault::text("reason", &refusal))?;
    let actor = Actor::Person { person: visitor.person.id.clone(), via: visitor.via.clone() };
    let reason = reason.map(|it| it.text);
    let revocation = Revocation { subject, actor, reason, block: asked.block, end: EndReason::Revoked };
    commit(app, revocation).await
}

/// The agent closes its own session.
pub async fn end_own(app: &App, agent: &Agent, request: &RequestId) -> Result<RequestView, Fault> {
    let stored = own(app, agent, request).await?;
    if stored.grant.approval().is_none() {
        return Err(Why::NotActive(stored.grant.status()).into());
    }
    let actor = Actor::Agent { agent: agent.id.clone() };
    let subject = Subject::Session { grant: request.grant() };
    commit(app, Revocation { subject, actor, reason: None, block: false, end: EndReason::Closed }).await?;
    super::view(app, &own(app, agent, request).await?).await
}

/// Commits a revocation and cuts what it ends here. One that cannot be recorded is held by the ledger. Other brokers cut
/// when they hear of it; their next call fails whether they hear or not.
pub async fn commit(app: &App, revocation: Revocation) -> Result<Stopped, Fault> {
    let mut stopped = match &revocation.actor {
        // Who may only end what is its own holds nobody else up.
        Actor::Agent { .. } => app.ledger.revoke(revocation).await?,
        _ => app.ledger.revoke_or_hold(revocation, |it| cut_unrecorded(app, &it.subject)).await?,
    };
    stopped.streams = cut(app, &stopped.subject, stopped.number);
    Ok(stopped)
}

/// It has no number yet.
fn cut_unrecorded(app: &App, subject: &Subject) {
    cut(app, subject, i64::MAX);
}

/// Cuts what a revocation of this number ends; says how much. Nothing is read for it: whoever revokes waits.
fn cut(app: &App, subject: &Subject, number: i64) -> i64 {
    let mut marks = Watermarks::default();
    for key in domain::watermark::keys(subject) {
        marks.learn(number, &key);
    }
    app.inflight.cut(&marks)
}

pub(super) async fn permitted(app: &App, visitor: &Visitor, subject: &Subject) -> Result<(), Fault> {
    let person = &visitor.person;
    match subject {
        Subject::Session { grant } | Subject::SessionService { grant, .. } => {
            let (stored, connections) = seen_by(app, visitor, &grant.request()).await?;
            if may_stop(person, stored.grant.terms(), grounds(app, &connections)) {
                return Ok(());
            }
            Err(Fault::Forbidden("only its owner, who decided on it, or an admin can stop a session".into()))
        }
        Subject::Agent { agent } => {
            let found = crate::store::agents::find(&mut app.store.read().await?, agent).await?;
            match found {
                Some(found) if found.owner == person.id || person.is(Role::Admin) => Ok(()),
                Some(_) if person.is(Role::Auditor) || person.is(Role::Approver) => {
                    Err(Fault::Forbidden("only its owner or an admin can revoke an agent".into()))
                }
                _ => Err(Fault::NotFound("agent")),
            }
        }
        Subject::Person { person: other } if *other == person.id => Ok(()),
        _ if person.is(Role::Admin) => Ok(()),
        _ => Err(Fault::Forbidden(
            "this needs the admin role; you can stop your own sessions one by one".into(),
        )),
    }
}
