//! The vault's keyring and the sealed signing keys.

use super::{Conn, all, exec, millis, time};
use chrono::{DateTime, Utc};

/// A key of the keyring, wrapped by the root key.
#[derive(Debug, Clone, sqlx::FromRow)]
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
}

/// A signing key, sealed.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// Its key id.
    pub kid: String,
    /// The sealed private key.
    pub record: String,
    /// The public key as a JSON Web Key.
    pub public: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

const KEYRING: &str = "SELECT id, wrapped, check_value, root_id, created_at FROM keyring ORDER BY id";
const ADD_KEY: &str =
    "INSERT INTO keyring (id, wrapped, check_value, root_id, created_at) VALUES ($1, $2, $3, $4, $5)";
const SIGNING: &str = "SELECT kid, record, public, created_at FROM signing_keys ORDER BY created_at";
const ADD_SIGNING: &str =
    "INSERT INTO signing_keys (kid, record, public, created_at) VALUES ($1, $2, $3, $4)";

pub(super) const SQL: &[&str] = &[KEYRING, ADD_KEY, SIGNING, ADD_SIGNING];

/// The whole keyring, oldest first.
pub async fn keyring(conn: &mut Conn) -> sqlx::Result<Vec<WrappedKey>> {
    all!(conn, KEYRING)
}

/// Adds a key to the keyring.
pub async fn add(conn: &mut Conn, key: &WrappedKey) -> sqlx::Result<()> {
    exec!(conn, ADD_KEY, key.id, &key.wrapped, &key.check_value, &key.root_id, key.created_at).map(drop)
}

/// All signing keys, oldest first.
pub async fn signing(conn: &mut Conn) -> sqlx::Result<Vec<SigningKey>> {
    let rows: Vec<(String, String, String, i64)> = all!(conn, SIGNING)?;
    let key = |(kid, record, public, made)| SigningKey { kid, record, public, created_at: time(made) };
    Ok(rows.into_iter().map(key).collect())
}

/// Adds a signing key.
pub async fn add_signing(conn: &mut Conn, key: &SigningKey) -> sqlx::Result<()> {
    exec!(conn, ADD_SIGNING, &key.kid, &key.record, &key.public, millis(key.created_at)).map(drop)
}
