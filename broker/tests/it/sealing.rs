//! The vault is sealed and opened: on one broker, over restarts, and on all of them.

use crate::support::{
    self,
    acts::line,
    database::Database,
    installation::{Installation, start_of_time},
    invariants::{self, count},
    on_each_engine,
};
use broker::{
    clock::Clock,
    host::SecretText,
    keys::{self, RootKeys, UnsealError},
    ledger::{LedgerError, Why},
    store::{Conn, Engine, Store},
};
use protocol::GrantId;

on_each_engine!(a_seal_outlives_a_restart, what_cannot_be_recorded_is_sealed_here);

const PASSPHRASE: &str = "correct horse battery staple";

fn text(passphrase: &str) -> SecretText {
    SecretText::new(passphrase)
}

async fn is_refused(it: &Installation, grant: &GrantId) {
    let refused = it.use_tracker(grant).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Sealed))), "{refused:?}");
    let minted = it.mint(grant, "tracker", 1).await;
    assert!(matches!(minted, Err(LedgerError::Refused(Why::Sealed))), "{minted:?}");
}

async fn a_seal_outlives_a_restart(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    keys::seal(&it.app, Some("a test".to_owned())).await.unwrap();
    assert!(it.app.vault.is_sealed() && it.app.signer().is_none());
    is_refused(it, &grant).await;
    let next = it.another().await;
    assert!(next.app.vault.is_sealed() && next.app.signer().is_none(), "a restart does not lift it");
    is_refused(&next, &grant).await;
    keys::unseal(&next.app, None).await.unwrap();
    assert!(!next.app.vault.is_sealed() && next.app.signer().is_some());
    next.use_tracker(&grant).await.unwrap();
    // Unsealed once more: on record, and without a number of its own.
    keys::unseal(&next.app, None).await.unwrap();
    let lifted = "SELECT COUNT(*) FROM audit WHERE kind = 'vault.unsealed' AND facts LIKE '%\"number\"%'";
    let unsealed = "SELECT COUNT(*) FROM audit WHERE kind = 'vault.unsealed'";
    let sealed = "SELECT COUNT(*) FROM audit WHERE kind = 'vault.sealed' AND facts LIKE '%a test%'";
    let store = &it.app.store;
    assert_eq!(
        (count(store, lifted).await, count(store, unsealed).await, count(store, sealed).await),
        (1, 2, 1)
    );
    let third = it.another().await;
    assert!(!third.app.vault.is_sealed());
    third.stop().await;
    next.stop().await;
}

/// Without a database the keys are gone all the same, and whoever sealed is told what is missing.
async fn what_cannot_be_recorded_is_sealed_here(it: &Installation) {
    let other = it.another().await;
    let Installation { app, .. } = &other;
    other.stop_writing();
    let told = keys::seal(app, None).await.unwrap_err().to_string();
    assert!(told.contains("has dropped its keys") && told.contains("run seal again"), "{told}");
    assert!(app.vault.is_sealed() && app.signer().is_none());
    other.stop().await;
    let next = it.another().await;
    assert!(!next.app.vault.is_sealed(), "it was never on record");
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_has_not_heard_of_a_seal_calls_nothing() {
    support::run(Engine::Postgres, async |one| {
        let other = one.another().await;
        let grant = one.session("bot", &[line("tracker", None)]).await;
        other.use_tracker(&grant).await.unwrap();
        keys::seal(&one.app, None).await.unwrap();
        // It has its keys still: its batches know better.
        assert!(!other.app.vault.is_sealed());
        is_refused(&other, &grant).await;
        keys::follow(&other.app).await.unwrap();
        assert!(other.app.vault.is_sealed() && other.app.signer().is_none());
        // What one lifts, the other follows by the root key that it has.
        keys::unseal(&one.app, None).await.unwrap();
        is_open(one, &grant).await;
        keys::follow(&other.app).await.unwrap();
        is_open(&other, &grant).await;
        other.stop().await;
    })
    .await;
}

async fn is_open(it: &Installation, grant: &GrantId) {
    assert!(!it.app.vault.is_sealed() && it.app.signer().is_some());
    it.use_tracker(grant).await.unwrap();
}

async fn with_passphrase(database: &Database) -> Installation {
    let root = database.folder.path().join("root.key");
    Installation::open_with(&database.url, Clock::held(start_of_time()), root, RootKeys::Passphrase).await
}

async fn a_passphrase_opens(engine: Engine) {
    let Some(database) = Database::create(engine).await else { return };
    let it = with_passphrase(&database).await;
    assert!(it.app.vault.is_sealed());
    let short = keys::init(&it.app, &text("too short")).await.unwrap_err();
    assert!(short.to_string().contains("at least 15"), "{short}");
    assert!(matches!(keys::unseal(&it.app, Some(&text(PASSPHRASE))).await, Err(UnsealError::NoKeys)));
    let root = keys::init(&it.app, &text(PASSPHRASE)).await.unwrap();
    assert!(!it.app.vault.is_sealed() && it.app.signer().is_some());
    let again = keys::init(&it.app, &text("another good passphrase")).await;
    assert!(matches!(again, Err(UnsealError::Begun(begun)) if begun == root));
    it.stop().await;

    let it = with_passphrase(&database).await;
    assert!(matches!(keys::unseal(&it.app, None).await, Err(UnsealError::NeedsPassphrase(id)) if id == root));
    let wrong = async || keys::unseal(&it.app, Some(&text("correct horse battery stapler"))).await;
    for wait in [0, 0, 2] {
        let told = wrong().await.unwrap_err();
        assert!(matches!(told, UnsealError::WrongPassphrase(seconds) if seconds == wait), "{told}");
    }
    let early = keys::unseal(&it.app, Some(&text(PASSPHRASE))).await;
    assert!(matches!(early, Err(UnsealError::TooSoon(3))), "even the right one waits: {early:?}");
    assert!(it.app.vault.is_sealed());
    it.wait(3);
    assert_eq!(keys::unseal(&it.app, Some(&text(PASSPHRASE))).await.unwrap(), root);
    keys::seal(&it.app, None).await.unwrap();
    assert!(it.app.vault.root().is_err(), "the root key went with the rest");
    keys::unseal(&it.app, Some(&text(PASSPHRASE))).await.unwrap();
    let dumped = crate::support::dump::dump(&it.app.store).await;
    assert!(!dumped.contains(PASSPHRASE));
    invariants::check(&it.app.store).await;
    it.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passphrase_opens_sqlite() {
    a_passphrase_opens(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passphrase_opens_postgres() {
    a_passphrase_opens(Engine::Postgres).await;
}

/// Numbers that were lowered by whoever can write the database give another key, and opened is nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weakened_numbers_open_nothing() {
    let database = Database::create(Engine::Sqlite).await.unwrap();
    let it = with_passphrase(&database).await;
    keys::init(&it.app, &text(PASSPHRASE)).await.unwrap();
    keys::seal(&it.app, None).await.unwrap();
    for (weaken, restore) in [
        ("UPDATE passphrases SET memory = 32", "UPDATE passphrases SET memory = 65536"),
        ("UPDATE passphrases SET memory = 9223372036854775807", "UPDATE passphrases SET memory = 65536"),
        ("UPDATE passphrases SET salt = 'AAAAAAAAAAAAAAAAAAAAAA=='", "UPDATE passphrases SET passes = 3"),
    ] {
        execute(&it.url, weaken).await;
        let told = keys::unseal(&it.app, Some(&text(PASSPHRASE))).await;
        assert!(told.is_err() && it.app.vault.is_sealed(), "{weaken}");
        it.wait(60);
        execute(&it.url, restore).await;
    }
    it.stop().await;
    database.remove().await;
}

async fn execute(url: &str, sql: &'static str) {
    // The ledger has its own connection for good.
    let store = Store::open(url).await.unwrap();
    let Conn::Sqlite(mut raw) = store.writer().await.unwrap() else { panic!("it is not SQLite") };
    sqlx::query(sql).execute(&mut *raw).await.unwrap();
}
