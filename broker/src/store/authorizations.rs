//! What clients asked for at the authorization endpoint and pushed ahead: handles that point at requests.

use super::{Conn, corrupt, exec, millis, optional, parsed, time};
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
    /// Until when the code is good; none while there is none.
    pub code_until: Option<DateTime<Utc>>,
    /// When the code was used.
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
    code_until: Option<i64>,
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
            code_until: row.code_until.map(time),
            used_at: row.used_at.map(time),
        })
    }
}

const ADD: &str = "INSERT INTO authorizations (id, grant_id, client, person, browser, redirect_uri, state, challenge, \
    nonce, openid, resources, auth_time, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const OF_BROWSER: &str = "SELECT id, grant_id, client, person, browser, redirect_uri, state, challenge, nonce, openid, \
    resources, auth_time, asked_at, code_until, used_at FROM authorizations \
    WHERE grant_id = $1 AND browser = $2 AND person = $3 ORDER BY asked_at DESC, id DESC LIMIT 1";
const FIND: &str = "SELECT id, grant_id, client, person, browser, redirect_uri, state, challenge, nonce, openid, \
    resources, auth_time, asked_at, code_until, used_at FROM authorizations WHERE id = $1";
const BY_CODE: &str = "SELECT id, grant_id, client, person, browser, redirect_uri, state, challenge, nonce, openid, \
    resources, auth_time, asked_at, code_until, used_at FROM authorizations WHERE code_mac = $1";
const SET_CODE: &str =
    "UPDATE authorizations SET code_mac = $2, code_until = $3 WHERE id = $1 AND used_at IS NULL";
const USE_CODE: &str = "UPDATE authorizations SET used_at = $2 \
    WHERE code_mac = $1 AND used_at IS NULL AND code_until > $2";
const SWEEP: &str = "DELETE FROM authorizations WHERE asked_at < $1";
const PUSH: &str = "INSERT INTO pushed_requests (mac, client, params, expires_at) VALUES ($1, $2, $3, $4)";
const PUSHED: &str = "SELECT params FROM pushed_requests \
    WHERE mac = $1 AND client = $2 AND used_at IS NULL AND expires_at > $3";
const USE_PUSHED: &str = "UPDATE pushed_requests SET used_at = $3 \
    WHERE mac = $1 AND client = $2 AND used_at IS NULL AND expires_at > $3";
const SWEEP_PUSHED: &str = "DELETE FROM pushed_requests WHERE expires_at < $1";

pub(super) const SQL: &[&str] =
    &[ADD, FIND, OF_BROWSER, BY_CODE, SET_CODE, USE_CODE, SWEEP, PUSH, PUSHED, USE_PUSHED, SWEEP_PUSHED];

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

/// The one whose code has this HMAC.
pub async fn by_code(conn: &mut Conn, mac: &str) -> sqlx::Result<Option<Authorization>> {
    let row: Option<Row> = optional!(conn, BY_CODE, mac)?;
    row.map(Authorization::try_from).transpose()
}

/// Gives it a code in place of an earlier one; says whether none was used yet.
pub async fn set_code(conn: &mut Conn, id: &str, mac: &str, until: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, SET_CODE, id, mac, millis(until)).map(|rows| rows == 1)
}

/// Uses a code up; says whether it was good.
pub async fn use_code(conn: &mut Conn, mac: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, USE_CODE, mac, millis(now)).map(|rows| rows == 1)
}

/// Keeps what a client pushed.
pub async fn push(
    conn: &mut Conn,
    mac: &str,
    client: &str,
    params: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    exec!(conn, PUSH, mac, client, params, millis(expires_at)).map(drop)
}

/// What this client pushed, if it is still good.
pub async fn pushed(
    conn: &mut Conn,
    mac: &str,
    client: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = optional!(conn, PUSHED, mac, client, millis(now))?;
    Ok(row.map(|(params,)| params))
}

/// Uses it up; says whether it was good.
pub async fn use_pushed(conn: &mut Conn, mac: &str, client: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, USE_PUSHED, mac, client, millis(now)).map(|rows| rows == 1)
}

/// Forgets what was asked and pushed before this moment.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SWEEP, millis(before))?;
    exec!(conn, SWEEP_PUSHED, millis(before)).map(drop)
}
