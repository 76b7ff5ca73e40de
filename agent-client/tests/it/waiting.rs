use crate::fake::{Fake, Reply, Socket, at, changed, id, view};
use agent_client::{
    Client, Error,
    protocol::{RequestId, RequestView},
};
use serde_json::json;
use std::time::Duration;

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(30);

async fn wait(client: &Client, timeout: Duration) -> Result<RequestView, Error> {
    let mut pending = client.pending(&id()).await?;
    pending.wait(timeout).await.cloned()
}

fn views(views: &[(i64, &str)]) -> Vec<Reply> {
    // The first one answers `Client::pending`.
    let all = [&[(1, "pending")], views].concat();
    all.into_iter().map(|(version, status)| Reply::ok(&view(version, status))).collect()
}

/// What was asked after the request was taken up.
fn asked(fake: &Fake) -> Vec<String> {
    fake.log().split_off(1)
}

#[tokio::test]
async fn a_socket_wakes_the_one_who_waits() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Say(vec![changed(2)])]);
    fake.on(&at("GET", ""), views(&[(1, "pending"), (2, "approved")]));

    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 2);

    assert_eq!(asked(&fake), ["GET /v1/events".to_owned(), at("GET", ""), at("GET", "")]);
    assert_eq!(fake.seen()[1].headers["authorization"], "Bearer csn_a_secret");
}

#[tokio::test]
async fn what_is_old_or_about_another_request_causes_no_read() {
    for event in [
        changed(1),
        json!({"event": "request_changed", "request": RequestId::from_u128(8), "version": 9, "status": "denied"}),
    ] {
        let fake = Fake::start().await;
        fake.sockets([Socket::Break(vec![event]), Socket::Say(Vec::new())]);
        fake.on(&at("GET", ""), views(&[(1, "pending"), (2, "approved")]));

        wait(&fake.client(), LONG).await.unwrap();

        let (socket, read) = ("GET /v1/events".to_owned(), at("GET", ""));
        assert_eq!(asked(&fake), [socket.clone(), read.clone(), socket, read]);
    }
}

#[tokio::test]
async fn what_this_version_does_not_know_causes_a_read() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Say(vec![json!({"event": "something_new"})])]);
    fake.on(&at("GET", ""), views(&[(1, "pending"), (2, "approved")]));
    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_long_poll_takes_over_where_the_upgrade_is_refused() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Refuse(Reply::problem(404, "no_such_route"))]);
    fake.on(&at("GET", ""), views(&[(2, "pending"), (3, "approved")]));

    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 3);

    let poll = |version| format!("{}?wait=25&version={version}", at("GET", ""));
    assert_eq!(asked(&fake), ["GET /v1/events".to_owned(), poll(1), poll(2)]);
    // It came back at once and still pending: the interval of 5 s is kept.
    let pauses = fake.pauses.millis();
    assert!(pauses.len() == 1 && (1..=5000).contains(&pauses[0]), "{pauses:?}");
}

#[tokio::test]
async fn a_broken_socket_is_opened_again() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Break(Vec::new()), Socket::Say(vec![changed(2)])]);
    fake.on(&at("GET", ""), views(&[(1, "pending"), (1, "pending"), (2, "approved")]));

    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 2);

    assert_eq!(fake.count("GET /v1/events"), 2);
    assert!(!fake.log().iter().any(|what| what.contains("wait=")), "{:?}", fake.log());
    assert_eq!(fake.pauses.millis(), [250]);
}

#[tokio::test]
async fn sockets_that_keep_breaking_are_given_up() {
    let fake = Fake::start().await;
    fake.sockets([
        Socket::Break(Vec::new()),
        Socket::Break(Vec::new()),
        Socket::Break(Vec::new()),
        Socket::Break(Vec::new()),
    ]);
    let pending = [(1, "pending"); 5];
    fake.on(&at("GET", ""), views(&[&pending[..], &[(2, "approved")]].concat()));

    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 2);

    assert_eq!(fake.count("GET /v1/events"), 4);
    assert_eq!(fake.pauses.millis()[..4], [250, 500, 1000, 2000]);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let fake = Fake::start().await;
    let busy = |after| Reply::problem(503, "audit_unavailable").header("retry-after", after);
    let too_many = Reply::problem(429, "too_many_pending").header("retry-after", "11");
    fake.sockets([Socket::Refuse(too_many), Socket::Say(Vec::new())]);
    fake.on(
        &at("GET", ""),
        [Reply::ok(&view(1, "pending")), busy("7"), busy("600"), Reply::ok(&view(2, "approved"))],
    );

    assert_eq!(wait(&fake.client(), LONG).await.unwrap().version, 2);
    assert_eq!(fake.pauses.millis(), [11_000, 7000, 600_000]);
}

#[tokio::test]
async fn a_broker_that_stays_away_is_unreachable() {
    let fake = Fake::start().await;
    fake.on(&at("GET", ""), [Reply::ok(&view(1, "pending")), gateway()]);
    fake.sockets((0..4).map(|_| Socket::Refuse(gateway())));

    let error = wait(&fake.client(), LONG).await.unwrap_err();

    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    let pauses = fake.pauses.millis();
    assert_eq!(pauses[..7], [250, 500, 1000, 2000, 4000, 8000, 10_000]);
    assert!((110_000..=120_000).contains(&pauses.iter().sum::<u128>()), "{pauses:?}");
}

/// What a proxy says in front of a broker that is down.
fn gateway() -> Reply {
    Reply::json(502, &json!("bad gateway")).header("content-type", "text/html")
}

#[tokio::test]
async fn waiting_ends_when_its_time_is_up() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Say(Vec::new())]);
    fake.on(&at("GET", ""), views(&[(1, "pending")]));
    // Nothing will ever happen, so that the time is up however slow this machine is.
    let error = wait(&fake.client(), Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(error, Error::StillPending { view } if view.version == 1));
}

#[tokio::test]
async fn every_other_end_has_its_error() {
    for (status, expected) in
        [("denied", "Denied"), ("lapsed", "Lapsed"), ("withdrawn", "Withdrawn"), ("ended", "Ended")]
    {
        let fake = Fake::start().await;
        fake.sockets([Socket::Say(Vec::new())]);
        let mut decided = view(2, status);
        decided["reason"] = json!("ask for less");
        decided["end_reason"] = json!("revoked");
        fake.on(&at("GET", ""), [Reply::ok(&view(1, "pending")), Reply::ok(&decided)]);

        let error = wait(&fake.client(), LONG).await.unwrap_err();

        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
        match error {
            Error::Denied { reason, .. } => assert_eq!(reason.as_deref(), Some("ask for less")),
            Error::Ended { .. } => assert!(error.to_string().ends_with("it was revoked"), "{error}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_cannot_pass_ends_the_wait_at_once() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Refuse(Reply::problem(401, "unauthenticated"))]);
    fake.on(&at("GET", ""), [Reply::ok(&view(1, "pending")), Reply::problem(401, "unauthenticated")]);
    let error = wait(&fake.client(), LONG).await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.status), Some(401));
    assert_eq!(fake.pauses.millis(), []);
}
