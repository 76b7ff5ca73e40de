//! The database: one SQL for SQLite (embedded, one broker) and PostgreSQL (several brokers).
//!
//! A file per noun; every SQL text is a `const` listed in that file's `SQL`, and one test prepares them all on both
//! engines. Nothing here decides anything: reads serve everybody, writes are called by the ledger alone, inside its
//! transactions. To add a statement: write the const, list it, bind through `exec!`, `optional!`, `all!` or
//! `scalar!`.

pub mod activity;
pub mod agent_keys;
pub mod agents;
pub mod audit;
pub mod authorizations;
pub mod batch;
pub mod calls;
pub mod chains;
pub mod ciba;
pub mod connections;
mod empty;
mod engine;
pub mod grants;
pub mod history;
pub mod keys;
pub mod lines;
pub mod meta;
pub mod migrate;
pub mod oauth_clients;
pub mod passkeys;
pub mod people;
mod read_only;
pub mod recovery;
pub mod recovery_codes;
pub mod revision;
pub mod segments;
pub mod services;
pub mod settings;
pub mod tools;
pub mod usage;
pub mod wal;
pub mod watermarks;
pub mod web;

pub use engine::{Conn, Engine, OpenError, Store};

use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::timeout;

/// A server that does not answer a statement within this time is not waited for: whoever needs it is refused.
const ANSWER: Duration = Duration::from_secs(2);

/// What a statement came to, or that nothing did in time. A connection that owes an answer is not used again.
pub(crate) async fn answered<T>(statement: impl Future<Output = sqlx::Result<T>>) -> (sqlx::Result<T>, bool) {
    match timeout(ANSWER, statement).await {
        Ok(done) => (done, true),
        Err(_) => (Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()), false),
    }
}

/// Runs one expression on whichever engine a connection is to.
macro_rules! on {
    ($conn:expr, $raw:ident => $body:expr) => {
        match $conn {
            $crate::store::Conn::Sqlite(pooled) => {
                let $raw = &mut **pooled;
                $body
            }
            $crate::store::Conn::Postgres(pooled) => {
                let $raw = &mut **pooled;
                $body
            }
        }
    };
}

/// Waits for one statement. SQLite answers by itself, within its own limits; a server may not answer at all.
macro_rules! ask {
    ($conn:expr, $raw:ident => $statement:expr) => {
        match $conn {
            $crate::store::Conn::Sqlite(pooled) => {
                let $raw = &mut **pooled;
                $statement.await
            }
            $crate::store::Conn::Postgres(pooled) => {
                let (done, in_time) = {
                    let $raw = &mut **pooled;
                    $crate::store::answered($statement).await
                };
                if !in_time {
                    pooled.close_on_drop();
                }
                done
            }
        }
    };
}

/// Executes a statement; gives the number of rows that it touched.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::ask!($conn, raw => async {
            sqlx::query($sql)$(.bind($bind))*.execute(raw).await.map(|done| done.rows_affected())
        })
    };
}

/// Reads at most one row.
macro_rules! optional {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::ask!($conn, raw => sqlx::query_as($sql)$(.bind($bind))*.fetch_optional(raw))
    };
}

/// Reads all rows.
macro_rules! all {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::ask!($conn, raw => sqlx::query_as($sql)$(.bind($bind))*.fetch_all(raw))
    };
}

/// Reads one value.
macro_rules! scalar {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::ask!($conn, raw => sqlx::query_scalar($sql)$(.bind($bind))*.fetch_one(raw))
    };
}

pub(crate) use {all, ask, exec, on, optional, scalar};

/// Every SQL text that runs on both engines, for the test that prepares them.
pub fn sql() -> Vec<&'static str> {
    [
        activity::SQL,
        agent_keys::SQL,
        agents::SQL,
        audit::SQL,
        authorizations::SQL,
        calls::SQL,
        chains::SQL,
        ciba::SQL,
        connections::SQL,
        grants::SQL,
        history::SQL,
        keys::SQL,
        lines::SQL,
        meta::SQL,
        oauth_clients::SQL,
        passkeys::SQL,
        people::SQL,
        recovery::SQL,
        recovery_codes::SQL,
        revision::SQL,
        segments::SQL,
        services::SQL,
        settings::SQL,
        tools::SQL,
        usage::SQL,
        watermarks::SQL,
        web::SQL,
    ]
    .concat()
}

/// A time as the database holds it: milliseconds since 1970 (UTC).
pub fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A time from the database. What cannot be a time reads as 1970, which is long over.
pub fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// A stored text that cannot be read back: the database was changed by another hand.
pub fn corrupt(what: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(what))
}

/// Parses a stored name or id.
pub fn parsed<T: std::str::FromStr>(text: &str) -> sqlx::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(corrupt)
}
