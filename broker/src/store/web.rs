//! How people come in: links, tokens, web sessions. Only HMACs are kept.

use super::{Conn, corrupt, exec, millis, optional, parsed};
use chrono::{DateTime, Utc};
use protocol::Slug;

const ADD_LINK: &str = "INSERT INTO links (mac, person, expires_at, let_in_by) VALUES ($1, $2, $3, $4)";
const USE_LINK: &str = "UPDATE links SET used_at = $2 WHERE mac = $1 AND used_at IS NULL AND expires_at > $2 \
    RETURNING person, let_in_by";
const LINK: &str = "SELECT person FROM links WHERE mac = $1 AND used_at IS NULL AND expires_at > $2";
const END_LINKS: &str = "UPDATE links SET used_at = $2 WHERE person = $1 AND used_at IS NULL";
const ADD_TOKEN: &str = "INSERT INTO person_tokens (mac, person, expires_at) VALUES ($1, $2, $3)";
const TOKEN: &str =
    "SELECT person FROM person_tokens WHERE mac = $1 AND ended_at IS NULL AND expires_at > $2";
const END_TOKENS: &str = "UPDATE person_tokens SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL";
const ADD_SESSION: &str = "INSERT INTO web_sessions (mac, person, via, created_at, seen_at, device, proved_at, \
    let_in_by) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)";
const SESSION: &str = "SELECT person, via, seen_at, device, proved_at, let_in_by, created_at FROM web_sessions \
    WHERE mac = $1 AND ended_at IS NULL AND created_at > $2 AND seen_at > $3";
const LET_IN_BY: &str = "SELECT let_in_by FROM web_sessions WHERE mac = $1 AND ended_at IS NULL";
const VOUCH: &str = "UPDATE web_sessions SET let_in_by = '[]' WHERE person = $1 AND via = 'passkey'";
const SESSIONS: &str = "SELECT mac, via, device, created_at, seen_at FROM web_sessions \
    WHERE person = $1 AND ended_at IS NULL AND created_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, mac";
const PROVED: &str = "SELECT COUNT(*) FROM web_sessions \
    WHERE mac = $1 AND person = $2 AND ended_at IS NULL AND proved_at > $3";
const END_OTHERS: &str =
    "UPDATE web_sessions SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL AND mac <> $3";
const SEE_SESSION: &str =
    "UPDATE web_sessions SET seen_at = $2 WHERE mac = $1 AND ended_at IS NULL AND seen_at < $2";
const END_SESSION: &str = "UPDATE web_sessions SET ended_at = $2 WHERE mac = $1 AND ended_at IS NULL";
const END_SESSIONS: &str = "UPDATE web_sessions SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL";
const END_ALL_LINKS: &str = "UPDATE links SET used_at = $1 WHERE used_at IS NULL";
const END_ALL_TOKENS: &str = "UPDATE person_tokens SET ended_at = $1 WHERE ended_at IS NULL";
const END_ALL_SESSIONS: &str = "UPDATE web_sessions SET ended_at = $1 WHERE ended_at IS NULL";
const SWEEP_LINKS: &str = "DELETE FROM links WHERE expires_at < $1";
const SWEEP_TOKENS: &str = "DELETE FROM person_tokens WHERE expires_at < $1";
const SWEEP_SESSIONS: &str = "DELETE FROM web_sessions WHERE created_at < $1";

pub(super) const SQL: &[&str] = &[
    ADD_LINK,
    USE_LINK,
    LINK,
    END_LINKS,
    ADD_TOKEN,
    TOKEN,
    END_TOKENS,
    ADD_SESSION,
    SESSION,
    LET_IN_BY,
    VOUCH,
    SESSIONS,
    PROVED,
    END_OTHERS,
    SEE_SESSION,
    END_SESSION,
    END_SESSIONS,
    END_ALL_LINKS,
    END_ALL_TOKENS,
    END_ALL_SESSIONS,
    SWEEP_LINKS,
    SWEEP_TOKENS,
    SWEEP_SESSIONS,
];

fn person(row: Option<(String,)>) -> sqlx::Result<Option<Slug>> {
    row.map(|(id,)| parsed(&id)).transpose()
}

/// Keeps a link until it is used or expires.
/// `by` are those whose links led to it: who made it, and who had let them in.
pub async fn add_link(
    conn: &mut Conn,
    mac: &str,
    who: &Slug,
    by: &[Slug],
    expires: DateTime<Utc>,
) -> sqlx::Result<()> {
    exec!(conn, ADD_LINK, mac, who.as_str(), millis(expires), json(by)?).map(drop)
}

fn json(people: &[Slug]) -> sqlx::Result<String> {
    serde_json::to_string(people).map_err(corrupt)
}

fn people(json: &str) -> sqlx::Result<Vec<Slug>> {
    serde_json::from_str(json).map_err(corrupt)
}

/// Whom an unused link is for.
pub async fn link(conn: &mut Conn, mac: &str, now: DateTime<Utc>) -> sqlx::Result<Option<Slug>> {
    person(optional!(conn, LINK, mac, millis(now))?)
}

/// Uses a link up; says whom it was for if it was still good, and whose links led to it.
pub async fn use_link(
    conn: &mut Conn,
    mac: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Slug, Vec<Slug>)>> {
    let row: Option<(String, String)> = optional!(conn, USE_LINK, mac, millis(now))?;
    row.map(|(person, by)| Ok((parsed(&person)?, people(&by)?))).transpose()
}

/// Keeps a person's API token.
pub async fn add_token(conn: &mut Conn, mac: &str, who: &Slug, expires: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, ADD_TOKEN, mac, who.as_str(), millis(expires)).map(drop)
}

/// Whose token this is, if it is good.
pub async fn token(conn: &mut Conn, mac: &str, now: DateTime<Utc>) -> sqlx::Result<Option<Slug>> {
    person(optional!(conn, TOKEN, mac, millis(now))?)
}

/// A web session that is good.
#[derive(Debug, Clone)]
pub struct WebSession {
    /// Whose.
    pub person: Slug,
    /// How they signed in.
    pub via: String,
    /// When it was last used, in milliseconds.
    pub seen_at: i64,
    /// On which device, in a few words.
    pub device: String,
    /// When a passkey last answered in it.
    pub proved_at: Option<DateTime<Utc>>,
    /// By whose sign-in links it began, the nearest first.
    pub let_in_by: Vec<Slug>,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// A web session that is to begin: its HMAC, and on which device.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its HMAC.
    pub mac: String,
    /// On which device, in a few words; empty where that is not known.
    pub device: String,
    /// The HMAC of the session that its browser had before, which ends.
    pub replaces: Option<String>,
}

impl From<String> for NewSession {
    fn from(mac: String) -> Self {
        Self { mac, device: String::new(), replaces: None }
    }
}

/// Opens a web session.
pub async fn add_session(
    conn: &mut Conn,
    session: &NewSession,
    who: &Slug,
    via: &str,
    let_in_by: &[Slug],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if let Some(before) = &session.replaces {
        end_session(conn, before, now).await?;
    }
    let proved = (via == PASSKEY).then(|| millis(now));
    let (now, by) = (millis(now), json(let_in_by)?);
    exec!(conn, ADD_SESSION, &session.mac, who.as_str(), via, now, &session.device, proved, by).map(drop)
}

/// By whose sign-in links an open session began, the nearest first.
pub async fn let_in_by(conn: &mut Conn, mac: &str) -> sqlx::Result<Vec<Slug>> {
    let row: Option<(String,)> = optional!(conn, LET_IN_BY, mac)?;
    row.map_or(Ok(Vec::new()), |(by,)| people(&by))
}

/// Somebody vouches for a person: what began with a passkey of theirs is their own, whoever had let them in.
pub async fn vouch(conn: &mut Conn, who: &Slug) -> sqlx::Result<()> {
    exec!(conn, VOUCH, who.as_str()).map(drop)
}

/// How a session began in which a passkey has answered.
pub const PASSKEY: &str = "passkey";

/// The session with this HMAC, if it began and was used after these moments.
pub async fn session(
    conn: &mut Conn,
    mac: &str,
    began_after: DateTime<Utc>,
    used_after: DateTime<Utc>,
) -> sqlx::Result<Option<WebSession>> {
    let row: Option<SessionRow> = optional!(conn, SESSION, mac, millis(began_after), millis(used_after))?;
    row.map(WebSession::try_from).transpose()
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    person: String,
    via: String,
    seen_at: i64,
    device: String,
    proved_at: Option<i64>,
    let_in_by: String,
    created_at: i64,
}

impl TryFrom<SessionRow> for WebSession {
    type Error = sqlx::Error;

    fn try_from(row: SessionRow) -> sqlx::Result<Self> {
        Ok(Self {
            person: parsed(&row.person)?,
            via: row.via,
            seen_at: row.seen_at,
            device: row.device,
            proved_at: row.proved_at.map(super::time),
            let_in_by: people(&row.let_in_by)?,
            since: super::time(row.created_at),
        })
    }
}

/// A web session as its person sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Listed {
    /// Its HMAC.
    pub mac: String,
    /// How they signed in.
    pub via: String,
    /// On which device.
    pub device: String,
    /// Since when, in milliseconds.
    pub created_at: i64,
    /// When it was last used, in milliseconds.
    pub seen_at: i64,
}

/// The good sessions of a person, the last used first.
pub async fn sessions(
    conn: &mut Conn,
    who: &Slug,
    began_after: DateTime<Utc>,
    used_after: DateTime<Utc>,
) -> sqlx::Result<Vec<Listed>> {
    super::all!(conn, SESSIONS, who.as_str(), millis(began_after), millis(used_after))
}

/// Whether a passkey has answered in this open session of a person after a moment.
pub async fn proved(conn: &mut Conn, mac: &str, who: &Slug, after: DateTime<Utc>) -> sqlx::Result<bool> {
    let found: i64 = super::scalar!(conn, PROVED, mac, who.as_str(), millis(after))?;
    Ok(found == 1)
}

/// Ends every session of a person but this one; says how many.
pub async fn end_others(conn: &mut Conn, who: &Slug, but: &str, now: DateTime<Utc>) -> sqlx::Result<u64> {
    exec!(conn, END_OTHERS, who.as_str(), millis(now), but)
}

/// Writes down that a session is in use.
pub async fn see_session(conn: &mut Conn, mac: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    exec!(conn, SEE_SESSION, mac, millis(now)).map(drop)
}

/// Ends one session; says whether it was open.
pub async fn end_session(conn: &mut Conn, mac: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    exec!(conn, END_SESSION, mac, millis(now)).map(|rows| rows == 1)
}

/// Ends every way in that a person has: sessions, tokens, links.
pub async fn end_all(conn: &mut Conn, who: &Slug, now: DateTime<Utc>) -> sqlx::Result<()> {
    for sql in [END_SESSIONS, END_TOKENS, END_LINKS] {
        exec!(conn, sql, who.as_str(), millis(now))?;
    }
    Ok(())
}

/// Ends the tokens of a person, and the links that were made for them.
pub async fn end_tokens(conn: &mut Conn, who: &Slug, now: DateTime<Utc>) -> sqlx::Result<()> {
    for sql in [END_TOKENS, END_LINKS] {
        exec!(&mut *conn, sql, who.as_str(), millis(now))?;
    }
    Ok(())
}

/// Ends every way in that anybody has.
pub async fn end_everybody(conn: &mut Conn, now: DateTime<Utc>) -> sqlx::Result<()> {
    for sql in [END_ALL_SESSIONS, END_ALL_TOKENS, END_ALL_LINKS] {
        exec!(conn, sql, millis(now))?;
    }
    Ok(())
}

/// Forgets what expired before this moment.
pub async fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> sqlx::Result<()> {
    for sql in [SWEEP_LINKS, SWEEP_TOKENS, SWEEP_SESSIONS] {
        exec!(conn, sql, millis(before))?;
    }
    Ok(())
}
