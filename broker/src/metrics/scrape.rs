//! What is read only when somebody looks.

use super::{Metrics, names};
use crate::{
    app::App,
    health,
    net::Connections,
    store::{Store, services, watermarks},
};
use protocol::revoke::Subject;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How often histograms give back what they gathered, and new services get their name.
const UPKEEP: Duration = Duration::from_secs(5);

/// All numbers, as Prometheus reads them.
pub async fn render(app: &App, connections: &Connections) -> String {
    let Some(recorder) = &app.metrics.recorder.0 else { return String::new() };
    set_simple(app, connections).await;
    if let Err(error) = set_stored(app).await {
        // The other numbers say more in such a moment than no answer would.
        tracing::warn!(%error, "some metrics could not be read from the database");
    }
    recorder.1.run_upkeep();
    recorder.1.render()
}

/// Keeps the numbers small and the services known, until the broker stops.
pub async fn upkeep(app: Arc<App>) {
    loop {
        if let Err(error) = know_services(&app).await {
            tracing::debug!(%error, "the services could not be read for metrics");
        }
        if let Some(recorder) = &app.metrics.recorder.0 {
            recorder.1.run_upkeep();
        }
        tokio::select! {
            () = sleep(UPKEEP) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn know_services(app: &App) -> sqlx::Result<()> {
    let declared = services::list(&mut app.store.read().await?).await?;
    app.metrics.know(declared.into_iter().map(|it| it.definition.id));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "none of these counts is beyond 2^52")]
async fn set_simple(app: &App, connections: &Connections) {
    let set = |name, labels: &[(&'static str, &str)], value: f64| {
        app.metrics.recorder.gauge(name, labels).set(value);
    };
    let counts = connections.counts();
    for (state, count) in [("open", counts.open), ("agents", counts.agents), ("unproven", counts.unproven)] {
        set(names::CONNECTIONS, &[("state", state)], count as f64);
    }
    set(names::STREAMS, &[], app.inflight.len() as f64);
    let [normal, urgent] = app.ledger.waiting();
    set(names::LEDGER_QUEUE, &[("priority", "normal")], normal as f64);
    set(names::LEDGER_QUEUE, &[("priority", "revocation")], urgent as f64);
    let pulse = app.ledger.pulse();
    set(names::LEDGER_RUNNING_SECONDS, &[], pulse.running().unwrap_or_default().as_secs_f64());
    set(names::LEDGER_IDLE_SECONDS, &[], pulse.since_commit().as_secs_f64());
    set(names::SEALED, &[], f64::from(u8::from(app.vault.is_sealed())));
    set(names::SUSPENDED, &[], f64::from(u8::from(app.recovering.is_suspended())));
    set(names::READY, &[], f64::from(u8::from(health::look(app).await.is_ready())));
    set(names::BUILD, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    if let Store::Sqlite { writer, .. } = &app.store {
        let mut wal = writer.connect_options().get_filename().as_os_str().to_owned();
        wal.push("-wal");
        let bytes = std::fs::metadata(wal).map_or(0, |it| it.len());
        set(names::WAL_BYTES, &[], bytes as f64);
    }
}

#[expect(clippy::cast_precision_loss, reason = "none of these counts is beyond 2^52")]
async fn set_stored(app: &App) -> sqlx::Result<()> {
    know_services(app).await?;
    // Before the highest: a batch in between sees more, never less.
    let seen = app.ledger.pulse().seen();
    let mut conn = app.store.read().await?;
    let highest = watermarks::last(&mut conn).await?;
    let now = app.clock.now();
    let all = watermarks::count(&mut conn, &Subject::All, now).await?;
    let set = |name, value: i64| app.metrics.recorder.gauge(name, &[]).set(value as f64);
    set(names::WATERMARK, highest);
    set(names::WATERMARK_LAG, (highest - seen).max(0));
    set(names::SESSIONS, all.sessions);
    set(names::PENDING, all.requests);
    Ok(())
}

impl Metrics {
    /// Whether anybody looks.
    pub fn is_on(&self) -> bool {
        self.recorder.0.is_some()
    }
}
