//! What MCP servers say of themselves: their tools, each definition that was seen of them, the methods that they have
//! beside tools, and how they introduce themselves.

use super::{Conn, all, exec, millis, parsed, time};
use chrono::{DateTime, Utc};
use protocol::{Digest, Slug};
use serde_json::Value;
use std::sync::Arc;

/// How a server introduces itself, among its tools: no tool can have this name.
pub const SERVER: &str = "server/discover";

/// One definition of a tool or method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Whose.
    pub service: Slug,
    /// Its name; `resources/read` or `prompts/get` for a method, [`SERVER`] for the server itself.
    pub name: String,
    /// SHA-256 over the RFC 8785 form of the definition.
    pub digest: Digest,
    /// The definition as the server wrote it, JSON.
    pub definition: String,
    /// The same, read; null if it cannot be.
    pub value: Arc<Value>,
    /// When it was seen first.
    pub first_seen: DateTime<Utc>,
    /// When it came to be offered, or went, last.
    pub since: DateTime<Utc>,
    /// Whether the server offers it now.
    pub current: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    service: String,
    name: String,
    digest: String,
    definition: String,
    first_seen: i64,
    since: i64,
    current: i64,
}

impl TryFrom<Row> for Tool {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            service: parsed(&row.service)?,
            digest: parsed(&row.digest)?,
            name: row.name,
            value: Arc::new(serde_json::from_str(&row.definition).unwrap_or_default()),
            definition: row.definition,
            first_seen: time(row.first_seen),
            since: time(row.since),
            current: row.current != 0,
        })
    }
}

const CURRENT: &str = "SELECT service, name, digest, definition, first_seen, since, current FROM mcp_tools \
    WHERE current = 1 ORDER BY service, name";
const OF_SERVICE: &str = "SELECT service, name, digest, definition, first_seen, since, current FROM mcp_tools \
    WHERE service = $1 ORDER BY name, since DESC, digest";
const GONE: &str =
    "UPDATE mcp_tools SET current = 0, since = $3 WHERE service = $1 AND name = $2 AND current = 1";
const OFFER: &str = "INSERT INTO mcp_tools (service, name, digest, definition, first_seen, since, current) \
    VALUES ($1, $2, $3, $4, $5, $5, 1) \
    ON CONFLICT (service, name, digest) DO UPDATE SET current = 1, since = excluded.since";
const FORGET: &str = "DELETE FROM mcp_tools WHERE service = $1 AND name = $2 AND current = 0 AND digest NOT IN \
    (SELECT digest FROM mcp_tools WHERE service = $1 AND name = $2 ORDER BY since DESC, digest LIMIT $3)";

pub(super) const SQL: &[&str] = &[CURRENT, OF_SERVICE, GONE, OFFER, FORGET];

/// How many definitions of one tool are kept: a server that invents one after the other fills no disk.
const KEPT: i64 = 20;

/// What all servers offer now.
pub async fn current(conn: &mut Conn) -> sqlx::Result<Vec<Tool>> {
    let rows: Vec<Row> = all!(conn, CURRENT)?;
    rows.into_iter().map(Tool::try_from).collect()
}

/// All that was seen of one server, the newest definition of each tool first.
pub async fn of_service(conn: &mut Conn, service: &Slug) -> sqlx::Result<Vec<Tool>> {
    let rows: Vec<Row> = all!(conn, OF_SERVICE, service.as_str())?;
    rows.into_iter().map(Tool::try_from).collect()
}

/// A tool is no longer offered, at least not as it was.
pub async fn gone(conn: &mut Conn, service: &Slug, name: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, GONE, service.as_str(), name, millis(now)).map(drop)
}

/// A tool is offered with this definition; none of its others may be current.
pub async fn offer(
    conn: &mut Conn,
    service: &Slug,
    (name, digest, definition): (&str, &Digest, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    exec!(conn, OFFER, service.as_str(), name, digest.as_str(), definition, millis(now))?;
    exec!(conn, FORGET, service.as_str(), name, KEPT).map(drop)
}
