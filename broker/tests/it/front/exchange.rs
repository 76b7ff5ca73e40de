//! Token exchange (RFC 8693), parameter by parameter.

use super::support::{Front, exchange, line, on_each_front};
use broker::ledger::acts::Declaration;
use protocol::revoke::Subject;
use serde_json::json;

on_each_front!(
    a_call_token_is_what_the_standard_says,
    each_parameter_is_checked,
    a_parameter_without_a_value_is_as_good_as_left_out,
    the_client_authenticates_in_exactly_one_way,
    a_grant_token_is_its_own_agents,
);

type Fields = Vec<(&'static str, String)>;

async fn post(front: &Front, fields: &Fields) -> super::cast::Heard {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let heard = front.client(&front.agent).form("/oauth/token", &fields).await;
    assert_eq!(
        (heard.header("cache-control"), heard.header("content-type")),
        ("no-store", "application/json")
    );
    heard
}

async fn a_call_token_is_what_the_standard_says(front: &Front) {
    let session = front.usual().await;
    let good = exchange(&session.token, "issues", "items.read");
    let heard = post(front, &good).await;
    let answer = heard.json();
    assert_eq!(heard.status, 200);
    assert_eq!(answer["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(60)));
    assert_eq!(answer["scope"], "items.read");
    assert!(answer.get("refresh_token").is_none());
    // Never past the end of the session.
    front.wait(3_590_000);
    assert_eq!(post(front, &good).await.json()["expires_in"], 10);
    // The service by its address, too, and by both if they agree.
    let at = "http://localhost:8420/proxy/issues/";
    let with = |set: &[(&'static str, &str)]| {
        let mut fields: Fields = good.iter().filter(|(name, _)| *name != "audience").cloned().collect();
        fields.extend(set.iter().map(|(name, value)| (*name, (*value).to_owned())));
        fields
    };
    for set in [&[("audience", at)][..], &[("resource", at)], &[("audience", "issues"), ("resource", at)]] {
        assert_eq!(post(front, &with(set)).await.status, 200, "{set:?}");
    }
    let elsewhere = "https://elsewhere.example/proxy/issues/";
    for set in [
        &[("resource", "issues")][..],
        &[("resource", elsewhere)],
        &[("audience", elsewhere)],
        &[("audience", "twin"), ("resource", at)],
    ] {
        assert_eq!(post(front, &with(set)).await.json()["error"], "invalid_target", "{set:?}");
    }
    assert_eq!(post(front, &with(&[])).await.json()["error"], "invalid_request");
}

async fn each_parameter_is_checked(front: &Front) {
    let session = front.usual().await;
    let good = exchange(&session.token, "issues", "items.read");
    for (at, (name, _)) in good.iter().enumerate() {
        let mut missing = good.clone();
        missing.remove(at);
        let expected = if *name == "scope" { "invalid_scope" } else { "invalid_request" };
        let heard = post(front, &missing).await;
        assert_eq!(
            (heard.status.as_u16(), heard.json()["error"].as_str()),
            (400, Some(expected)),
            "without {name}"
        );
        let mut twice = good.clone();
        twice.push(good[at].clone());
        // RFC 8693 section 2.1: the service may be named again and again, if it is the same.
        let expected = if *name == "audience" { json!(null) } else { json!("invalid_request") };
        assert_eq!(post(front, &twice).await.json()["error"], expected, "{name} twice");
    }
    let table = [
        ("grant_type", "refresh_token", "unsupported_grant_type"),
        ("grant_type", "authorization_code", "invalid_request"),
        ("subject_token", "x", "invalid_request"),
        ("subject_token", session.token.trim_end_matches(char::is_alphanumeric), "invalid_request"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token", "invalid_request"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token", "invalid_request"),
        ("audience", "nowhere", "invalid_target"),
        ("audience", "notes", "invalid_target"),
        ("resource", "https://elsewhere.example/", "invalid_target"),
        ("resource", "http://localhost:8420/proxy/notes", "invalid_target"),
        ("audience", "Issues", "invalid_target"),
        ("scope", "items.read items.comment", "invalid_scope"),
        ("scope", " ", "invalid_scope"),
        ("scope", "items.delete", "invalid_scope"),
        ("scope", "offline_access", "invalid_scope"),
        ("actor_token", "x", "invalid_request"),
        ("actor_token_type", "x", "invalid_request"),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:access_token", "invalid_request"),
    ];
    for (name, value, expected) in table {
        let mut fields: Fields = good.iter().filter(|(field, _)| *field != name).cloned().collect();
        fields.push((name, value.to_owned()));
        let heard = post(front, &fields).await;
        assert_eq!(
            (heard.status.as_u16(), heard.json()["error"].as_str()),
            (400, Some(expected)),
            "{name} {value}"
        );
        assert!(heard.json()["error_description"].as_str().is_some_and(|it| !it.is_empty()));
    }
    let mut renew = good.clone();
    "refresh_token".clone_into(&mut renew[0].1);
    assert!(post(front, &renew).await.text().contains("ask for a new session"));
    // A call token is no grant token.
    let token = front.call_token(&session, "issues", "items.read").await;
    assert_eq!(
        post(front, &exchange(&token, "issues", "items.read")).await.json()["error"],
        "invalid_request"
    );
    let json = front.client(&front.agent).post("/oauth/token", &json!({"grant_type": "x"})).await;
    assert_eq!((json.status.as_u16(), json.json()["error"].clone()), (400, json!("invalid_request")));
}

/// RFC 6749 section 3.1.
async fn a_parameter_without_a_value_is_as_good_as_left_out(front: &Front) {
    let session = front.usual().await;
    let good = exchange(&session.token, "issues", "items.read");
    for (at, (name, _)) in good.iter().enumerate() {
        let (mut missing, mut empty) = (good.clone(), good.clone());
        missing.remove(at);
        empty[at].1.clear();
        let (heard, left_out) = (post(front, &empty).await, post(front, &missing).await);
        assert_eq!(heard.status, 400, "{name} empty");
        assert_eq!(heard.json()["error_description"], left_out.json()["error_description"], "{name} empty");
    }
    for optional in ["actor_token", "actor_token_type", "resource", "requested_token_type"] {
        let mut empty = good.clone();
        empty.push((optional, String::new()));
        assert_eq!(post(front, &empty).await.status, 200, "{optional} empty");
    }
}

async fn the_client_authenticates_in_exactly_one_way(front: &Front) {
    let session = front.usual().await;
    let good = exchange(&session.token, "issues", "items.read");
    let pairs = |extra: &[(&'static str, &str)]| {
        let mut fields = good.clone();
        fields.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
        fields
    };
    let nobody = || super::cast::anonymous(front);
    let form = async |asking: super::cast::Asking<'_>, fields: Fields| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        asking.form("/oauth/token", &fields).await
    };
    let (id, secret) = (front.agent.id.as_str(), front.agent.token.as_str());
    let post = [("client_id", id), ("client_secret", secret)];
    assert_eq!(form(nobody(), pairs(&post)).await.status, 200);
    assert_eq!(form(front.client(&front.agent), pairs(&[("client_id", id)])).await.status, 200);
    let both = form(front.client(&front.agent), pairs(&post)).await;
    assert_eq!((both.status.as_u16(), both.json()["error"].clone()), (400, json!("invalid_request")));
    let wrong: [&[(&str, &str)]; 5] = [
        &[],
        &[("client_id", id)],
        &[("client_id", "intruder"), ("client_secret", secret)],
        &[("client_id", id), ("client_secret", &front.other_agent.token)],
        &[("client_id", id), ("client_secret", &front.owner.token)],
    ];
    for extra in wrong {
        let heard = form(nobody(), pairs(extra)).await;
        assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (401, json!("invalid_client")));
        assert!(heard.header("www-authenticate").starts_with("Basic"));
        assert_eq!(heard.headers.get_all("www-authenticate").iter().count(), 1);
    }
    let other = form(front.client(&front.agent), pairs(&[("client_id", "intruder")])).await;
    assert_eq!(other.json()["error"], "invalid_client");
}

async fn a_grant_token_is_its_own_agents(front: &Front) {
    let session = front.usual().await;
    let heard = front.token_for(&front.other_agent, &session, "issues", "items.read").await;
    assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (400, json!("invalid_request")));
    assert!(!heard.text().contains("session"), "it says that there is one: {}", heard.text());
    // Its owner's other agent is another agent all the same.
    let heard = front.token_for(&front.direct, &session, "issues", "items.read").await;
    assert_eq!(heard.json()["error"], "invalid_request");
    let subject = Subject::Agent { agent: super::support::service("helper") };
    let body = json!({"block": true});
    let stopped = front.owner.at(front).post("/v1/agents/helper/revoke", &body).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (401, json!("invalid_client")));
    assert_eq!(front.agent.at(front).get("/v1/me").await.status, 401);
    front.declare(Declaration::Unblock(subject)).await;
    // What was revoked stays revoked.
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(heard.json()["code"], "grant_ended");
    let lines = [line("issues", &["items.read"], None)];
    let again = front.session(&lines).await;
    assert_eq!(front.token_for(&front.agent, &again, "issues", "items.read").await.status, 200);
}
