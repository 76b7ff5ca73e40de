//! By what agents fetch the outcome of what they asked for at the CIBA door. Only HMACs are kept.

use super::{Conn, corrupt, exec, millis, optional, parsed, time};
use chrono::{DateTime, Utc};
use protocol::{RequestId, Slug};

/// What an `auth_req_id` is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Which request.
    pub request: RequestId,
    /// Whose it is.
    pub agent: Slug,
    /// The resources that the token will be restricted to; none means all that is granted.
    pub resources: Vec<String>,
    /// When the request lapses if nobody decides.
    pub expires_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    grant_id: String,
    agent: String,
    resources: String,
    expires_at: i64,
}

impl TryFrom<Row> for Handle {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            request: parsed(&format!("{}{}", RequestId::PREFIX, row.grant_id))?,
            agent: parsed(&row.agent)?,
            resources: serde_json::from_str(&row.resources).map_err(corrupt)?,
            expires_at: time(row.expires_at),
        })
    }
}

const ADD: &str =
    "INSERT INTO ciba_requests (mac, grant_id, agent, resources, expires_at) VALUES ($1, $2, $3, $4, $5)";
const FIND: &str = "SELECT grant_id, agent, resources, expires_at FROM ciba_requests WHERE mac = $1";
const SWEEP: &str = "DELETE FROM ciba_requests WHERE expires_at < $1";

pub(super) const SQL: &[&str] = &[ADD, FIND, SWEEP];

/// Adds a handle.
pub async fn add(conn: &mut Conn, mac: &str, handle: &Handle) -> sqlx::Result<()> {
    let resources = serde_json::to_string(&handle.resources).map_err(corrupt)?;
    let (request, agent) = (handle.request.digits(), handle.agent.as_str());
    exec!(conn, ADD, mac, request, agent, &resources, millis(handle.expires_at)).map(drop)
}

/// What a handle is for.
pub async fn find(conn: &mut Conn, mac: &str) -> sqlx::Result<Option<Handle>> {
    let row: Option<Row> = optional!(conn, FIND, mac)?;
    row.map(Handle::try_from).transpose()
}

/// Forgets the handles of what lapsed before this moment.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SWEEP, millis(before)).map(drop)
}
