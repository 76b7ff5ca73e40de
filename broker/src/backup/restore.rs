//! Restoring a backup into an empty database, of either engine.

use super::{
    BackupError, Manifest, Opener,
    create::{beside, sync_folder},
    format::{FORMAT, Found, Header, Line, Reader},
    snapshot::integrity,
    tables::{Kind, TABLES},
};
use crate::{
    failpoint,
    ledger::verify::{Report, verify},
    store::{Conn, Engine, Store, exec, meta, migrate},
};
use sqlx::AssertSqlSafe;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
};

/// Rows that are inserted at once, and characters after which fewer are.
const ROWS: usize = 500;
const CHARACTERS: usize = 4 << 20;

/// Facts that are true of the database that was copied, and not of another.
const NOT_OURS: [&str; 3] = [meta::SETUP_CODE, meta::RESTORED, meta::ANCHORED];

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// What the record of the restored database proves.
    pub report: Report,
}

/// Restores into a file that does not exist yet; it has its name only when it is complete, verified and durable.
pub async fn restore_file(backup: &Path, opener: &Opener, file: &Path) -> Result<Restored, BackupError> {
    if file.exists() {
        return Err(BackupError::NotEmpty(file.display().to_string()));
    }
    let partial = beside(file, ".restoring");
    remove_database(&partial);
    let restored = into_file(backup, opener, &partial).await;
    if !matches!(&restored, Ok(it) if it.report.first_fault.is_none()) {
        remove_database(&partial);
        return restored;
    }
    failpoint::hit("restore.imported").await?;
    fs::hard_link(&partial, file).map_err(BackupError::file(file))?;
    fs::remove_file(&partial).map_err(BackupError::file(&partial))?;
    sync_folder(file)?;
    restored
}

/// Restores into an empty database: `file` is that of a SQLite database, whose address is `url`.
pub async fn restore(
    backup: &Path,
    opener: &Opener,
    url: &str,
    file: Option<&Path>,
) -> Result<Restored, BackupError> {
    if let Some(file) = file {
        return restore_file(backup, opener, file).await;
    }
    let mut reader = Reader::new(BufReader::new(opener.unwrap(backup)?));
    let header = header(&mut reader)?;
    let store = Store::open_empty(url, &header.schema).await?;
    let Some(store) = store else { return Err(BackupError::NotEmpty("the database".to_owned())) };
    // Not the ledger's connection, which the server closes when it is idle within a transaction.
    let mut conn = store.read().await?;
    exec!(&mut conn, "BEGIN")?;
    let manifest = rows(&mut reader, &mut conn, &header).await?;
    failpoint::hit("restore.imported").await?;
    exec!(&mut conn, "COMMIT")?;
    drop(conn);
    migrate::up(&store).await?;
    let report = verify(&store, |_| {}).await?;
    store.close().await;
    Ok(Restored { manifest, report })
}

/// Restores into a file that is thrown away: everything that a restore would find out.
pub async fn check(backup: &Path, opener: &Opener) -> Result<Restored, BackupError> {
    let file = beside(backup, ".checking");
    remove_database(&file);
    let restored = into_file(backup, opener, &file).await;
    remove_database(&file);
    restored
}

async fn into_file(backup: &Path, opener: &Opener, file: &Path) -> Result<Restored, BackupError> {
    let mut reader = Reader::new(BufReader::new(opener.unwrap(backup)?));
    let header = header(&mut reader)?;
    let url = crate::config::sqlite_address(file);
    private(file)?;
    let store = Store::open_empty(&url, &header.schema).await?;
    let store = store.ok_or_else(|| BackupError::NotEmpty(file.display().to_string()))?;
    let mut conn = store.writer().await?;
    let manifest = rows(&mut reader, &mut conn, &header).await?;
    drop(conn);
    migrate::up(&store).await?;
    let report = verify(&store, |_| {}).await?;
    store.close().await;
    integrity(file).await?;
    let synced = fs::File::open(file).and_then(|it| it.sync_all());
    synced.map_err(BackupError::file(file))?;
    Ok(Restored { manifest, report })
}

fn header(reader: &mut Reader<impl BufRead>) -> Result<Header, BackupError> {
    let Some(Found::Line(line)) = reader.next()? else {
        return Err(BackupError::damaged("it has no header"));
    };
    let Line::Header(header) = *line else { return Err(BackupError::damaged("it has no header")) };
    let known = migrate::newest_known();
    let found = header.schema.last().copied().unwrap_or_default();
    if header.countersign_backup != FORMAT || found > known {
        return Err(BackupError::Newer { found, known });
    }
    Ok(header)
}

/// Reads everything behind the header, and inserts it.
async fn rows(
    reader: &mut Reader<impl BufRead>,
    conn: &mut Conn,
    header: &Header,
) -> Result<Manifest, BackupError> {
    let (mut table, mut waiting) = (None, Waiting::default());
    loop {
        match reader.next()?.ok_or_else(|| BackupError::damaged("its end is missing"))? {
            Found::Row(row) => {
                let sql: &String =
                    table.as_ref().ok_or_else(|| BackupError::damaged("a row has no table"))?;
                waiting.add(&row);
                if waiting.is_full() {
                    insert(conn, sql, waiting.take()).await?;
                }
            }
            Found::Line(line) => match *line {
                Line::Table { table: name, columns } => {
                    table = Some(insert_sql(&name, &columns, conn.engine())?);
                }
                Line::End { .. } => {
                    if let Some(sql) = table.take().filter(|_| waiting.rows > 0) {
                        insert(conn, &sql, waiting.take()).await?;
                    }
                }
                Line::Manifest { manifest } => {
                    mark_restored(conn, header).await?;
                    return Ok(manifest);
                }
                Line::Header(_) => return Err(BackupError::damaged("it has two headers")),
            },
        }
    }
}

async fn mark_restored(conn: &mut Conn, header: &Header) -> Result<(), BackupError> {
    for key in NOT_OURS {
        meta::remove(conn, key).await?;
    }
    let why = format!("restored from a backup of {}", header.taken_at.format("%Y-%m-%d %H:%M:%S UTC"));
    meta::put(conn, meta::RESTORED, &why).await?;
    Ok(())
}

async fn insert(conn: &mut Conn, sql: &str, rows: String) -> Result<(), BackupError> {
    exec!(conn, AssertSqlSafe(sql), rows)?;
    Ok(())
}

/// The SQL text that inserts a list of rows. Names come from the backup, so they are looked at first.
fn insert_sql(name: &str, columns: &[(String, Kind)], engine: Engine) -> Result<String, BackupError> {
    let known = TABLES.iter().any(|it| it.name == name);
    let plain = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if !known || columns.is_empty() || !columns.iter().all(|(column, _)| plain(column)) {
        return Err(BackupError::damaged(format!("it has a table {name:?} that is not known")));
    }
    let value = |(at, (_, kind)): (usize, &(String, Kind))| match (kind, engine) {
        (Kind::Bytes, Engine::Sqlite) => format!("unhex(value ->> {at})"),
        (Kind::Bytes, Engine::Postgres) => format!("decode(value ->> {at}, 'hex')"),
        (Kind::Number, Engine::Postgres) => format!("CAST(value ->> {at} AS BIGINT)"),
        _ => format!("value ->> {at}"),
    };
    let values: Vec<String> = columns.iter().enumerate().map(value).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let from = match engine {
        Engine::Sqlite => "json_each($1) WHERE true",
        Engine::Postgres => "json_array_elements(CAST($1 AS json)) AS value",
    };
    // The schema begins with a counter at nothing.
    let conflict = match name {
        "counters" => {
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value \
            WHERE excluded.value > counters.value"
        }
        _ => "",
    };
    let (names, values) = (names.join(", "), values.join(", "));
    Ok(format!("INSERT INTO {name} ({names}) SELECT {values} FROM {from}{conflict}"))
}

/// Rows that wait for company.
#[derive(Default)]
struct Waiting {
    list: String,
    rows: usize,
}

impl Waiting {
    fn add(&mut self, row: &str) {
        self.list.push(if self.rows == 0 { '[' } else { ',' });
        self.list.push_str(row);
        self.rows += 1;
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS || self.list.len() >= CHARACTERS
    }

    fn take(&mut self) -> String {
        self.rows = 0;
        let mut list = std::mem::take(&mut self.list);
        list.push(']');
        list
    }
}

/// Makes an empty file that only its owner may read.
fn private(file: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map(drop).map_err(BackupError::file(file))
}

fn remove_database(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(file, ending));
    }
}
