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

on_each_engine!(every_declaration_counts, an_intent_from_an_old_revision_is_not_recorded, a_directory_is_read_again);

async fn revision_of(it: &Installation) -> i64 {
    revision::number(&mut it.app.store.read().await.unwrap()).await.unwrap()
}

async fn every_declaration_counts(it: &Installation) {
    let mut before = revision_of(it).await;
    let mut grew = async |what: &str| {
        let now = revision_of(it).await;
        assert!(now > before, "{what}");
        before = now;
    };
    it.person("nina", &[]).await;
    grew("a person").await;
    it.declare(Declaration::Service(Box::new(definition("wiki")))).await;
    grew("a service").await;
    it.revoke(crate::support::acts::service("wiki")).await.unwrap();
    assert_eq!(revision_of(it).await, before, "a revocation is a watermark, not a declaration");
    // Whatever writes to one of the tables counts, whether it comes from an act or not.
    for table in ["people", "agents", "services", "connections"] {
        let sql: &'static str = match table {
            "people" => "UPDATE people SET blocked = blocked",
            "agents" => "UPDATE agents SET blocked = blocked",
            "services" => "UPDATE services SET blocked = blocked",
            _ => "UPDATE connections SET account = account",
        };
        crate::support::invariants::execute(&it.app.store, sql).await;
        grew(table).await;
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
    it.declare(Declaration::Service(Box::new(definition("wiki")))).await;
    // Remembered until somebody asks for what is so now.
    assert!(it.app.directories.current().await.unwrap().service(&slug("wiki")).is_none());
    let now = it.app.directories.newest().await.unwrap();
    assert!(now.service(&slug("wiki")).is_some());
    assert!(now.revision() > before.revision());
    assert_eq!(it.app.directories.current().await.unwrap().revision(), now.revision());
}
