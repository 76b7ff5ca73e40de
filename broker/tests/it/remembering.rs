//! What admins declare is remembered, and never counts once it has changed.

use crate::support::{
    acts::line,
    installation::{Installation, definition, slug},
    invariants::count,
    on_each_engine,
};
use broker::{
    ledger::{LedgerError, Why, acts::Declaration},
    store::revision,
};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

on_each_engine!(
    every_declaration_counts,
    an_intent_from_an_old_revision_is_not_recorded,
    a_directory_is_read_again
);

async fn revision_of(it: &Installation) -> i64 {
    revision::number(&mut it.app.store.read().await.unwrap()).await.unwrap()
}

/// Whatever writes to one of these tables counts, whether it comes from an act or not.
const CHANGES: [&str; 5] = [
    "INSERT INTO people (id, title, roles, created_at) VALUES ('nina', 'Nina', '[]', 0)",
    "UPDATE people SET blocked = 1 WHERE id = 'nina'",
    "UPDATE agents SET blocked = 1 WHERE id = 'crawler'",
    "UPDATE services SET blocked = 1 WHERE id = 'mail'",
    "UPDATE connections SET account = '@other' WHERE id = 'mail'",
];

async fn every_declaration_counts(it: &Installation) {
    let mut before = revision_of(it).await;
    it.declare(Declaration::Service(definition("wiki"))).await;
    assert!(revision_of(it).await > before);
    before = revision_of(it).await;
    it.revoke(crate::support::acts::service("wiki")).await.unwrap();
    assert_eq!(revision_of(it).await, before, "a revocation is a watermark, not a declaration");
    for change in CHANGES {
        execute(&it.url, change).await;
        assert!(revision_of(it).await > before, "{change}");
        before = revision_of(it).await;
    }
}

/// As an operator with the database open would.
async fn execute(url: &str, sql: &'static str) {
    if url.starts_with("sqlite") {
        sqlx::query(sql).execute(&mut SqliteConnection::connect(url).await.unwrap()).await.unwrap();
    } else {
        sqlx::query(sql).execute(&mut PgConnection::connect(url).await.unwrap()).await.unwrap();
    }
}

async fn an_intent_from_an_old_revision_is_not_recorded(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(1))]).await;
    let records = count(&it.app.store, "SELECT COUNT(*) FROM audit").await;
    let mut call = it.call(&grant, "tracker", 1);
    call.revision = Some(revision_of(it).await - 1);
    let stale = it.authorise(call.clone()).await;
    assert!(matches!(stale, Err(LedgerError::Refused(Why::Stale))), "{stale:?}");
    assert_eq!(count(&it.app.store, "SELECT COUNT(*) FROM audit").await, records);
    // It spent nothing: the one unit of the line is still there.
    call.revision = Some(revision_of(it).await);
    it.authorise(call).await.unwrap();
}

async fn a_directory_is_read_again(it: &Installation) {
    let before = it.app.directories.current().await.unwrap();
    assert!(before.service(&slug("wiki")).is_none());
    it.declare(Declaration::Service(definition("wiki"))).await;
    // Remembered until somebody asks for what is so now.
    assert!(it.app.directories.current().await.unwrap().service(&slug("wiki")).is_none());
    let now = it.app.directories.newest().await.unwrap();
    assert!(now.service(&slug("wiki")).is_some());
    assert!(now.revision() > before.revision());
    assert_eq!(it.app.directories.current().await.unwrap().revision(), now.revision());
}
