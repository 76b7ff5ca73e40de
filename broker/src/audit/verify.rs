//! Verifying the record while the broker runs, as `audit verify` does: one at a time, and not longer than a person
//! waits.

use super::allowed;
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    ledger::verify::{self as record, Report, VerifyError},
};
use protocol::audit::{Damage, Verified};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking, time::timeout};

/// So long it may take.
const LONGEST: Duration = Duration::from_mins(1);

/// The verification that runs, and what came of the last.
#[derive(Debug)]
pub struct Verifying {
    turn: Semaphore,
    last: Mutex<Option<Verified>>,
}

impl Default for Verifying {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), last: Mutex::default() }
    }
}

impl Verifying {
    /// What came of the last.
    pub fn last(&self) -> Option<Verified> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Verifies the whole record and keeps what came of it.
pub async fn verify(app: &Arc<App>, visitor: &Visitor) -> Result<Verified, Fault> {
    allowed(visitor)?;
    let Ok(_turn) = app.verifying.turn.try_acquire() else {
        return Err(Fault::Forbidden(
            "somebody is verifying the record already: look at what comes of that".to_owned(),
        ));
    };
    let read = app.clone();
    let here = Handle::current();
    // On a thread of its own: hashing a long record must not keep others waiting.
    let verifying = spawn_blocking(move || {
        here.block_on(async { timeout(LONGEST, record::verify(&read.store, |_| ())).await })
    });
    let report = match verifying.await {
        Ok(Ok(report)) => report.map_err(|VerifyError::Database(error)| Fault::Store(error))?,
        Err(error) => return Err(Fault::Internal(error.to_string())),
        Ok(Err(_)) => {
            let why = "the record is too long to be verified here in a minute: `countersign-broker audit verify` \
                       on the broker's host takes the time it needs";
            return Err(Fault::Forbidden(why.to_owned()));
        }
    };
    let verified = of(app, visitor, report);
    *app.verifying.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(verified.clone());
    Ok(verified)
}

fn of(app: &App, visitor: &Visitor, report: Report) -> Verified {
    let damage = |it: record::Fault| Damage { chain: it.chain, seq: it.seq, what: it.what };
    Verified {
        at: app.clock.now(),
        by: visitor.person.id.clone(),
        chains: report.chains,
        records: report.records,
        approvals: report.approvals,
        revocations: report.revocations,
        calls: report.calls,
        dropped: report.dropped,
        damage: report.first_fault.map(damage),
    }
}
