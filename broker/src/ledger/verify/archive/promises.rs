//! The promises that the record keeps, over archive and database together: what a drop carried is not believed but read
//! where it stands.

use super::{
    ArchiveFault,
    files::{Entry, Lines},
    pieces::Piece,
};
use crate::{
    ledger::verify::{Fault, beginnings, calls::Calls, decisions, facts::Facts, read},
    store::{
        Conn,
        audit::{self, Line, Which, actor_column, hash_bytes},
        chains::Chain,
        millis,
    },
};
use domain::digest::canonical_object;
use protocol::{CallId, GrantId, record::Record};
use std::collections::HashMap;

/// The files of each chain, in order.
type Files<'a> = HashMap<&'a str, Vec<&'a Piece>>;

/// The first promise that is broken; the files are whole, and everything that was dropped stands in them.
pub(super) async fn broken(
    conn: &mut Conn,
    files: &Files<'_>,
    listed: &[Chain],
) -> sqlx::Result<Result<Option<Fault>, ArchiveFault>> {
    let mut facts = Facts::default();
    let mut broken = None;
    for chain in listed {
        let learnt = dropped(files, chain, |record, _| {
            if let Err(fault) = facts.learn(record) {
                broken.get_or_insert(fault);
            }
        });
        if let Err(fault) = learnt {
            return Ok(Err(fault));
        }
    }
    broken = broken.or(decisions(conn, listed, &mut facts, &mut |_| {}).await?);
    if broken.is_none() {
        broken = facts.check_heads(conn, listed).await?;
    }
    if broken.is_some() {
        return Ok(Ok(broken));
    }
    let mut calls = Calls::new(&facts);
    for chain in listed {
        let checked = dropped(files, chain, |_, line| {
            if broken.is_none() {
                broken = calls.check(&chain.id, line).err();
            }
        });
        if let Err(fault) = checked {
            return Ok(Err(fault));
        }
        let look = |line: &Line<'_>| calls.check(&chain.id, line);
        let more = read(conn, chain, Which::All, look, &mut |_| {}).await?;
        broken = broken.or(more);
        if broken.is_some() {
            return Ok(Ok(broken));
        }
    }
    beginnings(conn, listed, &mut calls).await?;
    Ok(Ok(calls.end_without_beginning()))
}

/// Every dropped record of a chain, once.
fn dropped(
    files: &Files<'_>,
    chain: &Chain,
    mut look: impl FnMut(&Record, &Line<'_>),
) -> Result<(), ArchiveFault> {
    let mut next = 1;
    for piece in files.get(chain.id.as_str()).into_iter().flatten() {
        let mut lines = Lines::open(&piece.path)?;
        while let Some(Entry { number, place, body, hash }) = lines.next()? {
            if place.seq != next || next > chain.dropped_seq {
                continue;
            }
            next += 1;
            let changed = || ArchiveFault::new(&piece.path, Some(number), "it was changed while it was read");
            let record: Record = serde_json::from_str(body).map_err(|_| changed())?;
            let facts = canonical_object(&record.facts);
            let line = Line {
                id: audit::id(chain.number, record.seq),
                at: millis(record.at),
                watermark: record.watermark,
                back: 0, // is no part of what is archived
                kind: &record.kind,
                actor: &actor_column(&record.actor),
                grant: record.grant.as_ref().map(GrantId::digits),
                call: record.call.as_ref().map(CallId::digits),
                facts: &facts,
                hash: hash_bytes(hash.as_str()).ok_or_else(changed)?,
            };
            look(&record, &line);
        }
    }
    Ok(())
}
