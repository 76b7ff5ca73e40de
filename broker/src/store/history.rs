//! Lists of requests and sessions for pages: what waits, what is live, what is over.

use super::{Conn, all, corrupt, millis, optional, scalar, time};
use chrono::{DateTime, Utc};
use domain::state::Grant;
use protocol::{GrantId, Slug, card::History};

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
const LIVE_OF_SERVICE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2)";
const LIVE_OF_AGENT: &str = "SELECT COUNT(*) FROM live_grants WHERE ends_at > $1 AND agent = $2";
const HISTORY: &str = "SELECT COUNT(*), \
    COALESCE(SUM(CASE WHEN g.state IN ('approved', 'active', 'ended') THEN 1 ELSE 0 END), 0), \
    COALESCE(SUM(CASE WHEN g.state = 'denied' THEN 1 ELSE 0 END), 0) \
    FROM grants g WHERE g.agent = $1 AND g.asked_at > $2 AND g.id <> $3 \
    AND EXISTS (SELECT 1 FROM grant_services s JOIN grant_services mine ON mine.service = s.service \
        WHERE s.grant_id = g.id AND mine.grant_id = $3)";
const CALLS: &str = "SELECT COUNT(*) FROM audit a JOIN grants g ON g.id = a.grant_id \
    WHERE g.agent = $1 AND g.asked_at > $2 AND g.id <> $3 AND a.kind = 'call.authorised' \
    AND EXISTS (SELECT 1 FROM grant_services s JOIN grant_services mine ON mine.service = s.service \
        WHERE s.grant_id = g.id AND mine.grant_id = $3)";

pub(super) const SQL: &[&str] =
    &[WAITING, LIVE, OVER, IS_LIVE, LIVE_OF_SERVICE, LIVE_OF_AGENT, HISTORY, CALLS];

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

/// How many live sessions hold a service.
pub async fn live_of_service(conn: &mut Conn, service: &Slug, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, LIVE_OF_SERVICE, millis(now), service.as_str())
}

/// How many live sessions an agent holds.
pub async fn live_of_agent(conn: &mut Conn, agent: &Slug, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, LIVE_OF_AGENT, millis(now), agent.as_str())
}

/// What happened before between the agent of a request and its services, since a moment.
pub async fn before(conn: &mut Conn, stored: &Stored, since: DateTime<Utc>) -> sqlx::Result<History> {
    let (agent, id) = (stored.grant.asked.agent.id.as_str(), stored.grant.id.digits());
    let row: Option<(i64, i64, i64)> = optional!(conn, HISTORY, agent, millis(since), id)?;
    let (asked, approved, denied) = row.unwrap_or_default();
    let calls: i64 = scalar!(conn, CALLS, agent, millis(since), id)?;
    let calls_on_average = if approved == 0 { 0 } else { calls / approved };
    Ok(History { asked, approved, denied, calls_on_average })
}
