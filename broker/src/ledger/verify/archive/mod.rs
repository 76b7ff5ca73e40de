//! The archive of what was dropped: files in the form of the export, of one stretch of one chain each.
//!
//! 1. Every file is read once (`files`): which stretch of which chain it holds, and which heads the records in it name.
//! 2. The files of each chain are read in the order of their records: numbers, hashes, each file behind the one before.
//!    Where several say who stands at one place, they must agree: files, the heads that starts and drops of the broker
//!    have on record, the database, which knows the hash of the last record that it dropped of each chain.
//! 3. What was dropped and stands in no file is missing.
//! 4. If nothing is, the calls of archive and database together are judged as if nothing had been dropped (`promises`).
//!
//! Without the database the files are compared with each other alone: nobody knows then what is missing at their ends,
//! nor whether somebody made all of them anew.

mod files;
mod pieces;
mod promises;

use super::{
    Fault,
    facts::{Facts, HeadFact},
};
use crate::store::{Conn, chains::Chain};
use pieces::{Archive, Piece};
use protocol::record::Record;
use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
};

/// What was found in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Files.
    pub files: u64,
    /// Chains of which there is something.
    pub chains: u64,
    /// Records; what stands in two files is counted once.
    pub records: i64,
    /// What should be there and is in no file.
    pub missing: Vec<Part>,
    /// Where a first record is not checked, since nothing is known of what stood before it.
    pub unfounded: Vec<Part>,
    /// The first thing that is wrong. What comes behind it was not looked at.
    pub first_fault: Option<ArchiveFault>,
}

impl Archived {
    /// Whether nothing is wrong with it and nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.first_fault.is_none() && self.missing.is_empty()
    }
}

/// A part of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Of which.
    pub chain: String,
    /// The number of its first record there.
    pub first: i64,
    /// That of its last.
    pub last: i64,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, first, last } = self;
        if first == last {
            return write!(f, "record {first} of chain {chain}");
        }
        write!(f, "records {first} to {last} of chain {chain}")
    }
}

/// Something is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ArchiveFault {
    /// Which.
    pub path: PathBuf,
    /// In which of its lines, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl ArchiveFault {
    fn new(path: &Path, line: Option<u64>, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }

    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::new(path, None, format!("it cannot be read: {error}"))
    }
}

/// Checks an archive by itself.
pub fn verify_alone(paths: &[PathBuf]) -> Archived {
    let mut found = Archived::default();
    let checked = Archive::open(paths).and_then(|mut it| {
        it.check(&mut found)?;
        for (_, parts) in it.by_chain() {
            found.missing.extend(gaps(&parts, parts[0].part.first, i64::MAX));
        }
        Ok(())
    });
    found.first_fault = checked.err();
    found
}

/// Checks an archive against what the database says of the chains; gives the first broken promise with it.
pub(super) async fn against(
    conn: &mut Conn,
    paths: &[PathBuf],
    listed: &[Chain],
    facts: &Facts,
) -> sqlx::Result<(Archived, Option<Fault>)> {
    let mut found = Archived::default();
    let damaged = |fault| Archived { first_fault: Some(fault), ..Archived::default() };
    let mut archive = match Archive::open(paths) {
        Ok(archive) => archive,
        Err(fault) => return Ok((damaged(fault), None)),
    };
    archive.named.extend(facts.named());
    for chain in listed.iter().filter(|it| it.dropped_seq > 0) {
        archive.name(&chain.id, chain.dropped_seq, &chain.dropped_hash, "the database");
    }
    if let Some(fault) = archive.learn_ends(conn, listed).await? {
        return Ok((damaged(fault), None));
    }
    found.first_fault = archive.check(&mut found).err();
    let parts: HashMap<&str, Vec<&Piece>> = archive.by_chain().into_iter().collect();
    for chain in listed.iter().filter(|it| it.dropped_seq > 0) {
        let held = parts.get(chain.id.as_str()).map_or(&[][..], Vec::as_slice);
        let missing = gaps(held, 1, chain.dropped_seq);
        found.missing.extend(missing.into_iter().map(|it| Part { chain: chain.id.clone(), ..it }));
    }
    if !found.is_whole() {
        return Ok((found, None));
    }
    Ok(match promises::broken(conn, &parts, listed).await? {
        Ok(broken) => (found, broken),
        Err(fault) => (Archived { first_fault: Some(fault), ..found }, None),
    })
}

/// A head that somebody names.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Named {
    pub(super) head: HeadFact,
    pub by: String,
}

/// The heads that the record of a start or a drop names.
pub(super) fn named_by(record: &Record) -> Vec<Named> {
    let fact = if record.kind == "broker.started" { "links" } else { "heads" };
    let heads = record.facts.get(fact).cloned().unwrap_or_default();
    let heads: Vec<HeadFact> = serde_json::from_value(heads).unwrap_or_default();
    let by = format!("record {} of chain {}", record.seq, record.chain);
    heads.into_iter().map(|head| Named { head, by: by.clone() }).collect()
}

/// What these files leave out of a stretch; up to their last record if that comes first.
fn gaps(pieces: &[&Piece], first: i64, last: i64) -> Vec<Part> {
    let mut missing = Vec::new();
    let mut next = first;
    for Piece { part, .. } in pieces {
        if part.first > next && next <= last {
            missing.push(Part { chain: part.chain.clone(), first: next, last: (part.first - 1).min(last) });
        }
        next = next.max(part.last + 1);
    }
    if last < i64::MAX && next <= last {
        missing.push(Part { chain: String::new(), first: next, last });
    }
    missing
}
