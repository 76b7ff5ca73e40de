//! OAuth clients that people bring along: registered by themselves, or known by a document.

use super::{Conn, all, corrupt, exec, millis, optional, scalar, time};
use chrono::{DateTime, Utc};

/// How a client came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It registered itself (RFC 7591).
    Registered,
    /// By the document at the address that is its id.
    Document,
}

impl Kind {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Document => "document",
        }
    }
}

/// A client as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// How it came.
    pub kind: Kind,
    /// Its metadata, as JSON.
    pub body: String,
    /// The HMAC of its secret.
    pub secret_mac: Option<String>,
    /// The HMAC of the token that keeps its registration.
    pub registration_mac: Option<String>,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// When its document was fetched.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Until when its document is not fetched again.
    pub fresh_until: Option<DateTime<Utc>>,
    /// When it was taken away: it does nothing any more.
    pub removed_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    body: String,
    secret_mac: Option<String>,
    registration_mac: Option<String>,
    first_seen_at: i64,
    fetched_at: Option<i64>,
    fresh_until: Option<i64>,
    removed_at: Option<i64>,
}

impl TryFrom<Row> for Stored {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let kind = match row.kind.as_str() {
            "registered" => Kind::Registered,
            "document" => Kind::Document,
            other => return Err(corrupt(std::io::Error::other(format!("{other:?} is no kind of client")))),
        };
        Ok(Self {
            id: row.id,
            kind,
            body: row.body,
            secret_mac: row.secret_mac,
            registration_mac: row.registration_mac,
            first_seen_at: time(row.first_seen_at),
            fetched_at: row.fetched_at.map(time),
            fresh_until: row.fresh_until.map(time),
            removed_at: row.removed_at.map(time),
        })
    }
}

const FIND: &str = "SELECT id, kind, body, secret_mac, registration_mac, first_seen_at, fetched_at, fresh_until, \
    removed_at FROM oauth_clients WHERE id = $1";
const SAVE: &str = "INSERT INTO oauth_clients \
    (id, kind, body, secret_mac, registration_mac, first_seen_at, fetched_at, fresh_until) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (id) DO UPDATE SET body = excluded.body, secret_mac = excluded.secret_mac, \
    registration_mac = excluded.registration_mac, fetched_at = excluded.fetched_at, \
    fresh_until = excluded.fresh_until";
const REMOVE: &str = "UPDATE oauth_clients SET removed_at = $2, secret_mac = NULL, registration_mac = NULL \
    WHERE id = $1 AND removed_at IS NULL";
const HOLD: &str =
    "UPDATE oauth_clients SET first_seen_at = first_seen_at WHERE id = $1 AND removed_at IS NULL";
const COUNT: &str = "SELECT COUNT(*) FROM oauth_clients WHERE kind = 'registered' AND removed_at IS NULL";
const SWEEP: &str = "DELETE FROM oauth_clients WHERE kind = 'registered' AND first_seen_at < $1 \
    AND NOT EXISTS (SELECT 1 FROM agents WHERE agents.client = oauth_clients.id)";

const DOCUMENTS: &str = "SELECT id, body FROM oauth_clients WHERE kind = 'document' AND removed_at IS NULL";

pub(super) const SQL: &[&str] = &[FIND, SAVE, REMOVE, HOLD, COUNT, SWEEP, DOCUMENTS];

/// One client, whether it may still do something or not.
pub async fn find(conn: &mut Conn, id: &str) -> sqlx::Result<Option<Stored>> {
    let row: Option<Row> = optional!(conn, FIND, id)?;
    row.map(Stored::try_from).transpose()
}

/// Adds a client, or changes what is known of it; when it was first seen stays.
pub async fn save(conn: &mut Conn, client: &Stored) -> sqlx::Result<()> {
    exec!(
        conn,
        SAVE,
        &client.id,
        client.kind.word(),
        &client.body,
        &client.secret_mac,
        &client.registration_mac,
        millis(client.first_seen_at),
        client.fetched_at.map(millis),
        client.fresh_until.map(millis),
    )
    .map(drop)
}

/// Takes a registration away for good; the row stays, for the record's sake. Says whether there was one.
pub async fn remove(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, REMOVE, id, millis(now)).map(|rows| rows == 1)
}

/// Holds a client as it is until the transaction ends. Says whether there is one that may still do something.
pub async fn hold(conn: &mut Conn, id: &str) -> sqlx::Result<bool> {
    exec!(conn, HOLD, id).map(|rows| rows == 1)
}

/// How many clients have registered themselves.
pub async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, COUNT)
}

/// The clients that hosts vouch for, with their metadata.
pub async fn documents(conn: &mut Conn) -> sqlx::Result<Vec<(String, String)>> {
    all!(conn, DOCUMENTS)
}

/// Forgets registrations from before a moment that no person ever used.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<u64> {
    exec!(conn, SWEEP, millis(before))
}
