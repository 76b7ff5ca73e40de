//! What was decided lately, with what came of it.

use super::{Conn, all, millis};
use chrono::{DateTime, Utc};

/// Decisions that are looked at: the newest. `grants_decided` finds them, and each leads to the few rows of its session.
pub const MOST: i64 = 5_000;

/// A decision, and how its session was used.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Decided {
    /// The digits of the request.
    pub id: String,
    /// Whose request.
    pub agent: String,
    /// When it was asked, in milliseconds since 1970 (UTC).
    pub asked_at: i64,
    /// When it was decided.
    pub decided_at: i64,
    /// How it stands.
    pub state: String,
    /// Calls.
    pub calls: i64,
    /// Refusals.
    pub refused: i64,
}

const LATELY: &str = "SELECT d.id, d.agent, d.asked_at, d.decided_at, d.state, \
    CAST(COALESCE(SUM(s.calls), 0) AS BIGINT) AS calls, CAST(COALESCE(SUM(s.refused), 0) AS BIGINT) AS refused \
    FROM (SELECT id, agent, asked_at, decided_at, state FROM grants \
        WHERE decided_at IS NOT NULL AND decided_at >= $1 ORDER BY decided_at DESC LIMIT 5000) AS d \
    LEFT JOIN audit_sessions s ON s.grant_id = d.id \
    GROUP BY d.id, d.agent, d.asked_at, d.decided_at, d.state";
const SERVICES: &str = "SELECT g.grant_id, g.service FROM (SELECT id FROM grants \
        WHERE decided_at IS NOT NULL AND decided_at >= $1 ORDER BY decided_at DESC LIMIT 5000) AS d \
    JOIN grant_services g ON g.grant_id = d.id";

pub(super) const SQL: &[&str] = &[LATELY, SERVICES];

/// What was decided since a moment.
pub async fn lately(conn: &mut Conn, since: DateTime<Utc>) -> sqlx::Result<Vec<Decided>> {
    all!(conn, LATELY, millis(since))
}

/// Which services the same requests were for: their digits, and a service.
pub async fn services(conn: &mut Conn, since: DateTime<Utc>) -> sqlx::Result<Vec<(String, String)>> {
    all!(conn, SERVICES, millis(since))
}
