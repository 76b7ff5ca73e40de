//! A database of any size that a broker could have made: every chain verifies, every row is what its records say.
//!
//! The cast is declared through a real broker. Then sessions are made in waves of a thousand that run side by side, so
//! that their records lie among each other: asked, approved, redeemed, called in turns, ended. The last wave still runs.
//! The same seed and end make the same database, but for the keys of its vault.

mod bulk;
mod cast;
mod wave;

use anyhow::{Context as _, Result, ensure};
use broker::{
    clock::Clock,
    store::{Conn, Store},
};
use bulk::Bulk;
pub use cast::root_key;

use cast::Cast;
use chrono::{DateTime, TimeDelta, Utc};
use std::{path::PathBuf, time::Instant};
use wave::{Plan, Wave};

/// Sessions that run side by side.
const SIDE_BY_SIDE: u64 = 1_000;
/// From the beginning of a wave to that of the next.
const WAVE: TimeDelta = TimeDelta::seconds(3_660);
/// Waves of one start of the broker.
const WAVES_OF_A_START: u64 = 100;

#[derive(clap::Args)]
pub struct Args {
    /// Sessions, at least one.
    #[arg(long, value_name = "N")]
    grants: u64,
    /// Records, about; four for each session at least.
    #[arg(long, value_name = "M")]
    records: u64,
    /// The data directory, made if it is not there: root key, and the database if no other is named.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// An empty database to use instead.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// What the ids are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When it ends [default: now].
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
}

impl Args {
    fn url(&self) -> String {
        let file = self.data.join("countersign.db");
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()))
    }
}

pub fn run(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(generate(args))
}

async fn generate(args: &Args) -> Result<()> {
    ensure!(args.grants > 0 && args.records >= args.grants * 4, "a session has four records at least");
    std::fs::create_dir_all(&args.data)?;
    let begun = Instant::now();
    let waves = args.grants.div_ceil(SIDE_BY_SIDE);
    let until = args.until.unwrap_or_else(|| Clock::system().now());
    let first = until - WAVE * i32::try_from(waves)? - TimeDelta::days(1);
    let cast = Cast::declare(&args.url(), &args.data, first).await?;
    let store = Store::open(&args.url()).await?;
    let mut conn = store.writer().await?;
    hurry(&mut conn).await?;
    let mut bulk = Bulk::new(conn);
    let calls = (args.records - args.grants * 4) / 3;
    for number in 0..waves {
        let at = until - WAVE * i32::try_from(waves - number)?;
        bulk.begin().await?;
        if number.is_multiple_of(WAVES_OF_A_START) {
            bulk.start(at, args.seed + number).await?;
        }
        let from = number * SIDE_BY_SIDE;
        let sessions = SIDE_BY_SIDE.min(args.grants - from);
        let plan = Plan { at, from, sessions, calls, grants: args.grants, is_last: number + 1 == waves };
        Wave::new(&cast, &plan, args.seed)?.play(&mut bulk).await?;
        bulk.commit(at + WAVE - TimeDelta::seconds(1)).await?;
        eprint!("\r{} of {} sessions", from + sessions, args.grants);
    }
    let records = bulk.finish().await?;
    store.close().await;
    println!(
        "\r{} sessions and {records} records in {} s: {}",
        args.grants,
        begun.elapsed().as_secs(),
        args.url()
    );
    Ok(())
}

/// Nothing is lost if the machine stops: it is made again.
async fn hurry(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(raw) => {
            let settings = "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144";
            sqlx::raw_sql(settings).execute(&mut **raw).await.context("settings")?;
        }
        Conn::Postgres(raw) => {
            let settings = "SET synchronous_commit = off; SET idle_in_transaction_session_timeout = 0";
            sqlx::raw_sql(settings).execute(&mut **raw).await.context("settings")?;
        }
    }
    Ok(())
}
