//! A batch for which nothing has to be read, on SQLite: one text begins it, makes sure that it was judged by what still
//! holds, writes it down and commits it.
//!
//! What a batch reads before it judges, news of revocations and of what is declared, it seldom finds. So it is judged by
//! what the last one found, and the text takes its place in the chain only if nothing came in between. Otherwise nothing
//! has happened, and the batch begins anew by reading.

use super::{
    Written,
    rows::{self, ROOM, Shape},
};
use crate::store::{Conn, audit, audit::NewRow, exec};
use futures::TryStreamExt as _;
use sqlx::{Either, Executor as _, Sqlite, pool::PoolConnection};
use std::{
    pin::pin,
    sync::OnceLock,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

/// The head moves only if the batch was judged by what holds: what is NULL may not stand there, and the text ends.
const MOVE_IF: &str = "UPDATE chains SET head_hash = $hash, alive_at = $at, head_seq = CASE \
    WHEN head_seq = $from AND (SELECT number FROM revision) = $revision \
    AND (SELECT value FROM counters WHERE name = 'revocation') <= $seen \
    AND NOT EXISTS (SELECT 1 FROM watermarks WHERE number > $seen)";
/// Every token was unused, says the statement before.
const AND_TAKEN: &str = " AND changes() = $taken";
const MOVE: &str = " THEN $to END WHERE id = $chain";

/// A text that is still at work after this time is waited for as any other.
const PATIENCE: Duration = Duration::from_millis(2);

/// What a batch was judged by.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The highest revocation that was seen.
    pub seen: i64,
    /// The revision of what admins declared.
    pub revision: i64,
}

/// What became of it.
#[derive(Debug)]
pub enum AtOnce {
    /// It is committed.
    Committed,
    /// Nothing happened: something came in between, or it does not fit into one text. Begin anew.
    Anew,
    /// The commit itself failed: it may have happened.
    Unknown(sqlx::Error),
}

/// The statements of the text with room for so many rows of each list.
pub fn at_once_sql(room: usize, shape: Shape) -> Vec<String> {
    let mut texts = vec!["BEGIN IMMEDIATE".to_owned()];
    texts.extend(shape.take.then(|| rows::take(room)));
    texts.push(format!("{MOVE_IF}{}{MOVE}", if shape.take { AND_TAKEN } else { "" }));
    texts.extend(rows::lists(room, shape));
    texts.push("COMMIT".to_owned());
    texts.into_iter().map(|text| rows::named(text, room, shape)).collect()
}

/// Judges nothing; commits what was judged by `known`, if that still holds. `committing` tells when the connection begins
/// to commit.
pub async fn at_once(
    conn: &mut Conn,
    committing: &Notify,
    rows: &mut [NewRow],
    written: &Written<'_>,
    known: Known,
) -> sqlx::Result<AtOnce> {
    let notes = audit::link(rows);
    let (Conn::Sqlite(pooled), Some(at)) = (&mut *conn, rows::place(rows, &notes, written)) else {
        return Ok(AtOnce::Anew);
    };
    let Written { taken, calls, over, .. } = written;
    let shape = Shape { take: !taken.is_empty(), come: !calls.is_empty(), go: !over.is_empty() };
    let (text, statements) = text(at, shape);
    let lists = rows::bound(sqlx::query(text), ROOM[at], shape, (rows, &notes, written));
    let query = rows::with_head(lists, rows, written)?.bind(known.seen).bind(known.revision);
    let query = query.bind(i64::try_from(taken.len()).unwrap_or(i64::MAX));
    match run(pooled, query, committing).await {
        (done, Ok(())) if done == statements => Ok(AtOnce::Committed),
        (done, Err(error)) if done + 1 == statements => Ok(AtOnce::Unknown(error)),
        (done, result) => {
            tracing::debug!(done, ?result, "a batch begins anew by reading");
            exec!(conn, "ROLLBACK")?;
            Ok(AtOnce::Anew)
        }
    }
}

/// The text for a place in `ROOM`, made when it is first needed, and how many statements it has.
fn text(at: usize, shape: Shape) -> (&'static str, usize) {
    static TEXTS: [[OnceLock<String>; 8]; ROOM.len()] =
        [const { [const { OnceLock::new() }; 8] }; ROOM.len()];
    let has = [shape.take, shape.come, shape.go].map(usize::from);
    let place = has[0] * 4 + has[1] * 2 + has[2];
    let text = TEXTS[at][place].get_or_init(|| at_once_sql(ROOM[at], shape).join("; "));
    (text, 5 + has.iter().sum::<usize>())
}

/// Runs a text; gives how many of its statements are done.
async fn run(
    conn: &mut PoolConnection<Sqlite>,
    query: rows::Query<'_>,
    committing: &Notify,
) -> (usize, sqlx::Result<()>) {
    let mut done = 0;
    let result = {
        let mut steps = (&mut **conn).fetch_many(query);
        let all = async {
            while let Some(step) = steps.try_next().await? {
                done += usize::from(matches!(step, Either::Left(_)));
            }
            Ok(())
        };
        once_committing(all, committing).await
    };
    (done, result)
}

/// Awaits a text without being woken by each of its statements: SQLite's thread would be held up by a task that sees
/// that it has to wait for the next one. The task sleeps until the commit begins, whose flush takes longest.
async fn once_committing<T>(work: impl Future<Output = T>, committing: &Notify) -> T {
    let mut work = pin!(work);
    let mut begun = pin!(committing.notified());
    begun.as_mut().enable();
    let handed_over = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    if let Poll::Ready(done) = handed_over {
        return done;
    }
    // If it never comes to that, what happened is read a little later.
    let _ = timeout(PATIENCE, begun).await;
    work.await
}
