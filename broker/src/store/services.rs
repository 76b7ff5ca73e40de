//! Services.

use super::{Conn, all, corrupt, exec, millis, optional};
use chrono::{DateTime, Utc};
use protocol::{Slug, services::ServiceDefinition};

/// A service as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its definition.
    pub definition: ServiceDefinition,
    /// The version of the definition.
    pub version: i64,
    /// Whether new requests for it are refused.
    pub blocked: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    body: String,
    blocked: i64,
}

impl TryFrom<Row> for Service {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let definition = serde_json::from_str(&row.body).map_err(corrupt)?;
        Ok(Self { definition, version: row.version, blocked: row.blocked != 0 })
    }
}

const FIND: &str = "SELECT version, body, blocked FROM services WHERE id = $1";
const LIST: &str = "SELECT version, body, blocked FROM services ORDER BY id";
const SAVE: &str = "INSERT INTO services (id, version, body, updated_at) VALUES ($1, 1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET version = services.version + 1, body = excluded.body, updated_at = excluded.updated_at";
const BLOCK: &str = "UPDATE services SET blocked = $2 WHERE id = $1";

pub(super) const SQL: &[&str] = &[FIND, LIST, SAVE, BLOCK];

/// One service.
pub async fn find(conn: &mut Conn, id: &Slug) -> sqlx::Result<Option<Service>> {
    let row: Option<Row> = optional!(conn, FIND, id.as_str())?;
    row.map(Service::try_from).transpose()
}

/// All services.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Service>> {
    let rows: Vec<Row> = all!(conn, LIST)?;
    rows.into_iter().map(Service::try_from).collect()
}

/// Adds a service, or makes the next version of its definition.
pub async fn save(conn: &mut Conn, definition: &ServiceDefinition, now: DateTime<Utc>) -> sqlx::Result<()> {
    let body = serde_json::to_string(definition).map_err(corrupt)?;
    exec!(conn, SAVE, definition.id.as_str(), &body, millis(now)).map(drop)
}

/// Blocks a service, or lets it be asked for again.
pub async fn block(conn: &mut Conn, id: &Slug, blocked: bool) -> sqlx::Result<()> {
    exec!(conn, BLOCK, id.as_str(), i64::from(blocked)).map(drop)
}
