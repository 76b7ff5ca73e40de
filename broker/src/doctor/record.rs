//! The record, quickly: the newest records of the newest chains, up to the heads. `audit verify` reads all of it.

use super::{Check, Patient};
use crate::store::{
    Conn,
    audit::{self, Row},
    chains::{self, Chain},
};
use domain::chain::Head;
use protocol::Digest;

const NAME: &str = "record";
/// Chains and records of each.
const CHAINS: usize = 20;
const RECORDS: i64 = 100;

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let waiting = it.app.map_or(0, |app| app.ledger.unrecorded());
    if waiting > 0 {
        let what =
            format!("{waiting} revocations could not be recorded; no call is authorised until they are");
        return Ok(vec![Check::failure(
            NAME,
            what,
            "the log says why: make room, or bring the database back",
        )]);
    }
    let mut conn = it.store.read().await?;
    let listed = chains::list(&mut conn).await?;
    let mut read = 0;
    for chain in listed.iter().rev().take(CHAINS) {
        match tail(&mut conn, chain).await? {
            Ok(records) => read += records,
            Err(what) => {
                let to_do = "countersign-broker audit verify names the first that is wrong; keep the database as it is";
                return Ok(vec![Check::failure(NAME, format!("chain {}: {what}", chain.id), to_do)]);
            }
        }
    }
    let what = format!("the last {read} records lead to the heads of {} chains", listed.len().min(CHAINS));
    let kept: i64 = listed.iter().map(|it| it.head_seq - it.dropped_seq).sum();
    let keep = it.config.record.keep.value;
    let keep = keep.map_or_else(|| "for ever".to_owned(), |keep| format!("{} days", keep.num_days()));
    let what = format!("{what} (audit verify reads all). It has {kept} records, kept {keep}");
    Ok(vec![Check::ok(NAME, what)])
}

/// Follows the last records of a chain to the head that the list of chains names.
async fn tail(conn: &mut Conn, chain: &Chain) -> sqlx::Result<Result<usize, String>> {
    if chain.head_seq == 0 {
        return Ok(Ok(0));
    }
    let after = (chain.head_seq - RECORDS - 1).max(chain.dropped_seq);
    let rows = audit::page(conn, chain.number, after, chain.head_seq - after).await?;
    Ok(follow(chain, after, &rows))
}

fn follow(chain: &Chain, after: i64, rows: &[Row]) -> Result<usize, String> {
    let mut rows = rows.iter();
    let mut head = chain.beginning().ok_or("the head up to which it is dropped cannot be read")?;
    if after > chain.dropped_seq {
        // The first that was read is only what the second stands on.
        let first = rows.next().ok_or("its records are missing")?;
        let hash = first.hash_bytes().try_into().map_err(|_| "a hash cannot be read")?;
        head = Head { seq: first.seq(), hash };
    }
    let mut read = 0;
    for row in rows {
        let body = row.body(&chain.id).map_err(|_| format!("record {} cannot be read", row.seq()))?;
        head.follow(row.seq(), &body, row.hash_bytes())
            .map_err(|it| format!("record {}: {it}", row.seq()))?;
        read += 1;
    }
    if head.seq != chain.head_seq || Digest::from_bytes(&head.hash).as_str() != chain.head_hash {
        return Err("its last record is not the head that is listed; the end may be cut off".to_owned());
    }
    Ok(read)
}
