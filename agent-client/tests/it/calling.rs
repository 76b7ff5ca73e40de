use crate::fake::{Fake, Reply, exchanged, me, redeemed};
use agent_client::{
    Error, Method, Session,
    protocol::{Code, Slug},
};
use serde_json::{Value, json};

async fn broker() -> (Fake, Session, Slug) {
    let fake = Fake::start().await;
    fake.on("GET /v1/me", [Reply::ok(&me())]).on("POST /oauth/token", [Reply::ok(&exchanged())]);
    let session = fake.client().session(serde_json::from_value(redeemed()).unwrap());
    (fake, session, "tracker".parse().unwrap())
}

#[tokio::test]
async fn a_call_is_recognised_exchanged_and_made() {
    let (fake, session, tracker) = broker().await;
    fake.on("GET /proxy/tracker/issues/7", [Reply::ok(&json!({"title": "A bug"}))]);

    let answer = session.call(&tracker, Method::GET, "/issues/7?full=1").header("accept", "a/b").send().await;

    assert_eq!(answer.unwrap().json::<Value>().await.unwrap(), json!({"title": "A bug"}));
    assert_eq!(fake.log(), ["GET /v1/me", "POST /oauth/token", "GET /proxy/tracker/issues/7?full=1"]);
    let seen = fake.seen();
    assert!(seen[1].body.ends_with("scope=issues.read"), "{}", seen[1].body);
    assert_eq!(
        (&seen[2].headers["authorization"], &seen[2].headers["accept"]),
        (&"Bearer call.token".parse().unwrap(), &"a/b".parse().unwrap())
    );
}

#[tokio::test]
async fn the_action_can_be_named_and_the_exchange_left_out() {
    let (fake, session, tracker) = broker().await;
    let path = "POST /proxy/tracker/odd%2Fpath";
    fake.on(path, [Reply::json(201, &Value::Null)]);
    session.call(&tracker, Method::POST, "odd%2Fpath").action("odd").json(&json!([1])).send().await.unwrap();
    session.call(&tracker, Method::POST, "/odd%2Fpath").direct().send().await.unwrap();

    assert_eq!(fake.log(), ["POST /oauth/token", path, path]);
    let seen = fake.seen();
    assert_eq!(
        (seen[1].body.as_str(), &seen[1].headers["content-type"]),
        ("[1]", &"application/json".parse().unwrap())
    );
    assert_eq!(seen[2].headers["authorization"], "Bearer grant.token");
}

#[tokio::test]
async fn an_unknown_call_is_not_made() {
    let (fake, session, tracker) = broker().await;
    let error = session.call(&tracker, Method::DELETE, "/issues/7").send().await.unwrap_err();
    assert!(matches!(error, Error::NoSuchAction { .. }), "{error:?}");
    assert_eq!(fake.log(), ["GET /v1/me"]);
}

#[tokio::test]
async fn a_path_cannot_climb_out_of_its_service() {
    let (fake, session, tracker) = broker().await;
    for path in ["/../v1/me", "/a/%2e%2E/b", "/.", "\\..\\x", "/a#b", "/.%2e/c"] {
        let error = session.call(&tracker, Method::GET, path).direct().send().await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{path}: {error:?}");
    }
    let error = session.call(&tracker, Method::GET, "/a").direct().header("Authorization", "x").send().await;
    assert!(matches!(error, Err(Error::Invalid { .. })));
    assert!(fake.log().is_empty(), "{:?}", fake.log());
}

#[tokio::test]
async fn what_the_broker_refuses_is_told_from_what_the_service_answers() {
    let (fake, session, tracker) = broker().await;
    let upstream = json!({"type": "https://tracker.example/gone", "title": "Gone", "status": 404});
    let upstream = Reply::json(404, &upstream).header("content-type", "application/problem+json");
    fake.on("GET /proxy/tracker/a", [upstream, Reply::problem(403, "not_granted")]);
    let call = || session.call(&tracker, Method::GET, "/a").direct().send();

    let answer = call().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (404, &"application/problem+json".parse().unwrap())
    );
    assert_eq!(answer.json::<Value>().await.unwrap()["title"], "Gone");
    let error = call().await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.code), Some(Code::NotGranted));
}

#[tokio::test]
async fn a_call_is_repeated_only_with_a_key() {
    for (key, tries) in [(None, 1), (Some("k1"), 3)] {
        let (fake, session, tracker) = broker().await;
        let busy = Reply::problem(503, "audit_unavailable").header("retry-after", "3");
        fake.on("GET /proxy/tracker/a", [busy.clone(), busy, Reply::ok(&Value::Null)]);
        let mut call = session.call(&tracker, Method::GET, "/a").direct().body("x");
        if let Some(key) = key {
            call = call.header("Idempotency-Key", key);
        }
        assert_eq!(call.send().await.is_ok(), key.is_some());
        assert_eq!(fake.log().len(), tries);
        assert_eq!(fake.pauses.millis(), vec![3000; tries - 1]);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let (fake, session, tracker) = broker().await;
    fake.on("GET /proxy/tracker/a", [Reply::cut()]);
    let answer = session.call(&tracker, Method::GET, "/a").direct().send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let error = answer.bytes().await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
}
