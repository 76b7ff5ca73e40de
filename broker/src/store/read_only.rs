//! Opening a database without bringing its schema up to date, and so that it cannot be changed.

use super::{OpenError, Store};
use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::Arc,
};

impl Store {
    /// Opens it. `file` is that of a SQLite database.
    pub async fn open_read_only(url: &str, file: Option<&Path>) -> Result<Self, OpenError> {
        let Some(file) = file else {
            let options = PgConnectOptions::from_str(url)?
                .application_name("countersign-reader")
                .options([("default_transaction_read_only", "on")]);
            let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
            return Ok(Self::Postgres { readers: pool.clone(), writer: pool, url: url.to_owned() });
        };
        let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
        // A copy of a database that nobody uses, on a medium that cannot be written, has no place for SQLite's shared
        // memory; it needs none either.
        let still = !beside(file, "-wal").exists() && !is_writable(file);
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options.immutable(still)).await?;
        Ok(Self::Sqlite { readers: pool.clone(), writer: pool, committing: Arc::default() })
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

fn is_writable(file: &Path) -> bool {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK).is_ok()
}
