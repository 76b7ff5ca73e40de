//! Segments: stretches of chains whose end is sealed. Whole ones are dropped, always from the beginning of their chain.

use super::{Conn, Engine, all, audit, exec, meta, millis, optional, scalar};
use chrono::{DateTime, Utc};

/// A stretch of a chain.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Segment {
    /// The number of the chain.
    pub chain: i64,
    /// The number of its first record there.
    pub first: i64,
    /// That of its last.
    pub last: i64,
    /// The hash of its last record.
    pub hash: String,
    /// When the first was recorded.
    pub first_at: i64,
    /// When the last was.
    pub last_at: i64,
}

/// What of a chain is behind its last sealed head.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Tail {
    /// The number of the chain.
    pub chain: i64,
    /// The number of its first record there.
    pub first: i64,
    /// That of the chain's last.
    pub last: i64,
    /// When the first was recorded.
    pub first_at: i64,
    /// 1 if its broker is gone.
    pub is_over: i64,
}

const LIST: &str = "SELECT chain, first, last, hash, first_at, last_at FROM segments WHERE chain = $1 AND last > $2 ORDER BY first";
const OLD: &str = "SELECT s.chain, s.first, s.last, s.hash, s.first_at, s.last_at FROM segments s \
    JOIN chains c ON c.number = s.chain WHERE s.last > c.dropped_seq AND s.last_at < $1 \
    ORDER BY s.last_at, s.chain, s.first LIMIT $2";
const TAILS: &str = "SELECT t.chain, t.first, t.last, a.at AS first_at, t.is_over FROM \
    (SELECT c.number AS chain, c.head_seq AS last, \
        COALESCE((SELECT MAX(s.last) FROM segments s WHERE s.chain = c.number), c.dropped_seq) + 1 AS first, \
        CAST(CASE WHEN c.id <> $1 AND (c.ended_at IS NOT NULL OR c.alive_at < $2) THEN 1 ELSE 0 END AS BIGINT) AS is_over \
        FROM chains c) AS t \
    JOIN audit a ON a.id = t.chain * 1099511627776 + t.first WHERE t.first <= t.last ORDER BY t.chain";
const SEAL: &str = "INSERT INTO segments (chain, first, last, hash, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT (chain, first) DO NOTHING";
const DROP: &str =
    "UPDATE chains SET dropped_seq = $3, dropped_hash = $4 WHERE number = $1 AND dropped_seq = $2";
const DROPS: &str = "SELECT value FROM counters WHERE name = 'drop'";
const NEXT_DROP: &str = "UPDATE counters SET value = value + 1 WHERE name = 'drop' AND value = $1";
const DROPPED: &str = "SELECT s.chain, s.first, s.last, s.hash, s.first_at, s.last_at FROM segments s \
    JOIN chains c ON c.number = s.chain WHERE s.last <= c.dropped_seq ORDER BY s.chain, s.first LIMIT 1";
const REMOVE: &str = "DELETE FROM audit WHERE id > $1 AND id <= $2";
const REMOVE_SEGMENT: &str = "DELETE FROM segments WHERE chain = $1 AND first = $2";
const REMAINING: &str = "SELECT COUNT(*) FROM audit WHERE id > $1 AND id <= $2";
const OLDEST: &str =
    "SELECT MIN(a.at) FROM chains c JOIN audit a ON a.id = c.number * 1099511627776 + c.dropped_seq + 1";
const UNFINISHED: &str = "SELECT COUNT(*) FROM grants WHERE state IN ('pending', 'approved', 'active') \
    AND asked_at < $1 AND COALESCE(ends_at, expires_at) > $2";

// A session whose last record in this chain goes with these has none left there.
const FORGET_SQLITE: &str = "DELETE FROM audit_sessions WHERE chain = $1 AND last <= $2 AND grant_id IN \
    (SELECT DISTINCT lower(hex(a.grant_id)) FROM audit a WHERE a.id > $3 AND a.id <= $4 AND a.grant_id IS NOT NULL)";
const FORGET_POSTGRES: &str = "DELETE FROM audit_sessions WHERE chain = $1 AND last <= $2 AND grant_id IN \
    (SELECT DISTINCT encode(a.grant_id, 'hex') FROM audit a WHERE a.id > $3 AND a.id <= $4 AND a.grant_id IS NOT NULL)";
const PLACES_SQLITE: &str =
    "SELECT grant_id, last FROM audit_sessions WHERE grant_id IN (SELECT value FROM json_each($1))";
const PLACES_POSTGRES: &str = "SELECT grant_id, last FROM audit_sessions \
    WHERE grant_id IN (SELECT json_array_elements_text(CAST($1 AS json)))";

pub(super) const SQL: &[&str] = &[
    LIST,
    OLD,
    TAILS,
    SEAL,
    DROP,
    DROPS,
    NEXT_DROP,
    DROPPED,
    REMOVE,
    REMOVE_SEGMENT,
    REMAINING,
    OLDEST,
    UNFINISHED,
];

/// The statements that an engine has a text of its own for.
pub fn engine_sql(engine: Engine) -> [&'static str; 2] {
    match engine {
        Engine::Sqlite => [FORGET_SQLITE, PLACES_SQLITE],
        Engine::Postgres => [FORGET_POSTGRES, PLACES_POSTGRES],
    }
}

/// The segments of a chain behind a number, in order.
pub async fn list(conn: &mut Conn, chain: i64, after: i64) -> sqlx::Result<Vec<Segment>> {
    all!(conn, LIST, chain, after)
}

/// Segments whose last record is older than a moment, the oldest first.
pub async fn old(conn: &mut Conn, before: DateTime<Utc>, most: i64) -> sqlx::Result<Vec<Segment>> {
    all!(conn, OLD, millis(before), most)
}

/// What stands behind the sealed heads. `own` is the chain of this broker.
pub async fn tails(conn: &mut Conn, own: &str, silent_since: DateTime<Utc>) -> sqlx::Result<Vec<Tail>> {
    all!(conn, TAILS, own, millis(silent_since))
}

/// Seals a segment; says whether nobody else had sealed one there.
pub async fn seal(conn: &mut Conn, it: &Segment) -> sqlx::Result<bool> {
    let Segment { chain, first, last, hash, first_at, last_at } = it;
    exec!(conn, SEAL, *chain, *first, *last, hash.as_str(), *first_at, *last_at).map(|rows| rows == 1)
}

/// Drops a chain up to a sealed head; says whether it was dropped up to where the caller thought.
pub async fn drop_until(conn: &mut Conn, chain: i64, from: i64, to: i64, hash: &str) -> sqlx::Result<bool> {
    exec!(conn, DROP, chain, from, to, hash).map(|rows| rows == 1)
}

/// The number of the last drop.
pub async fn drops(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, DROPS)
}

/// Counts a drop; says whether `last` was the last before it.
pub async fn next_drop(conn: &mut Conn, last: i64) -> sqlx::Result<bool> {
    exec!(conn, NEXT_DROP, last).map(|rows| rows == 1)
}

/// When the newest record was made that was ever dropped; none if none was.
pub async fn dropped_until(conn: &mut Conn) -> sqlx::Result<Option<i64>> {
    Ok(meta::get(conn, meta::DROPPED_UNTIL).await?.and_then(|it| it.parse().ok()))
}

/// A segment that is dropped and whose records are not all removed.
pub async fn dropped(conn: &mut Conn) -> sqlx::Result<Option<Segment>> {
    optional!(conn, DROPPED)
}

/// Removes records of a dropped segment, up to so many; says whether it is gone with them.
pub async fn remove(conn: &mut Conn, it: &Segment, most: i64) -> sqlx::Result<bool> {
    let Some(next) = audit::next(conn, audit::id(it.chain, it.first)).await? else {
        return exec!(conn, REMOVE_SEGMENT, it.chain, it.first).map(|_| true);
    };
    let end = audit::id(it.chain, it.last);
    let until = (next - 1 + most).min(end);
    if next <= end {
        let [forget, _] = engine_sql(conn.engine());
        exec!(&mut *conn, forget, it.chain, end, next - 1, until)?;
        exec!(&mut *conn, REMOVE, next - 1, until)?;
    }
    if until < end {
        return Ok(false);
    }
    exec!(conn, REMOVE_SEGMENT, it.chain, it.first).map(|_| true)
}

/// How many records of a chain up to a number are still there.
pub async fn remaining(conn: &mut Conn, chain: i64, until: i64) -> sqlx::Result<i64> {
    scalar!(conn, REMAINING, audit::id(chain, 0), audit::id(chain, until))
}

/// When the oldest record was made that is not dropped.
pub async fn oldest(conn: &mut Conn) -> sqlx::Result<Option<i64>> {
    scalar!(conn, OLDEST)
}

/// How many requests and sessions were asked for before a moment and may still go on at another.
pub async fn unfinished(conn: &mut Conn, before: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, UNFINISHED, millis(before), millis(now))
}

/// The ids of the last records that sessions have in each chain, by the sessions' digits.
pub async fn places(conn: &mut Conn, grants: &[String]) -> sqlx::Result<Vec<(String, i64)>> {
    let [_, sql] = engine_sql(conn.engine());
    let list = serde_json::to_string(grants).map_err(super::corrupt)?;
    all!(conn, sql, &list)
}
