//! What was decided lately.

use super::{Conn, all, millis};
use chrono::{DateTime, Utc};

/// Decisions that are looked at: the newest, which `grants_decided` finds.
pub const MOST: i64 = 5_000;

/// A decision.
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
}

const LATELY: &str = "SELECT id, agent, asked_at, decided_at, state FROM grants \
    WHERE decided_at IS NOT NULL AND decided_at >= $1 ORDER BY decided_at DESC LIMIT 5000";
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
