//! Calls that were refused before they could be read as one, by a token that is good: on the record, and never a way to
//! flood it. The first of a session and reason is recorded at once, further ones within the interval are counted and
//! recorded as one. A bad token names no session: it is for the log alone.

use super::facts;
use crate::{
    app::App,
    fault::Fault,
    ledger::{Entry, Facts, Intent, LedgerError},
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{GrantId, Slug, record::Actor};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What is refused again within this time is counted, not recorded one by one.
const INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Sessions and reasons that are counted at once.
const MOST: usize = 10_000;

/// Who called what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    /// Under which grant.
    pub(crate) grant: GrantId,
    /// Which agent.
    pub(crate) agent: Slug,
    /// Which service.
    pub(crate) service: Slug,
}

/// What was refused lately.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(Caller, &'static str), Counted>>);

#[derive(Debug, Clone)]
struct Counted {
    since: DateTime<Utc>,
    /// Beyond the one that was recorded.
    more: u64,
}

impl Refusals {
    /// Whether this one is to be recorded by itself; else it was counted.
    fn is_first(&self, caller: &Caller, why: &'static str, now: DateTime<Utc>) -> bool {
        let mut counted = self.lock();
        if let Some(it) = counted.get_mut(&(caller.clone(), why)) {
            it.more += 1;
            return false;
        }
        if counted.len() >= MOST {
            return false; // the sweeper makes room; the log has it
        }
        counted.insert((caller.clone(), why), Counted { since: now, more: 0 });
        true
    }

    /// Takes out what was counted for an interval: what is left to record of it.
    fn due(&self, now: DateTime<Utc>) -> Vec<(Caller, &'static str, Counted)> {
        let over = |_: &(Caller, &'static str), it: &mut Counted| now - it.since >= INTERVAL;
        let taken: Vec<_> = self.lock().extract_if(over).collect();
        taken.into_iter().filter(|(_, it)| it.more > 0).map(|((caller, why), it)| (caller, why, it)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Caller, &'static str), Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a refusal on the record, and gives it back; or says that it could not be recorded.
pub(crate) async fn noted(app: &App, caller: Caller, fault: Fault) -> Fault {
    let why = match &fault {
        Fault::Ambiguous { code, .. } => code,
        Fault::Forbidden(_) => "exchange_needed",
        Fault::Invalid { .. } => "invalid_header",
        _ => return fault,
    };
    tracing::info!(grant = %caller.grant, service = %caller.service, why, "a call was refused unread");
    if !app.refusals.is_first(&caller, why, app.clock.now()) {
        return fault;
    }
    let facts = facts::object(json!({"service": caller.service, "code": why, "why": fault.to_string()}));
    match record(app, &caller, facts).await {
        Ok(()) => fault,
        Err(error) => error.into(),
    }
}

/// Records what was counted.
pub(crate) async fn flush(app: &App) -> Result<(), LedgerError> {
    for (caller, why, counted) in app.refusals.due(app.clock.now()) {
        let since = counted.since.timestamp_millis();
        let facts = facts::object(json!({
            "service": caller.service,
            "code": why,
            "why": "the same again and again",
            "times": counted.more,
            "since": since,
        }));
        record(app, &caller, facts).await?;
    }
    Ok(())
}

async fn record(app: &App, caller: &Caller, facts: Facts) -> Result<(), LedgerError> {
    record_one(app, &caller.grant, &caller.agent, facts).await
}

/// Records a refusal by itself.
pub(crate) async fn record_one(
    app: &App,
    grant: &GrantId,
    agent: &Slug,
    facts: Facts,
) -> Result<(), LedgerError> {
    let actor = Actor::Agent { agent: agent.clone() };
    let entry = Entry { kind: "call.refused", actor, grant: Some(grant.clone()), call: None, facts };
    app.ledger.submit(Intent::Refused(Box::new(entry))).await.map(drop)
}
