//! The vault's keyring, the numbers of its passphrase, and the sealed signing keys.

use super::{Conn, all, exec, meta, millis, optional, scalar, time};
use crate::vault::{self, Derivation, KeyringRow};
use chrono::{DateTime, Utc};
use domain::watermark::{SEALED, UNSEALED};

/// A key of the keyring, wrapped by the root key.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WrappedKey {
    /// Its number.
    pub id: i64,
    /// The wrapped key, base64.
    pub wrapped: String,
    /// Its check value.
    pub check_value: String,
    /// Which root key wrapped it.
    pub root_id: String,
    /// When it was made.
    pub created_at: i64,
    /// How many data keys it has wrapped.
    pub wraps: i64,
}

/// A signing key, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its key id.
    pub kid: String,
    /// The sealed private key.
    pub record: String,
    /// The public key as a JSON Web Key.
    pub public: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when its tokens are accepted, if another has replaced it.
    pub retires_at: Option<DateTime<Utc>>,
}

/// A passphrase that is a root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passphrase {
    /// Which root key it gives.
    pub root_id: String,
    /// How.
    pub derivation: Derivation,
    /// When it was set.
    pub created_at: DateTime<Utc>,
}

/// What every broker compares with what it did last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The number of the last seal.
    pub sealed: i64,
    /// The number of the last time that a seal was lifted.
    pub unsealed: i64,
    /// How often the keys changed.
    pub changes: i64,
}

impl Standing {
    /// Whether every broker must be sealed.
    pub fn is_sealed(&self) -> bool {
        self.sealed > self.unsealed
    }
}

impl From<WrappedKey> for KeyringRow {
    fn from(key: WrappedKey) -> Self {
        let WrappedKey { id, wrapped, check_value: check, root_id, created_at, .. } = key;
        Self { id, wrapped, check, root_id, created_at: time(created_at) }
    }
}

impl From<KeyringRow> for WrappedKey {
    fn from(row: KeyringRow) -> Self {
        let KeyringRow { id, wrapped, check: check_value, root_id, created_at } = row;
        Self { id, wrapped, check_value, root_id, created_at: millis(created_at), wraps: 0 }
    }
}

const KEYRING: &str = "SELECT id, wrapped, check_value, root_id, created_at, wraps FROM keyring ORDER BY id";
const ADD_KEY: &str =
    "INSERT INTO keyring (id, wrapped, check_value, root_id, created_at) VALUES ($1, $2, $3, $4, $5)";
const HAS_KEY: &str = "SELECT COUNT(*) FROM keyring WHERE id = $1";
const COUNT_WRAPS: &str = "UPDATE keyring SET wraps = wraps + $2 WHERE id = $1";
const PASSPHRASE: &str =
    "SELECT root_id, salt, memory, passes, lanes, created_at FROM passphrases WHERE root_id = $1";
const ADD_PASSPHRASE: &str = "INSERT INTO passphrases (root_id, salt, memory, passes, lanes, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const SIGNING: &str =
    "SELECT kid, record, public, created_at, retires_at FROM signing_keys ORDER BY created_at, kid";
const ADD_SIGNING: &str = "INSERT INTO signing_keys (kid, record, public, created_at, retires_at, key_id) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const LAST_NUMBER: &str = "SELECT COALESCE(MAX(number), 0) FROM watermarks WHERE subject = $1";
const RECORDS: &str = "SELECT k.id, (SELECT COUNT(*) FROM connections c WHERE c.key_id = k.id) \
    + (SELECT COUNT(*) FROM signing_keys s WHERE s.key_id = k.id) \
    + (SELECT COUNT(*) FROM passkeys p WHERE p.key_id = k.id) FROM keyring k ORDER BY k.id";
const RETIRE: &str = "DELETE FROM keyring WHERE id = $1 AND id < (SELECT MAX(id) FROM keyring) \
    AND NOT EXISTS (SELECT 1 FROM connections WHERE key_id = $1) \
    AND NOT EXISTS (SELECT 1 FROM signing_keys WHERE key_id = $1) \
    AND NOT EXISTS (SELECT 1 FROM passkeys WHERE key_id = $1)";
const UNDER_ROOT: &str = "UPDATE keyring SET wrapped = $3, root_id = $4 WHERE id = $1 AND wrapped = $2";
const DROP_PASSPHRASES: &str = "DELETE FROM passphrases WHERE NOT EXISTS \
    (SELECT 1 FROM keyring WHERE keyring.root_id = passphrases.root_id)";
const REWRAP_SIGNING: &str =
    "UPDATE signing_keys SET record = $3, key_id = $4 WHERE kid = $1 AND record = $2";
const RETIRE_SIGNING: &str =
    "UPDATE signing_keys SET retires_at = $1 WHERE retires_at IS NULL OR retires_at > $1";
const FORGET_SIGNING: &str = "DELETE FROM signing_keys";
const DROP_SIGNING: &str = "DELETE FROM signing_keys WHERE retires_at <= $1 RETURNING kid";

pub(super) const SQL: &[&str] = &[
    KEYRING,
    ADD_KEY,
    HAS_KEY,
    COUNT_WRAPS,
    PASSPHRASE,
    ADD_PASSPHRASE,
    SIGNING,
    ADD_SIGNING,
    LAST_NUMBER,
    RECORDS,
    RETIRE,
    UNDER_ROOT,
    DROP_PASSPHRASES,
    REWRAP_SIGNING,
    RETIRE_SIGNING,
    DROP_SIGNING,
    FORGET_SIGNING,
];

/// The whole keyring, oldest first.
pub async fn keyring(conn: &mut Conn) -> sqlx::Result<Vec<WrappedKey>> {
    all!(conn, KEYRING)
}

/// Adds a key to the keyring.
pub async fn add(conn: &mut Conn, key: &WrappedKey) -> sqlx::Result<()> {
    exec!(conn, ADD_KEY, key.id, &key.wrapped, &key.check_value, &key.root_id, key.created_at).map(drop)
}

/// The key of the keyring that a record names; 0 if it names none.
pub(super) fn key_of(record: &str) -> i64 {
    vault::key_of(record).unwrap_or_default()
}

/// Whether the key that a record names is still in the keyring. What is no record at all needs none.
pub async fn holds(conn: &mut Conn, record: &str) -> sqlx::Result<bool> {
    let Some(key) = vault::key_of(record) else { return Ok(true) };
    let found: i64 = scalar!(conn, HAS_KEY, key)?;
    Ok(found == 1)
}

/// Counts data keys that a key wrapped.
pub async fn count_wraps(conn: &mut Conn, key: i64, wraps: i64) -> sqlx::Result<()> {
    exec!(conn, COUNT_WRAPS, key, wraps).map(drop)
}

/// The numbers of the passphrase that gives this root key, if it is one.
pub async fn passphrase(conn: &mut Conn, root_id: &str) -> sqlx::Result<Option<Passphrase>> {
    type Row = (String, String, i64, i64, i64, i64);
    let row: Option<Row> = optional!(conn, PASSPHRASE, root_id)?;
    Ok(row.map(|(root_id, salt, memory, passes, lanes, made)| {
        // What does not fit was not written by a broker; the derivation refuses it as too much.
        let number = |it: i64| u32::try_from(it).unwrap_or(u32::MAX);
        let derivation =
            Derivation { salt, memory: number(memory), passes: number(passes), lanes: number(lanes) };
        Passphrase { root_id, derivation, created_at: time(made) }
    }))
}

/// Adds the numbers of a passphrase.
pub async fn add_passphrase(conn: &mut Conn, it: &Passphrase) -> sqlx::Result<()> {
    let Derivation { salt, memory, passes, lanes } = &it.derivation;
    let (memory, passes, lanes) = (i64::from(*memory), i64::from(*passes), i64::from(*lanes));
    let made = millis(it.created_at);
    exec!(conn, ADD_PASSPHRASE, &it.root_id, salt, memory, passes, lanes, made).map(drop)
}

/// All signing keys, oldest first.
pub async fn signing(conn: &mut Conn) -> sqlx::Result<Vec<SigningKey>> {
    let rows: Vec<(String, String, String, i64, Option<i64>)> = all!(conn, SIGNING)?;
    let key = |(kid, record, public, made, retires)| SigningKey {
        kid,
        record,
        public,
        created_at: time(made),
        retires_at: Option::map(retires, time),
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Adds a signing key.
pub async fn add_signing(conn: &mut Conn, it: &SigningKey) -> sqlx::Result<()> {
    let (made, retires, key) = (millis(it.created_at), it.retires_at.map(millis), key_of(&it.record));
    exec!(conn, ADD_SIGNING, &it.kid, &it.record, &it.public, made, retires, key)?;
    count_wraps(conn, key, 1).await
}

/// How the vault stands for every broker.
pub async fn standing(conn: &mut Conn) -> sqlx::Result<Standing> {
    let sealed = scalar!(conn, LAST_NUMBER, SEALED)?;
    let unsealed = scalar!(conn, LAST_NUMBER, UNSEALED)?;
    let changes = meta::get(conn, meta::KEY_CHANGES).await?;
    Ok(Standing { sealed, unsealed, changes: changes.and_then(|it| it.parse().ok()).unwrap_or_default() })
}

/// Notes that the keys changed.
pub async fn changed(conn: &mut Conn) -> sqlx::Result<()> {
    let changes = standing(conn).await?.changes + 1;
    meta::put(conn, meta::KEY_CHANGES, &changes.to_string()).await
}

/// How many records each key of the keyring wraps.
pub async fn records(conn: &mut Conn) -> sqlx::Result<Vec<(i64, i64)>> {
    all!(conn, RECORDS)
}

/// Removes a key that is not the newest and that no record needs; says whether it is gone.
pub async fn retire(conn: &mut Conn, id: i64) -> sqlx::Result<bool> {
    exec!(conn, RETIRE, id).map(|rows| rows == 1)
}

/// Puts a key that another root key wraps in the place of the one that was read; says whether that was still there.
pub async fn under_root(conn: &mut Conn, before: &str, after: &WrappedKey) -> sqlx::Result<bool> {
    exec!(conn, UNDER_ROOT, after.id, before, &after.wrapped, &after.root_id).map(|rows| rows == 1)
}

/// Forgets the numbers of passphrases that open nothing any more.
pub async fn drop_passphrases(conn: &mut Conn) -> sqlx::Result<()> {
    exec!(conn, DROP_PASSPHRASES).map(drop)
}

/// Puts a record in the place of the one that was read; says whether that was still there.
pub async fn rewrap_signing(conn: &mut Conn, kid: &str, before: &str, after: &str) -> sqlx::Result<bool> {
    exec!(conn, REWRAP_SIGNING, kid, before, after, key_of(after)).map(|rows| rows == 1)
}

/// Accepts the tokens of every signing key that there is until then, and no longer.
pub async fn retire_signing(conn: &mut Conn, until: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, RETIRE_SIGNING, millis(until)).map(drop)
}

/// Removes every signing key: what they signed is worth nothing from now on.
pub async fn forget_signing(conn: &mut Conn) -> sqlx::Result<()> {
    exec!(conn, FORGET_SIGNING).map(drop)
}

/// Removes the signing keys whose time is up; says which.
pub async fn drop_signing(conn: &mut Conn, now: DateTime<Utc>) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = all!(conn, DROP_SIGNING, millis(now))?;
    Ok(rows.into_iter().map(|(kid,)| kid).collect())
}
