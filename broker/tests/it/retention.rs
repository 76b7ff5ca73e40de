//! Old parts of the record are dropped, on the record, and nothing younger; what is left stands as before.

mod archived;
mod carried;
mod killed;
mod pieces;

use crate::{
    audit::tampered::{Hand, fault},
    backup::{back_up, opener, restored},
    support::{
        acts::line,
        installation::{Installation, slug, start_of_time},
        on_each_engine,
    },
};
use age::x25519::Identity;
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, Retention},
        export::{Filter, export},
        plan,
        verify::{Report, verify},
    },
    recovery::{AnchorFile, Standing},
    retention::{self, Keeping, RetentionError},
    store::{Conn, Engine, Store, audit, chains, segments},
    sweeper,
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{CallId, GrantId, record::Actor, revoke::Subject};
use sqlx::{AssertSqlSafe, Executor};
use std::fs;

on_each_engine!(
    what_is_older_goes_and_nothing_younger,
    a_session_across_the_bound_is_judged_as_before,
    the_setting_drops_by_itself,
    every_damage_to_it_is_found,
    only_what_is_dropped_may_go,
    of_two_drops_one_takes_effect,
    anchors_and_backups_know_what_is_dropped,
    what_goes_is_archived_first,
);

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// Sessions before a bound, across it and behind it.
pub struct History {
    pub over: GrantId,
    across: GrantId,
    /// A call that ended behind the bound.
    call: CallId,
}

/// The first day ends with a session that goes on in the second; then a week passes.
pub async fn history(it: &Installation) -> History {
    let over = it.session("bot", &[line("tracker", Some(9))]).await;
    it.use_tracker(&over).await.unwrap();
    it.revoke(Subject::Session { grant: over.clone() }).await.unwrap();
    it.wait(DAY - 10 * MINUTE);
    let across = it.session("bot", &[line("tracker", None), line("mail", None)]).await;
    let call = it.call(&across, "tracker", 1);
    it.authorise(call.clone()).await.unwrap();
    let taken = Subject::SessionService { grant: across.clone(), service: slug("mail") };
    it.revoke(taken).await.unwrap();
    it.wait(20 * MINUTE);
    it.finish(&across, &call.call, "call.finished").await;
    it.use_tracker(&across).await.unwrap();
    it.wait(7 * DAY - 5 * MINUTE);
    sweeper::sweep(&it.app).await.unwrap();
    History { over, across, call: call.call }
}

/// Between the two days.
pub fn bound() -> DateTime<Utc> {
    start_of_time() + TimeDelta::seconds(DAY)
}

async fn drop_all(it: &Installation, before: DateTime<Utc>) -> i64 {
    let mut records = 0;
    while let Some(plan) = retention::drop_some(&it.app, before, None, Actor::Host).await.unwrap() {
        records += plan.records;
    }
    records
}

pub async fn whole(store: &Store) -> Report {
    let report = verify(store, |_| {}).await.unwrap();
    assert_eq!(report.first_fault, None);
    report
}

async fn kinds(it: &Installation, grant: &GrantId) -> Vec<String> {
    let mut conn = it.app.store.read().await.unwrap();
    let records = audit::of_grant(&mut conn, grant, 100).await.unwrap();
    records.into_iter().rev().map(|it| it.kind).collect()
}

async fn exported(store: &Store) -> String {
    let mut out = Vec::new();
    export(store, &Filter::default(), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn what_is_older_goes_and_nothing_younger(it: &Installation) {
    let History { over, across, .. } = history(it).await;
    let before = whole(&it.app.store).await;
    let text = exported(&it.app.store).await;
    let young = |line: &&str| {
        let at = line.split_once("\"at\":").unwrap().1.split(',').next().unwrap();
        at.parse::<i64>().unwrap() >= bound().timestamp_millis()
    };
    let younger: Vec<&str> = text.lines().filter(young).collect();
    let refused = retention::drop_some(&it.app, it.clock.now(), None, Actor::Host).await;
    assert!(matches!(refused, Err(RetentionError::TooYoung)), "{refused:?}");
    let seen = retention::look(&it.app, bound()).await.unwrap().unwrap();
    assert_eq!(whole(&it.app.store).await, before, "looking drops nothing");
    let gone = drop_all(it, bound()).await;
    assert!(gone > 5 && gone == seen.records);
    let after = whole(&it.app.store).await;
    assert_eq!((after.dropped, after.to_remove), (u64::try_from(gone).unwrap(), 0));
    assert_eq!(after.records, before.records - after.dropped + 1, "one record more: of the drop");
    let left = exported(&it.app.store).await;
    let left: Vec<&str> = left.lines().collect();
    assert_eq!(left[..left.len() - 1], younger);
    assert!(left.last().unwrap().contains("record.dropped"));
    assert_eq!(kinds(it, &over).await, [""; 0]);
    assert_eq!(kinds(it, &across).await, ["call.finished", "call.authorised", "grant.ended"]);
    let mut conn = it.app.store.read().await.unwrap();
    assert!(audit::usage(&mut conn, &[over.digits()]).await.unwrap().is_empty());
    drop(conn);
    assert_eq!(drop_all(it, bound()).await, 0, "and nothing more");
    // It goes on.
    let next = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&next).await.unwrap();
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    assert!(it.use_tracker(&next).await.is_err());
    whole(&it.app.store).await;
}

async fn a_session_across_the_bound_is_judged_as_before(it: &Installation) {
    let History { over, across, call } = history(it).await;
    drop_all(it, bound()).await;
    let text = exported(&it.app.store).await;
    let record = text.lines().last().unwrap();
    assert!(record.contains(across.as_str()) && record.contains(call.as_str()) && record.contains("mail"));
    assert!(!record.contains(over.as_str()), "what is over is not carried");
    // Later everything of it goes, and the newest drop names all.
    it.wait(3 * DAY);
    sweeper::sweep(&it.app).await.unwrap();
    assert!(drop_all(it, it.clock.now() - retention::LEAST).await > 0);
    whole(&it.app.store).await;
    let text = exported(&it.app.store).await;
    let record = text.lines().last().unwrap();
    assert!(record.contains("\"number\":2") && record.contains(across.as_str()), "its end stays: {record}");
    // The record of the first drop goes, too, and with it the last of that session.
    it.wait(20 * DAY);
    assert!(drop_all(it, it.clock.now() - retention::LEAST).await > 0);
    let text = exported(&it.app.store).await;
    let record = text.lines().last().unwrap();
    assert!(record.contains("\"number\":3") && !record.contains(across.as_str()), "{record}");
    let next = it.another().await;
    whole(&it.app.store).await;
    next.stop().await;
}

async fn the_setting_drops_by_itself(it: &Installation) {
    history(it).await;
    sweeper::sweep(&it.app).await.unwrap();
    assert_eq!(whole(&it.app.store).await.dropped, 0, "everything is kept by default");
    let keep = Keeping { keep: Some(TimeDelta::days(7)), archive: None };
    let change = |parts: &mut broker::app::Parts| parts.keeping = keep;
    let next = Installation::open_changed(&it.url, it.clock.clone(), it.root.clone(), change).await;
    sweeper::sweep(&next.app).await.unwrap();
    let report = whole(&it.app.store).await;
    assert!(report.dropped > 0 && report.to_remove == 0);
    assert!(report.since.unwrap() >= bound().timestamp_millis());
    sweeper::sweep(&next.app).await.unwrap();
    assert_eq!(whole(&it.app.store).await, report, "nothing more is due");
    next.stop().await;
}

/// What is done, what undoes it, what is said of it.
fn damages(chain: &chains::Chain, sealed: &segments::Segment) -> Vec<(String, String, &'static str)> {
    let (number, until) = (chain.number, chain.dropped_seq);
    let chain = |set: String| format!("UPDATE chains SET {set} WHERE number = {number}");
    let segment =
        |set: &str| format!("UPDATE segments SET {set} WHERE chain = {number} AND first = {}", sealed.first);
    let back = chain(format!("dropped_seq = {until}"));
    let kept = "DELETE FROM audit WHERE id IN (SELECT id FROM kept)";
    let put = |ids: &str| format!("INSERT INTO audit SELECT * FROM kept WHERE {ids}");
    let first = audit::id(number, until + 1);
    let all = format!("id >= {first} AND id <= {}", audit::id(number, sealed.last));
    vec![
        (chain(format!("dropped_seq = {}", until + 1)), back.clone(), "hash"),
        (chain(format!("dropped_seq = {}", until - 1)), back, "missing"),
        (
            chain("dropped_hash = head_hash".into()),
            chain("dropped_hash = (SELECT h FROM known)".into()),
            "hash",
        ),
        (
            // Whatever it begins with: some hashes have no a.
            segment("hash = CASE substr(hash, 1, 1) WHEN 'a' THEN 'b' ELSE 'a' END || substr(hash, 2)"),
            segment("hash = (SELECT s FROM known)"),
            "sealed otherwise",
        ),
        (segment("last_at = last_at - 1"), segment("last_at = last_at + 1"), "sealed otherwise"),
        (segment("last = last - 1"), segment("last = last + 1"), "sealed otherwise"),
        (format!("DELETE FROM audit WHERE id = {first}"), put(&format!("id = {first}")), "missing"),
        (format!("DELETE FROM audit WHERE {all}"), put(&all), "missing"),
        (
            "UPDATE counters SET value = 2 WHERE name = 'drop'".into(),
            "UPDATE counters SET value = 1 WHERE name = 'drop'".into(),
            "missing",
        ),
        (kept.into(), put("id > 0"), "cut off"),
    ]
}

async fn every_damage_to_it_is_found(it: &Installation) {
    history(it).await;
    drop_all(it, bound()).await;
    it.wait(2 * DAY);
    sweeper::sweep(&it.app).await.unwrap();
    let store = &it.app.store;
    let mut conn = store.read().await.unwrap();
    let chain = chains::find(&mut conn, it.app.ledger.chain()).await.unwrap().unwrap();
    let sealed = segments::list(&mut conn, chain.number, chain.dropped_seq).await.unwrap().remove(0);
    drop(conn);
    let mut hand = Hand::reach_in(it).await;
    let on = |table: &str| match store.engine() {
        Engine::Sqlite => String::new(),
        Engine::Postgres => format!(" ON {table}"),
    };
    for (trigger, table) in
        [("chains_dropped", "chains"), ("segments_no_update", "segments"), ("counters_grow", "counters")]
    {
        hand.run(&format!("DROP TRIGGER {trigger}{}", on(table))).await;
    }
    hand.run("CREATE TABLE kept AS SELECT * FROM audit").await;
    let known = format!("SELECT '{}' AS h, '{}' AS s", chain.dropped_hash, sealed.hash);
    hand.run(&format!("CREATE TABLE known AS {known}")).await;
    for (there, back, what) in damages(&chain, &sealed) {
        hand.run(&there).await;
        let found = fault(store).await.unwrap_or_else(|| panic!("{there} was not found"));
        assert!(found.what.contains(what), "{there}: {found}");
        hand.run(&back).await;
        assert_eq!(fault(store).await, None, "{back}");
    }
    // A whole segment that goes by hand, with its boundary moved after it.
    let (number, first) = (chain.number, audit::id(chain.number, chain.dropped_seq + 1));
    hand.run(&format!("DELETE FROM audit WHERE id >= {first} AND id <= {}", audit::id(number, sealed.last)))
        .await;
    let moved = format!("dropped_seq = {}, dropped_hash = '{}'", sealed.last, sealed.hash);
    hand.run(&format!("UPDATE chains SET {moved} WHERE number = {number}")).await;
    let found = fault(store).await.unwrap();
    assert!(found.what.contains("says that another part is dropped"), "{found}");
    hand.run(&format!(
        "UPDATE chains SET dropped_seq = {}, dropped_hash = '{}' WHERE number = {number}",
        chain.dropped_seq, chain.dropped_hash
    ))
    .await;
    hand.run(&format!(
        "INSERT INTO audit SELECT * FROM kept WHERE id >= {first} AND id <= {}",
        audit::id(number, sealed.last)
    ))
    .await;
    assert_eq!(fault(store).await, None);
}

async fn run(store: &Store, sql: &str) -> Result<(), String> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &mut store.writer().await.unwrap() {
        Conn::Sqlite(raw) => raw.execute(sql).await.map(drop),
        Conn::Postgres(raw) => raw.execute(sql).await.map(drop),
    }
    .map_err(|error| error.to_string())
}

async fn only_what_is_dropped_may_go(it: &Installation) {
    history(it).await;
    drop_all(it, bound()).await;
    let other = Store::open(&it.url).await.unwrap();
    for (sql, why) in [
        ("DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit)", "append-only"),
        ("DELETE FROM audit", "append-only"),
        ("UPDATE chains SET dropped_seq = dropped_seq + 1", "up to a sealed head"),
        ("UPDATE chains SET dropped_seq = dropped_seq - 1", "up to a sealed head"),
        ("UPDATE chains SET dropped_seq = head_seq, dropped_hash = head_hash", "up to a sealed head"),
        ("UPDATE segments SET last_at = 0", "never changed"),
        ("DELETE FROM segments", "only after it was dropped"),
        ("INSERT INTO segments VALUES (1, 1, 99999, 'x', 0, 0)", "ends with a record"),
        ("UPDATE counters SET value = 0 WHERE name = 'drop'", "only grows"),
    ] {
        let refused = run(&other, sql).await.unwrap_err();
        assert!(refused.contains(why), "{sql}: {refused}");
    }
    other.close().await;
    whole(&it.app.store).await;
}

async fn of_two_drops_one_takes_effect(it: &Installation) {
    history(it).await;
    retention::look(&it.app, bound()).await.unwrap().unwrap();
    let plans = [0, 1].map(|_| plan(&it.app.store, bound(), None));
    let [one, other] = futures::future::join_all(plans).await.try_into().unwrap_or_else(|_| panic!());
    let act = |plan: Result<Option<broker::ledger::Plan>, _>| {
        let plan: Result<_, broker::ledger::PlanError> = plan;
        let plan = Box::new(plan.unwrap().unwrap());
        Act::Retain(Box::new(Retention::Drop { plan, actor: Actor::Broker }))
    };
    let done = if it.app.store.engine() == Engine::Postgres {
        let beside = it.another().await;
        let done = futures::join!(it.app.ledger.act(act(one)), beside.app.ledger.act(act(other)));
        beside.stop().await;
        done
    } else {
        futures::join!(it.app.ledger.act(act(one)), it.app.ledger.act(act(other)))
    };
    let refused = |it: &Result<_, LedgerError>| matches!(it, Err(LedgerError::Refused(Why::Changed)));
    assert_eq!([done.0.is_ok(), done.1.is_ok()].iter().filter(|ok| **ok).count(), 1, "{done:?}");
    assert!(refused(&done.0) || refused(&done.1), "{done:?}");
    let between = whole(&it.app.store).await;
    assert!(between.to_remove > 0 && between.dropped == between.to_remove);
    sweeper::sweep(&it.app).await.unwrap();
    assert_eq!(whole(&it.app.store).await, Report { to_remove: 0, ..between });
}

async fn anchors_and_backups_know_what_is_dropped(it: &Installation) {
    let path = it.root.with_file_name("anchor.json");
    let anchor = AnchorFile { path: path.clone(), usual: path };
    history(it).await;
    let next = it.another().await;
    assert_eq!(anchor.renew(&it.app.store).await.unwrap(), Standing::Reaches);
    drop_all(&next, bound()).await;
    assert_eq!(anchor.compare(&it.app.store).await.unwrap(), Standing::Reaches);
    it.wait(20 * DAY);
    drop_all(&next, it.clock.now() - retention::LEAST).await;
    assert_eq!(anchor.compare(&it.app.store).await.unwrap(), Standing::Reaches);
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let opener = opener(&identity, &path);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some((database, done)) = restored(&path, &opener, engine).await else { continue };
        assert_eq!(done.report, whole(&it.app.store).await);
        assert!(done.report.dropped > 0);
        database.remove().await;
    }
    next.stop().await;
}

async fn what_goes_is_archived_first(it: &Installation) {
    history(it).await;
    let before = exported(&it.app.store).await;
    let folder = it.root.with_file_name("archive");
    let missing = retention::drop_some(&it.app, bound(), Some(&folder), Actor::Host).await;
    assert!(missing.unwrap_err().to_string().contains("could not be written"));
    assert_eq!(whole(&it.app.store).await.dropped, 0);
    fs::create_dir(&folder).unwrap();
    retention::drop_some(&it.app, bound(), Some(&folder), Actor::Host).await.unwrap().unwrap();
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let archived = fs::read_to_string(&files[0]).unwrap();
    assert!(archived.lines().count() > 5 && before.starts_with(&archived));
    let rest = exported(&it.app.store).await;
    assert!(rest.starts_with(&before[archived.len()..]), "nothing is lost between archive and record");
}
