//! Asking what became of it: how often, how long it waits, and that it is given once, whoever asks, however many.

use super::{
    super::support::{Front, eventually, on_each_front},
    GRANT, approved, begun, good, newest, poll, poll_as, refused, with,
};
use crate::support::installation::Installation;
use broker::store::Engine;
use futures::future::join_all;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

on_each_front!(
    who_asks_faster_waits_longer_for_good,
    a_question_waits_for_the_decision,
    while_one_waits_another_is_refused,
    one_of_64_is_given_the_tokens,
    a_handle_is_its_own_clients,
);

mod alone {
    use super::super::super::support::on_each_front;
    use super::a_handle_outlives_the_broker;
    on_each_front!(alone: a_handle_outlives_the_broker);
}

async fn who_asks_faster_waits_longer_for_good(front: &Front) {
    let id = begun(front, &with(&[("requested_expiry", "3600")])).await;
    let other = begun(front, &with(&[("purpose", "Another.")])).await;
    let asks = async |after: i64, expected: &str| {
        front.wait(after);
        refused(&poll(front, &id).await, expected);
    };
    asks(0, "authorization_pending").await;
    asks(4_999, "slow_down").await; // from now on 10
    asks(5_000, "slow_down").await; // 15
    asks(15_000, "authorization_pending").await;
    asks(14_999, "slow_down").await; // 20
    refused(&poll(front, &other).await, "authorization_pending");
    // A decision makes no difference to who is too fast.
    front.approve(&front.approver, &super::open(front).await[0]).await;
    asks(19_999, "slow_down").await; // 25
    front.wait(25_000);
    assert_eq!(poll(front, &id).await.status, 200);
}

/// Asks as a client that says nothing of waiting.
async fn held(front: &Front, id: &str) -> super::Heard {
    let fields = [("grant_type", GRANT), ("auth_req_id", id)];
    let heard = front.client(&front.agent).form("/oauth/token", &fields).await;
    if let Some(token) = heard.json()["access_token"].as_str() {
        front.keep(token);
    }
    heard
}

async fn a_question_waits_for_the_decision(front: &Front) {
    let id = begun(front, &good()).await;
    let decide = async {
        eventually(|| async { front.app.polls.waiting() == 1 }).await;
        front.approve(&front.approver, &newest(front).await).await;
    };
    let begun_at = Instant::now();
    let (heard, ()) = tokio::join!(held(front, &id), decide);
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert!(begun_at.elapsed() < Duration::from_secs(15), "it was the end of the wait that answered");
    assert_eq!(front.app.polls.waiting(), 0);
    // A client that goes away does not keep others from asking.
    let id = begun(front, &with(&[("purpose", "Another.")])).await;
    let gone = async {
        eventually(|| async { front.app.polls.waiting() == 1 }).await;
    };
    tokio::select! {
        heard = held(front, &id) => panic!("{}", heard.text()),
        () = gone => {}
    }
    assert_eq!(front.app.polls.waiting(), 0);
    front.wait(5_000);
    refused(&poll(front, &id).await, "authorization_pending");
    // What is decided is answered at once.
    front.approve(&front.approver, &newest(front).await).await;
    front.wait(5_000);
    assert_eq!(held(front, &id).await.status, 200);
}

async fn while_one_waits_another_is_refused(front: &Front) {
    let id = begun(front, &good()).await;
    let meanwhile = async {
        eventually(|| async { front.app.polls.waiting() == 1 }).await;
        front.wait(60_000);
        refused(&held(front, &id).await, "slow_down");
        front.approve(&front.approver, &newest(front).await).await;
    };
    let (heard, ()) = tokio::join!(held(front, &id), meanwhile);
    assert_eq!(heard.status, 200, "{}", heard.text());
}

async fn one_of_64_is_given_the_tokens(front: &Front) {
    let id = approved(front, &good()).await;
    let all = join_all((0..64).map(|_| poll(front, &id))).await;
    let mut told = BTreeMap::<String, usize>::new();
    for heard in &all {
        let said = heard.json();
        let word = said["error"].as_str().unwrap_or("given").to_owned();
        assert_eq!(said.get("access_token").is_some(), word == "given");
        *told.entry(word).or_default() += 1;
    }
    assert_eq!(told.remove("given"), Some(1), "{told:?}");
    let others = told.get("slow_down").unwrap_or(&0) + told.get("invalid_grant").unwrap_or(&0);
    assert_eq!(others, 63, "{told:?}");
    let redeemed = "SELECT COUNT(*) FROM audit WHERE kind = 'grant.redeemed'";
    assert_eq!(crate::support::invariants::count(&front.app.store, redeemed).await, 1);
}

async fn a_handle_is_its_own_clients(front: &Front) {
    let id = approved(front, &good()).await;
    for agent in [&front.direct, &front.other_agent] {
        refused(&poll_as(front, agent, &id).await, "invalid_grant");
    }
    // Whoever else asked has used no patience up.
    assert_eq!(poll(front, &id).await.status, 200);
    // A handle is stored as an HMAC only, and is nothing but a handle.
    let id = begun(front, &with(&[("purpose", "Another.")])).await;
    for path in ["/v1/me", "/v1/inbox"] {
        assert_eq!(front.with(&id).get(path).await.status, 401);
    }
    for (path, status) in [("/oauth/introspect", 200), ("/oauth/revoke", 200)] {
        let heard = front.client(&front.agent).form(path, &[("token", &id)]).await;
        assert_eq!(heard.status, status, "{path}");
        assert!(!heard.text().contains("true"), "{path} {}", heard.text());
    }
}

/// Who remembers nothing of the agent's earlier questions is another broker of the same database, or this one later.
async fn a_handle_outlives_the_broker(engine: Engine) {
    crate::support::run_with(engine, &|_| {}, async |it: &Installation| {
        let mut front = Front::open(it).await;
        let id = begun(&front, &with(&[("requested_expiry", "3600")])).await;
        refused(&poll(&front, &id).await, "authorization_pending");
        refused(&poll(&front, &id).await, "slow_down");
        let request = newest(&front).await;
        let next = it.another().await;
        front.app = next.app.clone();
        front.router = broker::http::router(&next.app);
        refused(&poll(&front, &id).await, "authorization_pending");
        front.approve(&front.approver, &request).await;
        front.wait(5_000);
        assert_eq!(poll(&front, &id).await.status, 200);
        let third = it.another().await;
        front.app = third.app.clone();
        front.router = broker::http::router(&third.app);
        refused(&poll(&front, &id).await, "invalid_grant");
        third.stop().await;
        next.stop().await;
    })
    .await;
}
