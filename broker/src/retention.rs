//! How long the record is kept. Nothing is dropped unless somebody says how long, and then only what is older.

use crate::{
    app::App,
    failpoint,
    ledger::{
        Answer, LedgerError, Plan, PlanError,
        acts::{Act, Retention, is_due},
        plan,
    },
    store::segments,
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::record::Actor;
use std::path::{Path, PathBuf};

/// Nobody keeps less: far longer than any request waits and any session lasts.
pub const LEAST: TimeDelta = TimeDelta::days(7);

/// Where several brokers may run: one that was not heard of for this long is taken for dead.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// How long the record is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeping {
    /// What is older is dropped; nothing is without.
    pub keep: Option<TimeDelta>,
    /// The folder of the archive of what is dropped.
    pub archive: Option<PathBuf>,
}

/// Why nothing was dropped.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// Too young.
    #[error("nothing was dropped: the record of the last {} days is always kept", LEAST.num_days())]
    TooYoung,
    /// It could not be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database did not answer.
    #[error("the record could not be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// One sweep: seals what is due, drops what is older than it is to be kept, removes what is dropped.
pub async fn sweep(app: &App) -> Result<(), RetentionError> {
    seal(app).await?;
    remove(app).await?;
    if let (Some(keep), false) = (app.keeping.keep, app.recovering.is_suspended()) {
        let before = app.clock.now() - keep.max(LEAST);
        while drop_some(app, before, app.keeping.archive.as_deref(), Actor::Broker).await?.is_some() {
            if app.stopping.is_cancelled() {
                break;
            }
        }
    }
    Ok(())
}

async fn seal(app: &App) -> Result<(), RetentionError> {
    let now = app.clock.now();
    let silent_since = now - SILENCE;
    let tails = segments::tails(&mut app.store.read().await?, app.ledger.chain(), silent_since).await?;
    if tails.iter().any(|tail| is_due(tail, now)) {
        let act = || Act::Retain(Box::new(Retention::Seal { silent_since }));
        while let Answer::More = app.ledger.act(act()).await? {}
    }
    Ok(())
}

/// Removes what is dropped, in pieces.
async fn remove(app: &App) -> Result<(), RetentionError> {
    if segments::dropped(&mut app.store.read().await?).await?.is_some() {
        while let Answer::More = app.ledger.act(Act::Retain(Box::new(Retention::Remove))).await? {}
    }
    Ok(())
}

/// What would be dropped next, without dropping it.
pub async fn look(app: &App, before: DateTime<Utc>) -> Result<Option<Plan>, RetentionError> {
    if before > app.clock.now() - LEAST {
        return Err(RetentionError::TooYoung);
    }
    seal(app).await?;
    Ok(plan(&app.store, before, None).await?)
}

/// Drops some of what was recorded before a moment, archived first if there is a folder; none if there is nothing more.
pub async fn drop_some(
    app: &App,
    before: DateTime<Utc>,
    archive: Option<&Path>,
    actor: Actor,
) -> Result<Option<Plan>, RetentionError> {
    if before > app.clock.now() - LEAST {
        return Err(RetentionError::TooYoung);
    }
    seal(app).await?;
    let Some(plan) = plan(&app.store, before, archive).await? else { return Ok(None) };
    failpoint::hit("record.planned").await?;
    let act = Retention::Drop { plan: Box::new(plan.clone()), actor };
    app.ledger.act(Act::Retain(Box::new(act))).await?;
    failpoint::hit("record.dropped").await?;
    tracing::info!(records = plan.records, before = %plan.before, "old records were dropped");
    remove(app).await?;
    Ok(Some(plan))
}
