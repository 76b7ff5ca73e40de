//! Every SQL text is understood by both engines, and the triggers refuse what must never happen.

use crate::support::{
    acts::line,
    installation::{Installation, slug},
    on_each_engine,
};
use broker::store::{self, Conn, Engine};
use protocol::revoke::Subject;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

on_each_engine!(
    every_statement_prepares,
    what_must_never_happen_is_refused,
    what_may_happen_is_not_refused,
    a_batch_without_records_is_refused,
);

async fn every_statement_prepares(it: &Installation) {
    let mut conn = it.app.store.writer_for_tests().await;
    let engine = conn.engine();
    let mut texts = store::sql();
    texts.extend([store::lines::spend_sql(engine), store::history::live_among_sql(engine)]);
    texts.push(store::watermarks::taken_sql(engine));
    texts.push(store::usage::count_sql(engine));
    texts.extend(store::audit::engine_sql(engine));
    texts.extend(store::segments::engine_sql(engine));
    texts.extend(store::calls::list_sql(engine));
    let ending = [
        store::batch::sqlite_sql(4),
        store::batch::at_once_sql(4, store::batch::Shape { take: true, come: true, go: true }),
    ]
    .concat();
    texts.extend(ending.iter().map(String::as_str).filter(|_| engine == Engine::Sqlite));
    assert!(texts.len() > 80, "{}", texts.len());
    for sql in texts {
        let text = AssertSqlSafe(sql.to_owned());
        let prepared = match &mut conn {
            Conn::Sqlite(raw) => raw.prepare(text.into_sql_str()).await.map(drop),
            Conn::Postgres(raw) => raw.prepare(text.into_sql_str()).await.map(drop),
        };
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}

/// A connection that may write, beside the ledger's own.
trait Hand {
    async fn writer_for_tests(&self) -> Conn;
}

impl Hand for store::Store {
    async fn writer_for_tests(&self) -> Conn {
        match self {
            Self::Postgres { .. } => self.read().await.unwrap(),
            Self::Sqlite { .. } => {
                let conn = self.read().await.unwrap();
                run(conn, "PRAGMA query_only = OFF").await.unwrap()
            }
        }
    }
}

async fn run(mut conn: Conn, sql: &str) -> Result<Conn, String> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &mut conn {
        Conn::Sqlite(raw) => raw.execute(sql).await.map(drop),
        Conn::Postgres(raw) => raw.execute(sql).await.map(drop),
    }
    .map_err(|error| error.to_string())?;
    Ok(conn)
}

/// What each statement is refused with. `live` is a session, `over` one that has ended.
fn forbidden(engine: Engine, live: &str, over: &str) -> Vec<(String, &'static str)> {
    let grants = |set: &str, of: &str| format!("UPDATE grants SET {set} WHERE id = '{of}'");
    let mut all = vec![
        ("UPDATE audit SET facts = '{}' WHERE id = (SELECT MIN(id) FROM audit)".to_owned(), "append-only"),
        ("DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit)".to_owned(), "append-only"),
        ("UPDATE counters SET value = value - 1".to_owned(), "only grows"),
        ("UPDATE counters SET name = 'x', value = value + 1".to_owned(), "only grows"),
        ("DELETE FROM counters".to_owned(), "never removed"),
        ("UPDATE watermarks SET number = number + 1".to_owned(), "never changed"),
        (grants("body = body || ' '", live), "one version at a time"),
        (grants("body = body || ' ', version = version + 2", live), "one version at a time"),
        (grants("ends_at = ends_at + 1", live), "never grows"),
        (grants("ends_at = NULL", live), "never grows"),
        (grants("watermark = watermark + 1", live), "at its approval"),
        (grants("state = 'pending'", live), "does not go back"),
        (grants("state = 'approved'", live), "does not go back"),
        (grants("state = 'denied'", live), "does not go back"),
        (grants("body = body || ' ', version = version + 1", over), "does not change"),
        (grants("state = 'active'", over), "does not go back"),
        (grants("state = 'pending'", over), "does not go back"),
        (format!("DELETE FROM grants WHERE id = '{over}'"), "never deleted"),
        ("UPDATE grant_lines SET max_calls = max_calls + 1".to_owned(), "never rises"),
        ("UPDATE grant_lines SET used = used - 1".to_owned(), "never given back"),
        ("DELETE FROM grant_lines".to_owned(), "never removed"),
    ];
    if engine == Engine::Sqlite {
        let replace = "INSERT OR REPLACE INTO audit \
            SELECT id, at, watermark, back, kind, actor, grant_id, call_id, '{}', hash FROM audit LIMIT 1";
        all.push((replace.to_owned(), "append-only"));
    } else {
        all.push(("TRUNCATE audit".to_owned(), "append-only"));
        all.push(("TRUNCATE counters".to_owned(), "never removed"));
        all.push(("TRUNCATE grants CASCADE".to_owned(), "never"));
    }
    all
}

async fn what_must_never_happen_is_refused(it: &Installation) {
    let live = it.session("bot", &[line("tracker", Some(3))]).await;
    it.use_tracker(&live).await.unwrap();
    let over = it.session("bot", &[line("mail", None)]).await;
    it.revoke(Subject::Session { grant: over.clone() }).await.unwrap();
    let engine = it.app.store.engine();
    let before = crate::support::dump::dump(&it.app.store).await;
    for (sql, why) in forbidden(engine, live.digits(), over.digits()) {
        let refused = run(it.app.store.writer_for_tests().await, &sql).await.map(drop).unwrap_err();
        assert!(refused.contains(why), "{sql}: {refused}");
    }
    assert_eq!(before, crate::support::dump::dump(&it.app.store).await);
    let beyond = "UPDATE grant_lines SET used = max_calls + 1";
    assert!(run(it.app.store.writer_for_tests().await, beyond).await.is_err(), "a limit was passed");
}

/// The triggers refuse for their reason, not because nothing can be written at all.
async fn what_may_happen_is_not_refused(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(3))]).await;
    for sql in [
        format!("UPDATE grants SET last_call_at = 5 WHERE id = '{}'", grant.digits()),
        "UPDATE grant_lines SET max_calls = 2".to_owned(),
        format!("UPDATE agents SET title = 'x' WHERE id = '{}'", slug("bot")),
    ] {
        let done = run(it.app.store.writer_for_tests().await, &sql).await;
        assert!(done.is_ok(), "{sql}: {done:?}");
    }
}

/// On both engines, and before anything is written.
async fn a_batch_without_records_is_refused(it: &Installation) {
    let over = [it.call_id()];
    let written =
        store::batch::Written { chain: "c", number: 1, from: 0, at: 0, taken: &[], calls: &[], over: &over };
    let mut conn = it.app.store.read().await.unwrap();
    let refused = store::batch::write(&mut conn, &mut [], &written).await.unwrap_err();
    assert!(refused.to_string().contains("a batch without records has calls"), "{refused}");
}
