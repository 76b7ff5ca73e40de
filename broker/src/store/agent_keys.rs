//! The public keys of agents, and the assertions that were used.

use super::{Conn, all, exec, millis, parsed, scalar};
use chrono::{DateTime, Utc};
use protocol::Slug;
use serde::{Deserialize, Serialize};

/// A public key of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its RFC 7638 thumbprint: what requests pin.
    pub thumbprint: String,
    /// What an assertion names it by.
    pub kid: String,
    /// The JSON Web Key.
    pub jwk: String,
}

#[derive(sqlx::FromRow)]
struct Owned {
    agent: String,
    thumbprint: String,
    kid: String,
    jwk: String,
}

const OF_AGENT: &str =
    "SELECT thumbprint, kid, jwk FROM agent_keys WHERE agent = $1 ORDER BY kid, thumbprint";
const LIST: &str = "SELECT agent, thumbprint, kid, jwk FROM agent_keys ORDER BY agent, kid, thumbprint";
const HAS: &str = "SELECT COUNT(*) FROM agent_keys WHERE agent = $1 AND thumbprint = $2";
const SAVE: &str = "INSERT INTO agent_keys (agent, thumbprint, kid, jwk, added_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (agent, thumbprint) DO UPDATE SET kid = excluded.kid, jwk = excluded.jwk";
const REMOVE: &str = "DELETE FROM agent_keys WHERE agent = $1 AND thumbprint = $2";
const USE_ASSERTION: &str =
    "INSERT INTO assertions (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
const SWEEP: &str = "DELETE FROM assertions WHERE expires_at < $1";

pub(super) const SQL: &[&str] = &[OF_AGENT, LIST, HAS, SAVE, REMOVE, USE_ASSERTION, SWEEP];

/// The keys of an agent.
pub async fn of_agent(conn: &mut Conn, agent: &Slug) -> sqlx::Result<Vec<Key>> {
    all!(conn, OF_AGENT, agent.as_str())
}

/// The keys of all agents.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<(Slug, Key)>> {
    let rows: Vec<Owned> = all!(conn, LIST)?;
    let key =
        |it: Owned| Ok((parsed(&it.agent)?, Key { thumbprint: it.thumbprint, kid: it.kid, jwk: it.jwk }));
    rows.into_iter().map(key).collect()
}

/// Whether an agent has this key.
pub async fn has(conn: &mut Conn, agent: &Slug, thumbprint: &str) -> sqlx::Result<bool> {
    let found: i64 = scalar!(conn, HAS, agent.as_str(), thumbprint)?;
    Ok(found > 0)
}

/// Adds a key, or names it anew.
pub async fn save(conn: &mut Conn, agent: &Slug, key: &Key, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SAVE, agent.as_str(), &key.thumbprint, &key.kid, &key.jwk, millis(now)).map(drop)
}

/// Removes a key.
pub async fn remove(conn: &mut Conn, agent: &Slug, thumbprint: &str) -> sqlx::Result<()> {
    exec!(conn, REMOVE, agent.as_str(), thumbprint).map(drop)
}

/// Uses an assertion up; says whether it was not used before.
pub async fn use_assertion(conn: &mut Conn, digest: &str, expires: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, USE_ASSERTION, digest, millis(expires)).map(|rows| rows == 1)
}

/// Forgets the assertions that expired before this moment.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SWEEP, millis(before)).map(drop)
}
