//! What the database says of itself: version, durability, clock.

use super::{Conn, all, engine::SQLITE_AT_LEAST, scalar, time};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

const ASK: &str = "SELECT CAST(1 AS BIGINT)";
const SQLITE_VERSION: &str = "SELECT sqlite_version()";
const JOURNAL_MODE: &str = "PRAGMA journal_mode";
const SYNCHRONOUS: &str = "PRAGMA synchronous";
const SERVER_TIME: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
const POSTGRES: &str = "SELECT name, setting FROM pg_settings WHERE name IN \
    ('server_version', 'server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit') \
    UNION ALL SELECT 'standby', CAST(pg_is_in_recovery() AS TEXT) \
    UNION ALL SELECT 'encrypted', CAST(ssl AS TEXT) FROM pg_stat_ssl WHERE pid = pg_backend_pid() \
    UNION ALL SELECT 'remote', CAST(COALESCE(NOT client_addr <<= CAST('127.0.0.0/8' AS inet) \
        AND client_addr <> CAST('::1' AS inet), false) AS TEXT) FROM pg_stat_activity WHERE pid = pg_backend_pid()";

pub(super) const SQL: &[&str] = &[ASK];

/// The cheapest question that there is.
pub async fn ask(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, ASK)
}

/// The version of the SQLite that is linked.
pub async fn sqlite_version(conn: &mut Conn) -> sqlx::Result<String> {
    scalar!(conn, SQLITE_VERSION)
}

/// Whether a version of SQLite does not lose commits in WAL mode.
pub fn is_safe_sqlite(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    numbers.as_slice() >= [SQLITE_AT_LEAST.0, SQLITE_AT_LEAST.1, SQLITE_AT_LEAST.2].as_slice()
}

/// SQLite's journal mode, and how often this connection waits for the disk (2: at every commit).
pub async fn sqlite_durability(conn: &mut Conn) -> sqlx::Result<(String, i64)> {
    Ok((scalar!(&mut *conn, JOURNAL_MODE)?, scalar!(conn, SYNCHRONOUS)?))
}

/// What the server's clock says; none where the database has none of its own.
pub async fn server_time(conn: &mut Conn) -> sqlx::Result<Option<DateTime<Utc>>> {
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(raw) => {
            let millis: i64 = sqlx::query_scalar(SERVER_TIME).fetch_one(&mut **raw).await?;
            Ok(Some(time(millis)))
        }
    }
}

/// PostgreSQL's settings that decide whether what was committed stays, and how this connection stands: `standby`,
/// `encrypted`, `remote`.
pub async fn postgres(conn: &mut Conn) -> sqlx::Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = all!(conn, POSTGRES)?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_known() {
        for (version, safe) in
            [("3.51.3", true), ("3.51.2", false), ("3.52.0", true), ("4.0", true), ("", false)]
        {
            assert_eq!(is_safe_sqlite(version), safe, "{version}");
        }
    }
}
