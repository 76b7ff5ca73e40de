//! What can be had once is had once, through the door too.

use super::support::{Front, line, on_each_front};
use axum::body::Body;
use futures::future::join_all;
use protocol::problem::Code;
use std::collections::BTreeMap;

on_each_front!(one_of_64_redeems, one_of_64_uses_a_call_token, a_repeat_is_never_sent_twice, one_of_64_links);

const CALLERS: usize = 64;

async fn one_of_64_redeems(front: &Front) {
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    front.approve(&front.approver, asked.id.as_str()).await;
    let path = format!("/v1/requests/{}/redeem", asked.id);
    let all = join_all((0..CALLERS).map(|_| front.agent.at(front).send("POST", &path, Body::empty()))).await;
    let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(|heard| heard.status == 200);
    assert_eq!(won.len(), 1);
    for heard in &lost {
        heard.refused(409, Code::AlreadyDone);
    }
    assert_eq!(lost.iter().filter(|heard| heard.text().contains("grant_token")).count(), 0);
}

async fn one_of_64_uses_a_call_token(front: &Front) {
    let session = front.session(&[line("issues", &["items.read"], Some(10))]).await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let path = "/proxy/issues/projects/acme/items";
    let all = join_all((0..CALLERS).map(|_| front.with(&token).get(path))).await;
    let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(|heard| heard.status == 200);
    assert_eq!((won.len(), front.upstream.count()), (1, 1));
    for heard in &lost {
        heard.refused(401, Code::TokenUsed);
    }
    front.settle().await;
    let mut kinds = BTreeMap::<String, usize>::new();
    for record in front.record(&session.grant).await {
        *kinds.entry(record.kind).or_default() += 1;
    }
    assert_eq!(
        (kinds["call.authorised"], kinds["call.finished"], kinds["call.refused"]),
        (1, 1, CALLERS - 1)
    );
}

async fn a_repeat_is_never_sent_twice(front: &Front) {
    let session = front.usual().await;
    let mut tokens = Vec::new();
    for _ in 0..8 {
        tokens.push(front.call_token(&session, "issues", "items.comment").await);
    }
    let path = "/proxy/issues/projects/acme/items/7/comments";
    let keyed = |token: &str| front.with(token).header("idempotency-key", "comment-7");
    let all = join_all(tokens.iter().map(|token| keyed(token).send("POST", path, "{}"))).await;
    assert_eq!(all.iter().filter(|heard| heard.status == 200).count(), 1);
    for heard in all.iter().filter(|heard| heard.status != 200) {
        let problem = heard.refused(409, Code::AlreadyDone);
        assert!(problem.detail.contains("It was not sent again"), "{problem:?}");
    }
    assert_eq!(front.upstream.count(), 1);
    // The same key for something else is a mistake, and is not sent either.
    let token = front.call_token(&session, "issues", "items.comment").await;
    let other = keyed(&token).send("POST", "/proxy/issues/projects/acme/items/8/comments", "{}").await;
    other.refused(422, Code::InvalidRequest);
    assert_eq!(front.upstream.count(), 1);
    for bad in ["", "a b", &"x".repeat(201)] {
        let token = front.call_token(&session, "issues", "items.comment").await;
        let heard = front.with(&token).header("idempotency-key", bad).send("POST", path, "{}").await;
        assert_eq!(heard.refused(422, Code::InvalidRequest).field.as_deref(), Some("Idempotency-Key"));
    }
}

async fn one_of_64_links(front: &Front) {
    let link = front.link("otto").await;
    let press = || {
        let own = super::cast::anonymous(front).header("sec-fetch-site", "same-origin");
        let link = link.clone();
        async move { own.form("/sign-in/link", &[("token", &link)]).await }
    };
    let all = join_all((0..CALLERS).map(|_| press())).await;
    assert_eq!(
        all.iter().filter(|heard| heard.status == 303 && heard.headers.contains_key("set-cookie")).count(),
        1
    );
    assert_eq!(all.iter().filter(|heard| heard.status == 410).count(), CALLERS - 1);
}
