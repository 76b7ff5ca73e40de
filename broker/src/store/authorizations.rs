//! What clients asked for at the authorization endpoint and pushed ahead: handles that point at requests.

use super::{Conn, corrupt, exec, millis, optional, parsed, scalar, time};
use chrono::{DateTime, Utc};
use protocol::{RequestId, Slug};

/// A browser that asked for a client and goes back to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its id.
    pub id: String,
    /// The request that it points at.
    pub request: RequestId,
    /// The client.
    pub client: String,
    /// Who was signed in.
    pub person: Slug,
    /// The HMAC of the browser's cookie.
    pub browser: String,
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// What the client wants back unchanged.
    pub state: Option<String>,
    /// The S256 challenge of PKCE.
    pub challenge: String,
    /// What the ID token carries.
    pub nonce: Option<String>,
    /// Whether an ID token is asked for.
    pub openid: bool,
    /// The resources that the access token is restricted to.
    pub resources: Vec<String>,
    /// When the person signed in.
    pub auth_time: DateTime<Utc>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// When one of its codes was used.
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    grant_id: String,
    client: String,
    person: String,
    browser: String,
    redirect_uri: String,
    state: Option<String>,
    challenge: String,
    nonce: Option<String>,
    openid: i64,
    resources: String,
    auth_time: i64,
    asked_at: i64,
    used_at: Option<i64>,
}

impl TryFrom<Row> for Authorization {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id,
            request: u128::from_str_radix(&row.grant_id, 16).map(RequestId::from_u128).map_err(corrupt)?,
            client: row.client,
            person: parsed(&row.person)?,
            browser: row.browser,
            redirect_uri: row.redirect_uri,
            state: row.state,
            challenge: row.challenge,
            nonce: row.nonce,
            openid: row.openid != 0,
            resources: serde_json::from_str(&row.resources).map_err(corrupt)?,
            auth_time: time(row.auth_time),
            asked_at: time(row.asked_at),
            used_at: row.used_at.map(time),
        })
    }
}

const ADD: &str = "INSERT INTO authorizations (id, grant_id, client, person, browser, redirect_uri, state, challenge, \
    nonce, openid, resources, auth_time, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const OF_BROWSER: &str = "SELECT id, grant_id, client, person, browser, redirect_uri, state, challenge, nonce, openid, \
    resources, auth_time, asked_at, used_at FROM authorizations \
    WHERE grant_id = $1 AND browser = $2 AND person = $3 ORDER BY asked_at DESC, id DESC LIMIT 1";
const FIND: &str = "SELECT id, grant_id, client, person, browser, redirect_uri, state, challenge, nonce, openid, \
    resources, auth_time, asked_at, used_at FROM authorizations WHERE id = $1";
const ADD_CODE: &str =
    "INSERT INTO authorization_codes (mac, authorization_id, good_until) VALUES ($1, $2, $3)";
const CODE: &str = "SELECT authorization_id, used_at FROM authorization_codes WHERE mac = $1";
const USE_CODE: &str = "UPDATE authorization_codes SET used_at = $2 \
    WHERE mac = $1 AND used_at IS NULL AND good_until > $2";
const USE: &str = "UPDATE authorizations SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
const SWEEP_CODES: &str = "DELETE FROM authorization_codes WHERE good_until < $1";
const SWEEP: &str = "DELETE FROM authorizations WHERE asked_at < $1";
const PUSH: &str =
    "INSERT INTO pushed_requests (mac, client, params, via, expires_at) VALUES ($1, $2, $3, $4, $5)";
const WAITING: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM pushed_requests \
    WHERE client = $1 AND expires_at > $2 LIMIT $3) AS waiting";
const PUSHED: &str = "SELECT params, via FROM pushed_requests \
    WHERE mac = $1 AND client = $2 AND used_at IS NULL AND expires_at > $3";
const USE_PUSHED: &str = "UPDATE pushed_requests SET used_at = $3 \
    WHERE mac = $1 AND client = $2 AND used_at IS NULL AND expires_at > $3";
const SWEEP_PUSHED: &str = "DELETE FROM pushed_requests WHERE expires_at < $1";

pub(super) const SQL: &[&str] = &[
    ADD,
    FIND,
    OF_BROWSER,
    ADD_CODE,
    CODE,
    USE_CODE,
    USE,
    SWEEP_CODES,
    SWEEP,
    PUSH,
    WAITING,
    PUSHED,
    USE_PUSHED,
    SWEEP_PUSHED,
];

/// Keeps one.
pub async fn add(conn: &mut Conn, it: &Authorization) -> sqlx::Result<()> {
    let resources = serde_json::to_string(&it.resources).map_err(corrupt)?;
    exec!(
        conn,
        ADD,
        &it.id,
        it.request.digits(),
        &it.client,
        it.person.as_str(),
        &it.browser,
        &it.redirect_uri,
        it.state.as_deref(),
        &it.challenge,
        it.nonce.as_deref(),
        i64::from(it.openid),
        resources,
        millis(it.auth_time),
        millis(it.asked_at),
    )
    .map(drop)
}

/// One of them.
pub async fn find(conn: &mut Conn, id: &str) -> sqlx::Result<Option<Authorization>> {
    let row: Option<Row> = optional!(conn, FIND, id)?;
    row.map(Authorization::try_from).transpose()
}

/// The newest one of this request that this person asked in this browser.
pub async fn of_browser(
    conn: &mut Conn,
    request: &RequestId,
    browser: &str,
    person: &Slug,
) -> sqlx::Result<Option<Authorization>> {
    let row: Option<Row> = optional!(conn, OF_BROWSER, request.digits(), browser, person.as_str())?;
    row.map(Authorization::try_from).transpose()
}

/// A code.
#[derive(Debug, Clone)]
pub struct Code {
    /// What it leads to.
    pub authorization: Authorization,
    /// Whether it was used itself.
    pub used: bool,
}

/// The code with this HMAC.
pub async fn code(conn: &mut Conn, mac: &str) -> sqlx::Result<Option<Code>> {
    let row: Option<(String, Option<i64>)> = optional!(conn, CODE, mac)?;
    let Some((id, used_at)) = row else { return Ok(None) };
    let found = find(conn, &id).await?;
    Ok(found.map(|authorization| Code { authorization, used: used_at.is_some() }))
}

/// Gives it one more code.
pub async fn add_code(conn: &mut Conn, id: &str, mac: &str, until: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, ADD_CODE, mac, id, millis(until)).map(drop)
}

/// Uses a code up, and with it every other of the same authorization; says whether it was good.
pub async fn use_code(conn: &mut Conn, id: &str, mac: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    if exec!(conn, USE_CODE, mac, millis(now))? != 1 {
        return Ok(false);
    }
    exec!(conn, USE, id, millis(now)).map(|rows| rows == 1)
}

/// Keeps what a client pushed.
pub async fn push(
    conn: &mut Conn,
    mac: &str,
    (client, via): (&str, Option<&str>),
    params: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    exec!(conn, PUSH, mac, client, params, via, millis(expires_at)).map(drop)
}

/// How many requests of this client are kept that are not too old, used or not; counted up to `most`.
pub async fn waiting(conn: &mut Conn, client: &str, now: DateTime<Utc>, most: i64) -> sqlx::Result<i64> {
    scalar!(conn, WAITING, client, millis(now), most)
}

/// What this client pushed, if it is still good, and the key that it authenticated with.
pub async fn pushed(
    conn: &mut Conn,
    mac: &str,
    client: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(String, Option<String>)>> {
    optional!(conn, PUSHED, mac, client, millis(now))
}

/// Uses it up; says whether it was good.
pub async fn use_pushed(conn: &mut Conn, mac: &str, client: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, USE_PUSHED, mac, client, millis(now)).map(|rows| rows == 1)
}

/// Forgets what was asked before this moment.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SWEEP_CODES, millis(before))?;
    exec!(conn, SWEEP, millis(before)).map(drop)
}

/// Forgets what was pushed and was too old at this moment.
pub async fn sweep_pushed(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SWEEP_PUSHED, millis(before)).map(drop)
}
