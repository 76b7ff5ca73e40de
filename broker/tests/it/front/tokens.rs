//! What a token is worth (RFC 7662), giving it back (RFC 7009), and where the doors are (RFC 8414, RFC 9728).

use super::{
    cast::{Heard, Member, anonymous},
    support::{Front, line, on_each_front},
};
use serde_json::{Value, json};

on_each_front!(
    a_good_token_is_told_to_its_agent_and_to_nobody_else,
    what_is_over_used_or_made_up_is_not_active_and_nothing_more,
    a_grant_token_that_is_given_back_ends_its_session,
    as1_as2_the_doors_are_where_the_metadata_says,
    a_refused_call_says_where_to_get_what_is_missing,
);

async fn post(front: &Front, agent: &Member, path: &str, token: &str) -> Heard {
    let heard = front.client(agent).form(path, &[("token", token)]).await;
    assert_eq!(heard.header("cache-control"), "no-store");
    heard
}

async fn introspect(front: &Front, agent: &Member, token: &str) -> Value {
    let heard = post(front, agent, "/oauth/introspect", token).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.json()
}

fn inactive() -> Value {
    json!({"active": false})
}

async fn ask_token(front: &Front) -> String {
    let heard =
        front.client(&front.agent).form("/oauth/token", &[("grant_type", "client_credentials")]).await;
    heard.json()["access_token"].as_str().unwrap().to_owned()
}

async fn a_good_token_is_told_to_its_agent_and_to_nobody_else(front: &Front) {
    let session = front.usual().await;
    let said = introspect(front, &front.agent, &session.token).await;
    assert_eq!((&said["active"], &said["grant_id"]), (&json!(true), &json!(session.grant)));
    assert_eq!((&said["client_id"], &said["act"]["sub"]), (&json!(front.agent.id), &json!(front.agent.id)));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 3_600);
    assert_eq!(said["authorization_details"][0]["service"], "issues");
    assert_eq!(said["scope"], "items.read items.comment items.close");
    let call = front.call_token(&session, "issues", "items.read").await;
    let of_call = introspect(front, &front.agent, &call).await;
    assert_eq!((&of_call["scope"], &of_call["jti"]), (&json!("items.read"), &of_call["txn"]));
    assert!(of_call["aud"].as_str().unwrap().ends_with("/proxy/issues"), "{of_call}");
    let ask = ask_token(front).await;
    assert_eq!(introspect(front, &front.agent, &ask).await["scope"], "ask");
    for token in [&session.token, &call, &ask] {
        assert_eq!(introspect(front, &front.other_agent, token).await, inactive(), "to another agent");
    }
    let heard = anonymous(front).form("/oauth/introspect", &[("token", &session.token)]).await;
    assert_eq!((heard.status.as_u16(), heard.json()["error"].as_str()), (401, Some("invalid_client")));
}

async fn what_is_over_used_or_made_up_is_not_active_and_nothing_more(front: &Front) {
    let session = front.usual().await;
    let used = front.call_token(&session, "issues", "items.read").await;
    assert_eq!(front.with(&used).get("/proxy/issues/projects/acme/items").await.status, 200);
    let cut = session.token.trim_end_matches(char::is_alphanumeric);
    let long = "x".repeat(20_000);
    for token in ["x", cut, &long, &front.agent.token, &used] {
        assert_eq!(introspect(front, &front.agent, token).await, inactive(), "{token:.20}");
    }
    let late = front.call_token(&session, "issues", "items.read").await;
    front.wait(61_000);
    assert_eq!(introspect(front, &front.agent, &late).await, inactive(), "its minute is over");
    assert_eq!(introspect(front, &front.agent, &session.token).await["active"], true);
    front.wait(3_600_000);
    assert_eq!(introspect(front, &front.agent, &session.token).await, inactive(), "its hour is over");
    let both = [line("issues", &["items.read"], None), line("down", &["items.read"], None)];
    let session = front.session(&both).await;
    let [taken, left] = [
        front.call_token(&session, "issues", "items.read").await,
        front.call_token(&session, "down", "items.read").await,
    ];
    let path = format!("/v1/sessions/{}/services/issues/take-away", session.grant);
    assert_eq!(front.owner.at(front).post(&path, &json!({})).await.status, 200);
    assert_eq!(introspect(front, &front.agent, &taken).await, inactive(), "its service was taken away");
    assert_eq!(introspect(front, &front.agent, &left).await["active"], true);
    let of_session = introspect(front, &front.agent, &session.token).await;
    assert_eq!(of_session["authorization_details"].as_array().unwrap().len(), 1, "{of_session}");
    assert_eq!(of_session["authorization_details"][0]["service"], "down");
    let session = front.usual().await;
    let call = front.call_token(&session, "issues", "items.read").await;
    let stopped = front.admin.at(front).post("/v1/services/issues/revoke", &json!({})).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    for token in [&session.token, &call] {
        assert_eq!(introspect(front, &front.agent, token).await, inactive(), "it was revoked");
    }
    for fields in [&[][..], &[("token", "")], &[("token", "x"), ("token", "x")]] {
        let heard = front.client(&front.agent).form("/oauth/introspect", fields).await;
        assert_eq!(heard.json()["error"], "invalid_request", "{fields:?}");
    }
}

async fn a_grant_token_that_is_given_back_ends_its_session(front: &Front) {
    let session = front.usual().await;
    let heard = post(front, &front.other_agent, "/oauth/revoke", &session.token).await;
    assert_eq!(heard.status, 200, "as if it were nothing");
    assert_eq!(front.read(&session, "").await.status, 200, "somebody else gives nothing back");
    let call = front.call_token(&session, "issues", "items.read").await;
    for token in [&call, &ask_token(front).await] {
        let heard = post(front, &front.agent, "/oauth/revoke", token).await;
        assert_eq!(heard.json()["error"], "unsupported_token_type");
    }
    for _ in 0..2 {
        let heard = post(front, &front.agent, "/oauth/revoke", &session.token).await;
        assert_eq!((heard.status.as_u16(), heard.text().as_str()), (200, ""));
    }
    assert_eq!(front.token_for(&front.agent, &session, "issues", "items.read").await.status, 400);
    assert_eq!(front.with(&call).get("/proxy/issues/projects/acme/items").await.status, 403);
    let kinds: Vec<String> = front.record(&session.grant).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds.iter().filter(|it| *it == "revoked").count(), 1, "{kinds:?}");
    let heard = post(front, &front.agent, "/oauth/revoke", "made up").await;
    assert_eq!((heard.status.as_u16(), heard.text().as_str()), (200, ""));
}

async fn as1_as2_the_doors_are_where_the_metadata_says(front: &Front) {
    let heard = anonymous(front).get("/.well-known/oauth-authorization-server").await;
    let said = heard.json();
    assert_eq!(said["issuer"], front.app.public_url);
    let again = anonymous(front).get("/.well-known/openid-configuration").await;
    assert_eq!(again.json(), said, "both discoveries say the same");
    assert!(said["issuer"].as_str().unwrap().ends_with("://localhost:8420"), "byte for byte: no slash");
    for (name, method) in [
        ("token_endpoint", "POST"),
        ("introspection_endpoint", "POST"),
        ("revocation_endpoint", "POST"),
        ("jwks_uri", "GET"),
    ] {
        let address = said[name].as_str().unwrap().strip_prefix(&front.app.public_url).unwrap().to_owned();
        let heard = anonymous(front).send(method, &address, "").await;
        assert!(![404, 405].contains(&heard.status.as_u16()), "{name}: {}", heard.status);
    }
    assert!(!heard.text().contains("refresh") && !heard.text().contains("offline"), "never renewed");
    let known = anonymous(front).get("/.well-known/oauth-protected-resource/proxy/issues").await.json();
    assert_eq!(known["resource"], format!("{}/proxy/issues", front.app.public_url));
    assert_eq!(known["authorization_servers"], json!([front.app.public_url]));
    let unknown = anonymous(front).get("/.well-known/oauth-protected-resource/proxy/nowhere").await.json();
    assert_eq!(unknown["authorization_servers"], known["authorization_servers"], "no oracle of services");
}

async fn a_refused_call_says_where_to_get_what_is_missing(front: &Front) {
    let path = "/proxy/issues/projects/acme/items";
    let known = format!("{}/.well-known/oauth-protected-resource/proxy/issues", front.app.public_url);
    let metadata = format!("resource_metadata=\"{known}\"");
    let heard = anonymous(front).get(path).await;
    assert_eq!(heard.status, 401);
    assert_eq!(heard.header("www-authenticate"), format!("Bearer realm=\"countersign\", {metadata}"));
    let heard = front.with("made.up.token").get(path).await;
    assert_eq!(heard.status, 401);
    assert!(heard.header("www-authenticate").contains("error=\"invalid_token\""));
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let heard = front.with(&token).send("DELETE", &format!("{path}/1"), "").await;
    assert_eq!(heard.status, 403, "{}", heard.text());
    let challenge = heard.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"items.delete\""), "{challenge}");
    assert!(challenge.ends_with(&metadata), "{challenge}");
    assert_eq!(anonymous(front).get(known.trim_start_matches(&front.app.public_url)).await.status, 200);
}
