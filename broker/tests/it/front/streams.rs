//! Bodies stream, and a stream ends with what allowed it.

use super::support::{Front, eventually, line, on_each_front, service};
use axum::body::{Body, Bytes};
use broker::sweeper;
use futures::{StreamExt as _, channel::mpsc};
use http::Response;
use http_body_util::BodyExt as _;
use protocol::{problem::Code, revoke::Stopped};
use serde_json::json;
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, timeout};

on_each_front!(
    the_first_piece_arrives_before_the_last_is_made,
    uploads_stream,
    stopping_cuts_what_streams,
    a_service_taken_away_leaves_the_other,
    the_end_of_the_session_cuts_what_streams,
    who_walks_away_is_on_the_record,
    what_breaks_off_breaks_off,
    a_call_that_hangs_is_cut_too,
);

const SOON: Duration = Duration::from_secs(5);

async fn open(front: &Front, token: &str, query: &str) -> Response<Body> {
    open_at(front, token, "issues", query).await
}

async fn open_at(front: &Front, token: &str, service: &str, query: &str) -> Response<Body> {
    let path = format!("/proxy/{service}/projects/acme/items?do={query}");
    let response = timeout(SOON, front.with(token).open("GET", &path, Body::empty())).await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

/// The next piece; none at the end, an error where it was cut.
async fn next(response: &mut Response<Body>) -> Option<Result<Bytes, axum::Error>> {
    let frame = timeout(SOON, response.body_mut().frame()).await.expect("nothing came");
    frame.map(|frame| frame.map(|it| it.into_data().unwrap()))
}

async fn the_first_piece_arrives_before_the_last_is_made(front: &Front) {
    let session = front.usual().await;
    for (query, pieces) in [("slow", ["first\n", "second\n"]), ("events", ["data: one\n\n", "data: two\n\n"])]
    {
        let token = front.call_token(&session, "issues", "items.read").await;
        let mut response = open(front, &token, query).await;
        assert_eq!(next(&mut response).await.unwrap().unwrap(), pieces[0]);
        front.upstream.release();
        assert_eq!(next(&mut response).await.unwrap().unwrap(), pieces[1]);
        assert!(next(&mut response).await.is_none());
        drop(response);
        assert_eq!(front.last_call(&session.grant).await.facts["outcome"], "complete");
    }
}

async fn uploads_stream(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.close").await;
    let (mut sender, receiver) = mpsc::channel::<Bytes>(1);
    let body = Body::from_stream(receiver.map(Ok::<_, Infallible>));
    let path = "/proxy/issues/projects/acme/items/7?do=upload";
    let mut response = timeout(SOON, front.with(&token).open("PATCH", path, body)).await.unwrap();
    for piece in ["one", "two", "three"] {
        sender.try_send(Bytes::from(piece)).unwrap();
        assert_eq!(next(&mut response).await.unwrap().unwrap(), piece);
    }
    drop(sender);
    assert!(next(&mut response).await.is_none());
    drop(response);
    let end = front.last_call(&session.grant).await;
    assert_eq!((&end.facts["sent_bytes"], &end.facts["bytes"]), (&json!(11), &json!(11)));
}

async fn stopping_cuts_what_streams(front: &Front) {
    let session = front.usual().await;
    let (token, unused) = (
        front.call_token(&session, "issues", "items.read").await,
        front.call_token(&session, "issues", "items.read").await,
    );
    let mut response = open(front, &token, "slow").await;
    next(&mut response).await.unwrap().unwrap();
    let path = format!("/v1/sessions/{}/stop", session.grant);
    let stopped: Stopped = front.owner.at(front).post(&path, &json!({"reason": "enough"})).await.good();
    assert_eq!((stopped.sessions, stopped.streams, stopped.tokens), (1, 1, 1));
    assert_eq!(stopped.tokens_until, Some(front.clock.now() + chrono::TimeDelta::seconds(60)));
    let acknowledged = Instant::now();
    assert!(next(&mut response).await.unwrap().is_err(), "the stream was not cut");
    assert!(acknowledged.elapsed() < Duration::from_millis(250));
    front.with(&unused).get("/proxy/issues/projects/acme/items").await.refused(403, Code::GrantEnded);
    drop(response);
    assert_eq!(front.upstream.count(), 1);
    front.settle().await;
    let record = front.record(&session.grant).await;
    let end = record.iter().find(|it| it.kind == "call.finished").unwrap();
    assert_eq!((&end.facts["outcome"], &end.facts["bytes"]), (&json!("cut"), &json!(6)));
}

async fn a_service_taken_away_leaves_the_other(front: &Front) {
    front.service("other", &front.upstream.origin(), true, &[("other", None)]).await;
    let lines = [line("issues", &["items.read"], None), line("other", &["items.read"], None)];
    let session = front.session(&lines).await;
    let token = |service: &'static str| front.call_token(&session, service, "items.read");
    let mut gone = open_at(front, &token("issues").await, "issues", "slow").await;
    let mut kept = open_at(front, &token("other").await, "other", "slow").await;
    next(&mut gone).await.unwrap().unwrap();
    next(&mut kept).await.unwrap().unwrap();
    let unused = token("issues").await;
    let path = format!("/v1/sessions/{}/services/issues/take-away", session.grant);
    let stopped: Stopped = front.owner.at(front).post(&path, &json!({})).await.good();
    assert_eq!((stopped.sessions, stopped.narrowed, stopped.streams), (0, 1, 1));
    assert!(next(&mut gone).await.unwrap().is_err());
    front.upstream.release();
    front.upstream.release();
    assert_eq!(next(&mut kept).await.unwrap().unwrap(), "second\n");
    front.with(&unused).get("/proxy/issues/projects/acme/items").await.refused(403, Code::GrantEnded);
    let refused = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(refused.json()["code"], "grant_ended");
    let good = token("other").await;
    assert_eq!(front.with(&good).get("/proxy/other/projects/acme/items").await.status, 200);
    let shown: protocol::sessions::Session =
        front.owner.at(front).get(&format!("/v1/sessions/{}", session.grant)).await.good();
    let services: Vec<_> =
        shown.summary.services.iter().map(|it| (it.service.clone(), it.taken_away)).collect();
    assert_eq!(services, [(service("issues"), true), (service("other"), false)]);
}

async fn the_end_of_the_session_cuts_what_streams(front: &Front) {
    let session = front.session_of(&front.agent, &[line("issues", &["items.read"], None)], 5).await;
    let token = front.call_token(&session, "issues", "items.read").await;
    front.wait(4_800);
    let mut response = open(front, &token, "slow").await;
    next(&mut response).await.unwrap().unwrap();
    assert!(next(&mut response).await.unwrap().is_err(), "the stream outlived its session");
    drop(response);
    assert_eq!(front.last_call(&session.grant).await.facts["outcome"], "cut");
}

async fn who_walks_away_is_on_the_record(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let mut response = open(front, &token, "slow").await;
    next(&mut response).await.unwrap().unwrap();
    drop(response);
    let end = front.last_call(&session.grant).await;
    assert_eq!((&end.facts["outcome"], &end.facts["bytes"]), (&json!("agent_left"), &json!(6)));
    // Before the service answered, nobody knows what it did.
    let token = front.call_token(&session, "issues", "items.read").await;
    let path = "/proxy/issues/projects/acme/items?do=hang";
    let calling = front.with(&token).open("GET", path, Body::empty());
    let count = front.upstream.count();
    tokio::select! {
        _ = calling => panic!("the service answered"),
        () = eventually(|| async { front.upstream.count() > count }) => {}
    }
    let end = front.last_call(&session.grant).await;
    assert_eq!((end.kind.as_str(), &end.facts["why"]), ("call.outcome_unknown", &json!("agent_left")));
}

async fn what_breaks_off_breaks_off(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let mut response = open(front, &token, "break").await;
    next(&mut response).await.unwrap().unwrap();
    front.upstream.release();
    assert!(next(&mut response).await.unwrap().is_err(), "a broken answer looks whole");
    drop(response);
    assert_eq!(front.last_call(&session.grant).await.facts["outcome"], "broken");
}

async fn a_call_that_hangs_is_cut_too(front: &Front) {
    let sweeping = tokio::spawn(sweeper::run(front.app.clone()));
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let stop = async {
        eventually(|| async { front.upstream.count() == 1 }).await;
        // By the admin of another door: only the event says so.
        let grant = session.grant.parse().unwrap();
        let subject = protocol::revoke::Subject::Session { grant };
        front.app.ledger.revoke(crate::support::acts::revocation(subject)).await.unwrap();
        Instant::now()
    };
    let path = "/proxy/issues/projects/acme/items?do=hang";
    let (heard, acknowledged) =
        timeout(SOON, async { tokio::join!(front.with(&token).get(path), stop) }).await.unwrap();
    assert!(acknowledged.elapsed() < Duration::from_millis(250));
    heard.refused(403, Code::GrantEnded);
    assert_eq!(front.last_call(&session.grant).await.facts["why"], "cut");
    front.app.stopping.cancel();
    sweeping.await.unwrap();
}
