//! Token exchange with `authorization_details` (RFC 9396): a call token for fewer resources than the session holds.

use super::{
    acts::Session,
    cast::Heard,
    support::{Front, exchange, on_each_front},
};
use serde_json::{Value, json};

on_each_front!(
    a_call_token_is_bound_to_the_resources_that_were_asked,
    what_the_session_does_not_hold_is_not_had_in_detail,
    every_other_detail_is_refused,
    the_details_say_what_the_other_parameters_say,
);

const FIELDS: [&str; 2] = ["audience", "scope"];

async fn session(front: &Front) -> Session {
    let lines = [
        json!({"service": "issues", "actions": ["items.read", "items.comment"], "resources": ["acme", "blue"]}),
        json!({"service": "inside", "actions": ["items.read"]}),
    ];
    front.session(&lines).await
}

async fn post(front: &Front, session: &Session, extra: &[(&'static str, &str)]) -> Heard {
    let fields = exchange(&session.token, "", "");
    let mut fields: Vec<(&str, &str)> = fields
        .iter()
        .filter(|(name, _)| !FIELDS.contains(name))
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fields.extend(extra);
    front.client(&front.agent).form("/oauth/token", &fields).await
}

async fn detailed(front: &Front, session: &Session, details: &Value) -> Heard {
    post(front, session, &[("authorization_details", &details.to_string())]).await
}

fn reading(resources: &[&str]) -> Value {
    json!([{"type": "service_access", "service": "issues", "actions": ["items.read"], "resources": resources}])
}

async fn read(front: &Front, token: &str, resource: &str) -> Heard {
    front.with(token).get(&format!("/proxy/issues/projects/{resource}/items")).await
}

async fn a_call_token_is_bound_to_the_resources_that_were_asked(front: &Front) {
    let session = session(front).await;
    for (resources, acme, blue) in
        [(&["acme"][..], 200, 403), (&["blue"], 403, 200), (&["blue", "acme"], 200, 200), (&[], 200, 200)]
    {
        for (resource, status) in [("acme", acme), ("blue", blue)] {
            let heard = detailed(front, &session, &reading(resources)).await;
            assert_eq!(heard.status, 200, "{}", heard.text());
            let answer = heard.json();
            assert_eq!(answer["scope"], "items.read");
            let granted = &answer["authorization_details"][0];
            assert_eq!(
                (&granted["service"], &granted["actions"]),
                (&json!("issues"), &json!(["items.read"]))
            );
            assert_eq!(granted.get("resources").is_none(), resources.is_empty(), "{granted}");
            let token = answer["access_token"].as_str().unwrap();
            front.keep(token);
            let heard = read(front, token, resource).await;
            assert_eq!(heard.status, status, "{resources:?} in {resource}: {}", heard.text());
            if status == 403 {
                assert!(heard.text().contains("exchange the grant token"), "{}", heard.text());
                assert_eq!(
                    heard.header("www-authenticate"),
                    "",
                    "more would not be granted by asking people"
                );
                let last = front.last_call(&session.grant).await;
                assert_eq!(
                    (last.kind.as_str(), &last.facts["code"]),
                    ("call.refused", &json!("token_outside"))
                );
                // Refused, so not used up.
                let inside = if resource == "acme" { "blue" } else { "acme" };
                assert_eq!(read(front, token, inside).await.status, 200);
            }
        }
    }
    // A session's line that names no resources is narrowed as well.
    let one = json!([{"type": "service_access", "service": "inside", "actions": ["items.read"], "resources": ["acme"]}]);
    let token = detailed(front, &session, &one).await.json()["access_token"].as_str().unwrap().to_owned();
    let outside = front.with(&token).get("/proxy/inside/projects/other/items").await;
    assert_eq!(outside.status, 403, "{}", outside.text());
}

async fn what_the_session_does_not_hold_is_not_had_in_detail(front: &Front) {
    let session = session(front).await;
    let detail = |service: &str, action: &str, resource: &str| json!([{"type": "service_access", "service": service, "actions": [action], "resources": [resource]}]);
    for (details, error) in [
        (detail("issues", "items.read", "other"), "invalid_authorization_details"),
        (reading(&["acme", "other"]), "invalid_authorization_details"),
        (detail("issues", "items.delete", "acme"), "invalid_scope"),
        (detail("notes", "items.read", "acme"), "invalid_target"),
        (detail("nowhere", "items.read", "acme"), "invalid_target"),
    ] {
        let heard = detailed(front, &session, &details).await;
        assert_eq!((heard.status.as_u16(), &heard.json()["error"]), (400, &json!(error)), "{details}");
        assert!(heard.json().get("access_token").is_none());
    }
    let hint = detailed(front, &session, &reading(&["other"])).await.json()["hint"].clone();
    assert_eq!(hint["example"]["authorization_details"][0]["resources"], json!(["other"]), "{hint}");
}

async fn every_other_detail_is_refused(front: &Front) {
    let session = session(front).await;
    let good = reading(&["acme"])[0].clone();
    let with = |name: &str, value: Value| {
        let mut one = good.clone();
        one[name] = value;
        json!([one])
    };
    let without = |name: &str| {
        let mut one = good.clone();
        one.as_object_mut().unwrap().remove(name);
        json!([one])
    };
    let many: Vec<String> = (0..1_000).map(|it| it.to_string()).collect();
    let mut wrong = vec![
        json!([]),
        json!([good, good]),
        good.clone(),
        json!("service_access"),
        json!(null),
        json!([null]),
        with("type", json!("payment_initiation")),
        with("type", json!(null)),
        with("actions", json!([])),
        with("actions", json!(["items.read", "items.comment"])),
        with("actions", json!("items.read")),
        with("service", json!("Issues")),
        with("service", json!(["issues"])),
        with("resources", json!("acme")),
        with("resources", json!([1])),
        with("resources", json!(many)),
    ];
    wrong.extend(["type", "service", "actions"].map(without));
    // Known elsewhere, but nothing that one call could have of its own.
    for unknown in
        ["limits", "conditions", "connection", "locations", "privileges", "datatypes", "identifier"]
    {
        wrong.push(with(unknown, json!({})));
    }
    for details in wrong {
        let heard = detailed(front, &session, &details).await;
        let said = (heard.status.as_u16(), heard.json()["error"].clone());
        assert_eq!(said, (400, json!("invalid_authorization_details")), "{details}");
    }
    let doubled =
        r#"[{"type":"service_access","service":"issues","service":"inside","actions":["items.read"]}]"#;
    for text in ["x", "[", "[{]", doubled, "%00"] {
        let heard = post(front, &session, &[("authorization_details", text)]).await;
        assert_eq!(heard.json()["error"], "invalid_authorization_details", "{text}");
    }
    let twice = [("authorization_details", "[]"), ("authorization_details", "[]")];
    assert_eq!(post(front, &session, &twice).await.json()["error"], "invalid_request");
    let kinds = front.record(&session.grant).await.into_iter().map(|it| it.kind);
    assert_eq!(kinds.filter(|it| it == "token.minted").count(), 0, "nothing was granted");
}

async fn the_details_say_what_the_other_parameters_say(front: &Front) {
    let session = session(front).await;
    let details = reading(&["acme"]).to_string();
    let at = |service: &str| format!("{}/proxy/{service}", front.app.public_url);
    let (issues, inside) = (at("issues"), at("inside"));
    for (more, error) in [
        (&[("scope", "items.read")][..], None),
        (&[("audience", "issues"), ("resource", &issues)], None),
        (
            &[("audience", "issues"), ("audience", &issues), ("resource", &issues), ("resource", &issues)],
            None,
        ),
        (&[("scope", "items.comment")], Some("invalid_authorization_details")),
        (&[("scope", "items.read items.comment")], Some("invalid_authorization_details")),
        (&[("audience", "inside")], Some("invalid_authorization_details")),
        (&[("resource", &inside)], Some("invalid_authorization_details")),
        (&[("audience", "issues"), ("audience", "inside")], Some("invalid_target")),
        (&[("resource", &issues), ("resource", &inside)], Some("invalid_target")),
        (&[("resource", &issues), ("audience", "inside")], Some("invalid_target")),
    ] {
        let mut fields = vec![("authorization_details", details.as_str())];
        fields.extend(more);
        let heard = post(front, &session, &fields).await;
        assert_eq!(heard.json()["error"].as_str(), error, "{more:?}: {}", heard.text());
    }
}
