//! Passkeys: their public halves, each with the vault's seal over whose it is. Those that were removed stay as rows,
//! without the seal, so that a credential never comes back as somebody else's.

use super::{Conn, all, corrupt, exec, millis, optional, parsed, scalar, time};
use crate::people::passkeys::{Passkey, relying::Used};
use chrono::{DateTime, Utc};
use protocol::Slug;

#[derive(sqlx::FromRow)]
struct Row {
    credential: String,
    person: String,
    name: String,
    public: String,
    record: String,
    counter: i64,
    backed_up: i64,
    created_at: i64,
    last_used_at: Option<i64>,
    let_in_by: String,
}

impl TryFrom<Row> for Passkey {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            credential: row.credential,
            person: parsed(&row.person)?,
            name: row.name,
            public: row.public,
            created_at: time(row.created_at),
            last_used_at: row.last_used_at.map(time),
            // What no broker wrote is taken for the highest: then every answer is behind it.
            counter: u32::try_from(row.counter).unwrap_or(u32::MAX),
            backed_up: row.backed_up != 0,
            record: row.record,
            let_in_by: serde_json::from_str(&row.let_in_by).map_err(corrupt)?,
        })
    }
}

const FIND: &str = "SELECT credential, person, name, public, record, counter, backed_up, created_at, last_used_at, \
    let_in_by FROM passkeys WHERE credential = $1 AND removed_at IS NULL";
const OF_PERSON: &str = "SELECT credential, person, name, public, record, counter, backed_up, created_at, last_used_at, \
    let_in_by FROM passkeys WHERE person = $1 AND removed_at IS NULL ORDER BY created_at, credential";
const NOT_UNDER: &str = "SELECT credential, person, name, public, record, counter, backed_up, created_at, last_used_at, \
    let_in_by FROM passkeys WHERE key_id <> $1 AND removed_at IS NULL AND record <> '' ORDER BY credential";
const ALL: &str = "SELECT credential, person, name, public, record, counter, backed_up, created_at, last_used_at, \
    let_in_by FROM passkeys WHERE removed_at IS NULL ORDER BY person, created_at, credential";
const COUNT: &str = "SELECT COUNT(*) FROM passkeys WHERE person = $1 AND removed_at IS NULL";
const ADD: &str = "INSERT INTO passkeys (credential, person, name, public, record, key_id, counter, backed_up, created_at, \
    let_in_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (credential) DO NOTHING";
const RENAME: &str =
    "UPDATE passkeys SET name = $3 WHERE credential = $1 AND person = $2 AND removed_at IS NULL";
const REMOVE: &str = "UPDATE passkeys SET removed_at = $3, record = '', key_id = 0 \
    WHERE credential = $1 AND person = $2 AND removed_at IS NULL";
const USE: &str = "UPDATE passkeys SET last_used_at = $2, counter = $3, backed_up = $4 \
    WHERE credential = $1 AND removed_at IS NULL";
const VOUCH: &str = "UPDATE passkeys SET let_in_by = '[]' WHERE person = $1 AND removed_at IS NULL";
const REWRAP: &str = "UPDATE passkeys SET record = $3, key_id = $4 WHERE credential = $1 AND record = $2";

pub(super) const SQL: &[&str] =
    &[FIND, OF_PERSON, NOT_UNDER, ALL, COUNT, ADD, RENAME, REMOVE, USE, VOUCH, REWRAP];

/// One passkey, if it has not been removed.
pub async fn find(conn: &mut Conn, credential: &str) -> sqlx::Result<Option<Passkey>> {
    let row: Option<Row> = optional!(conn, FIND, credential)?;
    row.map(Passkey::try_from).transpose()
}

/// The passkeys of a person, the oldest first.
pub async fn of_person(conn: &mut Conn, person: &Slug) -> sqlx::Result<Vec<Passkey>> {
    let rows: Vec<Row> = all!(conn, OF_PERSON, person.as_str())?;
    rows.into_iter().map(Passkey::try_from).collect()
}

/// Everybody's passkeys.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Passkey>> {
    let rows: Vec<Row> = all!(conn, ALL)?;
    rows.into_iter().map(Passkey::try_from).collect()
}

/// Those whose seal is under another key of the keyring than this one.
pub async fn not_under(conn: &mut Conn, key: i64) -> sqlx::Result<Vec<Passkey>> {
    let rows: Vec<Row> = all!(conn, NOT_UNDER, key)?;
    rows.into_iter().map(Passkey::try_from).collect()
}

/// How many passkeys a person has.
pub async fn count(conn: &mut Conn, person: &Slug) -> sqlx::Result<i64> {
    scalar!(conn, COUNT, person.as_str())
}

/// Adds a passkey; says whether its credential is new here.
pub async fn add(conn: &mut Conn, it: &Passkey, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let (key, person) = (super::keys::key_of(&it.record), it.person.as_str());
    let (counter, backed_up) = (i64::from(it.counter), i64::from(it.backed_up));
    let (credential, name, public) = (&it.credential, &it.name, &it.public);
    let let_in_by = serde_json::to_string(&it.let_in_by).map_err(corrupt)?;
    let added = exec!(
        &mut *conn,
        ADD,
        credential,
        person,
        name,
        public,
        &it.record,
        key,
        counter,
        backed_up,
        millis(now),
        let_in_by
    )?;
    super::keys::count_wraps(conn, key, 1).await?;
    Ok(added == 1)
}

/// Names a person's passkey anew; says whether it is there.
pub async fn rename(conn: &mut Conn, person: &Slug, credential: &str, name: &str) -> sqlx::Result<bool> {
    exec!(conn, RENAME, credential, person.as_str(), name).map(|rows| rows == 1)
}

/// Removes a person's passkey; says whether it was there.
pub async fn remove(
    conn: &mut Conn,
    person: &Slug,
    credential: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    exec!(conn, REMOVE, credential, person.as_str(), millis(now)).map(|rows| rows == 1)
}

/// Notes that a passkey answered; says whether it is still there.
pub async fn used(conn: &mut Conn, it: &Used, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let (counter, backed_up) = (i64::from(it.counter), i64::from(it.backed_up));
    exec!(conn, USE, &it.credential, millis(now), counter, backed_up).map(|rows| rows == 1)
}

/// Puts a seal in the place of the one that was read; says whether that was still there.
pub async fn rewrap(conn: &mut Conn, credential: &str, before: &str, after: &str) -> sqlx::Result<bool> {
    exec!(conn, REWRAP, credential, before, after, super::keys::key_of(after)).map(|rows| rows == 1)
}

/// Somebody vouches for a person: their passkeys count as their own, whoever had let them in.
pub async fn vouch(conn: &mut Conn, person: &Slug) -> sqlx::Result<()> {
    exec!(conn, VOUCH, person.as_str()).map(drop)
}

/// By whose links the person of these passkeys came in when they were added, the nearest first.
pub fn let_in_by(passkeys: &[Passkey]) -> Vec<Slug> {
    together(passkeys.iter().flat_map(|it| it.let_in_by.iter().cloned()))
}

/// Each once, in order.
pub fn together(people: impl IntoIterator<Item = Slug>) -> Vec<Slug> {
    let mut together = Vec::new();
    for person in people {
        if !together.contains(&person) {
            together.push(person);
        }
    }
    together
}
