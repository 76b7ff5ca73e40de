//! `audit verify` finds every kind of damage and names the first bad record; `audit export` gives the whole record.

mod evidence;
pub mod forged;
mod looking;
pub mod tampered;

use crate::support::{
    acts::line,
    installation::{Installation, slug},
    on_each_engine,
};
use broker::{
    ledger::{
        export::{Filter, export},
        verify::{Progress, verify},
    },
    store::{Engine, Store},
};
use domain::chain::{Head, Link};
use evidence::what_is_not_proven_is_found;
use forged::every_broken_promise_is_found;
use futures::future::join_all;
use looking::{only_auditors_and_admins_read, pages_hold_every_record_once, times_and_names_filter};
use protocol::{GrantId, record::Record, revoke::Subject};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeMap;
use tampered::every_damage_is_named;

on_each_engine!(
    an_untouched_record_verifies,
    a_record_in_use_verifies,
    the_whole_record_is_exported,
    a_part_of_the_record_is_exported,
    every_damage_is_named,
    every_broken_promise_is_found,
    what_is_not_proven_is_found,
    pages_hold_every_record_once,
    times_and_names_filter,
    only_auditors_and_admins_read,
);

/// A session with three calls (one still open), a refusal, a revocation, and a second chain.
async fn history(it: &Installation) -> GrantId {
    let grant = it.session("bot", &[line("tracker", Some(3)), line("mail", None)]).await;
    for end in ["call.finished", "call.not_sent"] {
        let call = it.call(&grant, "tracker", 1);
        it.authorise(call.clone()).await.unwrap();
        it.finish(&grant, &call.call, end).await;
    }
    it.authorise(it.call(&grant, "mail", 2)).await.unwrap();
    it.mint(&grant, "mail", 2).await.unwrap();
    it.wait(1);
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    it.use_tracker(&grant).await.unwrap_err();
    grant
}

async fn an_untouched_record_verifies(it: &Installation) {
    history(it).await;
    let mut told = Vec::new();
    let report = verify(&it.app.store, |progress| told.push(progress)).await.unwrap();
    assert_eq!(report.first_fault, None);
    assert_eq!((report.chains, report.approvals, report.revocations), (1, 1, 1));
    assert_eq!((report.calls, report.refused, report.open_calls), (3, 1, 1));
    let total = report.records * 2;
    assert_eq!(told.last(), Some(&Progress { read: total, total }));
}

async fn a_record_in_use_verifies(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let calling = async {
        for _ in 0..30 {
            join_all((0..20).map(|_| it.use_tracker(&grant))).await;
        }
    };
    let verifying = async {
        for _ in 0..10 {
            let report = verify(&it.app.store, |_| {}).await.unwrap();
            assert_eq!(report.first_fault, None);
        }
    };
    tokio::join!(calling, verifying);
}

/// A copy of the file, as a backup makes it, verifies by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_verifies() {
    crate::support::run(Engine::Sqlite, async |it| {
        history(it).await;
        let copy = it.root.with_file_name("copy.db");
        let mut conn = SqliteConnection::connect(&it.url).await.unwrap();
        sqlx::query("VACUUM INTO $1").bind(copy.to_str()).execute(&mut conn).await.unwrap();
        let store = Store::open(&format!("sqlite:{}", copy.display())).await.unwrap();
        let original = verify(&it.app.store, |_| {}).await.unwrap();
        assert_eq!(verify(&store, |_| {}).await.unwrap(), original);
        store.close().await;
    })
    .await;
}

async fn exported(it: &Installation, filter: &Filter) -> Vec<(Link, Record)> {
    let mut out = Vec::new();
    let lines = export(&it.app.store, filter, &mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count() as u64, lines);
    let parse = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let hash = value["hash"].as_str().unwrap().parse().unwrap();
        // The record's text is that which was hashed: what is left of the line around it.
        let body = line.split_once("\"record\":").unwrap().1.strip_suffix('}').unwrap().to_owned();
        let record: Record = serde_json::from_str(&body).unwrap();
        (Link { seq: record.seq, body, hash }, record)
    };
    text.lines().map(parse).collect()
}

async fn the_whole_record_is_exported(it: &Installation) {
    history(it).await;
    let next = it.another().await;
    let mut heads = BTreeMap::<String, Head>::new();
    let all = exported(it, &Filter::default()).await;
    for (link, record) in &all {
        heads.entry(record.chain.clone()).or_default().check(&record.chain, link).unwrap();
    }
    assert_eq!(heads.len(), 2);
    let report = verify(&it.app.store, |_| {}).await.unwrap();
    assert_eq!(all.len() as u64, report.records);
    next.stop().await;
}

async fn a_part_of_the_record_is_exported(it: &Installation) {
    let other = it.session("bot", &[line("tracker", None)]).await;
    let begun = it.clock.now();
    let grant = history(it).await;
    let kinds =
        |all: Vec<(Link, Record)>| -> Vec<String> { all.into_iter().map(|(_, it)| it.kind).collect() };
    let filter = |kind: &str| Filter { kind: Some(kind.to_owned()), ..Filter::default() };
    assert_eq!(kinds(exported(it, &filter("revoked")).await), ["revoked"]);
    assert_eq!(kinds(exported(it, &filter("call")).await).len(), 6);
    assert_eq!(kinds(exported(it, &filter("call.auth")).await).len(), 0);
    let late = Filter { since: Some(begun + chrono::TimeDelta::seconds(1)), ..Filter::default() };
    assert_eq!(kinds(exported(it, &late).await), ["revoked", "call.refused"]);
    for (grant, calls) in [(grant, 6), (other, 0)] {
        let of = Filter { grant: Some(grant.clone()), ..Filter::default() };
        let records = exported(it, &of).await;
        assert!(records.iter().all(|(_, record)| record.grant.as_ref() == Some(&grant)));
        assert_eq!(kinds(records).iter().filter(|kind| kind.starts_with("call.")).count(), calls);
    }
}
