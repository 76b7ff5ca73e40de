//! There and back, as it should be.

use super::{
    super::support::{Front, line, on_each_front},
    REDIRECT, Tab, address, asking, code, error, offers_reading, reading, redeem, redirects_to, with,
};
use serde_json::{Value, json};

on_each_front!(
    as1_a_code_becomes_the_token_of_what_was_approved,
    as3_the_metadata_says_what_is_taken,
    as8_a_resource_restricts_the_token,
    as11_without_scope_the_marked_reads_are_offered,
    as11_where_nothing_is_marked_the_page_says_how,
    scopes_name_actions,
    what_was_narrowed_is_what_the_client_gets,
    openid_gives_an_id_token,
    a_pushed_request_is_used_once_by_its_client,
);

async fn as1_a_code_becomes_the_token_of_what_was_approved(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let heard = redeem(front, &front.agent, &code, &[]).await;
    let given = heard.json();
    assert_eq!(heard.status, 200, "{given}");
    assert_eq!((&given["token_type"], &given["scope"]), (&json!("Bearer"), &json!("items.read")));
    assert_eq!(given["authorization_details"][0]["service"], "issues");
    assert_eq!(given["expires_in"], 3_600, "as long as the grant: as9");
    assert!(given.get("refresh_token").is_none() && given.get("id_token").is_none());
    let token = given["access_token"].as_str().unwrap();
    let called = front.with(token).get("/proxy/issues/projects/acme/items").await;
    assert_eq!(called.status, 200, "{}", called.text());
    assert_eq!(front.with(token).get("/proxy/notes/projects/acme/items").await.status, 403);
    front.client(&front.agent).form("/oauth/revoke", &[("token", token)]).await;
    assert_eq!(front.with(token).get("/proxy/issues/projects/acme/items").await.status, 401);
}

async fn as3_the_metadata_says_what_is_taken(front: &Front) {
    let path = "/.well-known/oauth-authorization-server";
    let said: Value = super::anonymous(front).get(path).await.good();
    assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(said["response_types_supported"], json!(["code"]));
    assert_eq!(said["authorization_response_iss_parameter_supported"], true, "as7");
    for (name, at) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("pushed_authorization_request_endpoint", "/oauth/par"),
        ("token_endpoint", "/oauth/token"),
    ] {
        assert_eq!(said[name], format!("{}{at}", super::ISSUER));
    }
    assert!(!said.to_string().contains("offline_access") && !said.to_string().contains("refresh_token"));
}

async fn as8_a_resource_restricts_the_token(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let both = json!([line("issues", &["items.read"], None), line("down", &["items.read"], None)]);
    let issues = format!("{}/proxy/issues", super::ISSUER);
    let (_, given) = code(front, &asking(&both)).await;
    let wrong = format!("{}/proxy/notes", super::ISSUER);
    let heard = redeem(front, &front.agent, &given, &[("resource", &wrong)]).await;
    assert_eq!(error(&heard, &heard.json()), (400, "invalid_target"));
    // Nothing was used up by asking for too much.
    let heard = redeem(front, &front.agent, &given, &[("resource", &issues)]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let token = heard.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
    let elsewhere = front.with(&token).get("/proxy/down/projects/acme/items").await;
    assert_eq!(elsewhere.status, 401, "rs3: it is granted, and the token is for another resource");
    // At the authorization endpoint, with a line that the resource does not hold.
    let mut tab = Tab::of(&front.owner);
    let params = with(asking(&both), "resource", Some(&issues));
    let answered = super::Answered::read(&tab.open(front, &address(&params)).await);
    assert_eq!(answered.of("error"), "invalid_target");
}

async fn as11_without_scope_the_marked_reads_are_offered(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    offers_reading(front, "issues").await;
    for resource in [None, Some("http://localhost:8420/proxy/issues"), Some("http://localhost:8420/")] {
        let params = with(with(asking(&json!([])), "authorization_details", None), "resource", resource);
        let (_, code) = code(front, &params).await;
        let given = redeem(front, &front.agent, &code, &[]).await.json();
        assert_eq!(given["scope"], "items.read", "{resource:?} {given}");
        assert_eq!(given["authorization_details"].as_array().unwrap().len(), 1);
    }
}

async fn as11_where_nothing_is_marked_the_page_says_how(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let nothing = with(asking(&json!([])), "authorization_details", None);
    for resource in [None, Some("http://localhost:8420/proxy/issues")] {
        let params = with(nothing.clone(), "resource", resource);
        let page = Tab::of(&front.owner).open(front, &address(&params)).await;
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(text.contains("Nothing to decide") && text.contains("nothing was granted"), "{text}");
        assert!(text.contains("error=invalid_scope") && text.contains("app.example"), "{text}");
        assert_eq!(text.contains("/services/issues/edit"), resource.is_some());
    }
    let waiting: Value = front.owner.at(front).get("/v1/inbox").await.good();
    assert_eq!(waiting["waiting"], json!([]), "nothing was opened");
}

async fn scopes_name_actions(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let asked = |scope: &str, resource: Option<&str>| {
        let params = with(asking(&json!([])), "authorization_details", None);
        with(with(params, "scope", Some(scope)), "resource", resource)
    };
    let issues = Some("http://localhost:8420/proxy/issues");
    for (scope, resource, services) in [
        ("issues:items.read down:items.read", None, vec!["down", "issues"]),
        ("items.read offline_access profile", issues, vec!["issues"]),
    ] {
        let (_, code) = code(front, &asked(scope, resource)).await;
        let given = redeem(front, &front.agent, &code, &[]).await.json();
        assert_eq!(given["scope"], "items.read", "{given}");
        let lines = given["authorization_details"].as_array().unwrap();
        assert_eq!(lines.iter().map(|it| it["service"].as_str().unwrap()).collect::<Vec<_>>(), services);
    }
    for (scope, resource) in [
        ("items.read", None),
        ("items.nothing", issues),
        ("issues:nothing", None),
        ("nowhere:items.read", None),
    ] {
        let heard = Tab::of(&front.owner).open(front, &address(&asked(scope, resource))).await;
        assert_eq!(super::Answered::read(&heard).of("error"), "invalid_scope", "{scope}");
    }
}

async fn what_was_narrowed_is_what_the_client_gets(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let wide = json!([line("issues", &["items.read", "items.comment"], None)]);
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&wide)).await;
    let narrowing =
        json!({"lines": [{"line": 1, "actions": ["items.read"], "resources": ["acme"]}], "duration": 900});
    let path = format!("/v1/inbox/{request}/preview");
    let card = front.approver.at(front).post(&path, &narrowing).await.good();
    let decision = super::super::support::approval(&card, Some(&narrowing));
    let path = format!("/v1/inbox/{request}/approve");
    assert_eq!(front.approver.at(front).post(&path, &decision).await.status, 200);
    let code = tab.go_back(front, &request).await.code(front);
    let given = redeem(front, &front.agent, &code, &[]).await.json();
    assert_eq!((&given["scope"], &given["expires_in"]), (&json!("items.read"), &json!(900)));
}

async fn openid_gives_an_id_token(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let params = with(with(asking(&reading()), "scope", Some("openid")), "nonce", Some("n-0S6_WzA2Mj"));
    let (_, code) = code(front, &params).await;
    let given = redeem(front, &front.agent, &code, &[]).await.json();
    assert_eq!(given["scope"], "openid items.read");
    let token = given["id_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value =
        serde_json::from_slice(&base64::Engine::decode(&super::BASE64_URL_SAFE_NO_PAD, claims).unwrap())
            .unwrap();
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("otto"), &json!("helper")));
    assert_eq!((&claims["nonce"], &claims["iss"]), (&json!("n-0S6_WzA2Mj"), &json!(super::ISSUER)));
    assert!(claims["auth_time"].as_i64().unwrap() <= claims["iat"].as_i64().unwrap());
    assert_eq!(
        front.with(token).get("/proxy/issues/projects/acme/items").await.status,
        401,
        "it opens nothing"
    );
}

async fn a_pushed_request_is_used_once_by_its_client(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let params = asking(&reading());
    let fields: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let push = async || {
        let heard = front.client(&front.agent).form("/oauth/par", &fields).await;
        assert_eq!(heard.status, 201, "{}", heard.text());
        let said = heard.json();
        assert_eq!(said["expires_in"], 600);
        said["request_uri"].as_str().unwrap().to_owned()
    };
    let used = |client: &str, uri: &str| {
        address(&[("client_id", client.to_owned()), ("request_uri", uri.to_owned())])
    };
    let uri = push().await;
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:csn_u_"), "{uri}");
    let foreign = Tab::of(&front.owner).open(front, &used("direct", &uri)).await;
    assert_eq!((foreign.status.as_u16(), foreign.header("location")), (422, ""));
    let landed = Tab::of(&front.owner).open(front, &used("helper", &uri)).await;
    assert!(landed.header("location").starts_with("/requests/"), "{}", landed.text());
    let again = Tab::of(&front.owner).open(front, &used("helper", &uri)).await;
    assert_eq!((again.status.as_u16(), again.header("location")), (422, ""));
    let late = push().await;
    front.wait(600_001);
    assert_eq!(Tab::of(&front.owner).open(front, &used("helper", &late)).await.status, 422);
    let anybody = super::anonymous(front).form("/oauth/par", &fields).await;
    assert_eq!(error(&anybody, &anybody.json()), (401, "invalid_client"));
    let bad = front.client(&front.agent).form("/oauth/par", &[("response_type", "token")]).await;
    assert_eq!(error(&bad, &bad.json()), (400, "unsupported_response_type"));
    let nested = front.client(&front.agent).form("/oauth/par", &[("request_uri", &uri)]).await;
    assert_eq!(error(&nested, &nested.json()), (400, "invalid_request"));
}
