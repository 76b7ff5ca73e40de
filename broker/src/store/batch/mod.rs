//! How every batch of the ledger begins and ends, in as few statements as the engine allows.
//!
//! On SQLite each statement is a message to another thread and back, which costs more than most statements do, and
//! lists in JSON are parsed anew for each column. So a batch begins with one text, and ends with one that has room for
//! so many rows of each list; a row that is not needed is NULL and left out. A batch for which nothing has to be read is
//! one text altogether (`at_once`). PostgreSQL gets its lists as JSON: there a statement for each is what its plan cache
//! knows.

mod at_once;
mod rows;

pub use at_once::{AtOnce, Known, at_once, at_once_sql};
pub use rows::{Shape, sqlite_sql};

use super::{
    Conn, Engine,
    audit::{self, NewRow},
    calls, chains, exec, time,
    watermarks::{self, News},
};
use crate::failpoint;
use protocol::{CallId, Digest};
use rows::MOST;

const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
const BEGIN_POSTGRES: &str = "BEGIN";

/// What a batch writes beside its records.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The name of the chain.
    pub chain: &'a str,
    /// Its number.
    pub number: i64,
    /// Where its head stood.
    pub from: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// Call tokens that are used up with what is written, where that was not done before (SQLite, `at_once`).
    pub taken: &'a [CallId],
    /// Calls and call tokens that come into being.
    pub calls: &'a [calls::Row],
    /// Calls that are over.
    pub over: &'a [CallId],
}

/// The statement that begins a transaction of the ledger.
pub fn begin_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => BEGIN_SQLITE,
        Engine::Postgres => BEGIN_POSTGRES,
    }
}

/// Begins a batch that has seen the revocations up to a number, and reads what is new; `alone` keeps every other batch
/// out.
pub async fn begin(conn: &mut Conn, alone: bool, seen: i64) -> sqlx::Result<News> {
    match conn.engine() {
        Engine::Sqlite => {
            let news = watermarks::begin_with_news(conn, seen).await?;
            failpoint::hit("ledger.begun").await?;
            Ok(news)
        }
        Engine::Postgres => {
            exec!(&mut *conn, BEGIN_POSTGRES)?;
            failpoint::hit("ledger.begun").await?;
            if alone {
                watermarks::lock_alone(conn).await?;
            } else {
                watermarks::lock_shared(conn).await?;
            }
            watermarks::news(conn, seen).await
        }
    }
}

/// Writes a batch down, and moves the head of its chain behind the records; says whether the head stood where the
/// caller thought.
pub async fn write(conn: &mut Conn, mut rows: &mut [NewRow], written: &Written<'_>) -> sqlx::Result<bool> {
    if rows.is_empty() {
        return Err(without_records());
    }
    let Conn::Sqlite(pooled) = conn else { return by_lists(conn, rows, written).await };
    let Written { mut from, mut calls, mut over, .. } = *written;
    loop {
        let some = rows.len().min(MOST);
        let (now, later) = rows.split_at_mut(some);
        let notes = audit::link(now);
        let (calls_now, calls_later) = calls.split_at(calls.len().min(MOST));
        let (over_now, over_later) = over.split_at(over.len().min(MOST));
        let part = Written { from, calls: calls_now, over: over_now, ..*written };
        if !rows::write(pooled, now, &notes, &part).await? {
            return Ok(false);
        }
        from = now.last().map_or(from, NewRow::seq);
        (rows, calls, over) = (later, calls_later, over_later);
        if rows.is_empty() && calls.is_empty() && over.is_empty() {
            return Ok(true);
        }
    }
}

/// Every call that comes or goes has a record of its own.
fn without_records() -> sqlx::Error {
    sqlx::Error::Protocol("a batch without records has calls".to_owned())
}

async fn by_lists(conn: &mut Conn, rows: &mut [NewRow], written: &Written<'_>) -> sqlx::Result<bool> {
    calls::insert(conn, written.calls, written.chain).await?;
    if !written.over.is_empty() {
        calls::finish(conn, written.over).await?;
    }
    let Some(last) = rows.last() else { return Err(without_records()) };
    let (to, hash) = (last.seq(), Digest::from_bytes(&last.hash));
    audit::append(conn, written.number, rows).await?;
    chains::advance(conn, written.chain, written.from, to, hash.as_str(), time(written.at)).await
}
