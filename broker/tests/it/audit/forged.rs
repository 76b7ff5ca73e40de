//! Chains that are whole but tell of something that must not happen, as a broken broker might write them.

use super::{
    history,
    tampered::{Hand, fault},
};
use crate::support::installation::{Installation, slug};
use broker::store::{
    Conn,
    audit::{Common, NewRow, Said},
    batch, chains,
};
use chrono::TimeDelta;
use domain::chain::Head;
use protocol::{
    CallId, Digest, GrantId, RequestId,
    record::{Actor, Record},
};
use serde_json::{Value, json};

pub const CHAIN: &str = "ffffffff-forged";

/// A record of the bot about the session of [`history`], before its revocation was seen.
fn record(it: &Installation, grant: &GrantId, kind: &str, facts: Value) -> Record {
    let Value::Object(facts) = facts else { panic!("{facts}") };
    Record {
        chain: CHAIN.to_owned(),
        seq: 0,
        at: it.clock.now(),
        watermark: 0,
        kind: kind.to_owned(),
        actor: Actor::Agent { agent: slug("bot") },
        grant: Some(grant.clone()),
        call: Some(CallId::from_u128(9)),
        facts,
    }
}

pub fn call(it: &Installation, grant: &GrantId) -> Record {
    record(it, grant, "call.authorised", json!({"service": "tracker", "line": 1, "person": "ana"}))
}

fn seal(it: &Installation, grant: &GrantId, number: i64) -> Record {
    let sealed = record(it, grant, "vault.sealed", json!({"number": number}));
    Record { watermark: number, actor: Actor::Host, grant: None, call: None, ..sealed }
}

fn approval(it: &Installation, grant: &GrantId) -> Record {
    let lines = json!([{"service": "tracker"}]);
    let facts = json!({"agent": "bot", "owner": "paul", "duration": 60, "lines": lines});
    let actor = Actor::Person { person: slug("ana"), via: "link".to_owned() };
    Record { actor, call: None, ..record(it, grant, "request.approved", facts) }
}

/// Each forged chain, and what is said of its last record.
fn forgeries(it: &Installation, grant: &GrantId) -> Vec<(Vec<Record>, &'static str)> {
    let other = RequestId::from_u128(77).grant();
    let with = |edit: &dyn Fn(&mut Record)| {
        let mut record = call(it, grant);
        edit(&mut record);
        vec![record]
    };
    let redeemed = |grant: &GrantId| record(it, grant, "grant.redeemed", json!({}));
    let revoked = json!({"number": 1, "subject": {"what": "all"}});
    let hour = TimeDelta::seconds(3_600);
    vec![
        (with(&|it| it.watermark = 1), "revocation 1 had ended the session"),
        (with(&|it| it.at += hour), "had ended at"),
        (with(&|it| it.grant = Some(other.clone())), "was not approved"),
        (with(&|it| it.grant = None), "names no grant"),
        (with(&|it| it.call = None), "names no call"),
        (with(&|it| it.actor = Actor::Agent { agent: slug("crawler") }), "another agent"),
        (with(&|it| it.actor = Actor::Host), "no agent"),
        (with(&|it| drop(it.facts.insert("person".to_owned(), json!("paul")))), "another person"),
        (with(&|it| drop(it.facts.insert("service".to_owned(), json!("diary")))), "not granted"),
        (with(&|it| drop(it.facts.remove("service"))), "not granted"),
        (
            with(&|it| "token.minted".clone_into(&mut it.kind))
                .into_iter()
                .map(|r| Record { watermark: 1, ..r })
                .collect(),
            "revocation 1",
        ),
        (vec![seal(it, grant, 2), Record { watermark: 2, ..call(it, grant) }], "the vault was sealed (2)"),
        (vec![seal(it, grant, 1)], "the number 1 was given before"),
        (vec![call(it, grant), call(it, grant)], "authorised twice"),
        (vec![record(it, grant, "call.finished", json!({}))], "not authorised"),
        (vec![record(it, grant, "call.outcome_unknown", json!({}))], "not authorised"),
        (
            vec![
                call(it, grant),
                record(it, grant, "call.finished", json!({})),
                record(it, grant, "call.not_sent", json!({})),
            ],
            "had ended",
        ),
        (vec![approval(it, grant)], "decided twice"),
        (vec![record(it, grant, "request.denied", json!({}))], "decided twice"),
        (
            vec![approval(it, &other), Record { grant: Some(other.clone()), ..call(it, grant) }],
            "was not redeemed",
        ),
        (vec![redeemed(grant)], "redeemed twice"),
        (vec![redeemed(&other)], "not approved"),
        (
            vec![approval(it, &other), Record { watermark: 1, ..redeemed(&other) }],
            "had ended what it redeems",
        ),
        (vec![record(it, grant, "revoked", revoked)], "two revocations"),
        (vec![Record { watermark: 1, ..redeemed(&other) }, call(it, grant)], "fewer revocations"),
        (vec![redeemed(&other), Record { at: it.clock.now() - hour, ..call(it, grant) }], "older than"),
        (vec![Record { actor: Actor::Host, ..approval(it, &other) }], "no person"),
        (vec![record(it, &other, "request.approved", json!({"agent": 5}))], "no person"),
    ]
}

pub async fn forge(conn: &mut Conn, records: &[Record]) {
    let now = chrono::DateTime::from_timestamp_millis(4_000_000_000_000).unwrap();
    let start = Digest::from_bytes(&domain::chain::START);
    let number = chains::open(conn, CHAIN, start.as_str(), now).await.unwrap();
    let mut head = Head::default();
    let row = |record: &Record| {
        let Record { chain, at, watermark, .. } = record;
        let common = Common { chain, number, at: at.timestamp_millis(), watermark: *watermark };
        let said = Said {
            kind: record.kind.clone(),
            actor: record.actor.clone(),
            grant: record.grant.clone(),
            call: record.call.clone(),
            facts: domain::digest::canonical_object(&record.facts),
        };
        NewRow::append(said, &common, &mut head)
    };
    let mut rows: Vec<_> = records.iter().map(row).collect();
    let at = now.timestamp_millis();
    let written = batch::Written { chain: CHAIN, number, from: 0, at, taken: &[], calls: &[], over: &[] };
    assert!(batch::write(conn, &mut rows, &written).await.unwrap());
}

pub async fn every_broken_promise_is_found(it: &Installation) {
    let grant = history(it).await;
    let mut hand = Hand::reach_in(it).await;
    let store = broker::store::Store::open(&it.url).await.unwrap();
    let mut conn = store.writer().await.unwrap();
    // What is no broken promise is not found: the same call, before the end and before the revocation was seen.
    forge(&mut conn, &[call(it, &grant)]).await;
    assert_eq!(fault(&it.app.store).await, None);
    undo(&mut hand).await;
    for (records, what) in forgeries(it, &grant) {
        forge(&mut conn, &records).await;
        let found = fault(&it.app.store).await.unwrap_or_else(|| panic!("not found: {what}"));
        assert!(found.what.contains(what), "{what}: {found}");
        assert_eq!(found.chain, CHAIN, "{what}: {found}");
        undo(&mut hand).await;
        assert_eq!(fault(&it.app.store).await, None);
    }
    drop(conn);
    store.close().await;
}

pub async fn undo(hand: &mut Hand) {
    let number = format!("(SELECT number FROM chains WHERE id = '{CHAIN}')");
    hand.run(&format!("DELETE FROM audit WHERE id >> 40 = {number}")).await;
    hand.run(&format!("DELETE FROM audit_sessions WHERE chain = {number}")).await;
    hand.run(&format!("DELETE FROM chains WHERE id = '{CHAIN}'")).await;
}
