//! Backups: a consistent copy of the whole database, in one form for both engines, encrypted, without the root key.
//!
//! 1. `create` reads one moment of the database while it is in use: on SQLite a copy of the file that SQLite itself makes
//!    (`VACUUM INTO`), on PostgreSQL one REPEATABLE READ transaction. Neither holds the ledger up (`snapshot`).
//! 2. It is written as lines of JSON (`format`): a header, each table with its columns and rows, and a manifest with the
//!    number of rows and the SHA-256 of each part and of the whole. age encrypts it, to recipients or by a passphrase
//!    (`cipher`). The file has its name only when it is complete and durable.
//! 3. `restore` puts it into an empty database of either engine, brings the schema up to date and verifies the record.
//!    What was restored authorises nothing until somebody accepts it (see `recovery`).
//!
//! Credentials stay sealed under the root key, which is not in the database: a backup with its key opens none. What lets
//! people or tokens in is left out (`tables`).

mod cipher;
mod create;
mod format;
mod restore;
mod snapshot;
mod tables;

pub use cipher::{Lock, Opener, wants_passphrase};
pub use create::create;
pub use format::{Header, Manifest, Part};
pub use restore::{Restored, check, restore};
pub use tables::{Kind, LEFT_OUT, TABLES, Table};

use std::{io, path::PathBuf};

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file is in the way.
    #[error("{} exists already; nothing was written", .0.display())]
    Exists(PathBuf),
    /// The target is in use.
    #[error("{0} is not empty; nothing was restored. A backup is restored into a new database only")]
    NotEmpty(String),
    /// Not a backup, or not a whole one.
    #[error("this is not a whole backup: {0}; nothing was restored")]
    Damaged(String),
    /// It was made by a newer broker.
    #[error(
        "this backup has schema {found}, this broker knows {known}: use the broker that made it, or a newer one"
    )]
    Newer {
        /// The newest migration of the backup.
        found: i64,
        /// The newest that this broker knows.
        known: i64,
    },
    /// The key does not open it.
    #[error("the backup does not open with this key: {0}")]
    Locked(String),
    /// A recipient or identity is none.
    #[error("{0}")]
    Key(String),
    /// There is nothing to copy.
    #[error("there is no database at {0}, or it is not Countersign's; nothing was written")]
    NoDatabase(String),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] crate::store::OpenError),
    /// The database did not answer.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The record could not be read.
    #[error(transparent)]
    Verify(#[from] crate::ledger::verify::VerifyError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BackupError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}
