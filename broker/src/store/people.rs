//! People.

use super::{Conn, all, corrupt, exec, millis, optional, parsed};
use chrono::{DateTime, Utc};
use protocol::{Slug, people::Scope, sessions::Role};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub id: Slug,
    /// Their name for people.
    pub title: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// For which services and agents they may decide.
    pub scope: Scope,
    /// Whether they may do nothing any more.
    pub blocked: bool,
}

impl Person {
    /// Whether they have a role and may use it.
    pub fn is(&self, role: Role) -> bool {
        !self.blocked && self.roles.contains(&role)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    title: String,
    roles: String,
    scope: String,
    blocked: i64,
}

impl TryFrom<Row> for Person {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            id: parsed(&row.id)?,
            title: row.title,
            roles: serde_json::from_str(&row.roles).map_err(corrupt)?,
            scope: serde_json::from_str(&row.scope).map_err(corrupt)?,
            blocked: row.blocked != 0,
        })
    }
}

const FIND: &str = "SELECT id, title, roles, scope, blocked FROM people WHERE id = $1";
const LIST: &str = "SELECT id, title, roles, scope, blocked FROM people ORDER BY id";
const SAVE: &str = "INSERT INTO people (id, title, roles, scope, created_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, roles = excluded.roles, scope = excluded.scope";
const SEEN: &str = "SELECT person, via, MAX(seen_at) AS seen_at FROM web_sessions GROUP BY person, via";
const BLOCK: &str = "UPDATE people SET blocked = $2 WHERE id = $1";

pub(super) const SQL: &[&str] = &[FIND, LIST, SAVE, SEEN, BLOCK];

/// One person.
pub async fn find(conn: &mut Conn, id: &Slug) -> sqlx::Result<Option<Person>> {
    let row: Option<Row> = optional!(conn, FIND, id.as_str())?;
    row.map(Person::try_from).transpose()
}

/// Everybody.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Person>> {
    let rows: Vec<Row> = all!(conn, LIST)?;
    rows.into_iter().map(Person::try_from).collect()
}

/// When a person was last in a browser, by the way in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SeenRow {
    /// Who.
    pub person: String,
    /// How they had signed in.
    pub via: String,
    /// When, in milliseconds since 1970 (UTC).
    pub seen_at: i64,
}

/// When everybody was last in a browser. Web sessions that are long over are not remembered.
pub async fn seen(conn: &mut Conn) -> sqlx::Result<Vec<SeenRow>> {
    all!(conn, SEEN)
}

/// Adds a person or changes title, roles and scope.
pub async fn save(conn: &mut Conn, person: &Person, now: DateTime<Utc>) -> sqlx::Result<()> {
    let roles = serde_json::to_string(&person.roles).map_err(corrupt)?;
    let scope = serde_json::to_string(&person.scope).map_err(corrupt)?;
    exec!(conn, SAVE, person.id.as_str(), &person.title, &roles, &scope, millis(now)).map(drop)
}

/// Blocks a person, or lets them in again.
pub async fn block(conn: &mut Conn, id: &Slug, blocked: bool) -> sqlx::Result<()> {
    exec!(conn, BLOCK, id.as_str(), i64::from(blocked)).map(drop)
}
