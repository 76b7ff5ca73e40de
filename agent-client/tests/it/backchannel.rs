use crate::fake::{Fake, Reply, id};
use agent_client::{BackchannelRequest, Error, PendingBackchannel};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_mins(10);
const METADATA: &str = "GET /.well-known/oauth-authorization-server";
const DOOR: &str = "POST /door/ask";
const TOKEN: &str = "POST /door/token";

fn metadata(fake: &Fake) -> Value {
    json!({
        "issuer": fake.url, "token_endpoint": format!("{}/door/token", fake.url),
        "backchannel_authentication_endpoint": format!("{}/door/ask", fake.url),
        "backchannel_token_delivery_modes_supported": ["ping", "poll"],
    })
}

fn asked() -> BackchannelRequest {
    let line = json!({"service": "tracker", "actions": ["issues.read"]});
    BackchannelRequest {
        login_hint: "paul".to_owned(),
        authorization_details: vec![serde_json::from_value(line).unwrap()],
        purpose: Some("Look.".to_owned()),
        binding_message: Some("K7-42".to_owned()),
        requested_expiry: Some(90),
        ..BackchannelRequest::default()
    }
}

fn given() -> Reply {
    Reply::ok(&json!({
        "access_token": "grant.token", "token_type": "bearer", "expires_in": 3600, "scope": "openid issues.read",
        "grant_id": id().grant(), "id_token": "x.y.z",
        "authorization_details": [{"type": "service_access", "service": "tracker", "actions": ["issues.read"]}],
    }))
}

fn error(word: &str) -> Reply {
    Reply::json(400, &json!({"error": word, "error_description": "because"}))
}

/// A broker that answers questions so, and a request that was made there.
async fn begun(answers: impl IntoIterator<Item = Reply>) -> (Fake, PendingBackchannel) {
    let fake = Fake::start().await;
    fake.on(METADATA, [Reply::ok(&metadata(&fake))]);
    fake.on(DOOR, [Reply::ok(&json!({"auth_req_id": "csn_q_x", "expires_in": 90, "interval": 2}))]);
    fake.on(TOKEN, answers);
    let pending = fake.client().backchannel(&asked()).await.unwrap();
    (fake, pending)
}

fn word(result: Result<agent_client::Session, Error>) -> String {
    match result {
        Err(Error::OAuth { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_asks_where_the_metadata_say_and_waits_as_it_is_told() {
    let answers =
        [error("authorization_pending"), error("slow_down"), error("authorization_pending"), given()];
    let (fake, mut pending) = begun(answers).await;
    assert_eq!(pending.expires_in(), Duration::from_secs(90));
    let session = pending.wait(LONG).await.unwrap();
    assert_eq!((session.grant(), session.grant_token().expose()), (&id().grant(), "grant.token"));
    assert_eq!(session.lines()[0].service.as_str(), "tracker");

    assert_eq!(fake.log(), [&[METADATA, DOOR][..], &[TOKEN; 4]].concat());
    let seen = fake.seen();
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(seen[1].body.as_bytes()).into_owned().collect();
    let get = |name: &str| form.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    assert_eq!((get("scope"), get("login_hint"), get("duration")), (Some("openid"), Some("paul"), None));
    assert_eq!((get("binding_message"), get("requested_expiry")), (Some("K7-42"), Some("90")));
    assert!(get("authorization_details").unwrap().contains("issues.read"));
    assert!(seen[1].headers["authorization"].to_str().unwrap().starts_with("Basic "));
    assert!(seen[2].body.contains("auth_req_id=csn_q_x") && seen[2].body.contains("ciba"));
    assert_eq!(seen[2].headers["prefer"], "wait=25");
    // The interval, then 5 s more of it for good, less what the question itself took.
    let pauses = fake.pauses.millis();
    let is = |at: usize, most: u128| (most - 1_000..=most).contains(&pauses[at]);
    assert!(pauses.len() == 3 && is(0, 2_000) && is(1, 7_000) && is(2, 7_000), "{pauses:?}");
}

#[tokio::test]
async fn what_is_over_is_said_in_the_standards_words() {
    for over in ["access_denied", "expired_token", "invalid_grant"] {
        let (fake, mut pending) = begun([error("authorization_pending"), error(over)]).await;
        assert_eq!(word(pending.wait(LONG).await), over);
        assert_eq!(fake.count(TOKEN), 2);
    }
    let (_fake, mut pending) = begun([error("authorization_pending")]).await;
    assert_eq!(word(pending.wait(Duration::ZERO).await), "authorization_pending");
}

#[tokio::test]
async fn a_broker_that_is_away_for_a_while_is_asked_again() {
    let busy = json!({"error": "temporarily_unavailable", "hint": {"action": "retry", "after": 9}});
    let (fake, mut pending) = begun([Reply::json(503, &busy), given()]).await;
    assert!(pending.wait(LONG).await.is_ok());
    let pauses = fake.pauses.millis();
    assert!(pauses.len() == 1 && (8_000..=9_000).contains(&pauses[0]), "{pauses:?}");
    // An answer that is lost may have been the session: then that is what is said.
    let (_fake, mut pending) = begun([Reply::cut(), error("authorization_pending"), given()]).await;
    assert!(pending.wait(LONG).await.is_ok());
    let (_fake, mut pending) = begun([Reply::cut(), error("invalid_grant")]).await;
    assert!(matches!(pending.wait(LONG).await, Err(Error::OutcomeUnknown { .. })));
}

/// A member of the metadata, and what it says instead.
type Changed = (&'static str, fn(&Fake) -> Value);

#[tokio::test]
async fn a_secret_goes_to_no_other_address() {
    let bad: [Changed; 6] = [
        ("issuer", |_| json!("https://elsewhere.example")),
        ("token_endpoint", |_| json!("https://elsewhere.example/token")),
        ("backchannel_authentication_endpoint", |_| json!("https://elsewhere.example/ask")),
        ("backchannel_authentication_endpoint", |fake| json!(format!("{}.elsewhere.example/ask", fake.url))),
        ("backchannel_authentication_endpoint", |fake| json!(format!("{}/../ask", fake.url))),
        ("backchannel_token_delivery_modes_supported", |_| json!(["push"])),
    ];
    for (member, value) in bad {
        let fake = Fake::start().await;
        let mut known = metadata(&fake);
        known[member] = value(&fake);
        fake.on(METADATA, [Reply::ok(&known)]);
        let refused = fake.client().backchannel(&asked()).await;
        assert!(matches!(refused, Err(Error::Protocol { .. })), "{member}: {refused:?}");
        assert_eq!(fake.log(), [METADATA]);
    }
}
