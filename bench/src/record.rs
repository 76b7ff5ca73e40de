//! How the record behaves at its size: bytes for each record, appending, the newest records of a session. Measured on
//! the database of a data directory, of which it changes nothing but by appending. `growth` reads what it prints.

use crate::number::{float, micros, quantile};
use anyhow::{Context as _, Result, ensure};
use broker::{
    app::{App, Parts},
    ledger::{Entry, Facts, Intent, Ledger},
    store::{Conn, Store, audit, history},
};
use futures::future::join_all;
use protocol::{GrantId, record::Actor};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Instant};

/// Times that each thing is measured.
const ROUNDS: usize = 200;
/// Records in a group.
const GROUP: usize = 64;
/// Records that the page of a session shows.
const LAST: i64 = 50;

#[derive(clap::Args)]
pub struct Args {
    /// The data directory of a broker that does not run.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its database, if it is another than the one in there.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was measured. Times in microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub records: f64,
    /// Of one record, with its share of all indexes.
    pub bytes: f64,
    /// A group of records, each waited for.
    pub append_p50: f64,
    pub append_p99: f64,
    /// The newest records of a session, as many as its page shows.
    pub last_p50: f64,
    pub last_p99: f64,
}

pub fn run(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let figures = runtime.block_on(measure(args))?;
    if args.json {
        println!("{}", serde_json::to_string(&figures)?);
        return Ok(());
    }
    let Figures { records, bytes, append_p50, append_p99, last_p50, last_p99 } = figures;
    println!("{records:.0} records, {bytes:.0} bytes each, table and indexes");
    println!("append a group of {GROUP}: p50 {append_p50:.0} µs, p99 {append_p99:.0} µs");
    println!("the last {LAST} records of a session: p50 {last_p50:.0} µs, p99 {last_p99:.0} µs");
    Ok(())
}

async fn measure(args: &Args) -> Result<Figures> {
    let file = args.data.join("countersign.db");
    let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let mut parts = Parts::new(Store::open(&url).await?, "http://localhost:8420");
    parts.root = crate::generate::root_key(&args.data)?;
    let (app, _writer) = App::open(parts).await?;
    // The sessions first: what appending leaves in memory would flatter them.
    let (last_p50, last_p99) = sessions(&app).await?;
    let (records, bytes) = size(&app).await?;
    let (append_p50, append_p99) = appending(&app).await?;
    Ok(Figures { records, bytes, append_p50, append_p99, last_p50, last_p99 })
}

const COUNT: &str = "SELECT COUNT(*) FROM audit";
const SIZE_SQLITE: &str = "SELECT SUM(pgsize) FROM dbstat WHERE name IN ('audit', 'audit_sessions')";
const SIZE_POSTGRES: &str =
    "SELECT pg_total_relation_size('audit') + pg_total_relation_size('audit_sessions')";

async fn size(app: &App) -> Result<(f64, f64)> {
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
    let [records, bytes] = [records, bytes].map(|it| float(it.unsigned_abs()));
    Ok((records, bytes / records.max(1.0)))
}

fn entry(grant: &GrantId) -> Intent {
    let facts = Facts::from_iter([("why".to_owned(), "measured".into())]);
    let (actor, grant) = (Actor::Host, Some(grant.clone()));
    Intent::Refused(Box::new(Entry { kind: "measured", actor, grant, call: None, facts }))
}

/// Groups of records about as many live sessions, each waited for.
async fn appending(app: &App) -> Result<(f64, f64)> {
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
    Ok(p50_and_p99(times))
}

/// Sessions from all of the time that the database spans, of which each has more records than a page shows.
const BUSY: &str = "SELECT grant_id FROM audit_sessions WHERE calls >= $1 ORDER BY last";

async fn sessions(app: &App) -> Result<(f64, f64)> {
    let mut conn = app.store.read().await?;
    // Each call has a record of its token, of itself and of its end.
    let calls = LAST / 3 + 1;
    let busy: Vec<String> = match &mut conn {
        Conn::Sqlite(raw) => sqlx::query_scalar(BUSY).bind(calls).fetch_all(&mut **raw).await?,
        Conn::Postgres(raw) => sqlx::query_scalar(BUSY).bind(calls).fetch_all(&mut **raw).await?,
    };
    ensure!(!busy.is_empty(), "no session has {LAST} records; generate more of them");
    let mut times = Vec::new();
    for digits in busy.iter().step_by((busy.len() / ROUNDS).max(1)) {
        let grant: GrantId = format!("{}{digits}", GrantId::PREFIX).parse()?;
        let begun = Instant::now();
        let records = audit::of_grant(&mut conn, &grant, LAST).await?;
        times.push(micros(begun.elapsed()));
        ensure!(records.len() == usize::try_from(LAST)?, "{grant} has {} records", records.len());
    }
    Ok(p50_and_p99(times))
}

fn p50_and_p99(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (quantile(&times, 0.5), quantile(&times, 0.99))
}
