//! An agent asks: every name is pinned to what it means now, the text is cleaned, and the ledger takes it if the same
//! is not open already.

use super::{offers, view};
use crate::{
    app::App,
    fault::Fault,
    ledger::{
        Answer, LedgerError,
        acts::{Act, open::ask},
    },
    store::{agents::Agent, grants::Sameness},
};
use chrono::TimeDelta;
use domain::{pin, state::Grant, text};
use protocol::{AccessRequest, RequestId, RequestView, Terms};

/// Opens a request, or finds the one that is open already; says which.
pub async fn open(app: &App, agent: &Agent, wanted: &AccessRequest) -> Result<(RequestView, bool), Fault> {
    let policy = &app.policy;
    let duration = wanted.duration.unwrap_or(policy.default_duration);
    if !(policy.min_duration..=policy.max_duration).contains(&duration) {
        let range = format!("must be {} to {} seconds", policy.min_duration, policy.max_duration);
        return Err(Fault::invalid("duration", range));
    }
    check_key(wanted, policy.max_key_chars)?;
    let purpose = text::clean(&wanted.purpose, policy.max_purpose_chars)
        .map_err(|refusal| Fault::text("purpose", &refusal))?;
    let offered = offers(app, &agent.owner).await?;
    let now = app.clock.now();
    let terms = Terms {
        instance: app.instance.clone(),
        request: RequestId::from_u128(app.rng.id(now)?),
        agent: agent.pinned(),
        owner: agent.owner.clone(),
        lines: pin::pin(&wanted.authorization_details, &offered, policy)?,
        duration,
        purpose: purpose.text,
    };
    let patience = if wanted.asynchronous { policy.pending_asynchronous } else { policy.pending };
    let same = Sameness { ask: ask(&terms), idempotency: wanted.idempotency_key.clone() };
    let expires_at = now + TimeDelta::seconds(i64::from(patience));
    let grant = Box::new(Grant::open(terms, purpose.removed, now, expires_at));
    let act = Act::Open { grant, same, policy: app.policy };
    match app.ledger.act(act).await? {
        Answer::Grant(stored) => Ok((view(app, &stored).await?, false)),
        Answer::Same(stored) => Ok((view(app, &stored).await?, true)),
        _ => Err(LedgerError::OutcomeUnknown.into()),
    }
}

fn check_key(wanted: &AccessRequest, max: usize) -> Result<(), Fault> {
    let Some(key) = &wanted.idempotency_key else { return Ok(()) };
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && (1..=max).contains(&key.len()) {
        Ok(())
    } else {
        Err(Fault::invalid("idempotency_key", format!("must be 1 to {max} visible ASCII characters")))
    }
}
