//! Migrations: what both engines share and what only one needs, merged by number; forward only.

use super::{Conn, Engine, OpenError, Store, all, scalar};
use sqlx::migrate::{Migrate, Migrator};
use std::borrow::Cow;

static COMMON: Migrator = sqlx::migrate!("../migrations/common");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The migrations of an engine, in order.
pub fn migrator(engine: Engine) -> Migrator {
    let own = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let mut all: Vec<_> = COMMON.iter().chain(own.iter()).cloned().collect();
    all.sort_by_key(|migration| migration.version);
    Migrator { migrations: Cow::Owned(all), ..Migrator::DEFAULT }
}

/// The newest migration that this broker knows, of either engine.
pub fn newest_known() -> i64 {
    let all = COMMON.iter().chain(SQLITE.iter()).chain(POSTGRES.iter());
    all.map(|migration| migration.version).max().unwrap_or_default()
}

/// Gives an empty database exactly these migrations.
pub(super) async fn exactly(store: &Store, versions: &[i64]) -> Result<(), OpenError> {
    let mut migrator = migrator(store.engine());
    migrator.migrations.to_mut().retain(|migration| versions.contains(&migration.version));
    match store {
        Store::Sqlite { writer, .. } => migrator.run(writer).await?,
        Store::Postgres { writer, .. } => migrator.run(writer).await?,
    }
    Ok(())
}

const IS_BEGUN_SQLITE: &str = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
const IS_BEGUN_POSTGRES: &str =
    "SELECT COUNT(*) FROM pg_tables WHERE tablename = '_sqlx_migrations' AND schemaname = current_schema()";
const APPLIED: &str = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";

/// A migration as the database remembers it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// Whether it came to its end.
    pub success: bool,
    /// What it was.
    pub checksum: Vec<u8>,
}

/// The migrations that were applied; none in an empty database. Changes nothing.
pub async fn applied(conn: &mut Conn) -> sqlx::Result<Vec<Applied>> {
    let is_begun = match conn.engine() {
        Engine::Sqlite => IS_BEGUN_SQLITE,
        Engine::Postgres => IS_BEGUN_POSTGRES,
    };
    let begun: i64 = scalar!(&mut *conn, is_begun)?;
    if begun == 0 { Ok(Vec::new()) } else { all!(conn, APPLIED) }
}

/// Brings the schema up to date, or refuses a newer one without touching it.
pub async fn up(store: &Store) -> Result<(), OpenError> {
    let migrator = migrator(store.engine());
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
    let found = match store {
        Store::Sqlite { writer, .. } => newest(&mut *writer.acquire().await?, &migrator).await?,
        Store::Postgres { writer, .. } => newest(&mut *writer.acquire().await?, &migrator).await?,
    };
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    match store {
        Store::Sqlite { writer, .. } => migrator.run(writer).await?,
        Store::Postgres { writer, .. } => migrator.run(writer).await?,
    }
    Ok(())
}

async fn newest(conn: &mut impl Migrate, migrator: &Migrator) -> Result<i64, OpenError> {
    conn.ensure_migrations_table(&migrator.table_name).await?;
    let applied = conn.list_applied_migrations(&migrator.table_name).await?;
    Ok(applied.iter().map(|migration| migration.version).max().unwrap_or_default())
}
