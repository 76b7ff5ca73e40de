//! A database that an older broker made is brought up to date, and its record stays the same, hash by hash.

use crate::support::{
    acts::line,
    database::Database,
    installation::{Installation, slug},
    on_each_engine,
};
use broker::{
    ledger::{
        Entry, Facts, Intent,
        export::{Filter, export},
        verify::{verify, verify_with},
    },
    retention,
    store::{Store, chains, migrate::migrator},
};
use protocol::{
    record::{Actor, Record},
    revoke::Subject,
};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};

on_each_engine!(the_record_of_the_first_schema_stays_as_it_is);

const AUDIT: &str =
    "INSERT INTO audit (chain, seq, at, kind, grant_id, body, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const CHAIN: &str =
    "INSERT INTO chains (id, started_at, alive_at, head_seq, head_hash) VALUES ($1, $2, $2, $3, $4)";

/// A connection to a database that has the first schema and nothing else.
enum Old {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! run {
    ($old:expr, $sql:expr $(, $bind:expr)*) => {
        match $old {
            Old::Sqlite(raw) => {
                sqlx::query($sql)$(.bind($bind))*.execute(raw).await.unwrap();
            }
            Old::Postgres(raw) => {
                sqlx::query($sql)$(.bind($bind))*.execute(raw).await.unwrap();
            }
        }
    };
}

impl Old {
    async fn create(url: &str, engine: broker::store::Engine) -> Self {
        let mut migrator = migrator(engine);
        migrator.migrations.to_mut().retain(|it| it.version <= 3);
        if url.starts_with("sqlite:") {
            let mut conn = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
            migrator.run(&mut conn).await.unwrap();
            Self::Sqlite(conn)
        } else {
            let mut conn = PgConnection::connect(url).await.unwrap();
            migrator.run(&mut conn).await.unwrap();
            Self::Postgres(conn)
        }
    }
}

async fn exported(store: &Store) -> String {
    let mut out = Vec::new();
    export(store, &Filter::default(), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn the_record_of_the_first_schema_stays_as_it_is(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(9))]).await;
    it.use_tracker(&grant).await.unwrap();
    let odd = json!({"text": "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{7f}é\u{2028}😀", "n": [0, -1, 1.5, 1e21, 1e-7], "o": {}});
    let Value::Object(facts) = odd else { panic!() };
    let entry = Entry { kind: "odd", actor: Actor::Host, grant: Some(grant.clone()), call: None, facts };
    it.app.ledger.submit(Intent::Refused(Box::new(entry))).await.unwrap();
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    it.wait(1); // else the names of the two chains may sort the other way round
    let next = it.another().await;
    let actor = Actor::Person { person: slug("ana"), via: "link".to_owned() };
    let entry = Entry { kind: "odd", actor, grant: None, call: None, facts: Facts::new() };
    next.app.ledger.submit(Intent::Refused(Box::new(entry))).await.unwrap();
    let record = exported(&it.app.store).await;
    let heads = chains::list(&mut it.app.store.read().await.unwrap()).await.unwrap();

    let engine = it.app.store.engine();
    let database = Database::create(engine).await.unwrap();
    let mut old = Old::create(&database.url, engine).await;
    for it in &heads {
        run!(&mut old, CHAIN, &it.id, it.started_at, it.head_seq, &it.head_hash);
    }
    for text in record.lines() {
        let (hash, body) = text.strip_prefix("{\"hash\":\"").unwrap().split_once("\",\"record\":").unwrap();
        let body = body.strip_suffix('}').unwrap();
        let Record { chain, seq, at, kind, grant, .. } = serde_json::from_str(body).unwrap();
        let grant = grant.map(|it| it.digits().to_owned());
        run!(&mut old, AUDIT, chain, seq, at.timestamp_millis(), kind, grant, body, hash);
    }
    run!(&mut old, "INSERT INTO watermarks (number, subject, at) VALUES (1, 'agent:bot', 5)");
    drop(old);
    let store = Store::open(&database.url).await.unwrap();
    assert_eq!(exported(&store).await, record);
    assert_eq!(verify(&store, |_| {}).await.unwrap(), verify(&it.app.store, |_| {}).await.unwrap());
    let mut conn = store.read().await.unwrap();
    let before = broker::store::audit::of_grant(&mut it.app.store.read().await.unwrap(), &grant, 100).await;
    assert_eq!(broker::store::audit::of_grant(&mut conn, &grant, 100).await.unwrap(), before.unwrap());
    let usage = broker::store::audit::usage(&mut conn, &[grant.digits()]).await.unwrap();
    assert_eq!(usage[grant.digits()].calls, 1);
    assert_eq!(broker::store::watermarks::last(&mut conn).await.unwrap(), 1);
    drop(conn);
    store.close().await;
    what_was_recorded_before_is_dropped_like_all(it, &database.url, &record).await;
    next.stop().await;
    database.remove().await;
}

/// Its chains have segments from now on: they are sealed, archived and dropped, and what stands behind them verifies.
async fn what_was_recorded_before_is_dropped_like_all(it: &Installation, url: &str, record: &str) {
    it.wait(9 * 24 * 3_600);
    let broker = Installation::open(url, it.clock.clone(), it.root.clone()).await;
    let (store, folder) = (&broker.app.store, it.root.with_file_name("archive"));
    std::fs::create_dir(&folder).unwrap();
    let before = it.clock.now() - retention::LEAST;
    let gone = retention::drop_some(&broker.app, before, Some(&folder), Actor::Host).await.unwrap().unwrap();
    assert_eq!(gone.records, i64::try_from(record.lines().count()).unwrap());
    assert!(!exported(store).await.contains("\"odd\""), "nothing of before is left");
    let report = verify_with(store, &[folder], |_| {}).await.unwrap();
    assert_eq!((report.first_fault, report.to_remove), (None, 0));
    let archived = report.archive.unwrap();
    assert!(archived.is_whole() && archived.records == gone.records, "{archived:?}");
    broker.stop().await;
}
