//! The texts that write a batch down on SQLite: lists of rows, each with room for so many.

use super::{Written, without_records};
use crate::store::{
    audit::{NewRow, Noted},
    calls,
};
use protocol::{CallId, Digest};
use sqlx::{Sqlite, pool::PoolConnection, sqlite::SqliteArguments};
use std::sync::LazyLock;

/// Rows of each list that a text has room for: the largest is what one round writes at most.
pub(super) const ROOM: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
pub(super) const MOST: usize = ROOM[ROOM.len() - 1];

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
const TAKE: &str = "UPDATE calls SET state = 'open', chain = $chain WHERE state = 'minted' AND id IN ";
const MOVE: &str = "UPDATE chains SET head_seq = $to, head_hash = $hash, alive_at = $at \
    WHERE id = $chain AND head_seq = $from RETURNING number";
const FILLED: &str = ") WHERE column1 IS NOT NULL";

/// What has a name in these texts, in the order of its arguments.
const NAMES: [&str; 9] =
    ["$chain", "$number", "$from", "$to", "$hash", "$at", "$seen", "$revision", "$taken"];

/// Which of the lists of calls a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Tokens that are used up.
    pub take: bool,
    /// Calls and tokens that come into being.
    pub come: bool,
    /// Calls that are over.
    pub go: bool,
}

/// What ends a batch has the lists of what comes and goes.
const ENDING: Shape = Shape { take: false, come: true, go: true };

/// The statements that end a batch on SQLite, with room for so many rows of each list.
pub fn sqlite_sql(room: usize) -> Vec<String> {
    let texts = lists(room, ENDING).into_iter().chain([MOVE.to_owned()]);
    texts.map(|text| named(text, room, ENDING)).collect()
}

/// The statements of the lists, whose names are not numbers yet.
pub(super) fn lists(room: usize, shape: Shape) -> Vec<String> {
    let mut texts = vec![
        format!("{APPEND}{}{FILLED}", list(OF_RECORD, room)),
        format!("{NOTE}{}{FILLED}{NOTE_AGAIN}", list(OF_NOTE, room)),
    ];
    if shape.come {
        texts.push(format!("{COME}{}{FILLED}", list(OF_CALL, room)));
    }
    if shape.go {
        texts.push(format!("{GO}{}", ids(room)));
    }
    texts
}

/// The statement that uses tokens up, whose names are not numbers yet.
pub(super) fn take(room: usize) -> String {
    format!("{TAKE}{}", ids(room))
}

/// So many places for ids.
fn ids(room: usize) -> String {
    format!("({})", vec!["?"; room].join(", "))
}

/// So many rows of so many places.
fn list(width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(", "));
    vec![row; rows].join(", ")
}

/// Replaces the names by the numbers of their arguments, which come behind those of the lists.
pub(super) fn named(text: String, room: usize, shape: Shape) -> String {
    let of_calls = usize::from(shape.take) + if shape.come { OF_CALL } else { 0 } + usize::from(shape.go);
    let behind = room * (OF_RECORD + OF_NOTE + of_calls);
    let numbered = NAMES.iter().zip(behind + 1..);
    numbered.fold(text, |text, (name, number)| text.replace(name, &format!("${number}")))
}

/// Where in `ROOM` the text stands that has room for these.
pub(super) fn place(rows: &[NewRow], notes: &[Noted], written: &Written<'_>) -> Option<usize> {
    let Written { taken, calls, over, .. } = written;
    let needed = [rows.len(), notes.len(), taken.len(), calls.len(), over.len()];
    let longest = needed.into_iter().max().unwrap_or_default();
    ROOM.iter().position(|room| *room >= longest)
}

/// Writes at most `MOST` rows of each list; says whether the head stood where the caller thought.
pub(super) async fn write(
    conn: &mut PoolConnection<Sqlite>,
    rows: &[NewRow],
    notes: &[Noted],
    written: &Written<'_>,
) -> sqlx::Result<bool> {
    let at = place(rows, notes, written).unwrap_or(ROOM.len() - 1);
    let lists = bound(sqlx::query(TEXTS[at].as_str()), ROOM[at], ENDING, (rows, notes, written));
    let moved = with_head(lists, rows, written)?.fetch_all(&mut **conn).await?;
    Ok(moved.len() == 1)
}

pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// The arguments of the lists.
pub(super) fn bound<'q>(
    mut query: Query<'q>,
    room: usize,
    shape: Shape,
    (rows, notes, written): (&'q [NewRow], &'q [Noted], &Written<'q>),
) -> Query<'q> {
    if shape.take {
        query = with_ids(query, room, written.taken);
    }
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
    if shape.come {
        query = come(query, room, written.calls);
    }
    if shape.go {
        query = with_ids(query, room, written.over);
    }
    query
}

fn come<'q>(mut query: Query<'q>, room: usize, rows: &'q [calls::Row]) -> Query<'q> {
    for calls::Row(id, grant, service, state, expires_at) in rows {
        query = query.bind(id.as_str()).bind(grant.digits()).bind(service.as_str()).bind(*state);
        query = query.bind(*expires_at);
    }
    skip(query, (room - rows.len()) * OF_CALL)
}

fn with_ids<'q>(mut query: Query<'q>, room: usize, calls: &'q [CallId]) -> Query<'q> {
    for call in calls {
        query = query.bind(call.as_str());
    }
    skip(query, room - calls.len())
}

/// The arguments of what the head of the chain becomes.
pub(super) fn with_head<'q>(
    query: Query<'q>,
    rows: &[NewRow],
    written: &Written<'q>,
) -> sqlx::Result<Query<'q>> {
    let Some(last) = rows.last() else { return Err(without_records()) };
    let (to, hash) = (last.seq(), Digest::from_bytes(&last.hash));
    let query = query.bind(written.chain).bind(written.number).bind(written.from).bind(to);
    Ok(query.bind(hash.as_str().to_owned()).bind(written.at))
}

/// Leaves places free.
fn skip(mut query: Query<'_>, places: usize) -> Query<'_> {
    for _ in 0..places {
        query = query.bind(None::<i64>);
    }
    query
}
