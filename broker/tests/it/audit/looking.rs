//! Looking through the record: every record once, newest first over all chains, however it is cut into pages.

use crate::support::{acts::line, installation::Installation};
use broker::{
    audit,
    fault::Fault,
    grants::Visitor,
    ledger::export::{Filter, export},
    store::people::Person,
};
use chrono::TimeDelta;
use protocol::{
    audit::{AuditPage, AuditQuery, Outcome},
    people::Scope,
    sessions::Role,
};
use serde_json::Value;

use crate::support::installation::slug;

fn visitor(role: Role) -> Visitor {
    let (id, title) = (slug("aud"), "Aud".to_owned());
    Visitor {
        person: Person { id, title, roles: vec![role], scope: Scope::default(), blocked: false },
        via: "link".to_owned(),
        session: None,
        let_in_by: Vec::new(),
    }
}

/// Two brokers one after the other, the second with more than a page.
async fn history(it: &Installation) -> Installation {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    for _ in 0..20 {
        it.authorise(it.call(&grant, "tracker", 1)).await.unwrap();
        it.wait(1);
    }
    it.wait(120);
    let next = it.another().await;
    for _ in 0..40 {
        next.authorise(next.call(&grant, "tracker", 1)).await.unwrap();
        it.wait(1);
    }
    next
}

/// All pages of a query.
async fn pages(it: &Installation, query: &AuditQuery) -> Vec<AuditPage> {
    let (mut query, mut pages) = (query.clone(), Vec::new());
    loop {
        let page = audit::page(&it.app, &visitor(Role::Auditor), &query).await.unwrap();
        query.before = page.next;
        pages.push(page);
        assert!(pages.len() < 100, "no end");
        if query.before.is_none() {
            return pages;
        }
    }
}

async fn found(it: &Installation, query: &AuditQuery) -> Vec<(String, i64)> {
    let pages = pages(it, query).await;
    pages.into_iter().flat_map(|page| page.entries).map(|entry| (entry.chain, entry.seq)).collect()
}

/// Everything by the export, newest first.
async fn expected(it: &Installation, takes: impl Fn(&Value) -> bool) -> Vec<(String, i64)> {
    let mut out = Vec::new();
    export(&it.app.store, &Filter::default(), &mut out).await.unwrap();
    let lines = String::from_utf8(out).unwrap();
    let records = lines.lines().enumerate().map(|(at, line)| {
        let line: Value = serde_json::from_str(line).unwrap();
        (at, line["record"].clone())
    });
    let mut records: Vec<_> = records.filter(|(_, record)| takes(record)).collect();
    records.sort_by_key(|(at, record)| std::cmp::Reverse((record["at"].as_i64().unwrap(), *at)));
    let place =
        |record: &Value| (record["chain"].as_str().unwrap().to_owned(), record["seq"].as_i64().unwrap());
    records.iter().map(|(_, record)| place(record)).collect()
}

pub async fn pages_hold_every_record_once(it: &Installation) {
    let next = history(it).await;
    let all = expected(&next, |_| true).await;
    assert!(all.len() > 90, "{}", all.len());
    assert_eq!(found(&next, &AuditQuery::default()).await, all);
    let first = &pages(&next, &AuditQuery::default()).await[0];
    assert_eq!((first.entries.len(), first.looked_back_to), (50, None), "a full page is no short look");

    let kind = AuditQuery { kind: Some("call".to_owned()), ..AuditQuery::default() };
    let calls = expected(&next, |record| record["kind"].as_str().unwrap().starts_with("call.")).await;
    assert_eq!(found(&next, &kind).await, calls);
    next.stop().await;
}

pub async fn times_and_names_filter(it: &Installation) {
    let began = it.clock.now();
    let next = history(it).await;
    let (since, until) = (began + TimeDelta::seconds(5), began + TimeDelta::seconds(130));
    let between = AuditQuery { since: Some(since), until: Some(until), ..AuditQuery::default() };
    let inside = |record: &Value| {
        let at = record["at"].as_i64().unwrap();
        at >= since.timestamp_millis() && at / 1000 <= until.timestamp()
    };
    let wanted = expected(&next, inside).await;
    assert!(wanted.len() > 10);
    assert_eq!(found(&next, &between).await, wanted);

    for (query, takes) in [
        (AuditQuery { who: Some(slug("ana")), ..AuditQuery::default() }, "\"person\":\"ana\",\"via\""),
        (AuditQuery { agent: Some(slug("bot")), ..AuditQuery::default() }, "\"agent\":\"bot\""),
        (AuditQuery { service: Some(slug("tracker")), ..AuditQuery::default() }, "\"service\":\"tracker\""),
        (AuditQuery { who: Some(slug("host")), ..AuditQuery::default() }, "\"is\":\"host\""),
    ] {
        let wanted = expected(&next, |record| record.to_string().contains(takes)).await;
        assert!(!wanted.is_empty(), "{takes}");
        assert_eq!(found(&next, &query).await, wanted, "{takes}");
    }
    let refused = AuditQuery { outcome: Some(Outcome::Refused), ..AuditQuery::default() };
    assert_eq!(found(&next, &refused).await, []);
    next.stop().await;
}

pub async fn only_auditors_and_admins_read(it: &Installation) {
    for role in [Role::Approver, Role::Admin, Role::Auditor, Role::Developer] {
        let answer = audit::page(&it.app, &visitor(role), &AuditQuery::default()).await;
        let may = matches!(role, Role::Admin | Role::Auditor);
        assert_eq!(answer.is_ok(), may, "{role:?}");
        assert!(may || matches!(answer, Err(Fault::Forbidden(_))));
    }
}
