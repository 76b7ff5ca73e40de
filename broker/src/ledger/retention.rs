//! Dropping old parts of the record, planned: which sealed segments go, and what later records rest on.
//!
//! 1. Segments whose last record is older than the bound are taken, the oldest first: of each chain its beginning.
//! 2. They are read once more: what is damaged is not dropped, and is archived, if that is wanted, on the same way.
//! 3. What later records rest on is carried over (`verify::carried`).
//!
//! Sealed segments never change, so this needs no lock. That nobody else dropped anything meanwhile is judged by the act.

use super::verify::{
    Fault,
    carried::{Carried, Underway},
    facts::Facts,
    links::{Walk, number},
    read,
};
use crate::store::{
    Conn, Store,
    audit::{self, Line, Which},
    chains::{self, Chain},
    meta,
    segments::{self, Segment},
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Segments that go at once at most.
const SEGMENTS: i64 = 256;
/// Records that go at once at most, beside those of one segment.
const RECORDS: i64 = 200_000;
/// Sessions that are looked up at once.
const SESSIONS: usize = 500;

/// A plan to drop something.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of the last drop before.
    pub(super) after: i64,
    /// How far chains are to be dropped.
    pub(super) heads: Vec<Until>,
    /// Everything that goes is older than this.
    pub before: DateTime<Utc>,
    /// How many records go.
    pub records: i64,
    /// How many segments.
    pub segments: usize,
    /// When the newest of them was recorded.
    pub last_at: i64,
    /// What later records rest on.
    pub(super) carried: Carried,
}

/// How far a chain is to be dropped.
#[derive(Debug, Clone)]
pub(super) struct Until {
    pub number: i64,
    pub from: i64,
    pub seq: i64,
    pub hash: String,
}

/// Why nothing can be dropped.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The database did not answer.
    #[error("the record could not be read: {0}")]
    Database(#[from] sqlx::Error),
    /// What is damaged is kept.
    #[error("nothing was dropped: the record is damaged ({0}). countersign-broker audit verify says more")]
    Damaged(Fault),
    /// The record of the last drop is not where it was.
    #[error("nothing was dropped: the record of the last drop is missing")]
    Unfounded,
    /// The archive cannot be written.
    #[error("nothing was dropped: the archive {} could not be written: {source}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Plans to drop what was recorded before a moment; archives it into a folder if there is one. None if there is nothing.
pub async fn plan(
    store: &Store,
    before: DateTime<Utc>,
    archive: Option<&Path>,
) -> Result<Option<Plan>, PlanError> {
    let mut conn = store.read().await?;
    let after = segments::drops(&mut conn).await?;
    let going = going(segments::old(&mut conn, before, SEGMENTS).await?);
    if going.is_empty() {
        return Ok(None);
    }
    let listed = chains::list(&mut conn).await?;
    let mut parts = Parts::default();
    if after > 0 {
        parts.take_over(&last(&mut conn, &listed).await?);
    }
    let mut heads = Vec::new();
    for chain in &listed {
        let segments: Vec<Segment> = going.iter().filter(|it| it.chain == chain.number).cloned().collect();
        let Some(end) = segments.last() else { continue };
        let (seq, hash) = (end.last, end.hash.clone());
        parts.read(&mut conn, chain, segments, archive).await?;
        heads.push(Until { number: chain.number, from: chain.dropped_seq, seq, hash });
    }
    let carried = parts.carried(&mut conn, &listed, &heads).await?;
    let records = heads.iter().map(|it| it.seq - it.from).sum();
    let last_at = going.iter().map(|it| it.last_at).max().unwrap_or_default();
    Ok(Some(Plan { after, heads, before, records, segments: going.len(), last_at, carried }))
}

/// The oldest of them, as many as go at once.
fn going(old: Vec<Segment>) -> Vec<Segment> {
    let mut records = 0;
    let mut fits = |it: &Segment| {
        let fits = records < RECORDS;
        records += it.last - it.first + 1;
        fits
    };
    old.into_iter().take_while(|it| fits(it)).collect()
}

/// What the last drop carried.
async fn last(conn: &mut Conn, listed: &[Chain]) -> Result<Carried, PlanError> {
    let place: Option<i64> = meta::get(conn, meta::DROPPED).await?.and_then(|it| it.parse().ok());
    let id = place.ok_or(PlanError::Unfounded)?;
    let chain = listed.iter().find(|it| it.number == audit::chain_of(id)).ok_or(PlanError::Unfounded)?;
    let row = audit::find(conn, chain.number, audit::seq_of(id)).await?.ok_or(PlanError::Unfounded)?;
    let record = row.record(&chain.id).map_err(|_| PlanError::Unfounded)?;
    let carried = record.facts.get("carried").filter(|_| record.kind == "record.dropped").cloned();
    carried.and_then(|it| serde_json::from_value(it).ok()).ok_or(PlanError::Unfounded)
}

/// What is found in what goes.
#[derive(Default)]
struct Parts {
    facts: Facts,
    calls: Underway,
}

impl Parts {
    fn take_over(&mut self, carried: &Carried) {
        self.facts.take_over(carried);
        self.calls.take_over(carried);
    }

    async fn read(
        &mut self,
        conn: &mut Conn,
        chain: &Chain,
        sealed: Vec<Segment>,
        archive: Option<&Path>,
    ) -> Result<(), PlanError> {
        let Some(end) = sealed.last() else { return Ok(()) };
        let cut = Chain { head_seq: end.last, head_hash: end.hash.clone(), ..chain.clone() };
        let mut file = archive.map(|folder| Archive::create(folder, &cut)).transpose()?;
        let mut walk = Walk::new(&cut, sealed);
        let mut unwritten = None;
        let look = |line: &Line<'_>| {
            walk.step(line)?;
            self.calls.see(line);
            if !line.kind.starts_with("call.")
                && let Ok(record) = line.record(&cut.id)
                && record.kind != "broker.started"
                && record.kind != "record.dropped"
            {
                self.facts.learn(&record)?;
            }
            if let Some(file) = &mut file
                && unwritten.is_none()
            {
                unwritten = file.write(line, walk.body()).err();
            }
            Ok(())
        };
        if let Some(fault) = read(conn, &cut, Which::All, look, &mut |_| {}).await? {
            return Err(PlanError::Damaged(fault));
        }
        if walk.head.seq != cut.head_seq {
            return Err(PlanError::Damaged(walk.fault(walk.head.seq + 1, "it is missing")));
        }
        unwritten.map_or(Ok(()), Err)?;
        file.map_or(Ok(()), Archive::finish)
    }

    async fn carried(self, conn: &mut Conn, listed: &[Chain], heads: &[Until]) -> Result<Carried, PlanError> {
        let dropped: HashMap<i64, i64> = listed
            .iter()
            .map(|it| (it.number, it.dropped_seq))
            .chain(heads.iter().map(|it| (it.number, it.seq)))
            .collect();
        let mut seen = i64::MAX - 1;
        for chain in listed {
            let next = dropped.get(&chain.number).copied().unwrap_or_default() + 1;
            if let Some(row) = audit::find(conn, chain.number, next).await? {
                seen = seen.min(row.watermark());
            }
        }
        let mut staying = HashSet::new();
        for some in self.facts.sessions().chunks(SESSIONS) {
            for (grant, last) in segments::places(conn, some).await? {
                if dropped.get(&audit::chain_of(last)).is_none_or(|until| audit::seq_of(last) > *until) {
                    staying.insert(number(&grant));
                }
            }
        }
        let mut carried = self.facts.carried(&staying, seen);
        let head = |number: i64| listed.iter().find(|it| it.number == number).map(|it| it.head_seq);
        self.calls.carry(&mut carried, |chain| head(chain) > dropped.get(&chain).copied());
        Ok(carried)
    }
}

/// A file of an archive: the lines of an export.
struct Archive {
    path: PathBuf,
    fresh: PathBuf,
    out: BufWriter<File>,
}

impl Archive {
    fn create(folder: &Path, cut: &Chain) -> Result<Self, PlanError> {
        let path = folder.join(format!("{}-{}-{}.jsonl", cut.id, cut.dropped_seq + 1, cut.head_seq));
        let fresh = path.with_extension("part");
        let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh);
        let file = file.map_err(|source| PlanError::Archive { path: fresh.clone(), source })?;
        Ok(Self { path, fresh, out: BufWriter::new(file) })
    }

    fn write(&mut self, line: &Line<'_>, body: &str) -> Result<(), PlanError> {
        let hash = protocol::Digest::from_bytes(&line.hash);
        let written = writeln!(self.out, "{{\"hash\":\"{hash}\",\"record\":{body}}}");
        written.map_err(|source| PlanError::Archive { path: self.fresh.clone(), source })
    }

    /// It is whole and on the disk before anything is dropped.
    fn finish(self) -> Result<(), PlanError> {
        let Self { path, fresh, out } = self;
        let done = || {
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        done().map_err(|source| PlanError::Archive { path: path.clone(), source })
    }
}
