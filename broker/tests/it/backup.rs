//! A backup holds everything but what lets somebody in, is restored into either engine, and is refused when it is not
//! whole. A restored database authorises nothing until it is accepted.

mod killed;

use crate::support::{
    acts::line,
    database::Database,
    installation::{CANARY, Installation, slug},
    invariants, on_each_engine,
};
use age::x25519::Identity;
use broker::{
    backup::{self, BackupError, LEFT_OUT, Lock, Manifest, Opener, Restored, TABLES},
    host::SecretText,
    ledger::{
        LedgerError, Why,
        export::{Filter, export},
        verify::verify,
    },
    recovery,
    store::{Engine, Store, recovery as rows, watermarks},
};
use protocol::{GrantId, revoke::Subject};
use sqlx::{Connection as _, SqliteConnection};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

on_each_engine!(
    every_column_is_copied_or_left_out_on_purpose,
    a_backup_is_restored_into_both_engines,
    only_its_key_opens_it,
    what_is_not_whole_is_refused,
    only_an_empty_database_takes_it,
    what_was_ended_stays_ended,
    a_backup_is_of_one_moment,
);

/// The file of a SQLite database, by its address.
fn file(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(PathBuf::from)
}

/// A backup of an installation in use, for this identity.
pub async fn back_up(it: &Installation, name: &str, identity: &Identity) -> (PathBuf, Manifest) {
    let path = it.root.with_file_name(name);
    let store = Store::open_read_only(&it.url, file(&it.url).as_deref()).await.unwrap();
    let lock = Lock::recipients(&[identity.to_public().to_string()]).unwrap();
    let made = backup::create(&store, &lock, &path, it.clock.now()).await.unwrap();
    store.close().await;
    (path, made)
}

/// What opens a backup for this identity.
pub fn opener(identity: &Identity, beside: &Path) -> Opener {
    use age::secrecy::ExposeSecret as _;
    let path = beside.with_file_name("identity.txt");
    fs::write(&path, identity.to_string().expose_secret()).unwrap();
    Opener::file(&path).unwrap()
}

/// Restores into a new database of an engine.
pub async fn restored(backup: &Path, opener: &Opener, engine: Engine) -> Option<(Database, Restored)> {
    let database = Database::create(engine).await?;
    let into = file(&database.url);
    let done = backup::restore(backup, opener, &database.url, into.as_deref()).await.unwrap();
    assert_eq!(done.report.first_fault, None);
    Some((database, done))
}

async fn exported(store: &Store) -> String {
    let mut out = Vec::new();
    export(store, &Filter::default(), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn history(it: &Installation) -> GrantId {
    let grant = it.session("bot", &[line("tracker", Some(9)), line("mail", None)]).await;
    let call = it.call(&grant, "tracker", 1);
    it.authorise(call.clone()).await.unwrap();
    it.finish(&grant, &call.call, "call.finished").await;
    it.authorise(it.call(&grant, "mail", 2)).await.unwrap();
    it.mint(&grant, "mail", 2).await.unwrap();
    it.revoke(Subject::Agent { agent: slug("crawler") }).await.unwrap();
    grant
}

async fn every_column_is_copied_or_left_out_on_purpose(it: &Installation) {
    let sql = match it.app.store.engine() {
        Engine::Sqlite => {
            "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        Engine::Postgres => {
            "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT) FROM information_schema.columns c \
             JOIN pg_tables t ON t.tablename = c.table_name WHERE c.table_schema = 'public'"
        }
    };
    let there: Vec<(String, String)> = match &mut it.app.store.read().await.unwrap() {
        broker::store::Conn::Sqlite(raw) => sqlx::query_as(sql).fetch_all(&mut **raw).await.unwrap(),
        broker::store::Conn::Postgres(raw) => sqlx::query_as(sql).fetch_all(&mut **raw).await.unwrap(),
    };
    let left_out = |table: &str| LEFT_OUT.iter().any(|(name, _)| *name == table);
    let there: BTreeSet<(String, String)> = there.into_iter().filter(|(table, _)| !left_out(table)).collect();
    let copied = TABLES.iter().flat_map(|table| {
        table.columns.iter().map(|(column, _)| (table.name.to_owned(), (*column).to_owned()))
    });
    assert_eq!(there, copied.collect());
}

async fn a_backup_is_restored_into_both_engines(it: &Installation) {
    let grant = history(it).await;
    let identity = Identity::generate();
    let (path, made) = back_up(it, "it.backup", &identity).await;
    let text = fs::read(&path).unwrap();
    assert!(text.starts_with(b"age-encryption.org/v1"));
    assert!(!String::from_utf8_lossy(&text).contains("countersign_backup"));
    let opener = opener(&identity, &path);
    let checked = backup::check(&path, &opener).await.unwrap();
    assert_eq!((checked.report.first_fault, &checked.manifest), (None, &made));
    assert_eq!(made.rows("people"), 4);
    let (record, original) = (exported(&it.app.store).await, verify(&it.app.store, |_| {}).await.unwrap());
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some((database, done)) = restored(&path, &opener, engine).await else { continue };
        assert_eq!((&done.report, &done.manifest), (&original, &made));
        let store = Store::open(&database.url).await.unwrap();
        assert_eq!(exported(&store).await, record);
        invariants::check(&store).await;
        store.close().await;
        // The broker that starts there has the credentials, and refuses to use them.
        let there = Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
        assert!(there.app.recovering.is_suspended() && !there.app.vault.is_sealed());
        assert_eq!(there.app.instance, it.app.instance);
        let refused = there.use_tracker(&grant).await;
        assert!(matches!(refused, Err(LedgerError::Refused(Why::NotAccepted))), "{refused:?}");
        invariants::check(&there.app.store).await;
        there.stop().await;
        database.remove().await;
    }
}

async fn only_its_key_opens_it(it: &Installation) {
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let other = opener(&Identity::generate(), &path);
    assert!(matches!(backup::check(&path, &other).await, Err(BackupError::Locked(_))));
    let passphrase = |text: &str| SecretText::new(text);
    let wrong = Opener::Passphrase(passphrase("correct horse battery staple"));
    assert!(matches!(backup::check(&path, &wrong).await, Err(BackupError::Locked(_))));
    let store = Store::open_read_only(&it.url, file(&it.url).as_deref()).await.unwrap();
    let again = backup::create(&store, &Lock::Passphrase(passphrase("x")), &path, it.clock.now()).await;
    assert!(matches!(again, Err(BackupError::Exists(_))));
    let second = it.root.with_file_name("second.backup");
    let lock = Lock::Passphrase(passphrase("six random words"));
    backup::create(&store, &lock, &second, it.clock.now()).await.unwrap();
    store.close().await;
    assert!(backup::wants_passphrase(&second).unwrap() && !backup::wants_passphrase(&path).unwrap());
    assert!(matches!(backup::check(&second, &wrong).await, Err(BackupError::Locked(_))));
    let right = Opener::Passphrase(passphrase("six random words"));
    backup::check(&second, &right).await.unwrap();
    assert!(Lock::recipients(&["age1nonsense".to_owned()]).is_err());
    // Nothing is left beside them: neither a copy in the clear nor half a file.
    let names: BTreeSet<String> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("backup"))
        .collect();
    assert_eq!(names, BTreeSet::from(["it.backup".to_owned(), "second.backup".to_owned()]));
}

/// The lines of a backup under another key, for whoever would change them.
fn lines(path: &Path, identity: &Identity) -> Vec<String> {
    let text = age::decrypt(identity, &fs::read(path).unwrap()).unwrap();
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

/// What somebody does to the lines of a backup.
type Damage<'a> = &'a dyn Fn(&mut Vec<String>);

async fn what_is_not_whole_is_refused(it: &Installation) {
    history(it).await;
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let opener = opener(&identity, &path);
    let whole = lines(&path, &identity);
    assert!(!whole.iter().any(|line| line.contains(CANARY)));
    let place = |start: &str| whole.iter().position(|line| line.starts_with(start)).unwrap();
    let person = place("{\"table\":\"people\"") + 1;
    let damages: [(&str, Damage<'_>); 6] = [
        ("end is missing", &|lines| drop(lines.pop())),
        ("table people", &|lines| lines[person] = lines[person].replace("ADM", "EVE")),
        ("table people", &|lines| drop(lines.remove(person))),
        ("not known", &|lines| "{\"x\":1}".clone_into(&mut lines[person])),
        ("no table", &|lines| lines.insert(1, lines[person].clone())),
        ("that is not known", &|lines| lines[person - 1] = lines[person - 1].replace("people", "grants; --")),
    ];
    for (said, damage) in damages {
        let mut broken = whole.clone();
        damage(&mut broken);
        let text = format!("{}\n", broken.join("\n"));
        let at = it.root.with_file_name("broken.backup");
        fs::write(&at, age::encrypt(&identity.to_public(), text.as_bytes()).unwrap()).unwrap();
        let into = it.root.with_file_name("broken.db");
        let url = format!("sqlite:{}", into.display());
        let refused = backup::restore(&at, &opener, &url, Some(&into)).await.unwrap_err().to_string();
        assert!(refused.contains(said) && refused.contains("nothing was restored"), "{said}: {refused}");
        assert!(!into.exists());
    }
    let bytes = fs::read(&path).unwrap();
    let cut = it.root.with_file_name("cut.backup");
    fs::write(&cut, &bytes[..bytes.len() - 100]).unwrap();
    assert!(matches!(backup::check(&cut, &opener).await, Err(BackupError::Damaged(_))));
}

async fn only_an_empty_database_takes_it(it: &Installation) {
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let opener = opener(&identity, &path);
    let before = exported(&it.app.store).await;
    let into = file(&it.url);
    let refused = backup::restore(&path, &opener, &it.url, into.as_deref()).await.unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty(_)), "{refused}");
    assert_eq!(exported(&it.app.store).await, before);
    let accepted = recovery::accept(&it.app, None).await.unwrap_err().to_string();
    assert!(accepted.contains("nothing to accept"), "{accepted}");
}

/// A session that was revoked after the backup, one that was not, and what waits: none of it lives on.
async fn what_was_ended_stays_ended(it: &Installation) {
    let (ended, live) = (history(it).await, it.session("bot", &[line("mail", None)]).await);
    let waiting = it.ask("bot", &[line("tracker", None)]).await;
    let approved = it.ask("bot", &[line("mail", None)]).await;
    it.approve(&approved, "ana").await.unwrap();
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    it.revoke(Subject::Session { grant: ended.clone() }).await.unwrap();
    let opener = opener(&identity, &path);
    let (database, _) = restored(&path, &opener, it.app.store.engine()).await.unwrap();
    let there = Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
    // A broker beside it, where there may be one.
    let beside = there.another().await;
    for broker in [&there, &beside] {
        for grant in [&ended, &live] {
            let refused = broker.authorise(broker.call(grant, "mail", 1)).await;
            assert!(matches!(refused, Err(LedgerError::Refused(Why::NotAccepted))), "{refused:?}");
            assert!(broker.mint(grant, "mail", 1).await.is_err());
        }
        let refused = broker.approve(&waiting, "ana").await;
        assert!(matches!(refused, Err(LedgerError::Refused(Why::NotAccepted))), "{refused:?}");
        let redemption = crate::support::acts::redemption(&approved);
        assert!(broker.app.ledger.advance(redemption).await.is_err());
    }
    let before = there.app.signer().unwrap().jwks();
    let stopped = recovery::accept(&there.app, Some("a test".to_owned())).await.unwrap();
    assert_eq!((stopped.sessions, stopped.requests), (3, 1));
    assert_ne!(there.app.signer().unwrap().jwks(), before, "tokens of before are worth nothing");
    for broker in [&there, &beside] {
        for grant in [&ended, &live] {
            let refused = broker.authorise(broker.call(grant, "mail", 1)).await;
            assert!(matches!(refused, Err(LedgerError::Refused(Why::Revoked(_)))), "{refused:?}");
        }
        assert!(broker.approve(&waiting, "ana").await.is_err());
        assert!(broker.app.ledger.advance(crate::support::acts::redemption(&approved)).await.is_err());
        // From here on it goes on.
        let grant = broker.session("bot", &[line("tracker", None)]).await;
        broker.use_tracker(&grant).await.unwrap();
    }
    let mut conn = there.app.store.read().await.unwrap();
    assert!(watermarks::last(&mut conn).await.unwrap() > 1_000_000, "no number is given twice");
    assert_eq!(rows::epoch(&mut conn).await.unwrap(), 1);
    drop(conn);
    assert!(recovery::accept(&beside.app, None).await.is_err(), "once");
    invariants::check(&there.app.store).await;
    beside.stop().await;
    there.stop().await;
    let later = Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
    assert!(!later.app.recovering.is_suspended());
    later.stop().await;
    database.remove().await;
}

/// What is committed while it is made is in it whole or not at all.
async fn a_backup_is_of_one_moment(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let identity = Identity::generate();
    let calling = async {
        for _ in 0..200 {
            it.use_tracker(&grant).await.unwrap();
        }
    };
    let backing_up = async {
        for number in 0..3 {
            let (path, _) = back_up(it, &format!("{number}.backup"), &identity).await;
            let checked = backup::check(&path, &opener(&identity, &path)).await.unwrap();
            assert_eq!(checked.report.first_fault, None);
        }
    };
    tokio::join!(calling, backing_up);
}

/// SQLite says whether the file is sound.
#[tokio::test]
async fn a_restored_file_is_sound() {
    crate::support::run(Engine::Sqlite, async |it| {
        let identity = Identity::generate();
        let (path, _) = back_up(it, "it.backup", &identity).await;
        let (database, _) = restored(&path, &opener(&identity, &path), Engine::Sqlite).await.unwrap();
        let mut conn = SqliteConnection::connect(&database.url).await.unwrap();
        let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
        assert_eq!(found, "ok");
        conn.close().await.unwrap();
    })
    .await;
}
