//! How every batch of the ledger begins and ends, in as few statements as the engine allows.
//!
//! On SQLite each statement is a message to another thread and back, which costs more than most statements do, and
//! lists in JSON are parsed anew for each column. So a batch begins with one text, and ends with one that has room for
//! so many rows of each list; a row that is not needed is NULL and left out. PostgreSQL gets its lists as JSON: there a
//! statement for each is what its plan cache knows.

use super::{
    Conn, Engine,
    audit::{self, NewRow, Noted},
    calls, chains, exec, time,
    watermarks::{self, News},
};
use crate::failpoint;
use protocol::{CallId, Digest};
use sqlx::{Sqlite, pool::PoolConnection};
use std::sync::LazyLock;

const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
const BEGIN_POSTGRES: &str = "BEGIN";

/// What a batch writes beside its records.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The name of the chain.
    pub chain: &'a str,
    /// Its number.
    pub number: i64,
    /// Where its head stood.
    pub from: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// Calls and call tokens that come into being.
    pub calls: &'a [calls::Row],
    /// Calls that are over.
    pub over: &'a [CallId],
}

/// The statement that begins a transaction of the ledger.
pub fn begin_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => BEGIN_SQLITE,
        Engine::Postgres => BEGIN_POSTGRES,
    }
}

/// Begins a batch that has seen the revocations up to a number, and reads what is new; `alone` keeps every other batch
/// out.
pub async fn begin(conn: &mut Conn, alone: bool, seen: i64) -> sqlx::Result<News> {
    match conn.engine() {
        Engine::Sqlite => {
            let news = watermarks::begin_with_news(conn, seen).await?;
            failpoint::hit("ledger.begun").await?;
            Ok(news)
        }
        Engine::Postgres => {
            exec!(&mut *conn, BEGIN_POSTGRES)?;
            failpoint::hit("ledger.begun").await?;
            if alone {
                watermarks::lock_alone(conn).await?;
            } else {
                watermarks::lock_shared(conn).await?;
            }
            watermarks::news(conn, seen).await
        }
    }
}

/// Writes a batch down, and moves the head of its chain behind the records; says whether the head stood where the
/// caller thought.
pub async fn write(conn: &mut Conn, mut rows: &mut [NewRow], written: &Written<'_>) -> sqlx::Result<bool> {
    if rows.is_empty() {
        return Err(without_records());
    }
    let Conn::Sqlite(pooled) = conn else { return by_lists(conn, rows, written).await };
    let Written { mut from, mut calls, mut over, .. } = *written;
    loop {
        let some = rows.len().min(MOST);
        let (now, later) = rows.split_at_mut(some);
        let notes = audit::link(now);
        let (calls_now, calls_later) = calls.split_at(calls.len().min(MOST));
        let (over_now, over_later) = over.split_at(over.len().min(MOST));
        let part = Written { from, calls: calls_now, over: over_now, ..*written };
        if !by_rows(pooled, now, &notes, &part).await? {
            return Ok(false);
        }
        from = now.last().map_or(from, NewRow::seq);
        (rows, calls, over) = (later, calls_later, over_later);
        if rows.is_empty() && calls.is_empty() && over.is_empty() {
            return Ok(true);
        }
    }
}

/// Every call that comes or goes has a record of its own.
fn without_records() -> sqlx::Error {
    sqlx::Error::Protocol("a batch without records has calls".to_owned())
}

async fn by_lists(conn: &mut Conn, rows: &mut [NewRow], written: &Written<'_>) -> sqlx::Result<bool> {
    calls::insert(conn, written.calls, written.chain).await?;
    if !written.over.is_empty() {
        calls::finish(conn, written.over).await?;
    }
    let Some(last) = rows.last() else { return Err(without_records()) };
    let (to, hash) = (last.seq(), Digest::from_bytes(&last.hash));
    audit::append(conn, written.number, rows).await?;
    chains::advance(conn, written.chain, written.from, to, hash.as_str(), time(written.at)).await
}

/// Rows of each list that a text has room for: the largest is what one round writes at most.
const ROOM: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
const MOST: usize = ROOM[ROOM.len() - 1];

/// The texts, made when they are first needed; they are prepared once for a connection.
static TEXTS: [LazyLock<String>; ROOM.len()] = [
    LazyLock::new(|| sqlite_sql(ROOM[0]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[1]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[2]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[3]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[4]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[5]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[6]).join("; ")),
    LazyLock::new(|| sqlite_sql(ROOM[7]).join("; ")),
];

const OF_RECORD: usize = 10;
const OF_NOTE: usize = 5;
const OF_CALL: usize = 5;

// The lists' places have no names: to tell which argument belongs to a name, sqlx asks SQLite for the name of each place,
// and SQLite looks through all names. So what has a name comes last, behind the lists, and is filled in by `named`.
//
// The first record of a session finds the one before in `audit_sessions`, which is written afterwards.
const APPEND: &str = "INSERT INTO audit (id, at, watermark, back, kind, actor, grant_id, call_id, facts, hash) \
    SELECT column1, column2, column3, COALESCE(column4, (SELECT column1 - s.last FROM audit_sessions s \
        WHERE s.grant_id = column7 AND s.chain = $number), 0), \
    column5, column6, unhex(column7), unhex(column8), column9, column10 FROM (VALUES ";
const NOTE: &str = "INSERT INTO audit_sessions (grant_id, chain, last, calls, refused, last_call_at) \
    SELECT column1, $number, column2, column3, column4, column5 FROM (VALUES ";
const NOTE_AGAIN: &str = " ON CONFLICT (grant_id, chain) DO UPDATE SET last = excluded.last, \
    calls = audit_sessions.calls + excluded.calls, refused = audit_sessions.refused + excluded.refused, \
    last_call_at = COALESCE(excluded.last_call_at, audit_sessions.last_call_at)";
const COME: &str = "INSERT INTO calls (id, grant_id, service, chain, state, expires_at) \
    SELECT column1, column2, column3, $chain, column4, column5 FROM (VALUES ";
const GO: &str = "UPDATE calls SET state = 'done' WHERE state = 'open' AND id IN ";
const MOVE: &str = "UPDATE chains SET head_seq = $to, head_hash = $hash, alive_at = $at \
    WHERE id = $chain AND head_seq = $from RETURNING number";
const FILLED: &str = ") WHERE column1 IS NOT NULL";

/// What has a name in these texts, in the order of its arguments.
const NAMES: [&str; 6] = ["$chain", "$number", "$from", "$to", "$hash", "$at"];

/// The statements that end a batch on SQLite, with room for so many rows of each list.
pub fn sqlite_sql(room: usize) -> [String; 5] {
    let list = |width: usize, rows: usize| {
        let row = format!("({})", vec!["?"; width].join(", "));
        vec![row; rows].join(", ")
    };
    let texts = [
        format!("{APPEND}{}{FILLED}", list(OF_RECORD, room)),
        format!("{NOTE}{}{FILLED}{NOTE_AGAIN}", list(OF_NOTE, room)),
        format!("{COME}{}{FILLED}", list(OF_CALL, room)),
        format!("{GO}{}", list(room, 1)),
        MOVE.to_owned(),
    ];
    texts.map(|text| named(text, room))
}

/// Replaces the names by the numbers of their arguments, which come behind those of the lists.
fn named(text: String, room: usize) -> String {
    let behind = room * (OF_RECORD + OF_NOTE + OF_CALL + 1);
    let numbered = NAMES.iter().zip(behind + 1..);
    numbered.fold(text, |text, (name, number)| text.replace(name, &format!("${number}")))
}

async fn by_rows(
    conn: &mut PoolConnection<Sqlite>,
    rows: &[NewRow],
    notes: &[Noted],
    written: &Written<'_>,
) -> sqlx::Result<bool> {
    let needed = [rows.len(), notes.len(), written.calls.len(), written.over.len()];
    let longest = needed.into_iter().max().unwrap_or_default();
    let at = ROOM.iter().position(|room| *room >= longest).unwrap_or(ROOM.len() - 1);
    let room = ROOM[at];
    let Some(last) = rows.last() else { return Err(without_records()) };
    let (to, hash) = (last.seq(), Digest::from_bytes(&last.hash));
    let mut query = sqlx::query_as::<_, (i64,)>(TEXTS[at].as_str());
    for row in rows {
        query = query.bind(row.id).bind(row.at).bind(row.watermark).bind(row.back);
        query = query.bind(row.kind.as_str()).bind(row.actor.as_str()).bind(row.grant()).bind(row.call());
        query = query.bind(row.facts.as_str()).bind(row.hash.as_slice());
    }
    query = skip(query, (room - rows.len()) * OF_RECORD);
    for note in notes {
        query = query.bind(note.grant.as_str()).bind(note.last).bind(note.calls).bind(note.refused);
        query = query.bind(note.last_call_at);
    }
    query = skip(query, (room - notes.len()) * OF_NOTE);
    for calls::Row(id, grant, service, state, expires_at) in written.calls {
        query = query.bind(id.as_str()).bind(grant.digits()).bind(service.as_str()).bind(*state);
        query = query.bind(*expires_at);
    }
    query = skip(query, (room - written.calls.len()) * OF_CALL);
    for call in written.over {
        query = query.bind(call.as_str());
    }
    query = skip(query, room - written.over.len());
    query = query.bind(written.chain).bind(written.number).bind(written.from).bind(to);
    query = query.bind(hash.as_str()).bind(written.at);
    let moved: Vec<(i64,)> = query.fetch_all(&mut **conn).await?;
    Ok(moved.len() == 1)
}

type Query<'q> = sqlx::query::QueryAs<'q, Sqlite, (i64,), sqlx::sqlite::SqliteArguments>;

/// Leaves places free.
fn skip(mut query: Query<'_>, places: usize) -> Query<'_> {
    for _ in 0..places {
        query = query.bind(None::<i64>);
    }
    query
}
