//! What is over costs nothing: no statement reads a big table from one end to the other, and what nothing can match any
//! more is forgotten without anything coming back to life.

use crate::support::{
    acts::{line, revocation},
    installation::{Installation, slug},
    invariants::count,
    on_each_engine,
};
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, KeyAct},
    },
    store::{Conn, Engine, Store, audit, batch, calls, history, lines, wal, watermarks},
    sweeper::sweep,
};
use protocol::revoke::Subject;
use sqlx::{AssertSqlSafe, Row};

on_each_engine!(
    no_statement_reads_a_big_table_whole,
    revocations_are_forgotten_and_their_numbers_are_not,
    a_seal_is_not_forgotten,
    calls_are_forgotten_the_oldest_first,
    a_session_reads_its_newest_records,
);

/// Tables that grow with use, with the letters that statements give them.
const BIG: [&str; 6] = ["grants", "grant_services", "grant_lines", "calls", "audit", "audit_sessions"];
/// Indexes that hold only what is not over.
const LIVE: [&str; 5] = ["grants_pending", "grants_live", "grants_open", "calls_minted", "calls_open"];

async fn plan(conn: &mut Conn, sql: &str) -> Vec<String> {
    match conn {
        Conn::Sqlite(raw) => {
            let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let rows = sqlx::query(sql).fetch_all(&mut **raw).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>("detail")).collect()
        }
        Conn::Postgres(raw) => {
            let arguments = (1..20).filter(|n| sql.contains(&format!("${n}"))).map(|_| "NULL");
            let arguments = arguments.collect::<Vec<_>>().join(", ");
            let call = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
            let text = format!(
                "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL; \
                 PREPARE looked_at AS {sql}; EXPLAIN EXECUTE looked_at{call}"
            );
            let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut **raw).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect()
        }
    }
}

/// Whether a step of a plan goes through a table that grows, as a whole.
fn is_whole(engine: Engine, step: &str, sql: &str) -> bool {
    let begin = match engine {
        Engine::Sqlite => "SCAN ",
        Engine::Postgres => "Seq Scan on ",
    };
    let Some((_, rest)) = step.split_once(begin) else { return false };
    let name = rest.split_whitespace().next().unwrap_or_default();
    // SQLite also lists what a foreign key would look at if the key that it refers to changed, which it never does.
    let named = |table: &str| name == table && sql.contains(table);
    let big = |table: &str| named(table) || sql.contains(&format!("{table} {name} "));
    BIG.into_iter().any(big) && !LIVE.iter().any(|index| rest.contains(index))
}

async fn no_statement_reads_a_big_table_whole(it: &Installation) {
    let mut conn = it.app.store.read().await.unwrap();
    let engine = conn.engine();
    let mut texts = broker::store::sql();
    texts.extend([lines::spend_sql(engine), history::live_among_sql(engine), watermarks::taken_sql(engine)]);
    texts.extend(audit::engine_sql(engine));
    texts.extend(calls::list_sql(engine));
    let ending =
        [batch::sqlite_sql(4), batch::at_once_sql(4, batch::Shape { take: true, come: true, go: true })]
            .concat();
    texts.extend(ending.iter().map(String::as_str).filter(|_| engine == Engine::Sqlite));
    let mut whole = Vec::new();
    // What reads from the end of the record and stops after so many rows costs the same whatever the size.
    texts.retain(|sql| !sql.contains("FROM audit ORDER BY id DESC LIMIT 5000)"));
    for sql in texts {
        let steps = plan(&mut conn, sql).await;
        if steps.iter().any(|step| is_whole(engine, step, sql)) {
            whole.push(format!("{sql}\n{}", steps.join("\n")));
        }
    }
    assert!(whole.is_empty(), "{} statements:\n{}", whole.len(), whole.join("\n\n"));
    conn.discard(); // its settings are not for others
}

const ROWS: &str = "SELECT COUNT(*) FROM watermarks";
const NUMBER: &str = "SELECT value FROM counters WHERE name = 'revocation'";

async fn revocations_are_forgotten_and_their_numbers_are_not(it: &Installation) {
    let store = &it.app.store;
    let old = it.session("bot", &[line("tracker", None)]).await;
    it.revoke(Subject::Session { grant: old.clone() }).await.unwrap();
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    let live = it.session("bot", &[line("tracker", None)]).await;
    sweep(&it.app).await.unwrap();
    assert_eq!((count(store, ROWS).await, count(store, NUMBER).await), (2, 2), "they are young");
    // Another broker that heard of none of it, and whose memory is empty.
    let idle = if store.engine() == Engine::Postgres { Some(it.another().await) } else { None };
    it.wait(3 * 86_400);
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    for _ in 0..2 {
        sweep(&it.app).await.unwrap();
    }
    assert_eq!((count(store, ROWS).await, count(store, NUMBER).await), (1, 3), "only the young one is kept");
    it.wait(3 * 86_400);
    sweep(&it.app).await.unwrap();
    assert_eq!((count(store, ROWS).await, count(store, NUMBER).await), (0, 3));
    // What was ended stays ended, and what is new is not taken for old, wherever it is judged.
    for gone in [&old, &live] {
        it.use_tracker(gone).await.unwrap_err();
    }
    let next = it.another().await;
    let brokers = [Some(it), idle.as_ref(), Some(&next)];
    for one in brokers.into_iter().flatten() {
        let fresh = one.session("bot", &[line("tracker", None)]).await;
        for other in brokers.into_iter().flatten().filter(|_| store.engine() == Engine::Postgres) {
            other.use_tracker(&fresh).await.unwrap();
        }
        let stopped =
            one.app.ledger.revoke(revocation(Subject::Session { grant: fresh.clone() })).await.unwrap();
        assert!(stopped.number > 3, "{stopped:?}");
        assert_eq!(stopped.sessions, 1);
        for other in brokers.into_iter().flatten() {
            let refused = other.use_tracker(&fresh).await.unwrap_err();
            assert!(
                matches!(refused, LedgerError::Refused(Why::Revoked(_) | Why::NotActive(_))),
                "{refused}"
            );
        }
    }
    next.stop().await;
    if let Some(idle) = idle {
        idle.stop().await;
    }
}

/// A seal is numbered like a revocation, but it holds until it is lifted, however long that takes.
async fn a_seal_is_not_forgotten(it: &Installation) {
    let seal = Act::Keys(Box::new(KeyAct::Seal { reason: None }));
    it.app.ledger.act(seal).await.unwrap();
    it.revoke(Subject::All).await.unwrap();
    it.wait(3 * 86_400);
    sweep(&it.app).await.unwrap();
    assert_eq!(count(&it.app.store, ROWS).await, 1, "the revocation is forgotten, the seal is not");
    let next = it.another().await;
    for one in [it, &next] {
        let grant = one.session("bot", &[line("tracker", None)]).await;
        let refused = one.use_tracker(&grant).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Refused(Why::Sealed)), "{refused}");
    }
    next.stop().await;
}

async fn calls_are_forgotten_the_oldest_first(it: &Installation) {
    const CALLS: &str = "SELECT COUNT(*) FROM calls";
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let open = it.call(&grant, "tracker", 1);
    it.authorise(open.clone()).await.unwrap();
    for _ in 0..3 {
        let call = it.call(&grant, "tracker", 1);
        it.authorise(call.clone()).await.unwrap();
        it.finish(&grant, &call.call, "call.finished").await;
        it.mint(&grant, "tracker", 1).await.unwrap();
    }
    sweep(&it.app).await.unwrap();
    assert_eq!(count(&it.app.store, CALLS).await, 7, "their tokens are still valid");
    it.wait(181);
    sweep(&it.app).await.unwrap();
    assert_eq!(count(&it.app.store, CALLS).await, 1, "the open call stays");
    it.finish(&grant, &open.call, "call.finished").await;
    sweep(&it.app).await.unwrap();
    assert_eq!(count(&it.app.store, CALLS).await, 0);
}

async fn a_session_reads_its_newest_records(it: &Installation) {
    let [one, other] = [
        it.session("bot", &[line("tracker", None)]).await,
        it.session("bot", &[line("tracker", None), line("mail", None)]).await,
    ];
    for _ in 0..20 {
        let calls = [&one, &other, &one].map(|grant| (grant, it.call(grant, "tracker", 1)));
        let all = calls.iter().map(|(_, call)| it.authorise(call.clone()));
        for done in futures::future::join_all(all).await {
            done.unwrap();
        }
        let ends = calls.iter().map(|(grant, call)| it.finish(grant, &call.call, "call.finished"));
        futures::future::join_all(ends).await;
    }
    let next = it.another().await;
    next.use_tracker(&one).await.unwrap();
    let mut conn = it.app.store.read().await.unwrap();
    let all = audit::of_grant(&mut conn, &one, 1_000).await.unwrap();
    // Opened, approved, redeemed, 40 calls and their ends here, one call there.
    assert_eq!(all.len(), 84);
    assert_eq!(all[0].chain, next.app.ledger.chain());
    assert!(all.iter().all(|record| record.grant.as_ref() == Some(&one)));
    assert!(all[1..].is_sorted_by(|newer, older| newer.seq > older.seq));
    let newest = audit::of_grant(&mut conn, &one, 5).await.unwrap();
    assert_eq!(newest, all[..5]);
    drop(conn);
    next.stop().await;
}

/// A log that readers keep from starting anew is emptied as soon as they let it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_held_down() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
    let mut writer = store.writer().await.unwrap();
    let log = wal::file(&mut writer).await.unwrap().unwrap();
    let run = async |conn: &mut Conn, sql: &'static str| {
        let Conn::Sqlite(raw) = conn else { panic!("not SQLite") };
        sqlx::raw_sql(sql).execute(&mut **raw).await.unwrap();
    };
    let mut reader = store.read().await.unwrap();
    run(&mut reader, "BEGIN; SELECT * FROM meta").await;
    run(&mut writer, "CREATE TABLE filler (x TEXT)").await;
    for _ in 0..50 {
        run(&mut writer, "INSERT INTO filler VALUES (hex(randomblob(20000)))").await;
    }
    let limit = 1_000_000;
    assert!(log.metadata().unwrap().len() > limit);
    wal::checkpoint(&mut writer).await.unwrap();
    assert!(!wal::hold_down(&mut writer, &log, limit).await.unwrap(), "a reader is in the way");
    run(&mut reader, "COMMIT").await;
    assert!(wal::hold_down(&mut writer, &log, limit).await.unwrap());
    assert_eq!(log.metadata().unwrap().len(), 0);
    drop((reader, writer));
    store.close().await;
}
