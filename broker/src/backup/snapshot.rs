//! One moment of a database in use.

use super::{
    BackupError,
    tables::{Kind, Table},
};
use crate::store::{Conn, Store, exec};
use futures::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

/// The SQL text that gives each row of a table as one line of JSON.
pub(super) fn rows_sql(table: &Table, sqlite: bool) -> String {
    let columns = table.columns.iter().map(|(name, kind)| match (kind, sqlite) {
        // SQLite writes no bytes as an empty text.
        (Kind::Bytes, true) => format!("nullif(lower(hex({name})), '')"),
        (Kind::Bytes, false) => format!("encode({name}, 'hex')"),
        _ => (*name).to_owned(),
    });
    let columns: Vec<String> = columns.collect();
    let (name, order, list) = (table.name, table.order, columns.join(", "));
    if sqlite {
        format!("SELECT json_array({list}) FROM {name} ORDER BY {order}")
    } else {
        format!("SELECT CAST(json_build_array({list}) AS TEXT) FROM {name} ORDER BY {order}")
    }
}

/// One moment of the database; on SQLite a copy in a folder of its own, which is removed with it.
pub(super) struct Snapshot {
    pub conn: Conn,
    copy: Option<PathBuf>,
}

impl Snapshot {
    /// Takes it. `beside` is a folder that may be made for the copy.
    pub async fn take(store: &Store, beside: &Path) -> Result<Self, BackupError> {
        let mut conn = store.read().await?;
        if let Conn::Postgres(_) = &conn {
            exec!(&mut conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            return Ok(Self { conn, copy: None });
        }
        // What a backup that was killed has left behind.
        let _ = fs::remove_dir_all(beside);
        DirBuilder::new().mode(0o700).create(beside).map_err(BackupError::file(beside))?;
        let copy = Self { conn, copy: Some(beside.to_owned()) };
        copy.of_sqlite(&beside.join("copy.db")).await
    }

    /// SQLite writes the copy from one reading transaction; the ledger goes on beside it.
    async fn of_sqlite(mut self, file: &Path) -> Result<Self, BackupError> {
        exec!(&mut self.conn, "VACUUM INTO $1", file.to_string_lossy().into_owned())?;
        let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        self.conn = Conn::Sqlite(pool.acquire().await?);
        Ok(self)
    }

    /// The rows of a table, one line of JSON each.
    pub async fn rows(
        &mut self,
        table: &Table,
        mut each: impl FnMut(&str) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let sql = rows_sql(table, matches!(self.conn, Conn::Sqlite(_)));
        crate::store::on!(&mut self.conn, raw => {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch(raw);
            while let Some(row) = rows.try_next().await? {
                each(&row)?;
            }
        });
        Ok(())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(folder) = &self.copy {
            // What is left behind is removed by the next backup of that name.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Whether a SQLite file is sound in itself.
pub(super) async fn integrity(file: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut conn: SqliteConnection = options.connect().await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await?;
    conn.close().await?;
    if found == "ok" { Ok(()) } else { Err(BackupError::damaged(found)) }
}
