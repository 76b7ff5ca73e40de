//! Revocations.

use super::{Conn, Engine, all, exec, millis, scalar};
use chrono::{DateTime, Utc};
use protocol::{GrantId, Slug, revoke::Subject};

const AFTER: &str = "SELECT number, subject FROM watermarks WHERE number > $1";
// The revision of what is declared comes with it, at no cost of its own; without a watermark there is still one row.
const NEWS: &str =
    "SELECT r.number, w.number, w.subject FROM revision r LEFT JOIN watermarks w ON w.number > $1";
const HIGHEST: &str = "SELECT COALESCE(MAX(number), 0) FROM watermarks";
const ADD: &str = "INSERT INTO watermarks (number, subject, at) VALUES ($1, $2, $3)";
const TAKEN: &str = "SELECT s.service FROM grant_services s WHERE s.grant_id = $1 \
    AND NOT EXISTS (SELECT 1 FROM live_grant_services l WHERE l.grant_id = s.grant_id AND l.service = s.service)";

/// The advisory lock that batches share and a revocation takes alone.
const LOCK_SHARED: &str = "SELECT pg_advisory_xact_lock_shared(4882101)";
const LOCK: &str = "SELECT pg_advisory_xact_lock(4882101)";

// How many live sessions, open requests and valid tokens a subject holds, before it is revoked.
const LIVE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 AND ($2 = 'all' \
    OR ($2 = 'session' AND g.id = $3) OR ($2 = 'agent' AND g.agent = $3) \
    OR ($2 = 'person' AND (g.owner = $3 OR g.approver = $3)) \
    OR ($2 = 'service' AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $3)) \
    OR ($2 = 'session/service' AND g.id = $4 AND EXISTS \
        (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $3)))";
const LIVE_WITH_MORE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 \
    AND ($3 = '' OR g.id = $3) \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2) \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service <> $2)";
const WAITING: &str = "SELECT COUNT(*) FROM open_requests g WHERE g.expires_at > $1 AND ($2 = 'all' \
    OR ($2 = 'session' AND g.id = $3) OR ($2 = 'agent' AND g.agent = $3) OR ($2 = 'person' AND g.owner = $3) \
    OR ($2 = 'service' AND EXISTS (SELECT 1 FROM grant_services s WHERE s.grant_id = g.id AND s.service = $3)))";
const TOKENS: &str = "SELECT COUNT(*), COALESCE(MAX(c.expires_at), 0) FROM calls c \
    JOIN live_grants g ON g.id = c.grant_id \
    JOIN live_grant_services l ON l.grant_id = c.grant_id AND l.service = c.service WHERE c.state = 'minted' AND c.expires_at > $1 AND ($2 = 'all' \
    OR ($2 = 'session' AND g.id = $3) OR ($2 = 'agent' AND g.agent = $3) \
    OR ($2 = 'person' AND (g.owner = $3 OR g.approver = $3)) OR ($2 = 'service' AND c.service = $3) \
    OR ($2 = 'session/service' AND g.id = $4 AND c.service = $3))";

pub(super) const SQL: &[&str] = &[AFTER, NEWS, HIGHEST, ADD, TAKEN, LIVE, LIVE_WITH_MORE, WAITING, TOKENS];

/// The revocations behind a number.
pub async fn after(conn: &mut Conn, number: i64) -> sqlx::Result<Vec<(i64, String)>> {
    all!(conn, AFTER, number)
}

/// What a batch reads before it judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The revision of what admins declared.
    pub revision: i64,
    /// The revocations behind the number that was asked for.
    pub marks: Vec<(i64, String)>,
}

/// The revocations behind a number, with the revision of what is declared.
pub async fn news(conn: &mut Conn, number: i64) -> sqlx::Result<News> {
    let rows: Vec<(i64, Option<i64>, Option<String>)> = all!(conn, NEWS, number)?;
    let revision = rows.first().map(|(revision, ..)| *revision).ok_or(sqlx::Error::RowNotFound)?;
    Ok(News { revision, marks: rows.into_iter().filter_map(|(_, number, key)| number.zip(key)).collect() })
}

/// The highest number.
pub async fn highest(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, HIGHEST)
}

/// Adds one row of a revocation.
pub async fn add(conn: &mut Conn, number: i64, key: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, ADD, number, key, millis(now)).map(drop)
}

/// Takes the lock that every batch shares. A statement of its own: reading the watermarks in the same one would read
/// a snapshot from before the lock was had.
pub async fn lock_shared(conn: &mut Conn) -> sqlx::Result<()> {
    lock_with(conn, LOCK_SHARED).await
}

/// Takes the lock alone, for a revocation: waits until every batch that has not seen it is over.
pub async fn lock_alone(conn: &mut Conn) -> sqlx::Result<()> {
    lock_with(conn, LOCK).await
}

async fn lock_with(conn: &mut Conn, sql: &'static str) -> sqlx::Result<()> {
    match conn.engine() {
        Engine::Sqlite => Ok(()), // `BEGIN IMMEDIATE` has it already
        Engine::Postgres => exec!(conn, sql).map(drop),
    }
}

/// The services that were taken away from a grant.
pub async fn taken(conn: &mut Conn, grant: &GrantId) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = all!(conn, TAKEN, grant.digits())?;
    Ok(rows.into_iter().map(|(service,)| service).collect())
}

/// What a revocation is about to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Sessions that end.
    pub sessions: i64,
    /// Sessions that lose a service but go on.
    pub narrowed: i64,
    /// Requests that can no longer be approved.
    pub requests: i64,
    /// Call tokens that were valid.
    pub tokens: i64,
    /// When the last of them would have expired; 0 without any.
    pub tokens_until: i64,
}

/// Counts what a revocation is about to stop.
pub async fn count(conn: &mut Conn, subject: &Subject, now: DateTime<Utc>) -> sqlx::Result<Counted> {
    let (kind, id, session) = parts(subject);
    let now = millis(now);
    let touched: i64 = scalar!(conn, LIVE, now, kind, id, session)?;
    let narrowed: i64 = match subject {
        Subject::Service { .. } | Subject::SessionService { .. } => {
            scalar!(conn, LIVE_WITH_MORE, now, id, session)?
        }
        _ => 0,
    };
    let requests: i64 = scalar!(conn, WAITING, now, kind, id)?;
    let tokens: Option<(i64, i64)> = super::optional!(conn, TOKENS, now, kind, id, session)?;
    let (tokens, tokens_until) = tokens.unwrap_or_default();
    Ok(Counted { sessions: touched - narrowed, narrowed, requests, tokens, tokens_until })
}

fn parts(subject: &Subject) -> (&'static str, &str, &str) {
    match subject {
        Subject::Session { grant } => ("session", grant.digits(), ""),
        Subject::SessionService { grant, service } => {
            ("session/service", Slug::as_str(service), grant.digits())
        }
        Subject::Service { service } => ("service", service.as_str(), ""),
        Subject::Agent { agent } => ("agent", agent.as_str(), ""),
        Subject::Person { person } => ("person", person.as_str(), ""),
        Subject::All => ("all", "", ""),
    }
}
