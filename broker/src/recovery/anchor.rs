//! The anchor: a small file outside the database that says how far the record had come. A database that does not reach
//! as far as its anchor is an older copy, or its end was cut off.
//!
//! It is written beside the ledger, every few seconds while there is something new and at a stop in good order, never
//! before an answer. What was recorded after the last writing is not covered by it.

use crate::store::{
    self, Conn, Engine, Store, audit,
    chains::{self, Chain},
    meta, recovery, watermarks,
};
use crate::tokens::hex;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The version of the file.
const FORMAT: u32 = 1;

/// Why there is no anchor to go by.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// It cannot be read or written.
    #[error("the anchor {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is none.
    #[error(
        "{} is not an anchor that this broker can read. Put the right file there; without any, a SQLite database that had \
         one has to be accepted (backup accept)",
        .0.display()
    )]
    Unreadable(PathBuf),
    /// It belongs to another installation.
    #[error(
        "the anchor {} is of installation {anchor}, the database of {database}: name another file with --anchor, or the \
         right database",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its installation.
        anchor: String,
        /// The database's.
        database: String,
    },
    /// The database did not answer.
    #[error("the anchor could not be compared: {0}")]
    Database(#[from] sqlx::Error),
}

/// The head of a chain that may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    chain: String,
    seq: i64,
    hash: String,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    format: u32,
    /// Of which installation.
    pub instance: String,
    /// How often its database had been accepted as an older copy.
    pub epoch: i64,
    /// The highest revocation.
    watermark: i64,
    /// When any broker of it last wrote, in milliseconds.
    at: i64,
    /// Chains up to this number: those that are not listed had ended.
    through: i64,
    /// The SHA-256 of the heads of those that had ended.
    ended: String,
    /// The others.
    chains: Vec<Open>,
}

impl Anchor {
    /// The anchor in a file, if there is one.
    pub fn read(path: &Path) -> Result<Option<Self>, AnchorError> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| AnchorError::File { path: path.to_owned(), source })?,
        };
        let read: Option<Self> = serde_json::from_slice(&text).ok();
        let known = read.filter(|it| it.format == FORMAT);
        known.map(Some).ok_or_else(|| AnchorError::Unreadable(path.to_owned()))
    }

    /// When any broker of the database had last written.
    pub fn at(&self) -> DateTime<Utc> {
        store::time(self.at)
    }

    /// How far the database has come.
    async fn of(conn: &mut Conn) -> sqlx::Result<Self> {
        let watermark = watermarks::last(conn).await?;
        let listed = chains::list(conn).await?;
        let open = |it: &&Chain| it.ended_at.is_none();
        let chains: Vec<Open> = listed
            .iter()
            .filter(open)
            .map(|it| Open { chain: it.id.clone(), seq: it.head_seq, hash: it.head_hash.clone() })
            .collect();
        let through = listed.iter().map(|it| it.number).max().unwrap_or_default();
        Ok(Self {
            format: FORMAT,
            instance: meta::get(conn, meta::INSTANCE).await?.unwrap_or_default(),
            epoch: recovery::epoch(conn).await?,
            watermark,
            at: chains::last_sign_of_life(conn).await?,
            through,
            ended: ended(&listed, through, &chains),
            chains,
        })
    }

    /// What is missing in a database that should reach as far; nothing if it does, or if somebody has accepted it as it
    /// is since.
    pub async fn misses(&self, conn: &mut Conn) -> sqlx::Result<Option<String>> {
        let epoch = recovery::epoch(conn).await?;
        if epoch != self.epoch {
            let what = format!(
                "an older copy of it was accepted {} times by then, but it knows of {epoch} only",
                self.epoch
            );
            return Ok((epoch < self.epoch).then_some(what));
        }
        let watermark = watermarks::last(conn).await?;
        if watermark < self.watermark {
            return Ok(Some(format!("revocations {} to {} are missing", watermark + 1, self.watermark)));
        }
        let listed = chains::list(conn).await?;
        if ended(&listed, self.through, &self.chains) != self.ended {
            return Ok(Some("a chain that had ended is missing, or ends in another place".to_owned()));
        }
        for open in &self.chains {
            if let Some(what) = open.misses(conn, &listed).await? {
                return Ok(Some(what));
            }
        }
        Ok(None)
    }
}

impl Open {
    async fn misses(&self, conn: &mut Conn, listed: &[Chain]) -> sqlx::Result<Option<String>> {
        let Self { chain, seq, hash } = self;
        let Some(found) = listed.iter().find(|it| it.id == *chain) else {
            return Ok(Some(format!("chain {chain} is missing")));
        };
        if *seq == 0 {
            return Ok(None);
        }
        // What is dropped was there; how far, is on the record.
        if *seq < found.dropped_seq || (*seq == found.dropped_seq && *hash == found.dropped_hash) {
            return Ok(None);
        }
        let stored = audit::find(conn, found.number, *seq).await?;
        let same = found.head_seq >= *seq && stored.is_some_and(|row| row.hash() == *hash);
        Ok((!same).then(|| format!("record {seq} of chain {chain} is missing, or is another")))
    }
}

/// The hash of the heads of all chains up to a number that are not listed as open.
fn ended(listed: &[Chain], through: i64, open: &[Open]) -> String {
    let mut hash = Context::new(&SHA256);
    let is_open = |chain: &Chain| open.iter().any(|it| it.chain == chain.id);
    for chain in listed.iter().filter(|chain| chain.number <= through && !is_open(chain)) {
        hash.update(format!("{} {} {}\n", chain.id, chain.head_seq, chain.head_hash).as_bytes());
    }
    hex(hash.finish().as_ref())
}

/// Where the anchor is.
#[derive(Debug, Clone)]
pub struct AnchorFile {
    /// The file.
    pub path: PathBuf,
    /// Where it is unless another place is named: whoever names one finds it there once.
    pub usual: PathBuf,
}

/// What the anchor says of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It reaches as far, or there was none before.
    Reaches,
    /// It is an older copy, or its end was cut off.
    Behind(String),
}

impl AnchorFile {
    /// Compares the database with its anchor.
    pub async fn compare(&self, store: &Store) -> Result<Standing, AnchorError> {
        let (mut path, mut anchor) = (&self.path, Anchor::read(&self.path)?);
        if anchor.is_none() {
            (path, anchor) = (&self.usual, Anchor::read(&self.usual)?);
        }
        let mut conn = store.read().await?;
        let Some(anchor) = anchor else { return self.without(&mut conn).await };
        let database = meta::get(&mut conn, meta::INSTANCE).await?.unwrap_or_default();
        if database != anchor.instance {
            return Err(AnchorError::Foreign { path: path.clone(), anchor: anchor.instance, database });
        }
        let missing = anchor.misses(&mut conn).await?;
        Ok(missing.map_or(Standing::Reaches, |what| {
            Standing::Behind(format!("it does not reach as far as its anchor {}: {what}", path.display()))
        }))
    }

    /// Without a file: the first of a database is made. One that had an anchor lost it, which on PostgreSQL is what a
    /// broker on a new host looks like.
    async fn without(&self, conn: &mut Conn) -> Result<Standing, AnchorError> {
        if meta::get(conn, meta::ANCHORED).await?.is_none() {
            return Ok(Standing::Reaches);
        }
        if conn.engine() == Engine::Postgres {
            tracing::warn!(
                "there is no anchor at {} although this database had one; it is made anew. If this host had one, the \
                 database may be an older copy",
                self.path.display()
            );
            return Ok(Standing::Reaches);
        }
        Ok(Standing::Behind(format!("its anchor {} is missing", self.path.display())))
    }

    /// Compares the database with its anchor once more, and moves the anchor to where the database is now. Another copy
    /// of the database that is in use has moved it elsewhere.
    pub async fn renew(&self, store: &Store) -> Result<Standing, AnchorError> {
        if Anchor::read(&self.path)?.is_some()
            && let Standing::Behind(what) = self.compare(store).await?
        {
            return Ok(Standing::Behind(what));
        }
        let anchor = Anchor::of(&mut store.read().await?).await?;
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &anchor)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|source| AnchorError::File { path: self.path.clone(), source })?;
        Ok(Standing::Reaches)
    }
}

/// Puts the file in the place of the one before, at once and durably.
fn write(path: &Path, anchor: &Anchor) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&serde_json::to_vec(anchor)?)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}
