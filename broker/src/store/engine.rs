//! Opening the database and borrowing connections.

use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Readers at once.
const READERS: u32 = 8;

/// What each reader keeps of the database, in KiB: the inner pages of its indexes. SQLite's default of 2,000 would be a
/// third of all that the broker holds, and the system keeps the file's pages once for all readers.
const READER_KIB: &str = "-500";

/// A server that cannot be reached within this time is down.
const CONNECT: Duration = Duration::from_secs(2);

/// SQLite writes this many pages to the log before it checkpoints (16,000 × 4 KiB); the default of 1,000 costs a p99
/// of 7 to 12 ms.
const CHECKPOINT_PAGES: &str = "16000";

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// A log that grew longer is cut back to this when it starts anew: as long as it gets without a reader in the way.
const JOURNAL_BYTES: &str = "67108864";

/// The oldest SQLite that does not lose commits in WAL mode.
pub(super) const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is not understood.
    #[error("the database address must start with sqlite: or postgres: (it starts with `{0}`)")]
    Address(String),
    /// The linked SQLite may lose commits.
    #[error("this build links SQLite {0}, which can lose commits in WAL mode; it needs 3.51.3 or newer")]
    OldSqlite(String),
    /// The schema was made by a newer broker.
    #[error(
        "the database has schema {found}, this broker knows {known}: use the broker that made it, or a newer one"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// A migration failed.
    #[error("the schema could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database did not answer.
    #[error("the database could not be opened: {0}")]
    Database(#[from] sqlx::Error),
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one broker.
    Sqlite,
    /// For several brokers.
    Postgres,
}

/// A connection to either engine.
#[derive(Debug)]
pub enum Conn {
    /// To SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// To PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

impl Conn {
    /// Which engine it is to.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Throws the connection away instead of giving it back: its state is not known.
    pub fn discard(self) {
        match self {
            Self::Sqlite(pooled) => drop(pooled.detach()),
            Self::Postgres(pooled) => drop(pooled.detach()),
        }
    }
}

/// The database: readers share a pool, the ledger has a connection of its own outside it.
#[derive(Debug, Clone)]
pub enum Store {
    /// One file.
    Sqlite {
        /// For reading only.
        readers: SqlitePool,
        /// The ledger's one connection.
        writer: SqlitePool,
        /// Tells those who wait that it begins to commit.
        committing: Arc<Notify>,
    },
    /// A server.
    Postgres {
        /// For reading.
        readers: PgPool,
        /// The ledger's one connection.
        writer: PgPool,
        /// How to reach it, for LISTEN.
        url: String,
    },
}

impl Store {
    /// Opens the database, brings its schema up to date and refuses one that is newer than this broker.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let store = Self::connect(url).await?;
        super::migrate::up(&store).await?;
        Ok(store)
    }

    /// Opens a database that holds nothing, and gives it exactly these migrations; none if it holds something.
    pub async fn open_empty(url: &str, schema: &[i64]) -> Result<Option<Self>, OpenError> {
        let store = Self::connect(url).await?;
        if !super::empty::is_empty(&mut store.writer().await?).await? {
            store.close().await;
            return Ok(None);
        }
        super::migrate::exactly(&store, schema).await?;
        Ok(Some(store))
    }

    async fn connect(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
            "sqlite" => Self::sqlite(url).await,
            "postgres" | "postgresql" => Self::postgres(url).await,
            other => Err(OpenError::Address(other.to_owned())),
        }
    }

    async fn sqlite(url: &str) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("journal_size_limit", JOURNAL_BYTES)
            .pragma("secure_delete", "ON")
            .pragma("recursive_triggers", "ON"); // else REPLACE would pass the triggers that forbid deleting
        let committing = Arc::new(Notify::new());
        let writer = sqlite_writer(&committing).connect_with(options.clone()).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
        if !super::settings::is_safe_sqlite(&version) {
            return Err(OpenError::OldSqlite(version));
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.pragma("query_only", "ON").pragma("cache_size", READER_KIB));
        Ok(Self::Sqlite { readers, writer, committing })
    }

    async fn postgres(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)?.application_name("countersign");
        // A stalled broker must not hold a revocation up: the server gives its locks back by itself.
        let ledger = options.clone().options([
            ("idle_in_transaction_session_timeout", "1s"),
            ("lock_timeout", "5s"),
            ("deadlock_timeout", "50ms"),
            ("synchronous_commit", "on"),
            ("tcp_user_timeout", "2000"),
        ]);
        // Without a limit of its own a pool tries for half a minute, and whoever asks waits as long.
        let pool = || PgPoolOptions::new().acquire_timeout(CONNECT);
        let writer = pool().max_connections(1).connect_with(ledger).await?;
        let readers = pool().max_connections(READERS).connect_lazy_with(options);
        Ok(Self::Postgres { readers, writer, url: url.to_owned() })
    }

    /// Which engine.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }

    /// A connection for reading.
    pub async fn read(&self) -> sqlx::Result<Conn> {
        // On the heap: a pool's future is large, and what may have to read is awaited by every call, which seldom does.
        Ok(match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(Box::pin(readers.acquire()).await?),
            Self::Postgres { readers, .. } => Conn::Postgres(Box::pin(readers.acquire()).await?),
        })
    }

    /// The ledger's connection. There is one; who else asks waits.
    pub async fn writer(&self) -> sqlx::Result<Conn> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Conn::Sqlite(writer.acquire().await?),
            Self::Postgres { writer, .. } => Conn::Postgres(writer.acquire().await?),
        })
    }

    /// Has SQLite overwrite what was deleted: it is in the log until that is taken over. PostgreSQL's vacuum reuses the
    /// space by itself.
    pub async fn overwrite_deleted(&self) -> sqlx::Result<()> {
        if let Self::Sqlite { readers, .. } = self {
            sqlx::query(CHECKPOINT).execute(readers).await?;
        }
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// A pool of the one connection that tells when it begins to commit.
fn sqlite_writer(committing: &Arc<Notify>) -> SqlitePoolOptions {
    let committing = committing.clone();
    SqlitePoolOptions::new().max_connections(1).after_connect(move |conn, _| {
        let committing = committing.clone();
        Box::pin(async move {
            conn.lock_handle().await?.set_commit_hook(move || {
                committing.notify_waiters();
                true
            });
            Ok(())
        })
    })
}
