//! Requests and the grants that came of them. The row's body is the whole [`Grant`]; the columns beside it are what
//! lists, limits and revocations ask for.

use super::{Conn, all, corrupt, exec, millis, optional, scalar, time};
use chrono::{DateTime, Utc};
use domain::state::{Grant, State};
use protocol::{Digest, RequestId, Slug};

/// A grant as it is stored, with what the ledger added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The request or grant.
    pub grant: Grant,
    /// The highest revocation at its creation, then at its approval.
    pub watermark: i64,
    /// When it was last called, as far as it has been written down.
    pub last_call_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    body: String,
    watermark: i64,
    last_call_at: Option<i64>,
}

impl TryFrom<Row> for Stored {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let grant = serde_json::from_str(&row.body).map_err(corrupt)?;
        Ok(Self { grant, watermark: row.watermark, last_call_at: row.last_call_at.map(time) })
    }
}

const FIND: &str = "SELECT body, watermark, last_call_at FROM grants WHERE id = $1";
const INSERT: &str = "INSERT INTO grants (id, agent, owner, state, version, watermark, same_ask, idempotency, \
    asked_at, expires_at, body) VALUES ($1, $2, $3, 'pending', 1, $4, $5, $6, $7, $8, $9)";
const ADD_SERVICE: &str =
    "INSERT INTO grant_services (grant_id, service) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const ADD_APPROVER: &str = "INSERT INTO grant_approvers (grant_id, person) VALUES ($1, $2)";
const REMOVE_SERVICES: &str = "DELETE FROM grant_services WHERE grant_id = $1";
const ADVANCE: &str = "UPDATE grants SET state = $1, version = $2, watermark = $3, approver = $4, decided_at = $5, \
    ends_at = $6, body = $7, decided_by = $10, took_ms = $11 WHERE id = $8 AND version = $9";
// That they are not over is said again in some, for the index of what is not.
const PENDING_OF: &str = "SELECT COUNT(*) FROM open_requests WHERE agent = $1 AND expires_at > $2 \
    AND state IN ('pending', 'approved', 'active')";
const DENIALS_OF: &str = "SELECT COUNT(*), COALESCE(MAX(decided_at), 0) FROM grants WHERE agent = $1 \
    AND state = 'denied' AND decided_at > $2 AND decided_at > (SELECT cooled_at FROM agents WHERE id = $1)";
const SAME: &str = "SELECT body, watermark, last_call_at FROM open_requests \
    WHERE agent = $1 AND same_ask = $2 AND expires_at > $3 AND state IN ('pending', 'approved', 'active')";
const SAME_UNDECIDED: &str = "SELECT body, watermark, last_call_at FROM open_requests \
    WHERE agent = $1 AND same_ask = $2 AND expires_at > $3 AND state = 'pending'";
const BY_KEY: &str = "SELECT body, watermark, last_call_at FROM grants WHERE agent = $1 AND idempotency = $2";
const OF_AGENT: &str = "SELECT body, watermark, last_call_at FROM grants WHERE agent = $1 \
    AND state IN ('pending', 'approved', 'active') ORDER BY asked_at LIMIT 100";
const HELD_BY: &str = "SELECT body, watermark, last_call_at FROM grants WHERE agent = $1 \
    AND state IN ('pending', 'approved', 'active') ORDER BY asked_at";
const LAPSING: &str = "SELECT body, watermark, last_call_at FROM grants \
    WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT 100";
const EXPIRED: &str = "SELECT body, watermark, last_call_at FROM grants \
    WHERE state IN ('approved', 'active') AND ends_at <= $1 ORDER BY ends_at LIMIT 100";
const UNREDEEMED: &str = "SELECT body, watermark, last_call_at FROM grants \
    WHERE state IN ('approved', 'active') AND state = 'approved' AND ends_at > 0 AND +decided_at <= $1 LIMIT 100";
const REVOKED: &str = "SELECT body, watermark, last_call_at FROM grants g WHERE g.state IN ('approved', 'active') \
    AND g.watermark < $1 AND NOT EXISTS (SELECT 1 FROM live_grants l WHERE l.id = g.id) LIMIT 100";
const IDLE: &str = "SELECT body, watermark, last_call_at FROM live_grants \
    WHERE state = 'active' AND COALESCE(last_call_at, decided_at) <= $1 LIMIT 100";
const EXHAUSTED: &str = "SELECT body, watermark, last_call_at FROM grants g \
    WHERE g.state IN ('approved', 'active') AND g.state = 'active' \
    AND EXISTS (SELECT 1 FROM grant_lines l WHERE l.grant_id = g.id) \
    AND NOT EXISTS (SELECT 1 FROM grant_lines l WHERE l.grant_id = g.id AND l.used < l.max_calls) LIMIT 100";
const DECIDED_BY: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN state = 'denied' THEN 0 ELSE 1 END), 0) AS BIGINT) \
    FROM grants WHERE decided_by = $1 AND decided_at > $2";
const TIMED: &str =
    "SELECT COUNT(*) FROM grants WHERE decided_by = $1 AND decided_at > $2 AND took_ms IS NOT NULL";
const MEDIAN: &str = "SELECT took_ms FROM grants WHERE decided_by = $1 AND decided_at > $2 AND took_ms IS NOT NULL \
    ORDER BY took_ms LIMIT 1 OFFSET $3";
const TOUCH: &str = "UPDATE grants SET last_call_at = $2 WHERE id = $1 AND COALESCE(last_call_at, 0) < $2";

pub(super) const SQL: &[&str] = &[
    FIND,
    INSERT,
    ADD_SERVICE,
    ADD_APPROVER,
    REMOVE_SERVICES,
    ADVANCE,
    PENDING_OF,
    DENIALS_OF,
    SAME,
    SAME_UNDECIDED,
    BY_KEY,
    OF_AGENT,
    HELD_BY,
    LAPSING,
    EXPIRED,
    UNREDEEMED,
    REVOKED,
    EXHAUSTED,
    IDLE,
    DECIDED_BY,
    TIMED,
    MEDIAN,
    TOUCH,
];

fn stored(row: Option<Row>) -> sqlx::Result<Option<Stored>> {
    row.map(Stored::try_from).transpose()
}

fn list(rows: Vec<Row>) -> sqlx::Result<Vec<Stored>> {
    rows.into_iter().map(Stored::try_from).collect()
}

/// One request or grant.
pub async fn find(conn: &mut Conn, id: &RequestId) -> sqlx::Result<Option<Stored>> {
    stored(optional!(conn, FIND, id.digits())?)
}

/// What makes two asks of one agent the same, beside the agent.
#[derive(Debug, Clone)]
pub struct Sameness {
    /// The digest of what is asked, without ids.
    pub ask: Digest,
    /// The key that the agent gave.
    pub idempotency: Option<String>,
    /// Whether only what still waits counts as the same, and nothing that was decided.
    pub undecided: bool,
}

/// Adds a request that remembers this revocation number.
pub async fn insert(conn: &mut Conn, grant: &Grant, same: &Sameness, watermark: i64) -> sqlx::Result<()> {
    let body = serde_json::to_string(grant).map_err(corrupt)?;
    let id = grant.id.digits();
    let (agent, owner) = (grant.asked.agent.id.as_str(), grant.asked.owner.as_str());
    let (asked, expires) = (millis(grant.asked_at), millis(grant.expires_at));
    let (ask, key) = (same.ask.as_str(), same.idempotency.as_deref());
    exec!(conn, INSERT, id, agent, owner, watermark, ask, key, asked, expires, &body)?;
    add_services(conn, grant).await
}

async fn add_services(conn: &mut Conn, grant: &Grant) -> sqlx::Result<()> {
    for line in &grant.terms().lines {
        exec!(conn, ADD_SERVICE, grant.id.digits(), line.service.id.as_str())?;
    }
    Ok(())
}

/// Compare-and-set on the version; says whether it was still current. An approval narrows the services too.
pub async fn advance(conn: &mut Conn, from: i64, to: &Grant, watermark: i64) -> sqlx::Result<bool> {
    let body = serde_json::to_string(to).map_err(corrupt)?;
    let approval = to.approval();
    let approver = approval.map(|it| it.verdict.by.as_str());
    let verdict = match &to.state {
        State::Denied { verdict } => Some(verdict),
        _ => approval.map(|it| &it.verdict),
    };
    let ends_at = match &to.state {
        State::Ended { at, .. } => Some(millis(*at)),
        _ => approval.map(|it| millis(it.ends_at)),
    };
    let id = to.id.digits();
    let rows = exec!(
        conn,
        ADVANCE,
        state_name(&to.state),
        to.version,
        watermark,
        approver,
        decided_at(&to.state),
        ends_at,
        &body,
        id,
        from,
        verdict.map(|it| it.by.as_str()),
        verdict.and_then(|it| it.took_ms),
    )?;
    if rows == 1 && matches!(to.state, State::Approved { .. }) {
        exec!(conn, REMOVE_SERVICES, id)?;
        add_services(conn, to).await?;
        for consent in approval.into_iter().flat_map(|it| &it.earlier) {
            exec!(conn, ADD_APPROVER, id, consent.verdict.by.as_str())?;
        }
    }
    Ok(rows == 1)
}

fn state_name(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "pending",
        State::Denied { .. } => "denied",
        State::Withdrawn { .. } => "withdrawn",
        State::Lapsed { .. } => "lapsed",
        State::Approved { .. } => "approved",
        State::Active { .. } => "active",
        State::Ended { .. } => "ended",
    }
}

fn decided_at(state: &State) -> Option<i64> {
    match state {
        State::Pending { .. } => None,
        State::Denied { verdict } => Some(millis(verdict.at)),
        State::Withdrawn { at } | State::Lapsed { at } => Some(millis(*at)),
        State::Approved { approval } | State::Active { approval, .. } | State::Ended { approval, .. } => {
            Some(millis(approval.verdict.at))
        }
    }
}

/// How many open requests an agent has.
pub async fn pending_of(conn: &mut Conn, agent: &Slug, now: DateTime<Utc>) -> sqlx::Result<i64> {
    scalar!(conn, PENDING_OF, agent.as_str(), millis(now))
}

/// How often people denied an agent after this moment, and when last.
pub async fn denials_of(
    conn: &mut Conn,
    agent: &Slug,
    after: DateTime<Utc>,
) -> sqlx::Result<(i64, DateTime<Utc>)> {
    let found: Option<(i64, i64)> = optional!(conn, DENIALS_OF, agent.as_str(), millis(after))?;
    let (denials, last) = found.unwrap_or_default();
    Ok((denials, time(last)))
}

/// The same agent's open request for the same.
pub async fn same(
    conn: &mut Conn,
    agent: &Slug,
    same: &Sameness,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Stored>> {
    let sql = if same.undecided { SAME_UNDECIDED } else { SAME };
    stored(optional!(conn, sql, agent.as_str(), same.ask.as_str(), millis(now))?)
}

/// The agent's request with this idempotency key.
pub async fn by_key(conn: &mut Conn, agent: &Slug, key: &str) -> sqlx::Result<Option<Stored>> {
    stored(optional!(conn, BY_KEY, agent.as_str(), key)?)
}

/// What an agent has that is not over, oldest first.
pub async fn of_agent(conn: &mut Conn, agent: &Slug) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, OF_AGENT, agent.as_str())?)
}

/// Everything of an agent that is not over in its row.
pub async fn held_by(conn: &mut Conn, agent: &Slug) -> sqlx::Result<Vec<Stored>> {
    list(all!(conn, HELD_BY, agent.as_str())?)
}

/// What the sweeper has to end, a hundred at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Requests that nobody decided in time.
    Lapsing,
    /// Grants whose time is up.
    Expired,
    /// Grants approved before this moment that were never redeemed.
    Unredeemed,
    /// Grants that a revocation ended.
    Revoked,
    /// Active grants whose every limit is used up (a line without a limit is for the caller to see).
    Exhausted,
    /// Active grants not called since this moment.
    Idle,
}

/// Grants that are due for an end.
pub async fn due(conn: &mut Conn, due: Due, moment: DateTime<Utc>) -> sqlx::Result<Vec<Stored>> {
    let moment = millis(moment);
    list(match due {
        Due::Lapsing => all!(conn, LAPSING, moment)?,
        Due::Expired => all!(conn, EXPIRED, moment)?,
        Due::Unredeemed => all!(conn, UNREDEEMED, moment)?,
        Due::Revoked => {
            let last = super::watermarks::last(&mut *conn).await?;
            all!(conn, REVOKED, last)?
        }
        Due::Exhausted => all!(conn, EXHAUSTED)?,
        Due::Idle => all!(conn, IDLE, moment)?,
    })
}

/// How much a person decided since a moment, and how much of that they approved.
pub async fn decided_by(conn: &mut Conn, person: &Slug, since: DateTime<Utc>) -> sqlx::Result<(i64, i64)> {
    let row: Option<(i64, i64)> = optional!(conn, DECIDED_BY, person.as_str(), millis(since))?;
    Ok(row.unwrap_or_default())
}

/// How long the page stood before a person for half of their decisions since a moment, in milliseconds; none where none
/// was made on a page.
pub async fn median_decision(
    conn: &mut Conn,
    person: &Slug,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    let timed: i64 = scalar!(conn, TIMED, person.as_str(), millis(since))?;
    let row: Option<(i64,)> = optional!(conn, MEDIAN, person.as_str(), millis(since), timed / 2)?;
    Ok(row.map(|(median,)| median))
}

/// Writes down when a grant was last called.
pub async fn touch(conn: &mut Conn, id: &RequestId, at: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, TOUCH, id.digits(), millis(at)).map(drop)
}
