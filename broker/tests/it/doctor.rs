//! `doctor`: what it finds in an installation that is well, and in one that was damaged in a way that it must name.

mod program;
mod proxy;

use crate::{
    audit::tampered::Hand,
    support::{database::Database, installation::Installation},
};
use broker::{
    app::Parts,
    config::{Config, keys},
    doctor::{self, Check, Verdict},
    recovery::{self, AnchorFile},
    store::{Engine, settings},
};
use chrono::TimeDelta;
use protocol::sessions::Role;
use std::{fs, sync::Arc};

/// Makes a test for each engine.
macro_rules! on_each {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::examined(broker::store::Engine::Sqlite, super::$name).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::examined(broker::store::Engine::Postgres, super::$name).await;
            })*
        }
    };
}

on_each!(
    a_good_installation,
    nobody_can_approve,
    admins_without_a_passkey,
    a_sealed_vault,
    a_clock_that_was_put_back,
    a_record_that_was_changed,
    a_schema_of_another_release,
    an_older_copy_and_the_anchor,
);

/// Runs a test in an installation that knows its settings.
async fn examined(engine: Engine, test: impl AsyncFn(&Installation)) {
    let Some(database) = Database::create(engine).await else { return };
    let flags = vec![
        (keys::DATA, database.folder.path().into()),
        (keys::ROOT_KEY, database.folder.path().join("root.key").into()),
        (keys::PUBLIC_URL, "http://localhost:1".into()),
    ];
    // Before the broker is put together there is no root key: nobody looks at it here.
    let config = Config::load(flags, [], &|_| None).unwrap();
    let change = |parts: &mut Parts| {
        parts.config = Some(Arc::new(config.clone()));
        parts.anchor = Some(anchor(&config));
        "http://localhost:1".clone_into(&mut parts.public_url);
    };
    let it = Installation::start_with(&database, change).await;
    test(&it).await;
    it.stop().await;
    database.remove().await;
}

fn anchor(config: &Config) -> AnchorFile {
    AnchorFile { path: config.storage.anchor.value.clone(), usual: config.storage.usual_anchor() }
}

async fn look(it: &Installation) -> Vec<Check> {
    doctor::inside(&it.app).await.unwrap()
}

/// The worst that was said under a name.
fn worst<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().filter(|it| it.name == name).max_by_key(|it| it.verdict);
    found.unwrap_or_else(|| panic!("{name}: {checks:#?}"))
}

/// What must have failed, with this in its words.
fn failed(checks: &[Check], name: &str, part: &str) {
    let found =
        checks.iter().find(|it| it.name == name && it.verdict == Verdict::Failure && it.what.contains(part));
    let to_do = found.and_then(|it| it.to_do.as_ref());
    assert!(to_do.is_some_and(|it| !it.is_empty()), "{name}, {part}: {checks:#?}");
}

async fn a_good_installation(it: &Installation) {
    let checks = look(it).await;
    for name in
        ["record", "schema", "database", "approvers", "room", "root key", "vault", "keys", "open files"]
    {
        assert_eq!(worst(&checks, name).verdict, Verdict::Ok, "{checks:#?}");
    }
    // A server for tests alone may have what makes it slow switched off; then that must be said.
    let durable = match it.app.store.engine() {
        Engine::Sqlite => true,
        Engine::Postgres => {
            settings::postgres(&mut it.app.store.read().await.unwrap()).await.unwrap()["fsync"] == "on"
        }
    };
    assert_eq!(worst(&checks, "durability").verdict == Verdict::Ok, durable, "{checks:#?}");
    for check in &checks {
        assert_eq!(check.verdict == Verdict::Ok, check.to_do.is_none(), "{check:?}");
        assert!(!check.what.contains('\n') && !check.what.contains("canary"), "{check:?}");
    }
}

async fn nobody_can_approve(it: &Installation) {
    it.person("ana", &[Role::Developer]).await;
    it.person("paul", &[Role::Developer]).await;
    let checks = look(it).await;
    failed(
        &checks,
        "approvers",
        "nobody can approve what uses mail: it needs somebody with the approver role",
    );
    // A personal one is its owner's, whatever the role.
    assert!(!checks.iter().any(|it| it.what.contains("uses diary")), "{checks:#?}");
    assert_eq!(checks.iter().filter(|it| it.name == "approvers").count(), 2);
}

async fn admins_without_a_passkey(it: &Installation) {
    let said = async || {
        let checks = look(it).await;
        let found = worst(&checks, "passkeys").clone();
        (found.verdict, found.what)
    };
    let (verdict, what) = said().await;
    assert!(verdict == Verdict::Warning && what.contains("adm is an admin without a passkey"), "{what}");
    it.person("adm", &[Role::Approver]).await;
    let (verdict, what) = said().await;
    assert!(verdict == Verdict::Ok && what.starts_with("0 people"), "{what}");
    crate::passkeys::support::row_of(it, "adm").await;
    it.person("adm", &[Role::Admin]).await;
    let (verdict, what) = said().await;
    assert!(verdict == Verdict::Warning && what.contains("adm has 0 recovery codes left"), "{what}");
}

async fn a_sealed_vault(it: &Installation) {
    it.app.vault.seal();
    let checks = look(it).await;
    let vault = worst(&checks, "vault");
    assert_eq!(
        (vault.verdict, vault.to_do.as_deref()),
        (Verdict::Warning, Some("countersign-broker unseal"))
    );
    assert!(worst(&checks, "connection mail").what.contains("was not tried"), "{checks:#?}");
}

async fn a_clock_that_was_put_back(it: &Installation) {
    let engine = it.app.store.engine();
    let checks = look(it).await;
    if engine == Engine::Sqlite {
        assert_eq!(worst(&checks, "clock").verdict, Verdict::Ok, "{checks:#?}");
    } else {
        // The clock of these tests is not the server's.
        failed(&checks, "clock", "brokers would not agree when a session ends");
    }
    it.clock.advance(TimeDelta::minutes(-10));
    failed(&look(it).await, "clock", "is 600 s behind the last record");
    it.clock.advance(TimeDelta::minutes(10));
}

async fn a_record_that_was_changed(it: &Installation) {
    let mut hand = Hand::reach_in(it).await;
    hand.run("UPDATE audit SET facts = '{}' WHERE id = (SELECT MAX(id) - 3 FROM audit)").await;
    failed(&look(it).await, "record", "record ");
}

async fn a_schema_of_another_release(it: &Installation) {
    let mut hand = Hand::reach_in(it).await;
    let last = "(SELECT MAX(version) FROM _sqlx_migrations)";
    for (set, says) in [
        ("success = (1 = 0)", "was begun and not finished"),
        ("success = (1 = 1), checksum = CAST('x' AS BYTEA)", "is not the one that this broker knows"),
        ("version = 99999", "is 99999, this program knows"),
    ] {
        let set = if it.app.store.engine() == Engine::Sqlite {
            set.replace("BYTEA", "BLOB")
        } else {
            set.to_owned()
        };
        hand.run(&format!("UPDATE _sqlx_migrations SET {set} WHERE version = {last}")).await;
        failed(&look(it).await, "schema", says);
    }
}

async fn an_older_copy_and_the_anchor(it: &Installation) {
    let file = anchor(it.app.config.as_ref().unwrap());
    let found = worst(&look(it).await, "anchor").clone();
    assert!(found.verdict == Verdict::Ok && found.what.contains("reaches the record of "), "{found:?}");
    // Its place does not matter where the database is on a server.
    assert_eq!(
        found.what.contains("it lies beside the database"),
        it.app.store.engine() == Engine::Sqlite,
        "{found:?}"
    );
    it.clock.advance(TimeDelta::minutes(5));
    it.person("ana", &[Role::Approver]).await;
    let found = worst(&look(it).await, "anchor").clone();
    assert!(found.verdict == Verdict::Warning && found.what.contains("5 min ago; it should have been moved"));
    file.renew(&it.app.store).await.unwrap();
    assert_eq!(worst(&look(it).await, "anchor").verdict, Verdict::Ok);
    let now = fs::read_to_string(&file.path).unwrap();
    let of = |part: &str, other: &str| fs::write(&file.path, now.replace(part, other)).unwrap();
    of(&it.app.instance, "another");
    failed(&look(it).await, "anchor", "is of installation another");
    of("\"epoch\":0", "\"epoch\":1");
    failed(&look(it).await, "anchor", "the database is suspended, or will be: it does not reach as far");
    fs::remove_file(&file.path).unwrap();
    let found = worst(&look(it).await, "anchor").clone();
    assert!(found.verdict == Verdict::Warning && found.what.contains("is made anew with the next record"));
    assert_eq!(worst(&look(it).await, "suspended").verdict, Verdict::Ok);
    recovery::suspend(&it.app, "a snapshot was put back".to_owned()).await.unwrap();
    failed(&look(it).await, "suspended", "nothing is authorised");
}
