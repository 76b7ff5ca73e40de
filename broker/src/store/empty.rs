//! Whether a database holds anything: a backup is restored into an empty one only.

use super::{Conn, Engine, all, scalar};

const TABLES_SQLITE: &str =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
const TABLES_POSTGRES: &str = "SELECT CAST(tablename AS TEXT) FROM pg_tables \
    WHERE schemaname = current_schema() ORDER BY tablename";
/// What every installation has as soon as it is one.
const FACTS: &str =
    "SELECT (SELECT COUNT(*) FROM meta) + (SELECT COUNT(*) FROM chains) + (SELECT COUNT(*) FROM people)";

/// Whether there is no table, or only those of a restore that was killed before it put anything in.
pub(super) async fn is_empty(conn: &mut Conn) -> sqlx::Result<bool> {
    let sql = match conn.engine() {
        Engine::Sqlite => TABLES_SQLITE,
        Engine::Postgres => TABLES_POSTGRES,
    };
    let tables: Vec<(String,)> = all!(&mut *conn, sql)?;
    let has = |name: &str| tables.iter().any(|(it,)| it == name);
    if tables.is_empty() || (tables.len() == 1 && has("_sqlx_migrations")) {
        return Ok(true);
    }
    if !["_sqlx_migrations", "meta", "chains", "people"].into_iter().all(has) {
        return Ok(false);
    }
    let facts: i64 = scalar!(conn, FACTS)?;
    Ok(facts == 0)
}
