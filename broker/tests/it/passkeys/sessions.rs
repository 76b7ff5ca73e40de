//! Web sessions: seen, ended, and what hangs on them ends with them.

use super::support::{enrol, is_in, sign_in};
use crate::{
    front::{
        cast::Member,
        forms::form_token,
        support::{Front, on_each_front},
    },
    support::{self, installation::Installation},
};
use axum::body::Body;
use broker::{store::Engine, sweeper};
use http::Request;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tower::ServiceExt as _;

on_each_front!(a_person_ends_sessions_of_their_own_and_of_nobody_else, a_stream_ends_with_its_session);

/// The addresses that end a session, on this person's page.
async fn endings(front: &Front, member: &Member) -> Vec<String> {
    let page = member.in_browser(front).get("/me").await.text();
    let found =
        page.split("action=\"/me/sessions/").skip(1).map(|rest| rest[..rest.find('"').unwrap()].to_owned());
    found.filter(|it| it != "end-others").map(|it| format!("/me/sessions/{it}")).collect()
}

async fn post(front: &Front, member: &Member, path: &str) -> u16 {
    let token = form_token(front, member).await;
    member.in_browser(front).form(path, &[("form_token", &token)]).await.status.as_u16()
}

async fn a_person_ends_sessions_of_their_own_and_of_nobody_else(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let (second, third) = (sign_in(front, &mut holder).await, sign_in(front, &mut holder).await);
    let ends = endings(front, &holder.member).await;
    assert_eq!(ends.len(), 2, "{ends:?}");
    assert_eq!(post(front, &front.admin, &ends[0]).await, 404, "another's session");
    assert_eq!(post(front, &holder.member, &ends[0]).await, 303);
    let left = [is_in(front, &second).await, is_in(front, &third).await];
    assert_eq!(left.iter().filter(|it| **it).count(), 1);
    assert_eq!(post(front, &holder.member, &ends[0]).await, 404, "it is over");
    let fourth = sign_in(front, &mut holder).await;
    assert_eq!(post(front, &holder.member, "/me/sessions/end-others").await, 303);
    for ended in [&second, &third, &fourth] {
        assert!(!is_in(front, ended).await);
    }
    assert!(is_in(front, &holder.member).await && is_in(front, &front.admin).await);
    assert!(endings(front, &holder.member).await.is_empty());
}

/// The stream of somebody, past what it begins with.
async fn open(router: &axum::Router, cookie: &str) -> Body {
    let request = Request::get("/events")
        .header("host", "localhost:8420")
        .header("cookie", format!("{}={cookie}", crate::front::cast::COOKIE))
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    body
}

/// How long until it ends.
async fn end_of(body: &mut Body) -> Duration {
    let begun = Instant::now();
    let end = async { while body.frame().await.is_some_and(|it| it.is_ok()) {} };
    timeout(Duration::from_secs(10), end).await.expect("it does not end");
    begun.elapsed()
}

const SOON: Duration = Duration::from_secs(1);

async fn a_stream_ends_with_its_session(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let second = sign_in(front, &mut holder).await;
    let mut stays = open(&front.router, &holder.member.cookie).await;
    let mut ends = open(&front.router, &second.cookie).await;
    assert_eq!(post(front, &holder.member, "/me/sessions/end-others").await, 303);
    let took = end_of(&mut ends).await;
    assert!(took < SOON, "{took:?}");
    let quiet = timeout(Duration::from_millis(1_200), end_of(&mut stays)).await;
    assert!(quiet.is_err(), "the session that stays lost its stream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_another_broker_ended_its_session() {
    support::run(Engine::Postgres, async |one: &Installation| {
        let front = Front::open(one).await;
        let other = one.another().await;
        let hears = tokio::spawn(sweeper::run(other.app.clone()));
        let router = broker::http::router(&other.app);
        let mut stream = open(&router, &front.approver.cookie).await;
        assert_eq!(post(&front, &front.approver, "/sign-out").await, 303);
        let took = end_of(&mut stream).await;
        assert!(took < SOON, "{took:?}");
        other.app.stopping.cancel();
        hears.await.unwrap();
        other.stop().await;
    })
    .await;
}
