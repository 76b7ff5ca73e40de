//! The record as it is stored: one table in the order of appending, with one key. A session's records are found from
//! the last one backwards (`audit_sessions` and `back`), so that appending touches no index at random places.

mod columns;
mod last;
mod scan;

pub(crate) use columns::actor_column;
pub use columns::{Common, NewRow, Row, Said};
pub use last::{LastCall, last_calls};
pub use scan::{Line, Stretch, Which, hash_bytes, stretch};

use super::{Conn, Engine, all, exec, optional};
use protocol::{GrantId, record::Record};
use std::collections::{BTreeMap, HashMap};

/// Numbers that one chain has: the id of a record is the chain's number times this, plus its number in the chain.
pub(crate) const SPAN: i64 = 1 << 40;

/// The id of a record.
pub fn id(chain: i64, seq: i64) -> i64 {
    chain * SPAN + seq
}

/// The number of the chain that a record of this id belongs to.
pub fn chain_of(id: i64) -> i64 {
    id / SPAN
}

/// The number in its chain that a record of this id has.
pub fn seq_of(id: i64) -> i64 {
    id % SPAN
}

// The first record of a session in a batch finds the one before in `audit_sessions`, which is written afterwards.
const APPEND_SQLITE: &str = "INSERT INTO audit \
    (id, at, watermark, back, kind, actor, grant_id, call_id, facts, hash) \
    SELECT value ->> 0, value ->> 1, value ->> 2, COALESCE(value ->> 3, (SELECT (value ->> 0) - s.last \
        FROM audit_sessions s WHERE s.grant_id = value ->> 6 AND s.chain = $2), 0), \
    value ->> 4, value ->> 5, unhex(value ->> 6), unhex(value ->> 7), value ->> 8, unhex(value ->> 9) \
    FROM json_each($1)";
const APPEND_POSTGRES: &str = "INSERT INTO audit \
    (id, at, watermark, back, kind, actor, grant_id, call_id, facts, hash) \
    SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), \
    COALESCE(CAST(value ->> 3 AS BIGINT), (SELECT CAST(value ->> 0 AS BIGINT) - s.last \
        FROM audit_sessions s WHERE s.grant_id = value ->> 6 AND s.chain = $2), 0), \
    value ->> 4, value ->> 5, decode(value ->> 6, 'hex'), decode(value ->> 7, 'hex'), value ->> 8, \
    decode(value ->> 9, 'hex') FROM json_array_elements(CAST($1 AS json)) AS value";

const NOTE_SQLITE: &str = "INSERT INTO audit_sessions (grant_id, chain, last, calls, refused, last_call_at) \
    SELECT value ->> 0, $2, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true \
    ON CONFLICT (grant_id, chain) DO UPDATE SET last = excluded.last, \
    calls = audit_sessions.calls + excluded.calls, refused = audit_sessions.refused + excluded.refused, \
    last_call_at = COALESCE(excluded.last_call_at, audit_sessions.last_call_at)";
const NOTE_POSTGRES: &str = "INSERT INTO audit_sessions (grant_id, chain, last, calls, refused, last_call_at) \
    SELECT value ->> 0, $2, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), \
    CAST(value ->> 3 AS BIGINT), CAST(value ->> 4 AS BIGINT) FROM json_array_elements(CAST($1 AS json)) AS value \
    ON CONFLICT (grant_id, chain) DO UPDATE SET last = excluded.last, \
    calls = audit_sessions.calls + excluded.calls, refused = audit_sessions.refused + excluded.refused, \
    last_call_at = COALESCE(excluded.last_call_at, audit_sessions.last_call_at)";

const PAGE: &str = "SELECT id, at, watermark, kind, actor, grant_id, call_id, facts, hash FROM audit \
    WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
const PAGE_BEFORE: &str = "SELECT id, at, watermark, kind, actor, grant_id, call_id, facts, hash FROM audit \
    WHERE id > $1 AND id < $2 ORDER BY id DESC LIMIT $3";
const FIND: &str =
    "SELECT id, at, watermark, kind, actor, grant_id, call_id, facts, hash FROM audit WHERE id = $1";
const OF_GRANT: &str = "WITH RECURSIVE walk (id, back, place) AS ( \
    SELECT a.id, a.back, 1 FROM audit_sessions s JOIN audit a ON a.id = s.last WHERE s.grant_id = $1 \
    UNION ALL \
    SELECT a.id, a.back, w.place + 1 FROM walk w JOIN audit a ON a.id = w.id - w.back \
        WHERE w.back > 0 AND w.place < $2) \
    SELECT c.id AS chain, a.id, a.at, a.watermark, a.kind, a.actor, a.grant_id, a.call_id, a.facts, a.hash \
    FROM walk w JOIN audit a ON a.id = w.id JOIN chains c ON c.number = w.id >> 40 \
    ORDER BY a.at DESC, a.id DESC LIMIT $2";
const NEXT: &str = "SELECT MIN(id) FROM audit WHERE id >= $1";

const USAGE_SQLITE: &str = "SELECT grant_id, SUM(calls), SUM(refused), MAX(last_call_at) FROM audit_sessions \
    WHERE grant_id IN (SELECT value FROM json_each($1)) GROUP BY grant_id";
const USAGE_POSTGRES: &str = "SELECT grant_id, CAST(SUM(calls) AS BIGINT), CAST(SUM(refused) AS BIGINT), \
    MAX(last_call_at) FROM audit_sessions \
    WHERE grant_id IN (SELECT json_array_elements_text(CAST($1 AS json))) GROUP BY grant_id";

pub(super) const SQL: &[&str] = &[PAGE, PAGE_BEFORE, FIND, OF_GRANT, NEXT, last::LAST];

/// The statements that an engine has a text of its own for.
pub fn engine_sql(engine: Engine) -> [&'static str; 5] {
    let [append, note, usage] = match engine {
        Engine::Sqlite => [APPEND_SQLITE, NOTE_SQLITE, USAGE_SQLITE],
        Engine::Postgres => [APPEND_POSTGRES, NOTE_POSTGRES, USAGE_POSTGRES],
    };
    [append, note, usage, scan::sql(engine, Which::All), scan::sql(engine, Which::Deciding)]
}

/// What a batch adds to what is known of a session.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    /// The session's digits.
    pub grant: String,
    /// The id of its last record.
    pub last: i64,
    /// Calls.
    pub calls: i64,
    /// Refusals.
    pub refused: i64,
    /// The last call.
    pub last_call_at: Option<i64>,
}

/// Has each record lead to the one before of the same session, as far as it stands among these; gives what they add
/// to what is known of the sessions.
pub(super) fn link(rows: &mut [NewRow]) -> Vec<Noted> {
    let mut noted: Vec<Noted> = Vec::new();
    let mut places: HashMap<GrantId, usize> = HashMap::new();
    for row in rows {
        let Some(grant) = row.grant_id() else { continue };
        let note = if let Some(place) = places.get(grant) {
            let note = &mut noted[*place];
            row.stands_behind(note.last);
            note
        } else {
            let grant_digits = grant.digits().to_owned();
            places.insert(grant.clone(), noted.len());
            noted.push(Noted { grant: grant_digits, last: 0, calls: 0, refused: 0, last_call_at: None });
            let last = noted.len() - 1;
            &mut noted[last]
        };
        note.last = row.id;
        match row.kind.as_str() {
            "call.authorised" => (note.calls, note.last_call_at) = (note.calls + 1, Some(row.at)),
            "call.refused" | "token.refused" => note.refused += 1,
            _ => {}
        }
    }
    noted
}

/// Appends records to the chain of this number, from lists: for many at once.
pub async fn append(conn: &mut Conn, chain: i64, rows: &mut [NewRow]) -> sqlx::Result<()> {
    let noted = link(rows);
    let [append, note, ..] = engine_sql(conn.engine());
    let records = serde_json::to_string(rows).map_err(super::corrupt)?;
    exec!(&mut *conn, append, &records, chain)?;
    if noted.is_empty() {
        return Ok(());
    }
    let row = |it: &Noted| (it.grant.clone(), it.last, it.calls, it.refused, it.last_call_at);
    let notes: Vec<_> = noted.iter().map(row).collect();
    exec!(conn, note, &serde_json::to_string(&notes).map_err(super::corrupt)?, chain).map(drop)
}

/// The next records of a chain.
pub async fn page(conn: &mut Conn, chain: i64, after: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    all!(conn, PAGE, id(chain, after), id(chain + 1, 0), limit)
}

/// The last records of a chain behind one number and before another, newest first.
pub async fn page_before(
    conn: &mut Conn,
    chain: i64,
    after: i64,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    all!(conn, PAGE_BEFORE, id(chain, after), id(chain, before), limit)
}

/// One record.
pub async fn find(conn: &mut Conn, chain: i64, seq: i64) -> sqlx::Result<Option<Row>> {
    optional!(conn, FIND, id(chain, seq))
}

/// The id of the first record at or behind an id.
pub async fn next(conn: &mut Conn, from: i64) -> sqlx::Result<Option<i64>> {
    let row: Option<(Option<i64>,)> = optional!(conn, NEXT, from)?;
    Ok(row.and_then(|(id,)| id))
}

#[derive(sqlx::FromRow)]
struct OfChain {
    chain: String,
    #[sqlx(flatten)]
    row: Row,
}

/// The newest records about a grant, newest first.
pub async fn of_grant(conn: &mut Conn, grant: &GrantId, limit: i64) -> sqlx::Result<Vec<Record>> {
    let rows: Vec<OfChain> = all!(conn, OF_GRANT, grant.digits(), limit)?;
    rows.iter().map(|it| it.row.record(&it.chain).map_err(super::corrupt)).collect()
}

/// How a session was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls that were authorised.
    pub calls: i64,
    /// Calls and call tokens that were refused.
    pub refused: i64,
    /// When the last was authorised.
    pub last: Option<i64>,
}

/// How sessions were used, by their digits. What was never called is not in it.
pub async fn usage(conn: &mut Conn, grants: &[&str]) -> sqlx::Result<BTreeMap<String, Usage>> {
    let [_, _, sql, ..] = engine_sql(conn.engine());
    let list = serde_json::to_string(grants).map_err(super::corrupt)?;
    let rows: Vec<(String, i64, i64, Option<i64>)> = all!(conn, sql, &list)?;
    let usage = |(grant, calls, refused, last)| (grant, Usage { calls, refused, last });
    Ok(rows.into_iter().map(usage).collect())
}
