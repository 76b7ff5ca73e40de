//! The record itself: ends of segments are sealed, old segments are dropped, and what is dropped is removed.
//!
//! A drop is on the record, with how far every chain is dropped and what later records rest on, before the first row goes.
//! Rows go afterwards, in small pieces; whoever reads begins behind what is dropped, gone or not.

use super::{Acting, Why};
use crate::{
    failpoint,
    ledger::{batch::Outcome, facts::Facts, intent::Answer, retention::Plan},
    store::{
        audit, chains, meta,
        segments::{self, Segment, Tail},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::record::Actor;
use serde_json::json;

/// Records of a segment at most.
pub const RECORDS: i64 = 65_536;
/// What a segment spans at most: what is recorded later begins the next.
pub const SPAN: TimeDelta = TimeDelta::days(1);
/// Segments that are sealed at once.
const SEALS: usize = 64;
/// Records that are removed at once: each piece holds the calls of its group up.
const PIECE: i64 = 1_000;

/// One of the three.
#[derive(Debug, Clone)]
pub enum Retention {
    /// Seals what is long or old enough, and what brokers that are gone left behind.
    Seal {
        /// A broker that was not heard of since is gone.
        silent_since: DateTime<Utc>,
    },
    /// Drops segments.
    Drop {
        /// Which.
        plan: Box<Plan>,
        /// Who asked for it.
        actor: Actor,
    },
    /// Removes some of what is dropped.
    Remove,
}

/// Whether what stands behind a sealed head is to be sealed.
pub(crate) fn is_due(tail: &Tail, now: DateTime<Utc>) -> bool {
    let full = tail.last - tail.first + 1 >= RECORDS;
    full || tail.is_over == 1 || now.timestamp_millis() - tail.first_at >= SPAN.num_milliseconds()
}

impl Acting<'_> {
    pub(super) async fn retain(mut self, retention: &Retention) -> sqlx::Result<Outcome> {
        match retention {
            Retention::Seal { silent_since } => self.seal_tails(*silent_since).await,
            Retention::Drop { plan, actor } => self.drop_segments(plan, actor).await,
            Retention::Remove => self.remove_dropped().await,
        }
    }

    async fn seal_tails(&mut self, silent_since: DateTime<Utc>) -> sqlx::Result<Outcome> {
        let mut sealed = 0;
        for mut tail in segments::tails(self.conn, &self.pen.chain.name, silent_since).await? {
            while tail.first <= tail.last && is_due(&tail, self.pen.now) {
                if sealed == SEALS {
                    return Ok(Ok(Answer::More));
                }
                let Some(segment) = self.segment(&tail).await? else { break };
                // Where another broker seals at the same time, one of both does.
                if !segments::seal(self.conn, &segment).await? {
                    break;
                }
                sealed += 1;
                tail.first = segment.last + 1;
                let next = audit::find(self.conn, tail.chain, tail.first).await?;
                tail.first_at = next.map_or(tail.first_at, |row| row.at());
            }
        }
        Ok(Ok(Answer::Done))
    }

    /// The next segment of a tail: its records up to a bound. What lies behind a bound begins the next.
    async fn segment(&mut self, tail: &Tail) -> sqlx::Result<Option<Segment>> {
        let end = tail.first_at + SPAN.num_milliseconds();
        let (mut low, mut high) = (tail.first, tail.last.min(tail.first + RECORDS - 1));
        let Some(mut row) = audit::find(self.conn, tail.chain, high).await? else { return Ok(None) };
        if row.at() >= end {
            // Times never go back within a chain.
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                let found = audit::find(self.conn, tail.chain, middle).await?;
                if found.is_some_and(|it| it.at() >= end) { high = middle } else { low = middle }
            }
            let Some(found) = audit::find(self.conn, tail.chain, low).await? else { return Ok(None) };
            row = found;
        }
        let (chain, first, first_at) = (tail.chain, tail.first, tail.first_at);
        Ok(Some(Segment { chain, first, last: row.seq(), hash: row.hash(), first_at, last_at: row.at() }))
    }

    async fn drop_segments(&mut self, plan: &Plan, actor: &Actor) -> sqlx::Result<Outcome> {
        if segments::unfinished(self.conn, plan.before, self.pen.now).await? > 0 {
            let what = "nothing was dropped: sessions or requests that began before are not over yet";
            return Ok(Err(Why::Outdated(what.to_owned())));
        }
        if !segments::next_drop(self.conn, plan.after).await? {
            return Ok(Err(Why::Changed));
        }
        for it in &plan.heads {
            if !segments::drop_until(self.conn, it.number, it.from, it.seq, &it.hash).await? {
                return Ok(Err(Why::Changed));
            }
        }
        let heads: Vec<_> = chains::list(self.conn)
            .await?
            .into_iter()
            .filter(|it| it.dropped_seq > 0)
            .map(|it| json!({"chain": it.id, "seq": it.dropped_seq, "hash": it.dropped_hash}))
            .collect();
        meta::put(self.conn, meta::DROPPED, &self.pen.next_id().to_string()).await?;
        let until = segments::dropped_until(self.conn).await?.map_or(plan.last_at, |it| it.max(plan.last_at));
        meta::put(self.conn, meta::DROPPED_UNTIL, &until.to_string()).await?;
        failpoint::hit("record.dropping").await?;
        let facts = Facts::from_iter([
            ("number".to_owned(), json!(plan.after + 1)),
            ("before".to_owned(), json!(plan.before)),
            ("records".to_owned(), json!(plan.records)),
            ("segments".to_owned(), json!(plan.segments)),
            ("heads".to_owned(), json!(heads)),
            ("carried".to_owned(), json!(plan.carried)),
        ]);
        self.keep("record.dropped", actor.clone(), facts);
        Ok(Ok(Answer::Number(plan.after + 1)))
    }

    async fn remove_dropped(&mut self) -> sqlx::Result<Outcome> {
        let Some(segment) = segments::dropped(self.conn).await? else { return Ok(Ok(Answer::Done)) };
        segments::remove(self.conn, &segment, PIECE).await?;
        failpoint::hit("record.removing").await?;
        Ok(Ok(Answer::More))
    }
}
