//! A database that is an older copy of itself: restored from a backup, or put back by a snapshot. What was ended after the
//! copy was made is not in it, so it must not authorise anything as if nothing had happened.
//!
//! 1. A restored database says so itself (`backup::restore`). One that does not reach as far as its **anchor**, a file
//!    outside it, is an older copy, too (`anchor`). At the start it is **suspended**: on the record, with a number like a
//!    revocation's, so that every batch of every broker refuses. Nobody stays signed in.
//! 2. Pages can be looked at by whoever the host sends a link, the record can be read, and what ends something is done.
//! 3. An admin on the host **accepts** it: in one transaction every session and open request is ended, every token and
//!    every way in is worth nothing, and the epoch is counted. From then on it goes on.

mod anchor;

pub use anchor::{Anchor, AnchorError, AnchorFile, Standing};

use crate::{
    app::App,
    events::Event,
    failpoint, keys,
    ledger::{
        Answer, LedgerError,
        acts::{Act, Recovery},
    },
    store::{meta, recovery},
};
use protocol::revoke::Stopped;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// What every page says while the database is not accepted.
pub const BANNER: &str = "This database is an older copy that nobody has accepted yet: nothing is authorised. Looking, \
    revoking and the record work. On the host: countersign-broker backup accept.";

/// How often it is looked whether another broker suspended or accepted the database, and the anchor is moved.
const LOOK: Duration = Duration::from_secs(2);

/// What this broker knows of it. Nothing is decided by this: the ledger reads it in every batch.
#[derive(Debug, Default)]
pub struct Recovering {
    suspended: AtomicBool,
    anchor: Option<AnchorFile>,
}

impl Recovering {
    /// Of a broker that keeps its anchor there, if anywhere.
    pub fn new(anchor: Option<AnchorFile>) -> Self {
        Self { suspended: AtomicBool::default(), anchor }
    }

    /// Where the anchor is.
    pub fn anchor(&self) -> Option<&AnchorFile> {
        self.anchor.as_ref()
    }

    /// Whether nothing is authorised until somebody accepts the database.
    pub fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Relaxed)
    }
}

/// At the start, before anything is served: suspends a database that is an older copy.
pub(crate) async fn start(app: &App) -> anyhow::Result<()> {
    let mut conn = app.store.read().await?;
    let suspended = recovery::is_suspended(&mut conn).await?;
    let restored = recovery::restored(&mut conn).await?;
    drop(conn);
    let mut why = restored;
    if let (None, Some(anchor), false) = (&why, &app.recovering.anchor, suspended)
        && let Standing::Behind(what) = anchor.compare(&app.store).await?
    {
        why = Some(what);
    }
    if let (Some(why), false) = (why, suspended) {
        tracing::error!("the database is suspended: {why}");
        suspend(app, why).await?;
    }
    look(app).await?;
    if app.recovering.is_suspended() {
        tracing::warn!("{BANNER}");
        return Ok(());
    }
    begin_anchor(app).await
}

/// Moves the anchor to where the database is, and has the database remember that it has one.
async fn begin_anchor(app: &App) -> anyhow::Result<()> {
    let Some(anchor) = &app.recovering.anchor else { return Ok(()) };
    if let Standing::Behind(why) = anchor.renew(&app.store).await? {
        suspend(app, why).await?;
        return Ok(());
    }
    if meta::get(&mut app.store.read().await?, meta::ANCHORED).await?.is_none() {
        app.ledger.act(Act::Recover(Box::new(Recovery::Anchored))).await?;
    }
    Ok(())
}

/// Moves the anchor if something was recorded since `moved`.
async fn keep_anchor(app: &App, moved: &mut Option<Instant>) {
    let Some(anchor) = app.recovering.anchor.as_ref().filter(|_| !app.recovering.is_suspended()) else {
        return;
    };
    if moved.is_some_and(|at| at.elapsed() < app.ledger.pulse().since_commit()) {
        return;
    }
    *moved = Some(Instant::now());
    let done = match anchor.renew(&app.store).await {
        Ok(Standing::Reaches) => Ok(()),
        Ok(Standing::Behind(why)) => {
            tracing::error!("the database is suspended, another copy of it seems to be in use: {why}");
            suspend(app, why).await.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = done {
        tracing::warn!(error, "the anchor was not moved; trying again");
        *moved = None;
    }
}

/// From here on nothing is authorised, on any broker, until somebody accepts the database.
pub async fn suspend(app: &App, why: String) -> Result<(), LedgerError> {
    app.ledger.act(Act::Recover(Box::new(Recovery::Suspend { why }))).await?;
    app.recovering.suspended.store(true, Ordering::Relaxed);
    app.inflight.cut_all();
    Ok(())
}

/// Accepts the database as it is; says what that ended.
pub async fn accept(app: &App, reason: Option<String>) -> Result<Stopped, LedgerError> {
    let answer = app.ledger.act(Act::Recover(Box::new(Recovery::Accept { reason }))).await?;
    let Answer::Stopped(mut stopped) = answer else { return Err(LedgerError::OutcomeUnknown) };
    failpoint::hit("recovery.accepted").await.map_err(|_| LedgerError::OutcomeUnknown)?;
    stopped.streams = app.inflight.cut_all();
    app.recovering.suspended.store(false, Ordering::Relaxed);
    // The vault's next signing key. Whoever cannot make it now makes it when the vault is opened.
    if let Err(error) = keys::follow(app).await {
        tracing::warn!(%error, "there is no signing key yet; it is made when the vault is opened");
    }
    Ok(*stopped)
}

/// Runs until the broker stops: follows what other brokers of the database found, and moves the anchor.
pub async fn run(app: &App) {
    let mut events = app.events.listen();
    let mut moved = None;
    loop {
        if let Err(error) = look(app).await {
            tracing::warn!(%error, "whether the database is suspended could not be looked up");
        }
        keep_anchor(app, &mut moved).await;
        let woken = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Vault | Event::Resync) {
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = woken => {}
            () = sleep(LOOK) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn look(app: &App) -> sqlx::Result<()> {
    let suspended = recovery::is_suspended(&mut app.store.read().await?).await?;
    let before = app.recovering.suspended.swap(suspended, Ordering::Relaxed);
    if suspended && !before {
        app.inflight.cut_all();
    }
    Ok(())
}
