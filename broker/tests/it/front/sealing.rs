//! The kill switch as agents and services meet it.

use super::support::{Front, eventually, on_each_front};
use axum::body::Body;
use broker::keys;
use http_body_util::BodyExt as _;
use protocol::problem::Code;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

on_each_front!(
    a_seal_stops_calls_and_lifting_it_goes_on_with_them,
    what_streams_is_cut,
    a_call_that_hangs_is_cut,
    a_call_in_the_middle_opens_no_secret,
);

const SOON: Duration = Duration::from_secs(5);
const ITEMS: &str = "/proxy/issues/projects/acme/items";

async fn a_seal_stops_calls_and_lifting_it_goes_on_with_them(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    keys::seal(&front.app, Some("a test".to_owned())).await.unwrap();
    let problem = front.with(&token).get(ITEMS).await.refused(503, Code::Sealed);
    assert!(problem.detail.contains("Nothing was spent and nothing was sent"), "{problem:?}");
    assert_eq!(front.upstream.count(), 0);
    keys::unseal(&front.app, None).await.unwrap();
    // Nothing was spent: the very same token is still good.
    assert_eq!(front.with(&token).get(ITEMS).await.status, 200);
    assert_eq!(front.upstream.count(), 1);
}

async fn what_streams_is_cut(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let path = format!("{ITEMS}?do=slow");
    let mut response = timeout(SOON, front.with(&token).open("GET", &path, Body::empty())).await.unwrap();
    let first = timeout(SOON, response.body_mut().frame()).await.unwrap().unwrap();
    assert!(first.is_ok());
    assert_eq!(keys::seal(&front.app, None).await.unwrap(), 1);
    let next = timeout(SOON, response.body_mut().frame()).await.unwrap().unwrap();
    assert!(next.is_err(), "the stream was not cut");
    drop(response);
    assert_eq!(front.last_call(&session.grant).await.facts["outcome"], "cut");
    keys::unseal(&front.app, None).await.unwrap();
}

async fn a_call_that_hangs_is_cut(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let seal = async {
        eventually(|| async { front.upstream.count() == 1 }).await;
        assert_eq!(keys::seal(&front.app, None).await.unwrap(), 1);
    };
    let (path, agent) = (format!("{ITEMS}?do=hang"), front.with(&token));
    let calling = async { tokio::join!(agent.get(&path), seal) };
    let (heard, ()) = timeout(SOON, calling).await.unwrap();
    let problem = heard.refused(503, Code::Sealed);
    assert!(problem.detail.contains("counts as used. It may have reached the service"), "{problem:?}");
    assert_eq!(front.last_call(&session.grant).await.facts["why"], "cut");
    keys::unseal(&front.app, None).await.unwrap();
}

/// The vault goes while calls are on their way through the record: none of them gets a secret, and those that were
/// authorised say that they were not sent.
async fn a_call_in_the_middle_opens_no_secret(front: &Front) {
    let session = front.usual().await;
    let mut tokens = Vec::new();
    for _ in 0..8 {
        tokens.push(front.call_token(&session, "issues", "items.read").await);
    }
    let calls = tokens.iter().map(|token| async move { front.with(token).get(ITEMS).await });
    // Keys alone: what the seal does first, whatever is on its way to the record.
    let seal = async { front.app.vault.seal() };
    let (heard, ()) = tokio::join!(futures::future::join_all(calls), seal);
    let sent = front.upstream.count();
    for answer in heard {
        match answer.status.as_u16() {
            200 => {}
            503 => drop(answer.refused(503, Code::Sealed)),
            other => panic!("{other}"),
        }
    }
    front.settle().await;
    let record = front.record(&session.grant).await;
    let of = |kind: &str| record.iter().filter(|it| it.kind == kind).count();
    assert_eq!(of("call.authorised"), sent + of("call.not_sent"), "every call is accounted for");
    assert!(
        record.iter().filter(|it| it.kind == "call.not_sent").all(|it| it.facts["why"] == json!("sealed"))
    );
}
