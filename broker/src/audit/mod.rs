//! Looking through the record: a page at a time, newest first, over all chains; one record; and verifying it all.
//! The record says everything about everybody, so it is for auditors and admins.

mod activity;
mod backwards;
mod describe;
mod export;
mod matching;
mod verify;

pub use activity::activity;
pub use export::{Form, write_out};
pub use matching::Matching;
pub use verify::{Verifying, verify};

use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    people::permission::may_read_record,
    recovery::Anchor,
    store::{audit, chains, segments, time},
};
use backwards::Backwards;
use protocol::audit::{AuditEvent, AuditPage, AuditQuery, ChainHead, RecordStanding};

/// What a page shows at most.
const PAGE: usize = 50;
/// What a page looks at at most: what is rarer than that is looked for further back page by page.
const LOOK: usize = 5_000;
/// What is shown of one session.
const OF_SESSION: i64 = 400;
/// Chains that are listed at most.
const CHAINS: usize = 20;

fn allowed(visitor: &Visitor) -> Result<(), Fault> {
    if may_read_record(&visitor.person) {
        return Ok(());
    }
    let why = "the record is read by auditors and admins; what your own agents did stands in their sessions";
    Err(Fault::Forbidden(why.to_owned()))
}

/// A page of the record.
pub async fn page(app: &App, visitor: &Visitor, query: &AuditQuery) -> Result<AuditPage, Fault> {
    allowed(visitor)?;
    let matching = Matching::of(query);
    let mut conn = app.store.read().await?;
    let dropped_until = segments::dropped_until(&mut conn).await?.map(time);
    if let Some(grant) = query.session.as_ref().filter(|_| query.before.is_none()) {
        // A session leads from each of its records to the one before, however old it is.
        let records = audit::of_grant(&mut conn, grant, OF_SESSION).await?;
        let entries = records.iter().filter(|it| matching.takes(it)).map(describe::entry).collect();
        let more = i64::try_from(records.len()).is_ok_and(|all| all == OF_SESSION);
        let looked_back_to = records.last().filter(|_| more).map(|it| it.at);
        return Ok(AuditPage { entries, next: None, looked_back_to, dropped_until });
    }
    let mut page = AuditPage { dropped_until, ..AuditPage::default() };
    let mut walk = Backwards::from(&mut conn, query).await?;
    while let Some((place, record)) = walk.next(&mut conn).await? {
        if query.since.is_some_and(|since| record.at < since) {
            return Ok(page);
        }
        if matching.takes(&record) {
            page.entries.push(describe::entry(&record));
        }
        let full = page.entries.len() == PAGE;
        if full || walk.looked() >= LOOK {
            page.next = Some(place);
            page.looked_back_to = (!full).then_some(record.at);
            return Ok(page);
        }
    }
    Ok(page)
}

/// One record.
pub async fn event(app: &App, visitor: &Visitor, chain: &str, seq: i64) -> Result<AuditEvent, Fault> {
    allowed(visitor)?;
    let mut conn = app.store.read().await?;
    let found = chains::find(&mut conn, chain).await?.ok_or(Fault::NotFound("record"))?;
    let inside = seq > found.dropped_seq && seq <= found.head_seq;
    let row = if inside { audit::find(&mut conn, found.number, seq).await? } else { None };
    let row = row.ok_or(Fault::NotFound("record"))?;
    let record = row.record(chain).map_err(crate::store::corrupt)?;
    Ok(AuditEvent {
        outcome: describe::outcome(&record),
        record,
        hash: row.hash(),
        earlier: seq > found.dropped_seq + 1,
        later: seq < found.head_seq,
    })
}

/// What is known of the whole record.
pub async fn standing(app: &App, visitor: &Visitor) -> Result<RecordStanding, Fault> {
    allowed(visitor)?;
    let mut conn = app.store.read().await?;
    let listed = chains::list(&mut conn).await?;
    let head = |chain: &chains::Chain| ChainHead {
        chain: chain.id.clone(),
        started_at: time(chain.started_at),
        ended_at: chain.ended_at.map(time),
        seq: chain.head_seq,
        hash: chain.head_hash.clone(),
    };
    let anchor = app.recovering.anchor().and_then(|file| Anchor::read(&file.path).ok().flatten());
    Ok(RecordStanding {
        chains: listed.iter().rev().take(CHAINS).map(head).collect(),
        anchored_at: anchor.map(|it| it.at()),
        verified: app.verifying.last(),
    })
}
