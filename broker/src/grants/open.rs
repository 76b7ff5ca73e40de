//! An agent asks: every name is pinned to what it means now, the text is cleaned, and the ledger takes it if the same
//! is not open already.

use super::{grounds, offers, view};
use crate::{
    app::App,
    clients,
    fault::Fault,
    ledger::{
        Answer, LedgerError,
        acts::{Act, open::ask},
    },
    people::permission,
    store::{agents::Agent, connections, grants::Sameness, people},
};
use chrono::TimeDelta;
use domain::{pin, state::Grant, text, tier::tier_on};
use protocol::{AccessRequest, Line, RequestId, RequestView, Terms, terms::AgentRef};

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
        agent: AgentRef { client: clients::client_of(app, agent).await?.map(Box::new), ..agent.pinned() },
        owner: agent.owner.clone(),
        lines: pin::pin(&wanted.authorization_details, &offered, policy)?,
        duration,
        purpose: purpose.text,
    };
    somebody_could_approve(app, &terms).await?;
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

/// Zero approvers means that nobody can approve, which is said at once: not after a request has waited in vain. A line
/// counts by the least of its actions, since people may narrow.
async fn somebody_could_approve(app: &App, terms: &Terms) -> Result<(), Fault> {
    let mut conn = app.store.read().await?;
    let people = people::list(&mut conn).await?;
    let connections = connections::list(&mut conn).await?;
    let grounds = grounds(app, &connections);
    let mut why = None;
    for line in &terms.lines {
        let least = line.actions.iter().min_by_key(|action| tier_on(action, line));
        let least = Line { actions: least.cloned().into_iter().collect(), ..line.clone() };
        let alone = Terms { lines: vec![least], ..terms.clone() };
        match permission::nobody_can(&people, &alone, grounds) {
            None => return Ok(()),
            Some(because) => why = Some(because),
        }
    }
    why.map_or(Ok(()), |why| Err(Fault::NotApprovable(why)))
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
