//! What was dropped of a session's record is said wherever its history is shown: nobody takes the rest for the whole.

use super::support::{Front, service};
use crate::support::{installation::Installation, on_each_engine};
use broker::{
    ledger::{Entry, Facts, Intent},
    retention, sweeper,
};
use chrono::TimeDelta;
use protocol::{GrantId, record::Actor, sessions::Session};

on_each_engine!(a_shortened_history_says_so, a_long_history_says_so);

async fn a_shortened_history_says_so(it: &Installation) {
    let front = &Front::open(it).await;
    let old = front.usual().await;
    front.read(&old, "").await;
    front.settle().await;
    let page = format!("/sessions/{}", old.grant);
    let whole = front.owner.in_browser(front).get(&page).await.text();
    assert!(whole.contains("Started by the agent") && !whole.contains("retention"), "{whole}");
    front.clock.advance(TimeDelta::days(9));
    sweeper::sweep(&front.app).await.unwrap();
    let before = front.clock.now() - retention::LEAST;
    retention::drop_some(&front.app, before, None, Actor::Host).await.unwrap().unwrap();

    // Everybody signs in anew. What is left is that it ended.
    let front = &Front::open(it).await;
    let owner = &front.owner;
    let html = owner.in_browser(front).get(&page).await.text();
    assert!(!html.contains("Started by the agent") && !html.contains("items.read"), "{html}");
    let until = (front.clock.now() - TimeDelta::days(9)).format("%Y-%m-%dT%H:%M").to_string();
    assert!(html.contains(&format!("Records up to <time datetime=\"{until}")), "{html}");
    assert!(html.contains("were moved out by retention."), "{html}");
    for list in ["/sessions?ended=1", "/"] {
        let html = owner.in_browser(front).get(list).await.text();
        let is_listed = html.contains(&format!("href=\"{page}\""));
        assert_eq!(is_listed, list != "/", "{list}: {html}");
        assert_eq!(html.contains("1 call · perhaps more: records up to "), is_listed, "{list}: {html}");
    }
    let told: Session = owner.at(front).get(&format!("/v1{page}")).await.good();
    assert!(told.timeline.len() == 1 && told.summary.dropped_until.is_some(), "{told:?}");
    // Of what was asked for since, nothing is missing.
    let young = front.usual().await;
    front.read(&young, "").await;
    front.settle().await;
    let html = owner.in_browser(front).get(&format!("/sessions/{}", young.grant)).await.text();
    assert!(html.contains("Started by the agent") && !html.contains("retention"), "{html}");
}

async fn a_long_history_says_so(it: &Installation) {
    let front = &Front::open(it).await;
    let session = front.usual().await;
    let grant: GrantId = session.grant.parse().unwrap();
    let refuse = || {
        let entry = Entry {
            kind: "call.refused",
            actor: Actor::Agent { agent: service("helper") },
            grant: Some(grant.clone()),
            call: None,
            facts: Facts::new(),
        };
        front.app.ledger.submit(Intent::Refused(Box::new(entry)))
    };
    let page = format!("/sessions/{}", session.grant);
    let shown = async || front.owner.in_browser(front).get(&page).await.text();
    let rest = 400 - front.record(&session.grant).await.len();
    for done in futures::future::join_all((0..rest).map(|_| refuse())).await {
        done.unwrap();
    }
    let html = shown().await;
    assert!(html.contains("Started by the agent") && !html.contains("newest records"), "{html}");
    refuse().await.unwrap();
    let html = shown().await;
    assert!(html.contains("These are the newest records."), "{html}");
}
