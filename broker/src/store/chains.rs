//! Chains: one for each start of a broker.

use super::{Conn, all, audit, exec, millis, optional, scalar};
use chrono::{DateTime, Utc};
use domain::chain::Head;

/// A chain with its head.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Chain {
    /// Its name.
    pub id: String,
    /// Its number: in the order of starts, from 1.
    pub number: i64,
    /// When its broker started.
    pub started_at: i64,
    /// When its broker ended it; none while it runs, or if it was killed.
    pub ended_at: Option<i64>,
    /// The number of its last record.
    pub head_seq: i64,
    /// The hash of its last record.
    pub head_hash: String,
    /// The number of the last record that is dropped; 0 if none is.
    pub dropped_seq: i64,
    /// Its hash.
    pub dropped_hash: String,
}

impl Chain {
    /// Where its record begins: behind what is dropped. None if the hash there cannot be one.
    pub fn beginning(&self) -> Option<Head> {
        if self.dropped_seq == 0 {
            return Some(Head::default());
        }
        Some(Head { seq: self.dropped_seq, hash: audit::hash_bytes(&self.dropped_hash)? })
    }
}

const LIST: &str = "SELECT id, number, started_at, ended_at, head_seq, head_hash, dropped_seq, dropped_hash \
    FROM chains ORDER BY number";
const FIND: &str = "SELECT id, number, started_at, ended_at, head_seq, head_hash, dropped_seq, dropped_hash \
    FROM chains WHERE id = $1";
const OPEN: &str = "INSERT INTO chains (id, number, started_at, alive_at, head_seq, head_hash) \
    SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $2, 0, $3 FROM chains RETURNING number";
const MOVE: &str =
    "UPDATE chains SET head_seq = $2, head_hash = $3, alive_at = $4 WHERE id = $1 AND head_seq = $5";
const ALIVE: &str = "UPDATE chains SET alive_at = $2 WHERE id = $1";
const END: &str = "UPDATE chains SET ended_at = $2 WHERE id = $1";
const END_OTHERS: &str = "UPDATE chains SET ended_at = alive_at WHERE ended_at IS NULL AND id <> $1";
const LAST: &str = "SELECT COALESCE(MAX(alive_at), 0) FROM chains";

pub(super) const SQL: &[&str] = &[LIST, FIND, OPEN, MOVE, ALIVE, END, END_OTHERS, LAST];

/// When any broker last wrote: no later record may be older.
pub async fn last_sign_of_life(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, LAST)
}

/// All chains, oldest first.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Chain>> {
    all!(conn, LIST)
}

/// One chain.
pub async fn find(conn: &mut Conn, id: &str) -> sqlx::Result<Option<Chain>> {
    optional!(conn, FIND, id)
}

/// Opens a chain; gives its number. Two brokers that start at once must not do this at once: the caller holds the lock
/// that is taken alone.
pub async fn open(conn: &mut Conn, id: &str, start: &str, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, OPEN, id, millis(now), start)
}

/// Moves the head; says whether it stood where the caller thought.
pub async fn advance(
    conn: &mut Conn,
    id: &str,
    from: i64,
    to: i64,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    exec!(conn, MOVE, id, to, hash, millis(now), from).map(|rows| rows == 1)
}

/// Says that the broker of a chain still runs.
pub async fn alive(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, ALIVE, id, millis(now)).map(drop)
}

/// Ends a chain in good order.
pub async fn end(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, END, id, millis(now)).map(drop)
}

/// Where only one broker can be: whatever else was running is dead.
pub async fn end_others(conn: &mut Conn, id: &str) -> sqlx::Result<()> {
    exec!(conn, END_OTHERS, id).map(drop)
}
