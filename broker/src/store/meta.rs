//! Facts about this installation: its instance id, keys for HMACs, the set-up code.

use super::{Conn, exec, optional};

/// The name of this installation, made once.
pub const INSTANCE: &str = "instance";
/// The key of the HMACs of tokens, hexadecimal. Not secret enough for the vault: the tokens have 256 random bits.
pub const MAC_KEY: &str = "mac-key";
/// The HMAC of the one-use set-up code, until the first person exists.
pub const SETUP_CODE: &str = "setup-code";
/// How often the database was accepted as an older copy.
pub const EPOCH: &str = "epoch";
/// That it was restored from a backup and not accepted yet: in words, from which.
pub const RESTORED: &str = "restored";
/// That an anchor outside the database was written.
pub const ANCHORED: &str = "anchored";
/// The id of the record of the last drop.
pub const DROPPED: &str = "dropped";
/// When the newest record was made that was ever dropped, in milliseconds since 1970 (UTC).
pub const DROPPED_UNTIL: &str = "dropped-until";
/// How often the vault's keys changed.
pub const KEY_CHANGES: &str = "key-changes";

const GET: &str = "SELECT value FROM meta WHERE key = $1";
const PUT: &str =
    "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const INIT: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const REMOVE: &str = "DELETE FROM meta WHERE key = $1";

pub(super) const SQL: &[&str] = &[GET, PUT, INIT, REMOVE];

/// Reads a fact.
pub async fn get(conn: &mut Conn, key: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = optional!(conn, GET, key)?;
    Ok(row.map(|(value,)| value))
}

/// Writes a fact.
pub async fn put(conn: &mut Conn, key: &str, value: &str) -> sqlx::Result<()> {
    exec!(conn, PUT, key, value).map(drop)
}

/// Removes a fact; says whether it was there.
pub async fn remove(conn: &mut Conn, key: &str) -> sqlx::Result<bool> {
    exec!(conn, REMOVE, key).map(|rows| rows == 1)
}

/// Writes a fact that nobody has written yet.
pub async fn init(conn: &mut Conn, key: &str, value: &str) -> sqlx::Result<()> {
    exec!(conn, INIT, key, value).map(drop)
}
