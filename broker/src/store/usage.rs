//! Calls and refusals by day, counted from the record behind its head: no call pays for it. A chain is counted in
//! stretches, each once, however many brokers count: whoever moves its cursor writes what the stretch adds.

use super::{Conn, Engine, all, audit, exec};
use protocol::Slug;
use std::collections::HashMap;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// What was used on a day.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Used {
    /// Days since 1970 (UTC).
    pub day: i64,
    /// Which service.
    pub service: String,
    /// Which agent.
    pub agent: String,
    /// Which action; empty where what was refused is none.
    pub action: String,
    /// Calls that were authorised.
    pub calls: i64,
    /// Calls and call tokens that were refused.
    pub refused: i64,
}

macro_rules! count {
    ($name:ident, $facts:literal) => {
        const $name: &str = concat!(
            "SELECT at / 86400000 AS day, ",
            $facts,
            " ->> 'service' AS service, substr(actor, 7) AS agent, COALESCE(",
            $facts,
            " ->> 'action', '') AS action, \
            CAST(SUM(CASE WHEN kind = 'call.authorised' THEN 1 ELSE 0 END) AS BIGINT) AS calls, \
            CAST(SUM(CASE WHEN kind <> 'call.authorised' THEN 1 ELSE 0 END) AS BIGINT) AS refused \
            FROM audit WHERE id > $1 AND id <= $2 \
            AND kind IN ('call.authorised', 'call.refused', 'token.refused') \
            AND actor LIKE 'agent:%' AND ",
            $facts,
            " ->> 'service' IS NOT NULL GROUP BY 1, 2, 3, 4"
        );
    };
}
count!(COUNT_SQLITE, "facts");
count!(COUNT_POSTGRES, "CAST(facts AS json)");

const CURSORS: &str = "SELECT chain, seq FROM usage_cursors";
const BEGIN: &str = "INSERT INTO usage_cursors (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING";
const MOVE: &str = "UPDATE usage_cursors SET seq = $3 WHERE chain = $1 AND seq = $2";
const ADD: &str = "INSERT INTO usage_days (day, service, agent, action, calls, refused) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (day, service, agent, action) DO UPDATE SET \
    calls = usage_days.calls + excluded.calls, refused = usage_days.refused + excluded.refused";
const OF_SERVICE: &str = "SELECT action, CAST(SUM(calls) AS BIGINT), CAST(SUM(refused) AS BIGINT), MAX(day) \
    FROM usage_days WHERE service = $1 AND day > $2 GROUP BY action";
const LAST_DAYS: &str = "SELECT service, MAX(day) FROM usage_days WHERE calls > 0 GROUP BY service";
const SINCE: &str = "SELECT day, service, agent, action, calls, refused FROM usage_days WHERE day > $1 \
    ORDER BY day, service, agent, action LIMIT 20000";
const FORGET: &str = "DELETE FROM usage_days WHERE day < $1";

pub(super) const SQL: &[&str] = &[CURSORS, BEGIN, MOVE, ADD, OF_SERVICE, LAST_DAYS, SINCE, FORGET];

/// The statement that an engine has a text of its own for.
pub fn count_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => COUNT_SQLITE,
        Engine::Postgres => COUNT_POSTGRES,
    }
}

/// The number up to which each chain is counted, by the number of the chain.
pub async fn cursors(conn: &mut Conn) -> sqlx::Result<HashMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = all!(conn, CURSORS)?;
    Ok(rows.into_iter().collect())
}

/// Counts a stretch of a chain: behind `after`, up to `to`.
pub async fn count(conn: &mut Conn, chain: i64, after: i64, to: i64) -> sqlx::Result<Vec<Used>> {
    let sql = count_sql(conn.engine());
    all!(conn, sql, audit::id(chain, after), audit::id(chain, to))
}

/// Moves the cursor of a chain; says whether it still stood where the stretch began.
pub async fn move_cursor(conn: &mut Conn, chain: i64, from: i64, to: i64) -> sqlx::Result<bool> {
    exec!(&mut *conn, BEGIN, chain)?;
    exec!(conn, MOVE, chain, from, to).map(|rows| rows == 1)
}

/// Adds what a stretch came to.
pub async fn add(conn: &mut Conn, it: &Used) -> sqlx::Result<()> {
    exec!(conn, ADD, it.day, &it.service, &it.agent, &it.action, it.calls, it.refused).map(drop)
}

/// Forgets the days before this one.
pub async fn forget(conn: &mut Conn, before: i64) -> sqlx::Result<()> {
    exec!(conn, FORGET, before).map(drop)
}

/// How the actions of a service were used since a day (that day not included): action, calls, refused, last day.
pub async fn of_service(
    conn: &mut Conn,
    service: &Slug,
    since: i64,
) -> sqlx::Result<Vec<(String, i64, i64, i64)>> {
    all!(conn, OF_SERVICE, service.as_str(), since)
}

/// The last day on which each service was called.
pub async fn last_days(conn: &mut Conn) -> sqlx::Result<Vec<(String, i64)>> {
    all!(conn, LAST_DAYS)
}

/// Rows that are looked at for charts, the oldest days first.
pub const MOST: usize = 20_000;

/// All that was used since a day (that day not included), for charts: at most [`MOST`] rows.
pub async fn since(conn: &mut Conn, day: i64) -> sqlx::Result<Vec<Used>> {
    all!(conn, SINCE, day)
}
