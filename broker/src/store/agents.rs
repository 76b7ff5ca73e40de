//! Agents.

use super::{Conn, all, corrupt, exec, millis, optional, parsed, scalar, time};
use chrono::{DateTime, Utc};
use protocol::{Slug, terms::AgentRef};

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// Whose it is.
    pub owner: Slug,
    /// Whether the grant token itself may be used at the proxy.
    pub direct: bool,
    /// Whether it may do nothing any more.
    pub blocked: bool,
    /// The number of its secret.
    pub key: i64,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// The OAuth client that its owner brought along; none for one that was declared or registered here.
    pub client: Option<String>,
    /// Where a browser may be sent back to with a code for it: exact addresses.
    pub redirect_uris: Vec<String>,
    /// The thumbprint of the key that it authenticated with just now; none: its secret, or it did not.
    pub via: Option<String>,
}

impl Agent {
    /// What a request pins of it, beside the client that it is.
    pub fn pinned(&self) -> AgentRef {
        AgentRef {
            id: self.id.clone(),
            title: self.title.clone(),
            // What is asked with a key does not hang on the secret.
            key: if self.via.is_some() { 0 } else { self.key },
            thumbprint: self.via.clone(),
            direct: self.direct,
            client: None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    title: String,
    owner: String,
    direct: i64,
    blocked: i64,
    key: i64,
    created_at: i64,
    client: Option<String>,
    redirect_uris: String,
}

impl TryFrom<Row> for Agent {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            id: parsed(&row.id)?,
            title: row.title,
            owner: parsed(&row.owner)?,
            direct: row.direct != 0,
            blocked: row.blocked != 0,
            key: row.key,
            created_at: time(row.created_at),
            client: row.client,
            redirect_uris: serde_json::from_str(&row.redirect_uris).map_err(corrupt)?,
            via: None,
        })
    }
}

const FIND: &str = "SELECT id, title, owner, direct, blocked, key, created_at, client, redirect_uris FROM agents WHERE id = $1";
const BY_MAC: &str = "SELECT id, title, owner, direct, blocked, key, created_at, client, redirect_uris FROM agents WHERE secret_mac = $1";
const LIST: &str = "SELECT id, title, owner, direct, blocked, key, created_at, client, redirect_uris FROM agents ORDER BY id";
const MACS: &str = "SELECT secret_mac, id FROM agents";
const SAVE: &str = "INSERT INTO agents (id, title, owner, direct, key, secret_mac, created_at, redirect_uris) \
    VALUES ($1, $2, $3, $4, 0, $1, $5, $6) \
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, direct = excluded.direct, \
    redirect_uris = excluded.redirect_uris";
const OF_CLIENT: &str = "SELECT id, title, owner, direct, blocked, key, created_at, client, redirect_uris \
    FROM agents WHERE client = $1 AND owner = $2";
const ALL_OF_CLIENT: &str = "SELECT id FROM agents WHERE client = $1 ORDER BY id";
const BROUGHT_BY: &str = "SELECT COUNT(*) FROM agents WHERE owner = $1 AND client IS NOT NULL";
const ADD_OF_CLIENT: &str = "INSERT INTO agents (id, title, owner, direct, key, secret_mac, created_at, client) \
    VALUES ($1, $2, $3, 1, 0, $1, $4, $5) ON CONFLICT DO NOTHING";
const SECRET: &str = "UPDATE agents SET secret_mac = $2, key = key + 1 WHERE id = $1";
const WITH_SECRET: &str = "SELECT id FROM agents WHERE secret_mac <> id ORDER BY id";
const HAS_SECRET: &str = "SELECT COUNT(*) FROM agents WHERE id = $1 AND secret_mac <> id";
const NO_SECRET: &str = "UPDATE agents SET secret_mac = $1, key = key + 1 WHERE id = $1";
const COOL: &str = "UPDATE agents SET cooled_at = $2 WHERE id = $1";
const BLOCK: &str = "UPDATE agents SET blocked = $2 WHERE id = $1";

pub(super) const SQL: &[&str] = &[
    FIND,
    BY_MAC,
    LIST,
    MACS,
    SAVE,
    OF_CLIENT,
    ALL_OF_CLIENT,
    BROUGHT_BY,
    ADD_OF_CLIENT,
    SECRET,
    WITH_SECRET,
    HAS_SECRET,
    NO_SECRET,
    COOL,
    BLOCK,
];

/// One agent.
pub async fn find(conn: &mut Conn, id: &Slug) -> sqlx::Result<Option<Agent>> {
    let row: Option<Row> = optional!(conn, FIND, id.as_str())?;
    row.map(Agent::try_from).transpose()
}

/// The agent whose secret has this HMAC.
pub async fn by_mac(conn: &mut Conn, mac: &str) -> sqlx::Result<Option<Agent>> {
    let row: Option<Row> = optional!(conn, BY_MAC, mac)?;
    row.map(Agent::try_from).transpose()
}

/// All agents.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Agent>> {
    let rows: Vec<Row> = all!(conn, LIST)?;
    rows.into_iter().map(Agent::try_from).collect()
}

/// The HMAC of each agent's secret, with the agent's name.
pub async fn macs(conn: &mut Conn) -> sqlx::Result<Vec<(String, String)>> {
    all!(conn, MACS)
}

/// Adds an agent (without a secret that could match) or changes its title and switch. Its owner never changes.
pub async fn save(conn: &mut Conn, agent: &Agent, now: DateTime<Utc>) -> sqlx::Result<()> {
    let (id, owner) = (agent.id.as_str(), agent.owner.as_str());
    let redirect_uris = serde_json::to_string(&agent.redirect_uris).map_err(corrupt)?;
    exec!(conn, SAVE, id, &agent.title, owner, i64::from(agent.direct), millis(now), redirect_uris).map(drop)
}

/// The agent that is this client for this person.
pub async fn of_client(conn: &mut Conn, client: &str, owner: &Slug) -> sqlx::Result<Option<Agent>> {
    let row: Option<Row> = optional!(conn, OF_CLIENT, client, owner.as_str())?;
    row.map(Agent::try_from).transpose()
}

/// The agents that are this client, for whomever.
pub async fn all_of_client(conn: &mut Conn, client: &str) -> sqlx::Result<Vec<Slug>> {
    let rows: Vec<(String,)> = all!(conn, ALL_OF_CLIENT, client)?;
    rows.iter().map(|(id,)| parsed(id)).collect()
}

/// How many agents a person brought along as clients.
pub async fn brought_by(conn: &mut Conn, owner: &Slug) -> sqlx::Result<i64> {
    scalar!(conn, BROUGHT_BY, owner.as_str())
}

/// Adds the agent that is this client for this person: without a secret, and its access token is what it uses. Says
/// whether the name was free and the pair new.
pub async fn add_of_client(conn: &mut Conn, agent: &Agent, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let (id, owner) = (agent.id.as_str(), agent.owner.as_str());
    exec!(conn, ADD_OF_CLIENT, id, &agent.title, owner, millis(now), &agent.client).map(|rows| rows == 1)
}

/// Gives it a new secret; the old one is dead.
pub async fn set_secret(conn: &mut Conn, id: &Slug, mac: &str) -> sqlx::Result<()> {
    exec!(conn, SECRET, id.as_str(), mac).map(drop)
}

/// The agents that have a secret.
pub async fn with_secret(conn: &mut Conn) -> sqlx::Result<Vec<Slug>> {
    let rows: Vec<(String,)> = all!(conn, WITH_SECRET)?;
    rows.iter().map(|(id,)| parsed(id)).collect()
}

/// Whether an agent has a secret.
pub async fn has_secret(conn: &mut Conn, id: &Slug) -> sqlx::Result<bool> {
    let found: i64 = scalar!(conn, HAS_SECRET, id.as_str())?;
    Ok(found > 0)
}

/// Takes its secret away: what is stored then is no HMAC that anything could have.
pub async fn remove_secret(conn: &mut Conn, id: &Slug) -> sqlx::Result<()> {
    exec!(conn, NO_SECRET, id.as_str()).map(drop)
}

/// Lets the denials so far count no longer; says whether there is such an agent.
pub async fn cool(conn: &mut Conn, id: &Slug, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, COOL, id.as_str(), millis(now)).map(|rows| rows == 1)
}

/// Blocks an agent, or lets it in again.
pub async fn block(conn: &mut Conn, id: &Slug, blocked: bool) -> sqlx::Result<()> {
    exec!(conn, BLOCK, id.as_str(), i64::from(blocked)).map(drop)
}
