//! Lists of requests and sessions for pages: what waits, what is live, what is over.

use super::{Conn, Engine, all, corrupt, millis, optional, scalar, time};
use chrono::{DateTime, Utc};
use domain::state::Grant;
use protocol::{GrantId, Slug, card::History};
use std::collections::HashSet;

use super::grants::Stored;

#[derive(sqlx::FromRow)]
struct Row {
    body: String,
    watermark: i64,
    last_call_at: Option<i64>,
}

fn list(rows: Vec<Row>) -> sqlx::Result<Vec<Stored>> {
    rows.into_iter()
        .map(|row| {
            let grant: Grant = serde_json::from_str(&row.body).map_err(corrupt)?;
            Ok(Stored { grant, watermark: row.watermark, last_call_at: row.last_call_at.map(time) })
        })
        .collect()
}

const WAITING: &str = "SELECT body, watermark, last_call_at FROM open_requests \
    WHERE expires_at > $1 ORDER BY expires_at LIMIT 200";
const LIVE: &str = "SELECT body, watermark, last_call_at FROM live_grants \
    WHERE ends_at > $1 ORDER BY ends_at LIMIT 200";
const OVER: &str = "SELECT body, watermark, last_call_at FROM grants g WHERE g.decided_at > $2 AND NOT EXISTS \
    (SELECT 1 FROM live_grants l WHERE l.id = g.id AND l.ends_at > $1) ORDER BY g.decided_at DESC LIMIT 200";
const IS_LIVE: &str = "SELECT COUNT(*) FROM live_grants WHERE id = $1 AND ends_at > $2";
// A grant is live as long as one of its services is, so none is left of one that is over.
const LEFT: &str = "SELECT l.service FROM live_grant_services l WHERE l.grant_id = $1 \
    AND EXISTS (SELECT 1 FROM live_grants g WHERE g.id = $1 AND g.ends_at > $2)";
const LIVE_OF_SERVICE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2)";
// That it is not over is said again, for the index of what is not.
const LIVE_OF_AGENT: &str = "SELECT COUNT(*) FROM live_grants WHERE ends_at > $1 AND agent = $2 \
    AND state IN ('pending', 'approved', 'active')";
const LIVE_AMONG_SQLITE: &str =
    "SELECT id FROM live_grants WHERE ends_at > $1 AND id IN (SELECT value FROM json_each($2))";
const LIVE_AMONG_POSTGRES: &str = "SELECT id FROM live_grants WHERE ends_at > $1 \
    AND id IN (SELECT json_array_elements_text(CAST($2 AS json)))";
// The newest thousand of an agent's requests: an agent with more is known well enough.
const HISTORY: &str = "SELECT COUNT(*), \
    COALESCE(SUM(CASE WHEN g.state IN ('approved', 'active', 'ended') THEN 1 ELSE 0 END), 0), \
    COALESCE(SUM(CASE WHEN g.state = 'denied' THEN 1 ELSE 0 END), 0), \
    CAST(COALESCE(SUM((SELECT SUM(a.calls) FROM audit_sessions a WHERE a.grant_id = g.id)), 0) AS BIGINT) \
    FROM (SELECT id, state FROM grants WHERE agent = $1 AND asked_at > $2 AND id <> $3 \
        ORDER BY asked_at DESC LIMIT 1000) AS g \
    WHERE EXISTS (SELECT 1 FROM grant_services s JOIN grant_services mine ON mine.service = s.service \
        WHERE s.grant_id = g.id AND mine.grant_id = $3)";
// The newest of an agent's requests say when it was seen last, and whether anything was ever granted to it.
const SEEN: &str = "SELECT (SELECT MIN(asked_at) FROM grants WHERE agent = $1), MAX(g.asked_at), MAX(g.last_call_at), \
    CAST(COALESCE(SUM(CASE WHEN g.state IN ('approved', 'active', 'ended') THEN 1 ELSE 0 END), 0) AS BIGINT) \
    FROM (SELECT asked_at, last_call_at, state FROM grants WHERE agent = $1 ORDER BY asked_at DESC LIMIT 200) AS g";
const RECENT_OF_AGENT: &str = "SELECT body, watermark, last_call_at FROM grants WHERE agent = $1 \
    ORDER BY asked_at DESC LIMIT 20";
const GRANTED_OF_SERVICE: &str = "SELECT g.body, g.watermark, g.last_call_at FROM grants g \
    JOIN grant_services s ON s.grant_id = g.id WHERE s.service = $1 AND g.decided_at > $2 \
    ORDER BY g.decided_at DESC LIMIT 1000";

const EARLIER: &str = "SELECT body, watermark, last_call_at FROM grants g WHERE g.agent = $1 AND g.asked_at > $2 \
    AND g.id <> $3 AND EXISTS (SELECT 1 FROM grant_services s JOIN grant_services mine ON mine.service = s.service \
        WHERE s.grant_id = g.id AND mine.grant_id = $3) ORDER BY g.asked_at DESC LIMIT $4";

pub(super) const SQL: &[&str] = &[
    WAITING,
    LIVE,
    OVER,
    IS_LIVE,
    LEFT,
    LIVE_OF_SERVICE,
    LIVE_OF_AGENT,
    HISTORY,
    EARLIER,
    SEEN,
    RECENT_OF_AGENT,
    GRANTED_OF_SERVICE,
];

/// The statement that an engine has a text of its own for.
pub fn live_among_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => LIVE_AMONG_SQLITE,
        Engine::Postgres => LIVE_AMONG_POSTGRES,
    }
}

/// Open requests, soonest expiry first.
pub async fn waiting(conn: &mut Conn, now: DateTime<Utc>) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, WAITING, millis(now))?)
}

/// Live sessions, soonest end first.
pub async fn live(conn: &mut Conn, now: DateTime<Utc>) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, LIVE, millis(now))?)
}

/// What was decided or lapsed since a moment and is not live, newest first.
pub async fn over(conn: &mut Conn, now: DateTime<Utc>, since: DateTime<Utc>) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, OVER, millis(now), millis(since))?)
}

/// Whether a grant is live, revocations and time considered.
pub async fn is_live(conn: &mut Conn, grant: &GrantId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let count: i64 = scalar!(conn, IS_LIVE, grant.digits(), millis(now))?;
    Ok(count == 1)
}

/// The services that nobody took out of a grant; none if it is over.
pub async fn left(conn: &mut Conn, grant: &GrantId, now: DateTime<Utc>) -> sqlx::Result<HashSet<String>> {
    let rows: Vec<(String,)> = all!(conn, LEFT, grant.digits(), millis(now))?;
    Ok(rows.into_iter().map(|(service,)| service).collect())
}

/// Which of these grants are live, by their digits, revocations and time considered.
pub async fn live_among(
    conn: &mut Conn,
    grants: &[&str],
    now: DateTime<Utc>,
) -> sqlx::Result<HashSet<String>> {
    let sql = live_among_sql(conn.engine());
    let list = serde_json::to_string(grants).map_err(corrupt)?;
    let rows: Vec<(String,)> = all!(conn, sql, millis(now), &list)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How many live sessions hold a service.
pub async fn live_of_service(conn: &mut Conn, service: &Slug, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, LIVE_OF_SERVICE, millis(now), service.as_str())
}

/// How many live sessions an agent holds.
pub async fn live_of_agent(conn: &mut Conn, agent: &Slug, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, LIVE_OF_AGENT, millis(now), agent.as_str())
}

/// Earlier requests of the same agent for services of this one, newest first.
pub async fn earlier(
    conn: &mut Conn,
    stored: &Stored,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Stored>> {
    let (agent, id) = (stored.grant.asked.agent.id.as_str(), stored.grant.id.digits());
    list(all!(conn, EARLIER, agent, millis(since), id, limit)?)
}

/// What happened before between the agent of a request and its services, since a moment.
pub async fn before(conn: &mut Conn, stored: &Stored, since: DateTime<Utc>) -> sqlx::Result<History> {
    let (agent, id) = (stored.grant.asked.agent.id.as_str(), stored.grant.id.digits());
    let row: Option<(i64, i64, i64, i64)> = optional!(conn, HISTORY, agent, millis(since), id)?;
    let (asked, approved, denied, calls) = row.unwrap_or_default();
    let calls_on_average = if approved == 0 { 0 } else { calls / approved };
    Ok(History { asked, approved, denied, calls_on_average })
}

/// When an agent was seen, and how much was granted to it lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgentSeen {
    /// When it first asked, in milliseconds since 1970 (UTC).
    pub first: Option<i64>,
    /// When it last asked.
    pub asked: Option<i64>,
    /// When it last called, as far as it has been written down.
    pub called: Option<i64>,
    /// How many of its newest requests were granted.
    pub granted: i64,
}

/// First asked, last asked, last called, granted.
type SeenRow = (Option<i64>, Option<i64>, Option<i64>, i64);

/// When an agent was seen.
pub async fn seen(conn: &mut Conn, agent: &Slug) -> sqlx::Result<AgentSeen> {
    let row: Option<SeenRow> = optional!(conn, SEEN, agent.as_str())?;
    let (first, asked, called, granted) = row.unwrap_or_default();
    Ok(AgentSeen { first, asked, called, granted })
}

/// What an agent asked lately, newest first.
pub async fn recent_of_agent(conn: &mut Conn, agent: &Slug) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, RECENT_OF_AGENT, agent.as_str())?)
}

/// What was decided about a service since a moment, newest first: the newest thousand.
pub async fn granted_of_service(
    conn: &mut Conn,
    service: &Slug,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, GRANTED_OF_SERVICE, service.as_str(), millis(since))?)
}
