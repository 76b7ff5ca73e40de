//! Why the ledger takes its lock the way it does on PostgreSQL: the same protocol on a small table, right and in the
//! three ways that look right, each under the oracle of I3. After a revocation is acknowledged, nothing may commit
//! that was judged without it.

use crate::support::database::Database;
use broker::store::Engine;
use sqlx::{Connection, Executor, PgConnection};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::task::JoinSet;

const TABLES: &str =
    "CREATE TABLE marks (number BIGINT PRIMARY KEY); CREATE TABLE calls (seen BIGINT NOT NULL)";
const LOCK_SHARED: &str = "SELECT pg_advisory_xact_lock_shared(1)";
const LOCK: &str = "SELECT pg_advisory_xact_lock(1)";
const HIGHEST: &str = "SELECT COALESCE(MAX(number), 0) FROM marks";
const BOTH: &str = "SELECT (SELECT COALESCE(MAX(number), 0) FROM marks) FROM (SELECT pg_advisory_xact_lock_shared(1)) AS lock";
const CALL: &str = "INSERT INTO calls (seen) VALUES ($1)";
const REVOKE: &str = "INSERT INTO marks (number) VALUES ($1)";
const OLDER: &str = "SELECT COUNT(*) FROM calls WHERE seen < $1";

/// Brokers that call at once.
const BROKERS: usize = 3;
/// Revocations that the right protocol must stand.
const ENOUGH: i64 = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Right,
    LockAndReadInOne,
    RepeatableRead,
    NoLock,
}

impl Variant {
    fn begin(self) -> &'static str {
        if self == Self::RepeatableRead { "BEGIN ISOLATION LEVEL REPEATABLE READ" } else { "BEGIN" }
    }

    /// Takes the lock and reads the highest revocation, in this way or that.
    async fn seen(self, conn: &mut PgConnection) -> i64 {
        if self == Self::LockAndReadInOne {
            return sqlx::query_scalar(BOTH).fetch_one(conn).await.unwrap();
        }
        if self != Self::NoLock {
            conn.execute(LOCK_SHARED).await.unwrap();
        }
        sqlx::query_scalar(HIGHEST).fetch_one(conn).await.unwrap()
    }
}

/// One broker: batches of calls, one behind the other.
async fn call(url: String, variant: Variant, done: Arc<AtomicBool>) {
    let mut conn = PgConnection::connect(&url).await.unwrap();
    while !done.load(Ordering::SeqCst) {
        conn.execute(variant.begin()).await.unwrap();
        let seen = variant.seen(&mut conn).await;
        sqlx::query(CALL).bind(seen).execute(&mut conn).await.unwrap();
        conn.execute("COMMIT").await.unwrap();
    }
}

/// Commits a revocation; when this returns it is acknowledged.
async fn revoke(conn: &mut PgConnection, variant: Variant) -> i64 {
    conn.execute("BEGIN").await.unwrap();
    if variant != Variant::NoLock {
        conn.execute(LOCK).await.unwrap();
    }
    let highest: i64 = sqlx::query_scalar(HIGHEST).fetch_one(&mut *conn).await.unwrap();
    sqlx::query(REVOKE).bind(highest + 1).execute(&mut *conn).await.unwrap();
    conn.execute("COMMIT").await.unwrap();
    highest + 1
}

/// How many calls committed behind the acknowledgement of a revocation that they had not seen. Stops at the first
/// such revocation, or after so many revocations.
async fn late_calls(url: &str, variant: Variant, revocations: i64) -> i64 {
    let mut revoker = PgConnection::connect(url).await.unwrap();
    let mut third = PgConnection::connect(url).await.unwrap();
    revoker.execute("TRUNCATE marks, calls").await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut brokers = JoinSet::new();
    for _ in 0..BROKERS {
        brokers.spawn(call(url.to_owned(), variant, done.clone()));
    }
    let mut late = 0;
    let mut acknowledged: Option<(i64, i64)> = None;
    for _ in 0..revocations {
        // What the acknowledgement before this one left: by now every batch of its time has committed.
        if let Some((number, then)) = acknowledged {
            late += count(&mut third, number).await - then;
        }
        if late > 0 {
            break;
        }
        let number = revoke(&mut revoker, variant).await;
        acknowledged = Some((number, count(&mut third, number).await));
        wait_for_a_call(&mut third, number).await;
    }
    done.store(true, Ordering::SeqCst);
    while let Some(broker) = brokers.join_next().await {
        broker.unwrap();
    }
    if let Some((number, then)) = acknowledged.filter(|_| late == 0) {
        late += count(&mut third, number).await - then;
    }
    late
}

/// Each broker goes on, so that the next revocation meets batches that are under way.
async fn wait_for_a_call(conn: &mut PgConnection, number: i64) {
    const NEWER: &str = "SELECT COUNT(*) FROM calls WHERE seen >= $1";
    while sqlx::query_scalar::<_, i64>(NEWER).bind(number).fetch_one(&mut *conn).await.unwrap() < 3 {}
}

async fn count(conn: &mut PgConnection, number: i64) -> i64 {
    sqlx::query_scalar(OLDER).bind(number).fetch_one(conn).await.unwrap()
}

async fn run(variant: Variant, revocations: i64) -> Option<i64> {
    let database = Database::create(Engine::Postgres).await?;
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    conn.execute(sqlx::raw_sql(TABLES)).await.unwrap();
    conn.close().await.unwrap();
    let late = late_calls(&database.url, variant, revocations).await;
    database.remove().await;
    Some(late)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lock_then_read_lets_nothing_through() {
    assert!(run(Variant::Right, ENOUGH).await.is_none_or(|late| late == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lock_and_read_in_one_statement_lets_calls_through() {
    assert!(run(Variant::LockAndReadInOne, 50 * ENOUGH).await.is_none_or(|late| late > 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeatable_read_lets_calls_through() {
    assert!(run(Variant::RepeatableRead, 50 * ENOUGH).await.is_none_or(|late| late > 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_lock_lets_calls_through() {
    assert!(run(Variant::NoLock, 50 * ENOUGH).await.is_none_or(|late| late > 0));
}
