//! Ends what is over: writes endings into rows, cuts streams when another broker revoked, forgets what is long gone.
//! Nothing depends on it being on time: whether a call is allowed is judged in the ledger.

use crate::{
    app::App,
    calls,
    events::Event,
    keys,
    ledger::{
        Answer, Revocation,
        acts::{Act, Entering},
    },
    recovery, retention, services,
    store::{
        Store, calls as rows,
        grants::{self, Due},
        watermarks,
    },
};
use chrono::TimeDelta;
use domain::watermark::Watermarks;
use protocol::{access::EndReason, record::Actor, revoke::Subject};
use sqlx::postgres::PgListener;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How often endings are written down.
const SWEEP: Duration = Duration::from_secs(5);
/// How often revocations are looked up, whether events come or not.
const LOOK: Duration = Duration::from_secs(1);
/// Where several brokers may run: one that was not heard of for this long is taken for dead.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// Revoked subjects that are remembered for cutting; beyond, those that still matter are read again.
const REMEMBERED: usize = 10_000;

/// Runs until the broker stops.
pub async fn run(app: Arc<App>) {
    tokio::join!(
        sweep_forever(&app),
        cut_forever(&app),
        listen_forever(&app),
        keys::watch(&app),
        recovery::run(&app)
    );
}

async fn sweep_forever(app: &App) {
    loop {
        if let Err(error) = sweep(app).await {
            tracing::warn!(%error, "endings could not be written down; the next sweep tries again");
        }
        tokio::select! {
            () = sleep(SWEEP) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// One sweep.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    // One long stream is use for as long as it is open.
    for session in app.inflight.sessions() {
        app.seen.grant(session, app.clock.now());
    }
    let (sessions, called) = app.seen.take();
    if !sessions.is_empty() || !called.is_empty() {
        let seen = Entering::Seen { sessions, grants: called };
        app.ledger.act(Act::Enter(Box::new(seen))).await?;
    }
    calls::refusals::flush(app).await?;
    let now = app.clock.now();
    let unredeemed_since = now - TimeDelta::seconds(i64::from(app.policy.redeem_within));
    let idle_since = now - TimeDelta::seconds(i64::from(app.policy.idle));
    lapse(app).await?;
    end(app, Due::Expired, EndReason::Expired, now).await?;
    end(app, Due::Revoked, EndReason::Revoked, now).await?;
    end(app, Due::Unredeemed, EndReason::NotRedeemed, unredeemed_since).await?;
    revoke(app, Due::Exhausted, now, EndReason::Exhausted, "every limit is used up").await?;
    revoke(app, Due::Idle, idle_since, EndReason::Idle, "not used for too long").await?;
    app.ledger.act(Act::Enter(Box::new(Entering::Sweep))).await?;
    keys::drop_due(app).await?;
    // In small pieces: each holds the calls of its group up.
    while let Answer::More = app.ledger.act(Act::Enter(Box::new(Entering::SweepCalls))).await? {}
    app.ledger.settle_dead_calls(&app.store, now - SILENCE).await?;
    app.mcp.sweep(app).await?;
    services::usage::count(app).await?;
    retention::sweep(app).await?;
    Ok(())
}

async fn lapse(app: &App) -> anyhow::Result<()> {
    let due = grants::due(&mut app.store.read().await?, Due::Lapsing, app.clock.now()).await?;
    for stored in due {
        // Decided in the last moment: then it is not due any more.
        let _ = app.ledger.act(Act::Lapse { request: stored.grant.id }).await;
    }
    Ok(())
}

async fn end(
    app: &App,
    due: Due,
    reason: EndReason,
    moment: chrono::DateTime<chrono::Utc>,
) -> anyhow::Result<()> {
    let rows = grants::due(&mut app.store.read().await?, due, moment).await?;
    for stored in rows {
        let _ = app.ledger.act(Act::End { request: stored.grant.id, reason }).await;
    }
    Ok(())
}

/// A session that nobody called for too long, or that can call no more, is ended by a revocation: its row alone would
/// not stop a call that another broker judges.
async fn revoke(
    app: &App,
    due: Due,
    moment: chrono::DateTime<chrono::Utc>,
    end: EndReason,
    reason: &str,
) -> anyhow::Result<()> {
    let rows = grants::due(&mut app.store.read().await?, due, moment).await?;
    for stored in rows {
        if due == Due::Exhausted && !spent(app, &stored).await? {
            continue;
        }
        let revocation = Revocation {
            subject: Subject::Session { grant: stored.grant.grant_id() },
            actor: Actor::Broker,
            reason: Some(reason.to_owned()),
            block: false,
            end,
        };
        app.ledger.revoke(revocation).await?;
    }
    Ok(())
}

/// Whether a session whose limits are used up is over: every line has one, and its last calls are done, which a
/// revocation would cut.
async fn spent(app: &App, stored: &grants::Stored) -> anyhow::Result<bool> {
    let limited = stored.grant.terms().lines.iter().all(|line| line.limits.max_calls.is_some());
    let open = rows::open_of(&mut app.store.read().await?, &stored.grant.grant_id()).await?;
    Ok(limited && open == 0)
}

/// Cuts the streams that a revocation ends, wherever it was made: on the event, and by looking every second.
async fn cut_forever(app: &App) {
    let mut events = app.events.listen();
    let mut marks = Watermarks::default();
    loop {
        if marks.len() > REMEMBERED {
            marks = Watermarks::default(); // what nothing matches any more is not read again
        }
        if !app.inflight.is_empty()
            && let Err(error) = learn(app, &mut marks).await
        {
            tracing::warn!(%error, "revocations could not be looked up");
        }
        app.inflight.cut(&marks);
        let woken = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Revoked { .. } | Event::Resync) {
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

async fn learn(app: &App, marks: &mut Watermarks) -> sqlx::Result<()> {
    for (number, key) in watermarks::after(&mut app.store.read().await?, marks.seen()).await? {
        marks.learn(number, &key);
    }
    Ok(())
}

/// Hears what other brokers committed.
async fn listen_forever(app: &App) {
    let Store::Postgres { url, .. } = &app.store else { return };
    loop {
        let heard = tokio::select! {
            heard = listen(app, url) => heard,
            () = app.stopping.cancelled() => return,
        };
        app.metrics.feed(false);
        if let Err(error) = heard {
            tracing::warn!(%error, "not listening to other brokers; revocations are looked up every second");
        }
        app.events.publish(Event::Resync);
        sleep(LOOK).await;
    }
}

async fn listen(app: &App, url: &str) -> sqlx::Result<()> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen("countersign").await?;
    app.metrics.feed(true);
    app.events.publish(Event::Resync);
    loop {
        let notification = listener.recv().await?;
        match serde_json::from_str::<(String, Event)>(notification.payload()) {
            Ok((chain, _)) if chain == app.ledger.chain() => {}
            Ok((_, event)) => app.events.publish(event),
            Err(error) => tracing::warn!(%error, "another broker said something unknown"),
        }
    }
}
