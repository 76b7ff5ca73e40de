use crate::fake::{Fake, Reply, at, exchanged, id, redeemed, view};
use agent_client::{
    Error, Less,
    protocol::{
        AccessRequest, Code, Hint, Slug,
        card::{Approve, Deny},
        revoke::{RevokeRequest, Subject},
    },
};
use serde_json::{Value, json};

fn asked(key: Option<&str>) -> AccessRequest {
    serde_json::from_value(json!({
        "authorization_details": [{"type": "service_access", "service": "tracker", "actions": ["issues.read"]}],
        "purpose": "Read.", "duration": 60, "idempotency_key": key
    }))
    .unwrap()
}

#[tokio::test]
async fn a_request_is_sent_as_it_was_put() {
    let fake = Fake::start().await;
    fake.on("POST /v1/requests", [Reply::json(202, &view(1, "pending"))]);
    let pending = fake.client().request(&asked(None)).await.unwrap();
    assert_eq!((pending.id(), pending.view().matching_code.as_str()), (&id(), "AB-12"));
    let sent: AccessRequest = serde_json::from_str(&fake.seen()[0].body).unwrap();
    assert_eq!(sent, asked(None));
}

#[tokio::test]
async fn a_request_is_sent_again_only_with_a_key() {
    for (key, tries) in [(None, 1), (Some("k1"), 3)] {
        let fake = Fake::start().await;
        fake.on("POST /v1/requests", [Reply::cut()]);
        let error = fake.client().request(&asked(key)).await.unwrap_err();
        let unknown = matches!(error, Error::OutcomeUnknown { .. });
        assert_eq!((unknown, fake.log().len()), (key.is_none(), tries), "{error:?}");
    }
}

#[tokio::test]
async fn a_problem_comes_with_its_hint() {
    let fake = Fake::start().await;
    let mut problem = json!({"type": "urn:countersign:problem:not_approvable", "title": "T", "status": 403,
        "detail": "D", "code": "not_approvable", "request_id": "x", "field": "purpose"});
    problem["hint"] = json!({"action": "request_access", "example": asked(None)});
    let reply = Reply::json(403, &problem).header("content-type", "application/problem+json; charset=utf-8");
    fake.on("POST /v1/requests", [reply]);

    let error = fake.client().request(&asked(None)).await.unwrap_err();

    assert_eq!(error.to_string(), "T: D (field purpose)");
    let problem = error.problem().unwrap();
    assert_eq!(problem.code, Code::NotApprovable);
    assert_eq!(problem.hint, Some(Hint::RequestAccess { example: Box::new(asked(None)) }));
}

#[tokio::test]
async fn a_lost_redemption_is_unknown_and_never_repeated() {
    let fake = Fake::start().await;
    fake.on(&at("GET", ""), [Reply::ok(&view(2, "approved"))]).on(&at("POST", "/redeem"), [Reply::cut()]);
    let pending = fake.client().pending(&id()).await.unwrap();
    let error = pending.redeem().await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
    assert_eq!(fake.count(&at("POST", "/redeem")), 1);
}

#[tokio::test]
async fn a_redemption_gives_a_session_once() {
    let fake = Fake::start().await;
    fake.on(&at("GET", ""), [Reply::ok(&view(2, "approved"))]);
    fake.on(&at("POST", "/redeem"), [Reply::ok(&redeemed()), Reply::problem(409, "already_done")]);
    let pending = fake.client().pending(&id()).await.unwrap();

    let session = pending.redeem().await.unwrap();
    assert_eq!(session.grant(), &id().grant());
    assert!(!format!("{session:?}").contains("grant.token"), "{session:?}");
    let error = pending.redeem().await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.code), Some(Code::AlreadyDone));
}

#[tokio::test]
async fn the_exchange_is_rfc_8693_and_repeatable() {
    let fake = Fake::start().await;
    let busy = Reply::problem(503, "audit_unavailable").header("retry-after", "2");
    fake.on("POST /oauth/token", [busy, Reply::ok(&exchanged())]);
    let session = fake.client().session(serde_json::from_value(redeemed()).unwrap());
    let tracker: Slug = "tracker".parse().unwrap();

    let token = session.token(&tracker, "issues.read").await.unwrap();

    assert_eq!((token.token.expose(), token.expires_in.as_secs()), ("call.token", 60));
    assert_eq!(fake.pauses.millis(), [2000]);
    let seen = &fake.seen()[1];
    // bot:csn_a_secret
    assert_eq!(seen.headers["authorization"], "Basic Ym90OmNzbl9hX3NlY3JldA==");
    assert_eq!(
        seen.body,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=grant.token\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&audience=tracker\
         &scope=issues.read"
    );
}

#[tokio::test]
async fn an_oauth_error_keeps_its_word() {
    let fake = Fake::start().await;
    let refused = json!({"error": "invalid_target", "error_description": "no such service"});
    fake.on("POST /oauth/token", [Reply::json(400, &refused)]);
    let session = fake.client().session(serde_json::from_value(redeemed()).unwrap());
    let error = session.token(&"nowhere".parse().unwrap(), "a").await.unwrap_err();
    assert!(matches!(error, Error::OAuth { ref error, .. } if error == "invalid_target"), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let fake = Fake::start().await;
    fake.on(
        "GET /v1/me",
        [Reply::json(307, &Value::Null).header("location", &format!("{}/v1/other", fake.url))],
    );
    let error = fake.client().me().await.unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    assert_eq!(fake.log(), ["GET /v1/me"]);
}

#[tokio::test]
async fn people_decide_by_both_digests() {
    let fake = Fake::start().await;
    let digest = |digit: &str| digit.repeat(64).parse().unwrap();
    let path = |verb: &str| format!("POST /v1/inbox/{}/{verb}", id());
    for verb in ["approve", "deny", "preview"] {
        fake.on(&path(verb), [Reply::problem(409, "changed")]);
    }
    let people = fake.people();
    let approval = Approve {
        narrowing: Some(serde_json::from_value(json!({"lines": []})).unwrap()),
        request_digest: digest("a"),
        grant_digest: digest("b"),
        reason: None,
        passkey: None,
    };
    let error = people.approve(&id(), &approval).await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.code), Some(Code::Changed));
    let denial = Deny { request_digest: digest("a"), reason: Some("no".to_owned()), pause: false };
    people.deny(&id(), &denial).await.unwrap_err();

    assert_eq!(fake.log(), [path("approve"), path("deny")]);
    let sent: Vec<Value> = fake.seen().iter().map(|seen| serde_json::from_str(&seen.body).unwrap()).collect();
    assert_eq!(sent, [json!(approval), json!(denial)]);
    assert_eq!(fake.seen()[0].headers["authorization"], "Bearer csn_p_token");
    assert!(Less::default().is_nothing());
}

#[tokio::test]
async fn every_subject_has_its_door() {
    let fake = Fake::start().await;
    let (grant, service) = (id().grant(), "tracker".parse::<Slug>().unwrap());
    let subjects = [
        (Subject::Session { grant: grant.clone() }, format!("sessions/{grant}/stop")),
        (
            Subject::SessionService { grant: grant.clone(), service: service.clone() },
            format!("sessions/{grant}/services/tracker/take-away"),
        ),
        (Subject::Service { service: service.clone() }, "services/tracker/revoke".to_owned()),
        (Subject::Agent { agent: service.clone() }, "agents/tracker/revoke".to_owned()),
        (Subject::Person { person: service }, "people/tracker/revoke".to_owned()),
        (Subject::All, "stop-all".to_owned()),
    ];
    for (subject, door) in subjects {
        let stopped = json!({"subject": subject, "number": 4, "sessions": 1, "narrowed": 0, "requests": 0,
            "streams": 0, "tokens": 0});
        fake.on(&format!("POST /v1/{door}"), [Reply::ok(&stopped)]);
        let stopped = fake.people().revoke(&subject, &RevokeRequest::default()).await.unwrap();
        assert_eq!(stopped.subject, subject);
    }
}
