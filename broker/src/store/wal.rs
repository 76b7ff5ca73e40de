//! SQLite's write-ahead log: brought back into the database in idle moments, and held down under load.
//!
//! SQLite checkpoints by itself every so many pages, but it starts the log anew only at a moment when nobody reads from
//! it. Readers that overlap without end keep that moment away, and the log grows; then the writer waits for them.

use super::{Conn, exec, optional};
use std::path::{Path, PathBuf};

const FILE: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";
const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
const SHORT_WAIT: &str = "PRAGMA busy_timeout = 100";
const USUAL_WAIT: &str = "PRAGMA busy_timeout = 5000";

/// The file of the log; none for PostgreSQL and for a database in memory.
pub async fn file(conn: &mut Conn) -> sqlx::Result<Option<PathBuf>> {
    if let Conn::Postgres(_) = conn {
        return Ok(None);
    }
    let row: Option<(Option<String>,)> = optional!(conn, FILE)?;
    let file = row.and_then(|(file,)| file).filter(|file| !file.is_empty());
    Ok(file.map(|file| PathBuf::from(format!("{file}-wal"))))
}

/// Brings what is in the log back into the database, as far as no reader is in the way.
pub async fn checkpoint(conn: &mut Conn) -> sqlx::Result<()> {
    exec!(conn, PASSIVE).map(drop)
}

/// Makes the log empty if it is longer than `limit` bytes, waiting shortly for readers. Says whether it is within the
/// limit now.
pub async fn hold_down(conn: &mut Conn, file: &Path, limit: u64) -> sqlx::Result<bool> {
    let length = || file.metadata().map_or(0, |it| it.len());
    if length() <= limit {
        return Ok(true);
    }
    exec!(&mut *conn, SHORT_WAIT)?;
    let done = exec!(&mut *conn, TRUNCATE);
    exec!(&mut *conn, USUAL_WAIT)?;
    done?;
    Ok(length() <= limit)
}
