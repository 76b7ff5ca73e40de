//! Proves offline that the record is whole and that it keeps its promises.
//!
//! 1. Every chain is read (`links`): numbers without gaps from 1, hashes, columns that say what the body says,
//!    revocations seen and times that never go back, and the head where the list of chains says it is.
//! 2. What decides about calls is collected on the way (`facts`): decisions, redemptions, revocations, and the heads
//!    that each start of a broker found. A head that is missing means that the end of a chain was cut off.
//! 3. The calls are read again (`calls`): each under a grant that was approved and redeemed, before its end, by a
//!    batch that had seen no revocation of it; each end of a call behind its authorisation.
//!
//! A database in use may be verified: what is appended after the beginning is left for the next time.

mod calls;
mod facts;
mod links;

use crate::store::{Conn, Store, audit, chains};
use calls::Calls;
use facts::Facts;

/// Records that are read at once.
const PAGE: i64 = 1_000;

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
    /// Records.
    pub records: u64,
    /// Approvals.
    pub approvals: u64,
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
pub async fn verify(store: &Store, mut progress: impl FnMut(Progress)) -> Result<Report, VerifyError> {
    let mut conn = store.read().await?;
    let listed = chains::list(&mut conn).await?;
    let records: i64 = listed.iter().map(|chain| chain.head_seq).sum();
    let total = u64::try_from(records).unwrap_or_default() * 2;
    let mut read = 0;
    let mut tell = |more: usize| {
        read += more as u64;
        progress(Progress { read, total });
    };
    let mut report = Report { chains: listed.len() as u64, ..Report::default() };
    report.first_fault = check(&mut conn, &listed, &mut report, &mut tell).await?;
    Ok(report)
}

async fn check(
    conn: &mut Conn,
    listed: &[chains::Chain],
    report: &mut Report,
    tell: &mut impl FnMut(usize),
) -> Result<Option<Fault>, VerifyError> {
    if let Some((chain, seq)) = audit::orphans(conn).await?.into_iter().next() {
        return Ok(Some(Fault::new(&chain, seq, "its chain is not in the list of chains")));
    }
    let mut facts = Facts::default();
    for chain in listed {
        if let Some(fault) = links::check(conn, chain, &mut facts, report, tell).await? {
            return Ok(Some(fault));
        }
    }
    if let Some(fault) = facts.check_heads(conn).await? {
        return Ok(Some(fault));
    }
    report.approvals = facts.approvals();
    report.revocations = facts.revocations();
    let mut calls = Calls::new(&facts);
    if let Some(fault) = read_again(conn, listed, tell, |chain, row| calls.check(chain, row)).await? {
        return Ok(Some(fault));
    }
    if calls.misses_beginnings() {
        let look = |_: &str, row: &audit::Row| {
            calls.look_for_beginning(row);
            Ok(())
        };
        read_again(conn, listed, &mut |_| {}, look).await?;
    }
    report.calls = calls.authorised;
    report.refused = calls.refused;
    report.open_calls = calls.open();
    Ok(calls.end_without_beginning())
}

/// Reads every chain up to the head that was listed.
async fn read_again(
    conn: &mut Conn,
    listed: &[chains::Chain],
    tell: &mut impl FnMut(usize),
    mut check: impl FnMut(&str, &audit::Row) -> Result<(), Fault>,
) -> Result<Option<Fault>, VerifyError> {
    for chain in listed {
        let mut after = 0;
        while after < chain.head_seq {
            let rows = audit::page(conn, &chain.id, after, PAGE.min(chain.head_seq - after)).await?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            tell(rows.len());
            if let Some(fault) = rows.iter().find_map(|row| check(&chain.id, row).err()) {
                return Ok(Some(fault));
            }
        }
    }
    Ok(None)
}
