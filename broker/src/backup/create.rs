//! Making a backup.

use super::{
    BackupError, Lock,
    format::{FORMAT, HeadOf, Header, Line, Lines, Manifest},
    snapshot::Snapshot,
    tables::TABLES,
};
use crate::{
    failpoint,
    store::{Conn, Engine, Store, all, chains, meta, recovery, watermarks},
};
use chrono::{DateTime, Utc};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

const SCHEMA: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

/// Copies the database into a new file, encrypted. The file has its name only when it is complete and durable.
pub async fn create(
    store: &Store,
    lock: &Lock,
    path: &Path,
    now: DateTime<Utc>,
) -> Result<Manifest, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    let mut snapshot = Snapshot::take(store, &beside(path, ".copy")).await?;
    failpoint::hit("backup.copied").await?;
    let partial = beside(path, ".partial");
    let out = private_file(&partial)?;
    let mut lines = Lines::new(lock.wrap(BufWriter::new(out))?);
    let manifest = write(&mut snapshot, &mut lines, &partial, now).await?;
    drop(snapshot);
    let failed = || BackupError::file(&partial);
    let buffered = lines.into_inner().finish().map_err(failed())?;
    let out = buffered.into_inner().map_err(io::IntoInnerError::into_error).map_err(failed())?;
    out.sync_all().map_err(failed())?;
    failpoint::hit("backup.written").await?;
    // No other file takes its place, not even one that came meanwhile.
    fs::hard_link(&partial, path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        _ => BackupError::File { path: path.to_owned(), source },
    })?;
    fs::remove_file(&partial).map_err(failed())?;
    sync_folder(path)?;
    Ok(manifest)
}

async fn write<W: Write>(
    snapshot: &mut Snapshot,
    lines: &mut Lines<W>,
    partial: &Path,
    now: DateTime<Utc>,
) -> Result<Manifest, BackupError> {
    let failed = |source| BackupError::File { path: partial.to_owned(), source };
    let header = header(&mut snapshot.conn, now).await?;
    lines.line(&Line::Header(header.clone())).map_err(failed)?;
    let mut parts = Vec::new();
    for table in TABLES {
        let columns = table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        lines.line(&Line::Table { table: table.name.to_owned(), columns }).map_err(failed)?;
        snapshot.rows(table, |row| lines.row(row).map_err(failed)).await?;
        parts.push(lines.end(table.name).map_err(failed)?);
    }
    let head = |it: chains::Chain| HeadOf { chain: it.id, seq: it.head_seq, hash: it.head_hash };
    let heads = chains::list(&mut snapshot.conn).await?.into_iter().map(head).collect();
    let manifest = Manifest { header, heads, parts, sha256: lines.sha256() };
    lines.line(&Line::Manifest { manifest: manifest.clone() }).map_err(failed)?;
    Ok(manifest)
}

async fn header(conn: &mut Conn, now: DateTime<Utc>) -> Result<Header, BackupError> {
    let schema: Vec<(i64,)> = all!(&mut *conn, SCHEMA)?;
    let instance = meta::get(conn, meta::INSTANCE).await?;
    let instance = instance.ok_or_else(|| BackupError::NoDatabase("that address".to_owned()))?;
    let engine = match conn.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    Ok(Header {
        countersign_backup: FORMAT,
        instance,
        engine: engine.to_owned(),
        schema: schema.into_iter().map(|(version,)| version).collect(),
        epoch: recovery::epoch(conn).await?,
        watermark: watermarks::last(conn).await?,
        taken_at: now,
    })
}

/// A file that only its owner may read; what a backup that was killed has left there goes.
fn private_file(path: &Path) -> Result<File, BackupError> {
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(BackupError::file(path))
}

/// A name beside a file.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Makes a file's name durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|it| it.sync_all()).map_err(BackupError::file(folder))
}
