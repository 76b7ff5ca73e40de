//! Connections, each with its sealed secret.

use super::{Conn, all, corrupt, exec, millis, optional, parsed};
use chrono::{DateTime, Utc};
use protocol::{Slug, terms::ConnectionRef};

/// A connection. The record is sealed: only the vault opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its name.
    pub id: Slug,
    /// Its service.
    pub service: Slug,
    /// Whose account it is at the service, as `@paul`.
    pub account: String,
    /// The owner of a personal connection; none for a shared one.
    pub owner: Option<Slug>,
    /// Who may approve for a shared one; empty means everybody with the role.
    pub approvers: Vec<Slug>,
    /// The version of the secret.
    pub version: i64,
    /// The sealed secret.
    pub record: String,
}

impl Connection {
    /// What a request pins of it.
    pub fn pinned(&self) -> ConnectionRef {
        ConnectionRef { id: self.id.clone(), account: self.account.clone(), owner: self.owner.clone() }
    }

    /// Whether agents of this owner may use it: a personal one serves only its owner's agents.
    pub fn serves(&self, owner: &Slug) -> bool {
        self.owner.as_ref().is_none_or(|mine| mine == owner)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    service: String,
    account: String,
    owner: Option<String>,
    approvers: String,
    version: i64,
    record: String,
}

impl TryFrom<Row> for Connection {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            id: parsed(&row.id)?,
            service: parsed(&row.service)?,
            account: row.account,
            owner: row.owner.as_deref().map(parsed).transpose()?,
            approvers: serde_json::from_str(&row.approvers).map_err(corrupt)?,
            version: row.version,
            record: row.record,
        })
    }
}

const FIND: &str = "SELECT id, service, account, owner, approvers, version, record FROM connections \
    WHERE id = $1 AND removed_at IS NULL";
const LIST: &str = "SELECT id, service, account, owner, approvers, version, record FROM connections \
    WHERE removed_at IS NULL ORDER BY id";
const OF_SERVICE: &str = "SELECT id, service, account, owner, approvers, version, record FROM connections \
    WHERE service = $1 AND removed_at IS NULL ORDER BY id";
const SAVE: &str = "INSERT INTO connections (id, service, account, owner, approvers, version, record, key_id, updated_at, sealed_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
    ON CONFLICT (id) DO UPDATE SET account = excluded.account, approvers = excluded.approvers, \
    sealed_at = CASE WHEN excluded.version > connections.version THEN excluded.sealed_at \
        ELSE connections.sealed_at END, \
    version = excluded.version, record = excluded.record, key_id = excluded.key_id, \
    updated_at = excluded.updated_at";
const NOT_UNDER: &str = "SELECT id, service, account, owner, approvers, version, record FROM connections \
    WHERE key_id <> $1 AND id > $2 AND removed_at IS NULL ORDER BY id LIMIT $3";
const PAGE: &str = "SELECT id, service, account, owner, approvers, version, record FROM connections \
    WHERE id > $1 AND removed_at IS NULL ORDER BY id LIMIT $2";
const REWRAP: &str = "UPDATE connections SET record = $3, key_id = $4 WHERE id = $1 AND record = $2";

const REMOVE: &str = "UPDATE connections SET removed_at = $2, updated_at = $2, record = '', key_id = 0 \
    WHERE id = $1 AND removed_at IS NULL";
const WAS_REMOVED: &str = "SELECT COUNT(*) FROM connections WHERE id = $1 AND removed_at IS NOT NULL";
const SEALED: &str = "SELECT id, sealed_at FROM connections WHERE removed_at IS NULL";
const TESTED: &str = "INSERT INTO connection_tests (connection, version, at, person, call, status, outcome, ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (connection) DO UPDATE SET version = excluded.version, at = excluded.at, \
    person = excluded.person, call = excluded.call, status = excluded.status, outcome = excluded.outcome, \
    ms = excluded.ms";
const TESTS: &str = "SELECT connection, version, at, person, call, status, outcome, ms FROM connection_tests";

pub(super) const SQL: &[&str] =
    &[FIND, LIST, OF_SERVICE, SAVE, NOT_UNDER, PAGE, REWRAP, REMOVE, WAS_REMOVED, SEALED, TESTED, TESTS];

/// What a test of a connection came to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Test {
    /// Of which connection.
    pub connection: String,
    /// The version of the secret that was tried.
    pub version: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// Who tried it.
    pub person: String,
    /// The call, as `GET /user`.
    pub call: String,
    /// What the service answered, if it did.
    pub status: Option<i64>,
    /// `answered`, or why not.
    pub outcome: String,
    /// How long it took.
    pub ms: i64,
}

/// When each secret was entered, in milliseconds since 1970 (UTC), by the name of its connection.
pub async fn sealed(conn: &mut Conn) -> sqlx::Result<Vec<(String, i64)>> {
    all!(conn, SEALED)
}

/// Keeps the last test of a connection.
pub async fn tested(conn: &mut Conn, it: &Test) -> sqlx::Result<()> {
    let Test { connection, version, at, person, call, status, outcome, ms } = it;
    exec!(conn, TESTED, connection, version, at, person, call, status, outcome, ms).map(drop)
}

/// The last test of each connection.
pub async fn tests(conn: &mut Conn) -> sqlx::Result<Vec<Test>> {
    all!(conn, TESTS)
}

/// One connection.
pub async fn find(conn: &mut Conn, id: &Slug) -> sqlx::Result<Option<Connection>> {
    let row: Option<Row> = optional!(conn, FIND, id.as_str())?;
    row.map(Connection::try_from).transpose()
}

/// All connections.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Connection>> {
    let rows: Vec<Row> = all!(conn, LIST)?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// The connections of a service.
pub async fn of_service(conn: &mut Conn, service: &Slug) -> sqlx::Result<Vec<Connection>> {
    let rows: Vec<Row> = all!(conn, OF_SERVICE, service.as_str())?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// The next connections behind `after` whose record is under another key of the keyring than this one.
pub async fn not_under(conn: &mut Conn, key: i64, after: &str, limit: i64) -> sqlx::Result<Vec<Connection>> {
    let rows: Vec<Row> = all!(conn, NOT_UNDER, key, after, limit)?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// The next connections behind `after`.
pub async fn page(conn: &mut Conn, after: &str, limit: i64) -> sqlx::Result<Vec<Connection>> {
    let rows: Vec<Row> = all!(conn, PAGE, after, limit)?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// Puts a record in the place of the one that was read; says whether that was still there.
pub async fn rewrap(conn: &mut Conn, id: &str, before: &str, after: &str) -> sqlx::Result<bool> {
    let key = super::keys::key_of(after);
    exec!(conn, REWRAP, id, before, after, key).map(|rows| rows == 1)
}

/// Removes a connection and destroys its secret; its name is kept, so that it never stands for another account.
pub async fn remove(conn: &mut Conn, id: &Slug, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, REMOVE, id.as_str(), millis(now)).map(drop)
}

/// Whether a connection of this name was removed.
pub async fn was_removed(conn: &mut Conn, id: &Slug) -> sqlx::Result<bool> {
    let found: i64 = super::scalar!(conn, WAS_REMOVED, id.as_str())?;
    Ok(found > 0)
}

/// Adds a connection, or changes all but its service and owner.
pub async fn save(conn: &mut Conn, it: &Connection, now: DateTime<Utc>) -> sqlx::Result<()> {
    let approvers = serde_json::to_string(&it.approvers).map_err(corrupt)?;
    let owner = it.owner.as_ref().map(Slug::as_str);
    let (id, service, now) = (it.id.as_str(), it.service.as_str(), millis(now));
    let key = super::keys::key_of(&it.record);
    exec!(conn, SAVE, id, service, &it.account, owner, &approvers, it.version, &it.record, key, now)?;
    super::keys::count_wraps(conn, key, 1).await
}
