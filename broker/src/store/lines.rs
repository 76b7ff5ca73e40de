//! Lines with limits, and what is used of them.

use super::{Conn, Engine, all, exec};
use protocol::{GrantId, terms::LineId};
use serde::Serialize;

const ADD: &str = "INSERT INTO grant_lines (grant_id, line, max_calls) VALUES ($1, $2, $3)";
const OF_GRANT: &str = "SELECT line, max_calls, used FROM grant_lines WHERE grant_id = $1 ORDER BY line";

// One statement for a whole batch: calls are grouped by line first, because `UPDATE … WHERE id IN (list)` would count
// five calls on one line once. `given` is how many of the `n` that were wanted fitted. PostgreSQL locks the rows in
// the order of their keys, so that two batches cannot deadlock.
const SPEND_SQLITE: &str = "UPDATE grant_lines SET given = MIN(n, max_calls - used), \
    used = used + MIN(n, max_calls - used) \
    FROM (SELECT value ->> 0 AS grant_id, CAST(value ->> 1 AS INTEGER) AS line, CAST(value ->> 2 AS INTEGER) AS n \
          FROM json_each($1)) AS want \
    WHERE grant_lines.grant_id = want.grant_id AND grant_lines.line = want.line \
    RETURNING grant_lines.grant_id, grant_lines.line, grant_lines.given";
const SPEND_POSTGRES: &str = "WITH want AS ( \
        SELECT value ->> 0 AS grant_id, CAST(value ->> 1 AS BIGINT) AS line, CAST(value ->> 2 AS BIGINT) AS n \
        FROM json_array_elements(CAST($1 AS json)) AS value), \
    held AS ( \
        SELECT l.grant_id, l.line, want.n FROM grant_lines l JOIN want USING (grant_id, line) \
        ORDER BY l.grant_id, l.line FOR UPDATE OF l) \
    UPDATE grant_lines SET given = LEAST(held.n, max_calls - used), used = used + LEAST(held.n, max_calls - used) \
    FROM held WHERE grant_lines.grant_id = held.grant_id AND grant_lines.line = held.line \
    RETURNING grant_lines.grant_id, grant_lines.line, grant_lines.given";

pub(super) const SQL: &[&str] = &[ADD, OF_GRANT];

/// The spending statement of an engine, for the test that prepares every text.
pub fn spend_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => SPEND_SQLITE,
        Engine::Postgres => SPEND_POSTGRES,
    }
}

/// What is used of a limited line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Used {
    /// The line's number.
    pub line: i64,
    /// At most.
    pub max_calls: i64,
    /// So far.
    pub used: i64,
}

/// Adds a limit.
pub async fn add(conn: &mut Conn, grant: &GrantId, line: LineId, max_calls: u32) -> sqlx::Result<()> {
    exec!(conn, ADD, grant.digits(), i64::from(line), i64::from(max_calls)).map(drop)
}

/// The limits of a grant.
pub async fn of_grant(conn: &mut Conn, grant: &GrantId) -> sqlx::Result<Vec<Used>> {
    all!(conn, OF_GRANT, grant.digits())
}

/// What a batch wants of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Want(pub String, pub LineId, pub i64);

/// What became of a line in a batch.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Spent {
    /// The grant's digits.
    pub grant_id: String,
    /// The line's number.
    pub line: i64,
    /// How many of the wanted calls fitted.
    pub given: i64,
}

/// Spends as much of each wanted line as is left.
pub async fn spend(conn: &mut Conn, wants: &[Want]) -> sqlx::Result<Vec<Spent>> {
    let wants = serde_json::to_string(wants).map_err(super::corrupt)?;
    let sql = spend_sql(conn.engine());
    all!(conn, sql, &wants)
}
