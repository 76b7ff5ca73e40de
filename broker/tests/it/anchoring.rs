//! A database that does not reach as far as its anchor authorises nothing until it is accepted.

use crate::{
    backup::{back_up, opener, restored},
    support::{
        acts::line,
        database::Database,
        installation::{Installation, slug},
        invariants, on_each_engine,
    },
};
use age::x25519::Identity;
use broker::{
    ledger::{LedgerError, Why, verify::verify},
    recovery::{self, Anchor, AnchorFile, Standing},
    store::{Engine, Store},
};
use protocol::revoke::Subject;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::fs;

on_each_engine!(
    a_database_that_goes_on_reaches_its_anchor,
    an_older_copy_is_suspended_until_it_is_accepted,
    a_cut_end_with_its_head_is_found,
    two_copies_at_once_are_noticed,
    a_lost_anchor,
);

fn anchor(it: &Installation) -> AnchorFile {
    let path = it.root.with_file_name("anchor.json");
    AnchorFile { usual: path.clone(), path }
}

/// A broker of a database that keeps its anchor.
async fn anchored(it: &Installation, url: &str) -> Installation {
    let anchor = anchor(it);
    Installation::open_changed(url, it.clock.clone(), it.root.clone(), |parts| parts.anchor = Some(anchor))
        .await
}

/// The database as it is now, as a snapshot of its disk would have it.
async fn copy(it: &Installation, name: &str) -> Database {
    let identity = Identity::generate();
    let (path, _) = back_up(it, name, &identity).await;
    let (database, _) = restored(&path, &opener(&identity, &path), it.app.store.engine()).await.unwrap();
    by_hand(&database.url, "DELETE FROM meta WHERE key = 'restored'").await;
    database
}

/// What somebody does to the database beside the broker.
async fn by_hand(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        SqliteConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    } else {
        PgConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    }
}

async fn a_database_that_goes_on_reaches_its_anchor(it: &Installation) {
    let first = anchored(it, &it.url).await;
    assert!(anchor(it).path.exists());
    let grant = first.session("bot", &[line("tracker", None)]).await;
    for _ in 0..3 {
        first.use_tracker(&grant).await.unwrap();
        assert_eq!(anchor(it).renew(&first.app.store).await.unwrap(), Standing::Reaches);
        first.revoke(Subject::Agent { agent: slug("crawler") }).await.unwrap();
    }
    first.stop().await;
    // Killed: it has moved on since its anchor was written.
    let next = anchored(it, &it.url).await;
    assert!(!next.app.recovering.is_suspended());
    next.use_tracker(&grant).await.unwrap();
    next.stop().await;
}

async fn an_older_copy_is_suspended_until_it_is_accepted(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let database = copy(it, "it.backup").await;
    let first = anchored(it, &it.url).await;
    first.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
    anchor(it).renew(&first.app.store).await.unwrap();
    first.stop().await;
    let older = anchored(it, &database.url).await;
    assert!(older.app.recovering.is_suspended());
    let refused = older.use_tracker(&grant).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::NotAccepted))), "{refused:?}");
    recovery::accept(&older.app, None).await.unwrap();
    let refused = older.use_tracker(&grant).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Revoked(_)))), "{refused:?}");
    assert_eq!(anchor(it).renew(&older.app.store).await.unwrap(), Standing::Reaches);
    invariants::check(&older.app.store).await;
    older.stop().await;
    let again = anchored(it, &database.url).await;
    assert!(!again.app.recovering.is_suspended());
    again.stop().await;
    // The database that it came from is now the older one.
    let original = anchored(it, &it.url).await;
    assert!(original.app.recovering.is_suspended());
    original.stop().await;
    database.remove().await;
}

/// Who cuts the end off and moves the head back deceives `verify`, but not the anchor.
async fn a_cut_end_with_its_head_is_found(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    anchor(it).renew(&it.app.store).await.unwrap();
    let anchored = Anchor::read(&anchor(it).path).unwrap().unwrap();
    let database = copy(it, "it.backup").await;
    let drop_guard = match it.app.store.engine() {
        Engine::Sqlite => "DROP TRIGGER audit_no_delete",
        Engine::Postgres => "DROP TRIGGER audit_no_delete ON audit",
    };
    let store = Store::open(&database.url).await.unwrap();
    assert_eq!(anchored.misses(&mut store.read().await.unwrap()).await.unwrap(), None);
    by_hand(&database.url, drop_guard).await;
    by_hand(&database.url, "DELETE FROM audit_sessions").await;
    by_hand(&database.url, "DELETE FROM audit WHERE id = (SELECT MAX(id) FROM audit)").await;
    let hash = match it.app.store.engine() {
        Engine::Sqlite => "lower(hex(hash))",
        Engine::Postgres => "encode(hash, 'hex')",
    };
    let move_head = format!(
        "UPDATE chains SET head_seq = head_seq - 1, \
         head_hash = (SELECT {hash} FROM audit WHERE id = (SELECT MAX(id) FROM audit))"
    );
    by_hand(&database.url, &move_head).await;
    assert_eq!(verify(&store, |_| {}).await.unwrap().first_fault, None);
    let missing = anchored.misses(&mut store.read().await.unwrap()).await.unwrap().unwrap();
    assert!(missing.contains("is missing, or is another"), "{missing}");
    store.close().await;
    database.remove().await;
}

async fn two_copies_at_once_are_noticed(it: &Installation) {
    let database = copy(it, "it.backup").await;
    let other = Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
    let first = anchored(it, &it.url).await;
    let behind = anchor(it).renew(&other.app.store).await.unwrap();
    assert!(matches!(behind, Standing::Behind(_)), "{behind:?}");
    assert_eq!(anchor(it).renew(&first.app.store).await.unwrap(), Standing::Reaches);
    first.stop().await;
    other.stop().await;
    let other = anchored(it, &database.url).await;
    assert!(other.app.recovering.is_suspended());
    other.stop().await;
    database.remove().await;
}

async fn a_lost_anchor(it: &Installation) {
    anchored(it, &it.url).await.stop().await;
    fs::remove_file(anchor(it).path).unwrap();
    let next = anchored(it, &it.url).await;
    let lost = it.app.store.engine() == Engine::Sqlite;
    assert_eq!(next.app.recovering.is_suspended(), lost, "on PostgreSQL a new host looks like this");
    assert_eq!(anchor(it).path.exists(), !lost);
    next.stop().await;
    fs::write(anchor(it).path, "{}").unwrap();
    assert!(Anchor::read(&anchor(it).path).is_err());
}
