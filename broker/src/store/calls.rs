//! Call tokens and calls while they matter: minted, open, done. Lists travel as one JSON parameter.

use super::{Conn, Engine, all, exec, millis, optional, scalar};
use chrono::{DateTime, Utc};
use protocol::{CallId, GrantId, Slug};
use serde::Serialize;

/// A row of `calls`: id, grant, service, `minted` or `open`, when its token expires.
#[derive(Debug, Clone)]
pub struct Row(pub CallId, pub GrantId, pub Slug, pub &'static str, pub i64);

/// A row's token expires this long after it was made at the latest, in milliseconds.
const LONGEST: i64 = 120_000;

macro_rules! per_engine {
    ($name:ident, $head:literal, $tail:literal) => {
        fn $name(engine: Engine) -> &'static str {
            match engine {
                Engine::Sqlite => concat!($head, "FROM json_each($1)", $tail),
                Engine::Postgres => {
                    concat!($head, "FROM json_array_elements(CAST($1 AS json)) AS value", $tail)
                }
            }
        }
    };
}

per_engine!(
    insert_sql,
    "INSERT INTO calls (id, grant_id, service, chain, state, expires_at) \
     SELECT value ->> 0, value ->> 1, value ->> 2, $2, value ->> 3, CAST(value ->> 4 AS BIGINT) ",
    ""
);
per_engine!(
    take_sql,
    "UPDATE calls SET state = 'open', chain = $2 WHERE state = 'minted' AND id IN (SELECT value ->> 0 ",
    ") RETURNING id"
);
per_engine!(
    finish_sql,
    "UPDATE calls SET state = 'done' WHERE state = 'open' AND id IN (SELECT value ->> 0 ",
    ") RETURNING id"
);

const OPEN_OF_DEAD: &str = "SELECT c.id, c.grant_id FROM calls c JOIN chains h ON h.id = c.chain \
    WHERE c.state = 'open' AND (h.ended_at IS NOT NULL OR h.alive_at < $1) AND c.chain <> $2 LIMIT 200";
// The ids of calls sort by time: what is over stands first.
const SWEEP: &str = "DELETE FROM calls WHERE id IN (SELECT id FROM calls \
    WHERE id < $2 AND expires_at < $1 AND state <> 'open' ORDER BY id LIMIT 1000)";
const FORGET_KEYS: &str = "DELETE FROM idempotency WHERE grant_id = $1";
const REPEAT: &str = "SELECT call_id, digest FROM idempotency WHERE grant_id = $1 AND key = $2";
const REMEMBER: &str = "INSERT INTO idempotency (grant_id, key, call_id, digest) VALUES ($1, $2, $3, $4)";
const OUTSTANDING: &str = "SELECT COUNT(*), COALESCE(MAX(expires_at), 0) FROM calls \
    WHERE state = 'minted' AND expires_at > $1";
const OPEN: &str = "SELECT COUNT(*) FROM calls WHERE state = 'open'";
const OPEN_OF: &str = "SELECT COUNT(*) FROM calls WHERE grant_id = $1 AND state = 'open'";

const IS_MINTED: &str = "SELECT COUNT(*) FROM calls WHERE id = $1 AND state = 'minted'";
pub(super) const SQL: &[&str] =
    &[IS_MINTED, OPEN_OF_DEAD, SWEEP, FORGET_KEYS, REPEAT, REMEMBER, OUTSTANDING, OPEN, OPEN_OF];

/// The list statements of an engine, for the test that prepares every text.
pub fn list_sql(engine: Engine) -> [&'static str; 3] {
    [insert_sql(engine), take_sql(engine), finish_sql(engine)]
}

fn json(rows: &impl Serialize) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(super::corrupt)
}

fn ids(rows: Vec<(String,)>) -> Vec<String> {
    rows.into_iter().map(|(id,)| id).collect()
}

/// Adds rows of a chain.
pub async fn insert(conn: &mut Conn, rows: &[Row], chain: &str) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = insert_sql(conn.engine());
    let row = |Row(id, grant, service, state, expires): &Row| {
        (id.clone(), grant.digits().to_owned(), service.clone(), *state, *expires)
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    exec!(conn, sql, json(&rows)?, chain).map(drop)
}

/// Uses minted tokens up: they become open calls of this chain. Gives the ids that were still unused.
pub async fn take(conn: &mut Conn, tokens: &[CallId], chain: &str) -> sqlx::Result<Vec<String>> {
    let sql = take_sql(conn.engine());
    let tokens: Vec<[&CallId; 1]> = tokens.iter().map(|id| [id]).collect();
    Ok(ids(all!(conn, sql, json(&tokens)?, chain)?))
}

/// Whether a call token is unused, as far as this moment knows: only taking it says so for good.
pub async fn is_minted(conn: &mut Conn, call: &CallId) -> sqlx::Result<bool> {
    let count: i64 = scalar!(conn, IS_MINTED, call.as_str())?;
    Ok(count == 1)
}

/// Marks open calls as done; gives the ids that were open.
pub async fn finish(conn: &mut Conn, calls: &[CallId]) -> sqlx::Result<Vec<String>> {
    let sql = finish_sql(conn.engine());
    let calls: Vec<[&CallId; 1]> = calls.iter().map(|id| [id]).collect();
    Ok(ids(all!(conn, sql, json(&calls)?)?))
}

/// Open calls of brokers that are gone: ended, or not heard of since this moment. Id and grant's digits.
pub async fn open_of_dead(
    conn: &mut Conn,
    silent_since: DateTime<Utc>,
    own: &str,
) -> sqlx::Result<Vec<(String, String)>> {
    all!(conn, OPEN_OF_DEAD, millis(silent_since), own)
}

/// Forgets up to a thousand rows whose token is over, the oldest first. More would hold a group of calls up.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let made_before = u128::try_from(millis(before) - LONGEST).unwrap_or_default();
    // A UUIDv7 begins with its 48 bits of milliseconds.
    let (moment, first) = (millis(before), CallId::from_u128(made_before << 80));
    exec!(conn, SWEEP, moment, first.as_str())
}

/// Forgets the idempotency keys of a session that is over: its calls are refused for that.
pub async fn forget_keys(conn: &mut Conn, grant: &GrantId) -> sqlx::Result<()> {
    exec!(conn, FORGET_KEYS, grant.digits()).map(drop)
}

/// The call that an idempotency key stands for, and the digest of what was called.
pub async fn repeat(conn: &mut Conn, grant: &GrantId, key: &str) -> sqlx::Result<Option<(String, String)>> {
    optional!(conn, REPEAT, grant.digits(), key)
}

/// Binds an idempotency key to a call.
pub async fn remember(
    conn: &mut Conn,
    grant: &GrantId,
    key: &str,
    call: &CallId,
    digest: &str,
) -> sqlx::Result<()> {
    exec!(conn, REMEMBER, grant.digits(), key, call.as_str(), digest).map(drop)
}

/// How many call tokens are unused and valid, and when the last expires.
pub async fn outstanding(conn: &mut Conn, now: DateTime<Utc>) -> sqlx::Result<(i64, i64)> {
    let row: Option<(i64, i64)> = optional!(conn, OUTSTANDING, millis(now))?;
    Ok(row.unwrap_or_default())
}

/// How many calls are open anywhere.
pub async fn open(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, OPEN)
}

/// How many calls of a session are open.
pub async fn open_of(conn: &mut Conn, grant: &GrantId) -> sqlx::Result<i64> {
    scalar!(conn, OPEN_OF, grant.digits())
}
