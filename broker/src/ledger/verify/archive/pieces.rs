//! What the files hold, and whether they fit each other and what is said of them.

use super::{
    ArchiveFault, Archived, Named, Part,
    files::{self, Entry, Lines},
    named_by,
};
use crate::{
    ledger::verify::facts::HeadFact,
    store::{Conn, audit, chains::Chain},
};
use domain::chain::{self, Head, Link};
use protocol::{Digest, record::Record};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// A file.
pub(super) struct Piece {
    pub path: PathBuf,
    pub part: Part,
}

/// Files, in the order of their records, and what is said of heads.
#[derive(Default)]
pub(super) struct Archive {
    pieces: Vec<Piece>,
    pub named: Vec<Named>,
}

impl Archive {
    pub fn open(paths: &[PathBuf]) -> Result<Self, ArchiveFault> {
        let mut archive = Self::default();
        for path in files::listed(paths)? {
            archive.take(path)?;
        }
        archive.pieces.sort_by(|one, other| {
            let key = |it: &Piece| (it.part.first, it.part.last);
            one.part.chain.cmp(&other.part.chain).then_with(|| key(one).cmp(&key(other)))
        });
        Ok(archive)
    }

    /// Looks what a file holds.
    fn take(&mut self, path: PathBuf) -> Result<(), ArchiveFault> {
        let mut lines = Lines::open(&path)?;
        let mut part: Option<Part> = None;
        while let Some(Entry { number, place, body, .. }) = lines.next()? {
            let part = part.get_or_insert_with(|| Part {
                chain: place.chain.clone().into_owned(),
                first: place.seq,
                last: place.seq,
            });
            if part.chain != place.chain {
                let what = "it is of another chain than the lines before: this is no file of an archive";
                return Err(ArchiveFault::new(&path, Some(number), what));
            }
            part.last = place.seq;
            if matches!(&*place.kind, "broker.started" | "record.dropped")
                && let Ok(record) = serde_json::from_str::<Record>(body)
            {
                self.named.extend(named_by(&record));
            }
        }
        let part = part.ok_or_else(|| ArchiveFault::new(&path, None, "there is no record in it"))?;
        if let Some((first, last)) = files::promised(&path, &part.chain)
            && (first, last) != (part.first, part.last)
        {
            let promised = Part { chain: part.chain.clone(), first, last };
            let what = format!("by its name it held {promised}; it holds {part}: it was cut, or renamed");
            return Err(ArchiveFault::new(&path, None, what));
        }
        self.pieces.push(Piece { path, part });
        Ok(())
    }

    pub fn name(&mut self, chain: &str, seq: i64, hash: &str, by: &str) {
        let head = HeadFact { chain: chain.to_owned(), seq, hash: hash.to_owned() };
        self.named.push(Named { head, by: by.to_owned() });
    }

    pub fn by_chain(&self) -> Vec<(&str, Vec<&Piece>)> {
        let same = |one: &Piece, other: &Piece| one.part.chain == other.part.chain;
        let all = self.pieces.chunk_by(same);
        all.map(|some| (some[0].part.chain.as_str(), some.iter().collect())).collect()
    }

    /// What was archived and not dropped yet stands in the database, too.
    pub async fn learn_ends(
        &mut self,
        conn: &mut Conn,
        listed: &[Chain],
    ) -> sqlx::Result<Option<ArchiveFault>> {
        let mut ends = Vec::new();
        for Piece { path, part } in &self.pieces {
            let Some(chain) = listed.iter().find(|it| it.id == part.chain) else {
                let what =
                    format!("it is of chain {}, which this database never had: it is another's", part.chain);
                return Ok(Some(ArchiveFault::new(path, None, what)));
            };
            if part.last > chain.dropped_seq {
                let Some(row) = audit::find(conn, chain.number, part.last).await? else {
                    let what = format!("it goes on to {part}, which the database does not have");
                    return Ok(Some(ArchiveFault::new(path, None, what)));
                };
                ends.push((part.chain.clone(), part.last, row.hash()));
            }
        }
        for (chain, seq, hash) in ends {
            self.name(&chain, seq, &hash, "the database");
        }
        Ok(None)
    }

    /// Reads everything, chain by chain.
    pub fn check(&mut self, found: &mut Archived) -> Result<(), ArchiveFault> {
        let mut named: HashMap<String, HashMap<i64, Vec<(String, String)>>> = HashMap::new();
        for Named { head: HeadFact { chain, seq, hash }, by } in self.named.drain(..) {
            named.entry(chain).or_default().entry(seq).or_default().push((hash, by));
        }
        let mut chain = "";
        let mut until = 0;
        for Piece { path, part } in &self.pieces {
            if chain != part.chain {
                (chain, until) = (&part.chain, 0);
                found.chains += 1;
            }
            let known = named.entry(part.chain.clone()).or_default();
            let begins = beginning(part.first, known);
            if begins.is_none() {
                found.unfounded.push(Part { last: part.first, ..part.clone() });
            }
            let hash = walk(path, part, begins, known)?;
            known.entry(part.last).or_default().push((hash, path.display().to_string()));
            found.files += 1;
            found.records += (part.last - part.first.max(until + 1) + 1).max(0);
            until = until.max(part.last);
        }
        Ok(())
    }
}

type Known = HashMap<i64, Vec<(String, String)>>;

/// What stands before a record, if anybody knows.
fn beginning(first: i64, known: &Known) -> Option<Head> {
    if first == 1 {
        return Some(Head::default());
    }
    let (hash, _) = known.get(&(first - 1))?.first()?;
    Some(Head { seq: first - 1, hash: audit::hash_bytes(hash)? })
}

/// Checks the records of a file; gives the hash of the last.
fn walk(path: &Path, part: &Part, begins: Option<Head>, known: &Known) -> Result<String, ArchiveFault> {
    let mut lines = Lines::open(path)?;
    // Where nothing is known of what stood before, the first is taken as it is.
    let mut taken = begins.is_none();
    let mut head = begins.unwrap_or(Head { seq: part.first - 1, ..Head::default() });
    while let Some(Entry { number, place, body, hash }) = lines.next()? {
        let seq = place.seq;
        let fault = |what: String| ArchiveFault::new(path, Some(number), what);
        if std::mem::take(&mut taken) {
            head = Head { seq, hash: audit::hash_bytes(hash.as_str()).unwrap_or_default() };
        } else {
            let link = Link { seq, body: body.to_owned(), hash: hash.clone() };
            head.check(&part.chain, &link).map_err(|broken| fault(said(seq, &broken)))?;
        }
        let named = known.get(&seq).into_iter().flatten();
        if let Some((_, by)) = named.into_iter().find(|(named, _)| named != hash.as_str()) {
            let what = format!("record {seq} of chain {} is another than {by} names", part.chain);
            return Err(fault(what));
        }
    }
    Ok(Digest::from_bytes(&head.hash).as_str().to_owned())
}

fn said(seq: i64, broken: &chain::Fault) -> String {
    match broken {
        chain::Fault::Gap { .. } => broken.to_string(),
        chain::Fault::Hash => format!(
            "record {seq} was changed, or what stood before it: its hash does not fit its content and the record before it"
        ),
        _ => format!("record {seq}: {broken}"),
    }
}
