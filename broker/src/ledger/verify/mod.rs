//! Proves offline that the record is whole and that it keeps its promises.
//!
//! 1. What decides about calls is collected (`facts`): decisions, redemptions, revocations, and the heads that each
//!    start of a broker found. A head that is missing means that the end of a chain was cut off.
//! 2. Every record of every chain is read (`links`): numbers without gaps from 1, hashes over what the columns hold,
//!    revocations seen and times that never go back, each session's way back, and the head where the list of chains
//!    says it is.
//! 3. On the same way, the calls (`calls`): each under a grant that was approved and redeemed, before its end, by a
//!    batch that had seen no revocation of it; each end of a call behind its authorisation.
//!
//! Each chain begins behind what is dropped of it (`carried`): the newest record of a drop names the same heads, and says
//! what later records still rest on.
//!
//! With files of an archive, what is dropped is read there, and compared with the heads that are left of it; then every
//! call is judged once more, by all that ever decided about it (`archive`).
//!
//! Decisions that passkeys signed are checked with the public keys in the record (`evidence`).
//!
//! A broken link is named before a broken promise: what the first two steps read is the same record. A database in use
//! may be verified: what is appended after the beginning is left for the next time.

mod archive;
mod calls;
pub(super) mod carried;
mod evidence;
pub(super) mod facts;
pub(super) mod links;

use crate::store::{
    Conn, Store,
    audit::{self, Line, Which},
    chains::{self, Chain},
    segments,
};
pub use archive::{ArchiveFault, Archived, Part, verify_alone};
use calls::Calls;
use facts::Facts;
use links::Walk;
use std::path::PathBuf;

/// Records that are read at once.
const STRETCH: i64 = 1_000;
/// Records among which those that decide are looked for at once.
const LOOK: i64 = 10_000;

/// Why it could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database did not answer.
    #[error("the record could not be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// How far the verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records that were read.
    pub read: u64,
    /// Records that are to be read in all; each is read twice.
    pub total: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains: starts of a broker.
    pub chains: u64,
    /// Records that are dropped.
    pub dropped: u64,
    /// Those of them that are still to be removed.
    pub to_remove: u64,
    /// When the oldest record was made that is not dropped, in milliseconds since 1970 (UTC).
    pub since: Option<i64>,
    /// Records.
    pub records: u64,
    /// Approvals.
    pub approvals: u64,
    /// Decisions that a passkey proves.
    pub proven: u64,
    /// Revocations.
    pub revocations: u64,
    /// Calls that were authorised.
    pub calls: u64,
    /// Calls and call tokens that were refused.
    pub refused: u64,
    /// Calls of which nothing is recorded behind their authorisation.
    pub open_calls: u64,
    /// The first record that is wrong. What comes behind it was not looked at.
    pub first_fault: Option<Fault>,
    /// What was found in the archive of what is dropped, if it was asked for and the record itself is whole.
    pub archive: Option<Archived>,
}

/// A record that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} of chain {chain}: {what}")]
pub struct Fault {
    /// In which chain.
    pub chain: String,
    /// Which number.
    pub seq: i64,
    /// What is wrong.
    pub what: String,
}

impl Fault {
    fn new(chain: &str, seq: i64, what: impl Into<String>) -> Self {
        Self { chain: chain.to_owned(), seq, what: what.into() }
    }
}

/// Verifies the whole record.
pub async fn verify(store: &Store, progress: impl FnMut(Progress)) -> Result<Report, VerifyError> {
    verify_with(store, &[], progress).await
}

/// Verifies the whole record, and files and folders of the archive of what is dropped.
pub async fn verify_with(
    store: &Store,
    archive: &[PathBuf],
    mut progress: impl FnMut(Progress),
) -> Result<Report, VerifyError> {
    let mut conn = store.read().await?;
    loop {
        let (report, listed) = once(&mut conn, archive, &mut progress).await?;
        // What was dropped while it was read is missing for that reason.
        let places = |listed: &[Chain]| listed.iter().map(|it| it.dropped_seq).collect::<Vec<_>>();
        if (report.first_fault.is_none() && report.archive.as_ref().is_none_or(Archived::is_whole))
            || places(&chains::list(&mut conn).await?).starts_with(&places(&listed))
        {
            return Ok(report);
        }
    }
}

async fn once(
    conn: &mut Conn,
    archive: &[PathBuf],
    progress: &mut impl FnMut(Progress),
) -> Result<(Report, Vec<Chain>), VerifyError> {
    let drops = segments::drops(conn).await?; // before the chains: what is dropped since is newer
    let listed = chains::list(conn).await?;
    let records: i64 = listed.iter().map(|chain| chain.head_seq - chain.dropped_seq).sum();
    let total = u64::try_from(records).unwrap_or_default() * 2;
    let mut read = 0;
    let mut tell = |more: i64| {
        read += u64::try_from(more).unwrap_or_default();
        progress(Progress { read, total });
    };
    let mut report = Report { chains: listed.len() as u64, ..Report::default() };
    for chain in listed.iter().filter(|it| it.dropped_seq > 0) {
        report.dropped += u64::try_from(chain.dropped_seq).unwrap_or_default();
        let remaining = segments::remaining(conn, chain.number, chain.dropped_seq).await?;
        report.to_remove += u64::try_from(remaining).unwrap_or_default();
    }
    report.since = segments::oldest(conn).await?;
    let mut facts = Facts::default();
    report.first_fault = check(conn, &listed, drops, &mut facts, &mut report, &mut tell).await?;
    if report.first_fault.is_none() && !archive.is_empty() {
        let (archived, broken_promise) = archive::against(conn, archive, &listed, &facts).await?;
        report.archive = Some(archived);
        report.first_fault = broken_promise;
    }
    Ok((report, listed))
}

async fn check(
    conn: &mut Conn,
    listed: &[Chain],
    drops: i64,
    facts: &mut Facts,
    report: &mut Report,
    tell: &mut impl FnMut(i64),
) -> Result<Option<Fault>, VerifyError> {
    if let Some(fault) = orphan(conn, listed).await? {
        return Ok(Some(fault));
    }
    let mut broken_facts = decisions(conn, listed, facts, tell).await?;
    if broken_facts.is_none() {
        broken_facts = facts.check_dropped(listed, drops);
    }
    let dropped = facts.dropped.take();
    let carried = dropped.map(|it| it.carried).unwrap_or_default();
    if broken_facts.is_none() {
        broken_facts = facts.take_over(&carried);
    }
    if broken_facts.is_none() {
        broken_facts = facts.check_heads(conn, listed).await?;
    }
    match facts.proofs.finish() {
        Ok(proven) => report.proven = proven,
        Err(fault) => drop(broken_facts.get_or_insert(fault)),
    }
    let mut calls = Calls::new(facts);
    calls.take_over(&carried);
    let mut broken_promise = None;
    for chain in listed {
        let sealed = segments::list(conn, chain.number, chain.dropped_seq).await?;
        let mut walk = Walk::new(chain, sealed);
        let look = |line: &Line<'_>| {
            walk.step(line)?;
            report.records += 1;
            if broken_facts.is_none() && broken_promise.is_none() {
                broken_promise = calls.check(&chain.id, line).err();
            }
            Ok(())
        };
        if let Some(fault) = read(conn, chain, Which::All, look, tell).await? {
            return Ok(Some(fault));
        }
        if let Some(fault) = walk.end(conn).await? {
            return Ok(Some(fault));
        }
    }
    report.approvals = facts.approvals();
    report.revocations = facts.revocations();
    if let Some(fault) = broken_facts.or(broken_promise) {
        return Ok(Some(fault));
    }
    beginnings(conn, listed, &mut calls).await?;
    report.calls = calls.authorised;
    report.refused = calls.refused;
    report.open_calls = calls.open();
    Ok(calls.end_without_beginning())
}

/// Looks for the beginnings of calls whose ends were met without.
async fn beginnings(conn: &mut Conn, listed: &[Chain], calls: &mut Calls<'_>) -> sqlx::Result<()> {
    if calls.misses_beginnings() {
        for chain in listed {
            let look = |line: &Line<'_>| {
                calls.look_for_beginning(line);
                Ok(())
            };
            read(conn, chain, Which::All, look, &mut |_| {}).await?;
        }
    }
    Ok(())
}

/// A record whose chain is not listed: what lies between the chains is looked for, not every record.
async fn orphan(conn: &mut Conn, listed: &[Chain]) -> sqlx::Result<Option<Fault>> {
    let mut from = i64::MIN;
    while let Some(id) = audit::next(conn, from).await? {
        let number = audit::chain_of(id);
        if listed.iter().all(|chain| chain.number != number) {
            let unknown = format!("number {number}");
            return Ok(Some(Fault::new(
                &unknown,
                audit::seq_of(id),
                "its chain is not in the list of chains",
            )));
        }
        from = audit::id(number + 1, 0);
    }
    Ok(None)
}

/// Collects what decides; gives what is wrong with it.
async fn decisions(
    conn: &mut Conn,
    listed: &[Chain],
    facts: &mut Facts,
    tell: &mut impl FnMut(i64),
) -> sqlx::Result<Option<Fault>> {
    let mut first = None;
    for chain in listed {
        let look = |line: &Line<'_>| {
            // What cannot be read is named when the links are checked.
            if let Ok(record) = line.record(&chain.id)
                && let Err(fault) = facts.learn(&record)
            {
                first.get_or_insert(fault);
            }
            Ok(())
        };
        read(conn, chain, Which::Deciding, look, tell).await?;
    }
    Ok(first)
}

/// Reads a chain from what is dropped of it up to the head that was listed, until something is wrong.
pub(super) async fn read(
    conn: &mut Conn,
    chain: &Chain,
    which: Which,
    mut look: impl FnMut(&Line<'_>) -> Result<(), Fault>,
    tell: &mut impl FnMut(i64),
) -> sqlx::Result<Option<Fault>> {
    let step = if which == Which::All { STRETCH } else { LOOK };
    let end = |after: i64| (after + step).min(chain.head_seq);
    let ids = |after: i64| (audit::id(chain.number, after), audit::id(chain.number, end(after)));
    let mut after = chain.dropped_seq;
    let (from, to) = ids(after);
    let mut stretch = audit::stretch(conn, from, to, which).await?;
    while after < chain.head_seq {
        let until = end(after);
        let mut check = || {
            for (seq, line) in (after + 1..).zip(stretch.lines()) {
                let unreadable = || Fault::new(&chain.id, seq, domain::chain::Fault::Unreadable.to_string());
                line.ok_or_else(unreadable).and_then(|line| look(&line))?;
            }
            Ok(())
        };
        // The next stretch is on its way while this one is checked.
        let (from, to) = ids(until);
        let (next, checked) = tokio::join!(biased; audit::stretch(conn, from, to, which), async { check() });
        if let Err(fault) = checked {
            return Ok(Some(fault));
        }
        tell(until - after);
        (after, stretch) = (until, next?);
    }
    Ok(None)
}
