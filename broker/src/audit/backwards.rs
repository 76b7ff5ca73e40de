//! The records of all chains, newest first. Each chain is in order by itself, times included, so this merges their
//! ends; chains that had ended before are opened only when the way back has come to them.

use crate::store::{
    Conn,
    audit::{self, Row},
    chains::{self, Chain},
    corrupt, millis,
};
use protocol::{
    audit::{AuditQuery, Place},
    record::Record,
};
use std::collections::VecDeque;

/// Records of a chain that are read at once.
const BLOCK: i64 = 200;
/// What opening a chain counts for, compared with looking at a record.
const OPENING: usize = 25;

/// A chain on the way back.
struct Walk {
    chain: Chain,
    /// The number behind the next record to read.
    end: i64,
    rows: VecDeque<Row>,
}

/// The way back.
pub(super) struct Backwards {
    /// Chains that are not opened yet, the one that ended first in front.
    closed: Vec<Chain>,
    open: Vec<Walk>,
    /// Only records before this place.
    before: Place,
    looked: usize,
}

impl Backwards {
    pub async fn from(conn: &mut Conn, query: &AuditQuery) -> sqlx::Result<Self> {
        let until = query.until.map_or(i64::MAX, |until| millis(until).saturating_add(999));
        let end = Place { at: until, chain: i64::MAX, seq: i64::MAX };
        let before = query.before.map_or(end, |before| before.min(end));
        let since = query.since.map_or(i64::MIN, millis);
        let mut closed = chains::list(conn).await?;
        closed.retain(|chain| {
            chain.head_seq > chain.dropped_seq && chain.started_at <= before.at && ended(chain) >= since
        });
        closed.sort_by_key(|chain| (ended(chain), chain.number));
        Ok(Self { closed, open: Vec::new(), before, looked: 0 })
    }

    /// How much was looked at.
    pub fn looked(&self) -> usize {
        self.looked
    }

    /// The next record, and its place.
    pub async fn next(&mut self, conn: &mut Conn) -> sqlx::Result<Option<(Place, Record)>> {
        loop {
            let newest = self.open.iter().filter_map(Walk::place).max();
            let behind = self.closed.last().is_some_and(|it| newest.is_none_or(|at| ended(it) >= at.at));
            if !behind {
                break;
            }
            if let Some(chain) = self.closed.pop() {
                self.looked += OPENING;
                let walk = Walk::open(conn, chain, self.before).await?;
                self.open.push(walk);
            }
        }
        let newest = self.open.iter_mut().max_by_key(|walk| walk.place());
        let Some((walk, place)) = newest.and_then(|walk| walk.place().map(|place| (walk, place))) else {
            return Ok(None);
        };
        self.looked += 1;
        let Some(row) = walk.rows.pop_front() else { return Ok(None) };
        let record = row.record(&walk.chain.id).map_err(corrupt)?;
        if walk.rows.is_empty() {
            walk.read(conn).await?;
        }
        Ok(Some((place, record)))
    }
}

/// No record of a chain is later than this.
fn ended(chain: &Chain) -> i64 {
    chain.ended_at.unwrap_or(i64::MAX)
}

impl Walk {
    async fn open(conn: &mut Conn, chain: Chain, before: Place) -> sqlx::Result<Self> {
        let end = end(conn, &chain, before).await?;
        let mut walk = Self { chain, end, rows: VecDeque::new() };
        walk.read(conn).await?;
        Ok(walk)
    }

    fn place(&self) -> Option<Place> {
        let row = self.rows.front()?;
        Some(Place { at: row.at(), chain: self.chain.number, seq: row.seq() })
    }

    async fn read(&mut self, conn: &mut Conn) -> sqlx::Result<()> {
        let rows =
            audit::page_before(conn, self.chain.number, self.chain.dropped_seq, self.end, BLOCK).await?;
        self.end = rows.last().map_or(self.chain.dropped_seq + 1, Row::seq);
        self.rows = rows.into();
        Ok(())
    }
}

/// The number of the first record of a chain that does not stand before a place: found by halving, since the times of
/// a chain never go back and have no index.
async fn end(conn: &mut Conn, chain: &Chain, before: Place) -> sqlx::Result<i64> {
    if before.chain == chain.number {
        return Ok(before.seq);
    }
    if ended(chain) < before.at || before.at == i64::MAX {
        return Ok(chain.head_seq + 1);
    }
    let (mut low, mut high) = (chain.dropped_seq + 1, chain.head_seq + 1);
    while low < high {
        let middle = low.midpoint(high);
        let place = audit::find(conn, chain.number, middle).await?;
        let stands_before =
            place.is_none_or(|row| Place { at: row.at(), chain: chain.number, seq: middle } < before);
        if stands_before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
