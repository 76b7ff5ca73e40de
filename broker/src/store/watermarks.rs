//! Revocations.

use super::{Conn, Engine, all, exec, millis, optional, scalar};
use chrono::{DateTime, Utc};
use protocol::{GrantId, Slug, revoke::Subject};
use std::collections::HashSet;

// The highest number is read with the rows: those that nothing can match any more are forgotten, and whoever did not
// see them must not fall behind.
const AFTER: &str = "SELECT number, subject FROM watermarks WHERE number > $1 \
    UNION ALL SELECT value, '' FROM counters WHERE name = 'revocation' AND value > $1";
// The revision of what is declared comes with it, at no cost of its own; without a watermark there is still one row.
macro_rules! news {
    ($before:literal) => {
        concat!(
            $before,
            "SELECT r.number, w.number, w.subject FROM revision r LEFT JOIN \
             (SELECT number, subject FROM watermarks WHERE number > $1 \
             UNION ALL SELECT value, '' FROM counters WHERE name = 'revocation' AND value > $1) w ON 1 = 1"
        )
    };
}
const NEWS: &str = news!("");
/// The same in one text with the beginning of SQLite's transaction.
const BEGIN_WITH_NEWS: &str = news!("BEGIN IMMEDIATE; ");
const NEXT: &str = "UPDATE counters SET value = value + 1 WHERE name = 'revocation' RETURNING value";
const LAST: &str = "SELECT value FROM counters WHERE name = 'revocation'";
// What the vault is sealed or opened by, or the database suspended or accepted, is no revocation: it holds until the next.
const FORGET: &str = "DELETE FROM watermarks WHERE number <= $1 \
    AND subject NOT IN ('vault:sealed', 'vault:unsealed', 'database:suspended', 'database:accepted')";
const SKIP: &str = "UPDATE counters SET value = value + $1 WHERE name = 'revocation'";
const FIRST_SINCE: &str = "SELECT number FROM watermarks WHERE at >= $1 ORDER BY number LIMIT 1";
const OLDEST_NEEDED: &str = "SELECT COALESCE(MIN(g.watermark), $1) FROM grants g \
    WHERE g.state IN ('pending', 'approved', 'active')";
const ADD: &str = "INSERT INTO watermarks (number, subject, at) VALUES ($1, $2, $3)";
const TAKEN_SQLITE: &str = "SELECT s.grant_id, s.service FROM grant_services s \
    WHERE s.grant_id IN (SELECT value FROM json_each($1)) AND NOT EXISTS \
    (SELECT 1 FROM live_grant_services l WHERE l.grant_id = s.grant_id AND l.service = s.service)";
const TAKEN_POSTGRES: &str = "SELECT s.grant_id, s.service FROM grant_services s \
    WHERE s.grant_id IN (SELECT json_array_elements_text(CAST($1 AS json))) AND NOT EXISTS \
    (SELECT 1 FROM live_grant_services l WHERE l.grant_id = s.grant_id AND l.service = s.service)";

/// The advisory lock that batches share and a revocation takes alone.
const LOCK_SHARED: &str = "SELECT pg_advisory_xact_lock_shared(4882101)";
const LOCK: &str = "SELECT pg_advisory_xact_lock(4882101)";

// How many live sessions, open requests and valid tokens a subject holds, before it is revoked. Each kind of subject has
// a text of its own: one session must not cost a look at all of them. `$2` is the subject's id, `$3` the session of
// which a service is taken away.
macro_rules! counting {
    ($name:ident, $live:literal, $waiting:literal, $token:literal) => {
        const $name: &str = concat!(
            "SELECT (SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 AND ",
            $live,
            "), (SELECT COUNT(*) FROM open_requests g WHERE g.expires_at > $1 AND ",
            $waiting,
            "), COUNT(*), COALESCE(MAX(c.expires_at), 0) FROM calls c \
             JOIN live_grants g ON g.id = c.grant_id \
             JOIN live_grant_services l ON l.grant_id = c.grant_id AND l.service = c.service \
             WHERE c.state = 'minted' AND c.expires_at > $1 AND ",
            $token
        );
    };
}

counting!(ALL, "$2 = ''", "$2 = ''", "$2 = ''");
counting!(SESSION, "g.id = $2", "g.id = $2", "c.grant_id = $2");
counting!(
    AGENT,
    "g.agent = $2 AND g.state IN ('pending', 'approved', 'active')",
    "g.agent = $2 AND g.state IN ('pending', 'approved', 'active')",
    "g.agent = $2"
);
counting!(
    PERSON,
    "(g.owner = $2 OR g.approver = $2 OR g.id IN (SELECT a.grant_id FROM grant_approvers a WHERE a.person = $2))",
    "g.owner = $2",
    "(g.owner = $2 OR g.approver = $2 OR g.id IN (SELECT a.grant_id FROM grant_approvers a WHERE a.person = $2))"
);
counting!(
    SERVICE,
    "EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2)",
    "EXISTS (SELECT 1 FROM grant_services s WHERE s.grant_id = g.id AND s.service = $2)",
    "c.service = $2"
);
const SERVICE_WITH_MORE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2) \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service <> $2)";

// One service of one session: no request waits for that.
const OF_SESSION: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 AND g.id = $3 \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2)";
const OF_SESSION_WITH_MORE: &str = "SELECT COUNT(*) FROM live_grants g WHERE g.ends_at > $1 AND g.id = $3 \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service = $2) \
    AND EXISTS (SELECT 1 FROM live_grant_services s WHERE s.grant_id = g.id AND s.service <> $2)";
const TOKENS_OF_SESSION: &str = "SELECT COUNT(*), COALESCE(MAX(c.expires_at), 0) FROM calls c \
    JOIN live_grants g ON g.id = c.grant_id \
    JOIN live_grant_services l ON l.grant_id = c.grant_id AND l.service = c.service \
    WHERE c.state = 'minted' AND c.expires_at > $1 AND c.grant_id = $3 AND c.service = $2";

pub(super) const SQL: &[&str] = &[
    AFTER,
    NEWS,
    NEXT,
    LAST,
    FORGET,
    SKIP,
    FIRST_SINCE,
    OLDEST_NEEDED,
    ADD,
    ALL,
    SESSION,
    AGENT,
    PERSON,
    SERVICE,
    SERVICE_WITH_MORE,
    OF_SESSION,
    OF_SESSION_WITH_MORE,
    TOKENS_OF_SESSION,
];

/// The revocations behind a number, and the highest number with an empty subject.
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
    news_by(conn, NEWS, number).await
}

/// The same, with which a transaction on SQLite begins.
pub(super) async fn begin_with_news(conn: &mut Conn, number: i64) -> sqlx::Result<News> {
    news_by(conn, BEGIN_WITH_NEWS, number).await
}

async fn news_by(conn: &mut Conn, sql: &'static str, number: i64) -> sqlx::Result<News> {
    let rows: Vec<(i64, Option<i64>, Option<String>)> = all!(conn, sql, number)?;
    let revision = rows.first().map(|(revision, ..)| *revision).ok_or(sqlx::Error::RowNotFound)?;
    Ok(News { revision, marks: rows.into_iter().filter_map(|(_, number, key)| number.zip(key)).collect() })
}

/// The number of the next revocation. The caller holds the lock that is taken alone.
pub async fn next(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, NEXT)
}

/// Leaves numbers out that may have been given where this database does not know of it.
pub async fn skip(conn: &mut Conn, numbers: i64) -> sqlx::Result<()> {
    exec!(conn, SKIP, numbers).map(drop)
}

/// The number of the last revocation.
pub async fn last(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, LAST)
}

/// Forgets the revocations that nothing can match any more, and gives the number up to which they are forgotten.
///
/// Every request or grant whose row is not over remembers a number at least as high. What another broker still holds
/// in memory, a grant that was ended in its row or a stream that is to be cut, is over by its own time: no grant lasts
/// as long as `before` is ago. `seen` is what the batch has seen; a request that is opened meanwhile remembers no less.
pub async fn forget(conn: &mut Conn, seen: i64, before: DateTime<Utc>) -> sqlx::Result<i64> {
    let first_young: Option<(i64,)> = optional!(&mut *conn, FIRST_SINCE, millis(before))?;
    let oldest: i64 = scalar!(&mut *conn, OLDEST_NEEDED, seen)?;
    let until = oldest.min(first_young.map_or(seen, |(number,)| number - 1));
    exec!(conn, FORGET, until)?;
    Ok(until)
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

/// The statement that an engine has a text of its own for.
pub fn taken_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => TAKEN_SQLITE,
        Engine::Postgres => TAKEN_POSTGRES,
    }
}

/// The services that were taken away from live grants: the grant's digits and the service.
pub async fn taken(conn: &mut Conn, grants: &[&str]) -> sqlx::Result<HashSet<(String, String)>> {
    let sql = taken_sql(conn.engine());
    let list = serde_json::to_string(grants).map_err(super::corrupt)?;
    let rows: Vec<(String, String)> = all!(conn, sql, &list)?;
    Ok(rows.into_iter().collect())
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
    let now = millis(now);
    let (id, text) = match subject {
        Subject::SessionService { grant, service } => return of_session(conn, grant, service, now).await,
        Subject::Session { grant } => (grant.digits(), SESSION),
        Subject::Service { service } => (service.as_str(), SERVICE),
        Subject::Agent { agent } => (agent.as_str(), AGENT),
        Subject::Person { person } => (person.as_str(), PERSON),
        Subject::All => ("", ALL),
    };
    let found: Option<(i64, i64, i64, i64)> = optional!(&mut *conn, text, now, id)?;
    let (touched, requests, tokens, tokens_until) = found.unwrap_or_default();
    let narrowed: i64 = match subject {
        Subject::Service { .. } => scalar!(conn, SERVICE_WITH_MORE, now, id)?,
        _ => 0,
    };
    Ok(Counted { sessions: touched - narrowed, narrowed, requests, tokens, tokens_until })
}

async fn of_session(conn: &mut Conn, grant: &GrantId, service: &Slug, now: i64) -> sqlx::Result<Counted> {
    let (service, session) = (service.as_str(), grant.digits());
    let touched: i64 = scalar!(&mut *conn, OF_SESSION, now, service, session)?;
    let narrowed: i64 = scalar!(&mut *conn, OF_SESSION_WITH_MORE, now, service, session)?;
    let found: Option<(i64, i64)> = optional!(conn, TOKENS_OF_SESSION, now, service, session)?;
    let (tokens, tokens_until) = found.unwrap_or_default();
    Ok(Counted { sessions: touched - narrowed, narrowed, requests: 0, tokens, tokens_until })
}
