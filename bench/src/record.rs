//! How the record behaves at its size: bytes for each record, appending, the newest records of a session, verifying, and
//! the pages that read it. Measured on a database that `generate` made, of which it changes nothing but by appending.

use crate::number::{float_len, micros, quantile};
use anyhow::{Context as _, Result, ensure};
use axum::body::{Body, to_bytes};
use broker::{
    app::{App, Parts},
    ledger::{
        Entry, Facts, Intent, Ledger,
        acts::{Act, Entering},
        verify::verify,
    },
    store::{Conn, Store, audit, history},
    tokens::{OpaqueKind, OpaqueToken},
};
use chrono::TimeDelta;
use futures::future::join_all;
use http::{Request, StatusCode};
use protocol::{GrantId, record::Actor};
use std::{path::PathBuf, sync::Arc, time::Instant};
use tower::ServiceExt as _;

/// Times that each thing is measured.
const ROUNDS: usize = 200;
/// Records in a group.
const GROUP: usize = 64;

#[derive(clap::Args)]
pub struct Args {
    /// The data directory that `generate` made.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its database, if it is another than the one in there.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Leave verifying out.
    #[arg(long)]
    no_verify: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> Result<()> {
    let file = args.data.join("countersign.db");
    let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let mut parts = Parts::new(Store::open(&url).await?, "http://localhost:8420");
    parts.root = crate::generate::root_key(&args.data)?;
    let (app, _writer) = App::open(parts).await?;
    size(&app).await?;
    appending(&app).await?;
    sessions(&app).await?;
    pages(&app).await?;
    if !args.no_verify {
        let begun = Instant::now();
        let report = verify(&app.store, |_| {}).await?;
        ensure!(report.first_fault.is_none(), "{:?}", report.first_fault);
        let seconds = begun.elapsed().as_secs_f64();
        let rate = float_len(usize::try_from(report.records)?) / seconds;
        println!("verify: {} records in {seconds:.1} s, {rate:.0} records/s", report.records);
    }
    Ok(())
}

const COUNT: &str = "SELECT COUNT(*) FROM audit";
const SIZE_SQLITE: &str = "SELECT SUM(pgsize) FROM dbstat WHERE name IN ('audit', 'audit_sessions')";
const SIZE_POSTGRES: &str =
    "SELECT pg_total_relation_size('audit') + pg_total_relation_size('audit_sessions')";

async fn size(app: &App) -> Result<()> {
    let (records, bytes): (i64, i64) = match &mut app.store.read().await? {
        Conn::Sqlite(raw) => (
            sqlx::query_scalar(COUNT).fetch_one(&mut **raw).await?,
            sqlx::query_scalar(SIZE_SQLITE)
                .fetch_one(&mut **raw)
                .await
                .context("this SQLite has no dbstat")?,
        ),
        Conn::Postgres(raw) => (
            sqlx::query_scalar(COUNT).fetch_one(&mut **raw).await?,
            sqlx::query_scalar(SIZE_POSTGRES).fetch_one(&mut **raw).await?,
        ),
    };
    println!("size: {records} records, {} bytes each, table and indexes", bytes / records.max(1));
    Ok(())
}

fn entry(grant: &GrantId) -> Intent {
    let facts = Facts::from_iter([("why".to_owned(), "measured".into())]);
    let (actor, grant) = (Actor::Host, Some(grant.clone()));
    Intent::Refused(Box::new(Entry { kind: "measured", actor, grant, call: None, facts }))
}

/// Groups of records about as many live sessions, each waited for.
async fn appending(app: &App) -> Result<()> {
    let live = history::live(&mut app.store.read().await?, app.clock.now()).await?;
    ensure!(!live.is_empty(), "no session is live; generate it again");
    let ledger: &Ledger = &app.ledger;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let group = (0..GROUP).map(|place| {
            let grant = live[(round * GROUP + place) % live.len()].grant.grant_id();
            ledger.submit(entry(&grant))
        });
        for done in join_all(group).await {
            done?;
        }
        times.push(micros(begun.elapsed()));
    }
    show(&format!("append: a group of {GROUP}"), &mut times);
    Ok(())
}

async fn sessions(app: &App) -> Result<()> {
    let live = history::live(&mut app.store.read().await?, app.clock.now()).await?;
    let mut conn = app.store.read().await?;
    let mut times = Vec::new();
    for stored in live.iter().cycle().take(ROUNDS) {
        let begun = Instant::now();
        audit::of_grant(&mut conn, &stored.grant.grant_id(), 50).await?;
        times.push(micros(begun.elapsed()));
    }
    show("the last 50 records of a session", &mut times);
    Ok(())
}

async fn pages(app: &Arc<App>) -> Result<()> {
    let cookie = sign_in(app).await?;
    let live = history::live(&mut app.store.read().await?, app.clock.now()).await?;
    let router = broker::http::router(app);
    let session = format!("/sessions/{}", live.first().context("no session is live")?.grant.grant_id());
    for path in ["/", "/sessions", &session] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let request = Request::get(path)
                .header("cookie", format!("__Host-countersign={cookie}"))
                .header("accept", "text/html")
                .body(Body::empty())?;
            let answer = router.clone().oneshot(request).await?;
            ensure!(answer.status() == StatusCode::OK, "{path}: {}", answer.status());
            to_bytes(answer.into_body(), usize::MAX).await?;
            times.push(micros(begun.elapsed()));
        }
        show(&format!("page {}", if path == session { "/sessions/…" } else { path }), &mut times);
    }
    Ok(())
}

/// A web session of an admin.
async fn sign_in(app: &App) -> Result<String> {
    let link = OpaqueToken::mint(OpaqueKind::Link, app.rng.source())?.mac(&app.mac_key);
    let cookie = OpaqueToken::mint(OpaqueKind::WebSession, app.rng.source())?;
    let session = cookie.mac(&app.mac_key);
    let expires_at = app.clock.now() + TimeDelta::minutes(10);
    let issued = Entering::Link { mac: link.clone(), person: "adm".parse()?, expires_at };
    app.ledger.act(Act::Enter(Box::new(issued))).await?;
    app.ledger.act(Act::Enter(Box::new(Entering::UseLink { mac: link, session }))).await?;
    Ok(cookie.expose().to_owned())
}

fn show(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    println!("{what}: p50 {:.0} µs, p99 {:.0} µs", quantile(times, 0.5), quantile(times, 0.99));
}
