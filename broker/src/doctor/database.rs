//! The database: its version, what it promises about power loss, and whether its schema is this broker's.

use super::{Check, Patient};
use crate::store::{Conn, Engine, migrate, settings};
use std::cmp::Ordering;

const NAME: &str = "database";
/// The oldest PostgreSQL that still gets security fixes, and that the tests run on.
const POSTGRES_AT_LEAST: i64 = 150_000;

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let mut checks = match it.store.engine() {
        Engine::Sqlite => sqlite(&mut conn, it.app.is_some()).await?,
        Engine::Postgres => postgres(&mut conn).await?,
    };
    checks.push(schema(&mut conn).await?);
    Ok(checks)
}

/// `running`: with a connection as the broker opens them; one that only reads has settings of its own.
async fn sqlite(conn: &mut Conn, running: bool) -> sqlx::Result<Vec<Check>> {
    let version = settings::sqlite_version(conn).await?;
    let (mode, synchronous) = settings::sqlite_durability(conn).await?;
    let mut checks = vec![if settings::is_safe_sqlite(&version) {
        Check::ok(NAME, format!("SQLite {version}"))
    } else {
        let what = format!("SQLite {version} can lose commits in WAL mode");
        Check::failure(NAME, what, "use a build with SQLite 3.51.3 or newer")
    }];
    if mode != "wal" || (running && synchronous < 2) {
        let what =
            format!("journal_mode is {mode}, synchronous is {synchronous}: a power loss could undo calls");
        checks.push(Check::failure(
            "durability",
            what,
            "another program changed the file: leave it to the broker",
        ));
    } else {
        checks.push(Check::ok("durability", "every commit is on the disk before it is answered"));
    }
    Ok(checks)
}

async fn postgres(conn: &mut Conn) -> sqlx::Result<Vec<Check>> {
    let found = settings::postgres(conn).await?;
    let get = |name: &str| found.get(name).map_or("", String::as_str);
    let version = get("server_version");
    let number: i64 = get("server_version_num").parse().unwrap_or_default();
    let mut checks = vec![if number < POSTGRES_AT_LEAST {
        Check::warning(NAME, format!("PostgreSQL {version}"), "use PostgreSQL 15 or newer")
    } else {
        Check::ok(NAME, format!("PostgreSQL {version}"))
    }];
    if get("standby") == "true" {
        let to_do = "let the database's address name the primary (target_session_attrs is not understood)";
        checks.push(Check::failure("standby", "this server is a standby: nothing can be recorded", to_do));
    }
    let off: Vec<&str> = ["fsync", "full_page_writes"].into_iter().filter(|it| get(it) != "on").collect();
    checks.push(if off.is_empty() {
        Check::ok(
            "durability",
            "fsync and full_page_writes are on; the broker asks for synchronous_commit itself",
        )
    } else {
        let what = format!("{} is off: a power loss can undo what was acknowledged", off.join(" and "));
        Check::failure("durability", what, format!("set {} = on in postgresql.conf", off.join(" = on, ")))
    });
    if get("synchronous_commit") == "off" {
        let to_do = "the broker is not touched by it; say so on purpose, or set it to on";
        checks.push(Check::warning("synchronous_commit", "is off for everybody else on this server", to_do));
    }
    if get("encrypted") != "true" && get("remote") == "true" {
        let what = "the connection crosses the network without TLS";
        checks.push(Check::warning(
            "database tls",
            what,
            "add ?sslmode=verify-full&sslrootcert=… to the address",
        ));
    }
    Ok(checks)
}

async fn schema(conn: &mut Conn) -> sqlx::Result<Check> {
    const NAME: &str = "schema";
    let known = migrate::migrator(conn.engine());
    let newest = known.iter().map(|it| it.version).max().unwrap_or_default();
    let applied = migrate::applied(conn).await?;
    let Some(last) = applied.iter().map(|it| it.version).max() else {
        return Ok(Check::warning(NAME, "the database is empty", "countersign-broker serve sets it up"));
    };
    let changed = applied
        .iter()
        .find(|it| known.iter().any(|mine| mine.version == it.version && *mine.checksum != *it.checksum));
    if let Some(failed) = applied.iter().find(|it| !it.success) {
        let what = format!("migration {} was begun and not finished", failed.version);
        return Ok(Check::failure(NAME, what, "restore the backup from before it, and start again"));
    }
    if let Some(changed) = changed {
        let what = format!("migration {} is not the one that this broker knows", changed.version);
        return Ok(Check::failure(
            NAME,
            what,
            "use the release that this database was made with, or a newer one",
        ));
    }
    Ok(match last.cmp(&newest) {
        Ordering::Greater => {
            let what = format!("is {last}, this program knows {newest}");
            Check::failure(NAME, what, "use the release of the broker that made it, or a newer one")
        }
        Ordering::Less => {
            let what = format!("is {last}; the next start brings it to {newest}");
            Check::warning(NAME, what, "take a backup before: there is no way back")
        }
        Ordering::Equal => Check::ok(NAME, format!("is {last}, the newest")),
    })
}
