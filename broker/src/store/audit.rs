//! The record as it is stored.

use super::{Conn, Engine, all, exec, optional};
use protocol::GrantId;
use serde::Serialize;

/// A row to append: chain, number, time, kind, grant's digits, body, hash.
#[derive(Debug, Clone, Serialize)]
pub struct NewRow(pub String, pub i64, pub i64, pub String, pub Option<String>, pub String, pub String);

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its number.
    pub seq: i64,
    /// Its time column.
    pub at: i64,
    /// Its kind column.
    pub kind: String,
    /// Its grant column.
    pub grant_id: Option<String>,
    /// Its canonical JSON.
    pub body: String,
    /// Its hash.
    pub hash: String,
}

const APPEND_SQLITE: &str = "INSERT INTO audit (chain, seq, at, kind, grant_id, body, hash) \
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 \
    FROM json_each($1)";
const APPEND_POSTGRES: &str = "INSERT INTO audit (chain, seq, at, kind, grant_id, body, hash) \
    SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), value ->> 3, value ->> 4, \
    value ->> 5, value ->> 6 FROM json_array_elements(CAST($1 AS json)) AS value";

const PAGE: &str = "SELECT seq, at, kind, grant_id, body, hash FROM audit \
    WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3";
const OF_GRANT: &str = "SELECT seq, at, kind, grant_id, body, hash FROM audit \
    WHERE grant_id = $1 ORDER BY at DESC, seq DESC LIMIT $2";
const HAS: &str = "SELECT seq, at, kind, grant_id, body, hash FROM audit WHERE chain = $1 AND seq = $2";
const COUNTS: &str = "SELECT SUM(CASE WHEN kind = 'call.authorised' THEN 1 ELSE 0 END), \
    SUM(CASE WHEN kind IN ('call.refused', 'token.refused') THEN 1 ELSE 0 END), \
    MAX(CASE WHEN kind = 'call.authorised' THEN at END) FROM audit WHERE grant_id = $1";

const ORPHANS: &str = "SELECT a.chain, MIN(a.seq) FROM audit a \
    WHERE NOT EXISTS (SELECT 1 FROM chains c WHERE c.id = a.chain) GROUP BY a.chain ORDER BY a.chain";

pub(super) const SQL: &[&str] = &[PAGE, OF_GRANT, HAS, COUNTS, ORPHANS];

/// The appending statement of an engine, for the test that prepares every text.
pub fn append_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => APPEND_SQLITE,
        Engine::Postgres => APPEND_POSTGRES,
    }
}

/// Appends a batch's records.
pub async fn append(conn: &mut Conn, rows: &[NewRow]) -> sqlx::Result<()> {
    let rows = serde_json::to_string(rows).map_err(super::corrupt)?;
    let sql = append_sql(conn.engine());
    exec!(conn, sql, &rows).map(drop)
}

/// The next records of a chain.
pub async fn page(conn: &mut Conn, chain: &str, after: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    all!(conn, PAGE, chain, after, limit)
}

/// One record.
pub async fn find(conn: &mut Conn, chain: &str, seq: i64) -> sqlx::Result<Option<Row>> {
    optional!(conn, HAS, chain, seq)
}

/// Chains that have records but are not listed, each with its first record.
pub async fn orphans(conn: &mut Conn) -> sqlx::Result<Vec<(String, i64)>> {
    all!(conn, ORPHANS)
}

/// The newest records about a grant.
pub async fn of_grant(conn: &mut Conn, grant: &GrantId, limit: i64) -> sqlx::Result<Vec<Row>> {
    all!(conn, OF_GRANT, grant.digits(), limit)
}

/// How a session was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls that were authorised.
    pub calls: i64,
    /// Calls that were refused.
    pub refused: i64,
    /// When the last was authorised.
    pub last: Option<i64>,
}

/// Counts the calls of a grant.
pub async fn usage(conn: &mut Conn, grant: &GrantId) -> sqlx::Result<Usage> {
    let row: Option<(Option<i64>, Option<i64>, Option<i64>)> = optional!(conn, COUNTS, grant.digits())?;
    let (calls, refused, last) = row.unwrap_or_default();
    Ok(Usage { calls: calls.unwrap_or(0), refused: refused.unwrap_or(0), last })
}
