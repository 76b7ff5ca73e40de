//! Recovery codes: hashes, each used once.

use super::{Conn, exec, millis, optional, scalar};
use chrono::{DateTime, Utc};
use protocol::Slug;

/// A code as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// Which of the person's codes it is: its first group.
    pub slot: String,
    /// The hash of the rest.
    pub hash: String,
}

const FIND: &str = "SELECT hash FROM recovery_codes WHERE person = $1 AND slot = $2 AND used_at IS NULL";
const LEFT: &str = "SELECT COUNT(*) FROM recovery_codes WHERE person = $1 AND used_at IS NULL";
const ADD: &str = "INSERT INTO recovery_codes (person, slot, hash, made_at) VALUES ($1, $2, $3, $4)";
const USE: &str = "UPDATE recovery_codes SET used_at = $4 \
    WHERE person = $1 AND slot = $2 AND hash = $3 AND used_at IS NULL";
const FORGET: &str = "DELETE FROM recovery_codes WHERE person = $1";

pub(super) const SQL: &[&str] = &[FIND, LEFT, ADD, USE, FORGET];

/// The hash of a code that was not used yet.
pub async fn find(conn: &mut Conn, person: &Slug, slot: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = optional!(conn, FIND, person.as_str(), slot)?;
    Ok(row.map(|(hash,)| hash))
}

/// How many codes a person has left.
pub async fn left(conn: &mut Conn, person: &Slug) -> sqlx::Result<i64> {
    scalar!(conn, LEFT, person.as_str())
}

/// Keeps these codes in the place of those that the person had.
pub async fn replace(
    conn: &mut Conn,
    person: &Slug,
    codes: &[StoredCode],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    exec!(&mut *conn, FORGET, person.as_str())?;
    for StoredCode { slot, hash } in codes {
        exec!(&mut *conn, ADD, person.as_str(), slot, hash, millis(now))?;
    }
    Ok(())
}

/// Uses a code up; says whether it was still good.
pub async fn use_up(
    conn: &mut Conn,
    person: &Slug,
    code: &StoredCode,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    exec!(conn, USE, person.as_str(), &code.slot, &code.hash, millis(now)).map(|rows| rows == 1)
}
