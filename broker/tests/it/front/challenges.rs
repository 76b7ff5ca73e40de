//! The proxy as a protected resource (PROTOCOLS.md 1.1, RS1 to RS5): what it takes, and what it says to whom it refuses.

use super::{
    cast::{Heard, anonymous},
    support::{Front, line, on_each_front},
};
use serde_json::json;

on_each_front!(
    rs1_a_challenge_leads_to_the_metadata_of_exactly_this_resource,
    rs2_what_is_missing_invalid_or_over_is_401,
    rs2_only_who_held_a_token_hears_what_a_call_needs,
    rs2_nothing_offers_offline_access,
    rs3_a_token_counts_in_the_header_only,
    rs3_every_call_needs_its_own_authorization,
    rs4_a_refusal_names_all_that_the_call_needs_at_once,
    rs5_an_action_includes_no_other,
    rs2_a_bearer_of_an_ended_session_has_to_get_another,
);

const ITEMS: &str = "/proxy/issues/projects/acme/items";

fn challenge(heard: &Heard) -> &str {
    assert_eq!(
        heard.headers.get_all("www-authenticate").iter().count(),
        1,
        "one challenge: {:?}",
        heard.headers
    );
    heard.header("www-authenticate")
}

fn metadata(front: &Front, service: &str) -> String {
    format!(
        "resource_metadata=\"{}/.well-known/oauth-protected-resource/proxy/{service}\"",
        front.app.public_url
    )
}

async fn rs1_a_challenge_leads_to_the_metadata_of_exactly_this_resource(front: &Front) {
    for service in ["issues", "notes", "nowhere"] {
        for path in ["", "projects/acme/items", "a/b/c"] {
            let heard = anonymous(front).get(&format!("/proxy/{service}/{path}")).await;
            assert_eq!(heard.status, 401);
            let expected = format!("Bearer realm=\"countersign\", {}", metadata(front, service));
            assert_eq!(challenge(&heard), expected, "{path}");
        }
        let path = format!("/.well-known/oauth-protected-resource/proxy/{service}");
        let known = anonymous(front).get(&path).await.json();
        assert_eq!(known["resource"], format!("{}/proxy/{service}", front.app.public_url));
        let servers = known["authorization_servers"].as_array().unwrap();
        assert_eq!(servers, &[json!(front.app.public_url)]);
        assert_eq!(known["bearer_methods_supported"], json!(["header"]));
    }
}

async fn rs2_what_is_missing_invalid_or_over_is_401(front: &Front) {
    let session = front.usual().await;
    let used = front.call_token(&session, "issues", "items.read").await;
    assert_eq!(front.with(&used).get(ITEMS).await.status, 200);
    let foreign = front.call_token(&session, "issues", "items.read").await;
    for (what, heard) in [
        ("made up", front.with("x.y.z").get(ITEMS).await),
        ("an agent's secret", front.with(&front.agent.token).get(ITEMS).await),
        ("used", front.with(&used).get(ITEMS).await),
        ("for another service", front.with(&foreign).get("/proxy/notes/projects/acme/items").await),
    ] {
        assert_eq!(heard.status, 401, "{what}: {}", heard.text());
        assert!(challenge(&heard).contains("error=\"invalid_token\""), "{what}: {}", challenge(&heard));
        assert!(challenge(&heard).contains("resource_metadata="), "{what}");
    }
    let late = front.call_token(&session, "issues", "items.read").await;
    front.wait(60_000);
    let heard = front.with(&late).get(ITEMS).await;
    assert_eq!(heard.status, 401);
    assert!(
        challenge(&heard).contains("error=\"invalid_token\", scope=\"items.read\""),
        "{}",
        challenge(&heard)
    );
}

async fn rs2_only_who_held_a_token_hears_what_a_call_needs(front: &Front) {
    let session = front.usual().await;
    let late = front.call_token(&session, "issues", "items.read").await;
    front.wait(60_000);
    let delete = front.with(&late).send("DELETE", &format!("{ITEMS}/1"), "").await;
    assert!(
        challenge(&delete).contains("scope=\"items.delete\""),
        "what this call needs: {}",
        challenge(&delete)
    );
    let unknown = front.with(&late).get("/proxy/issues/nothing/of/it").await;
    assert!(!challenge(&unknown).contains("scope="), "nobody could be granted this");
    // To everybody else every service is as good as any.
    let made_up = "eyJhbGciOiJFUzI1NiJ9.e30.AA";
    for path in [ITEMS, "/proxy/nowhere/projects/acme/items"] {
        for heard in [anonymous(front).get(path).await, front.with(made_up).get(path).await] {
            assert!(!challenge(&heard).contains("scope="), "{}", challenge(&heard));
        }
    }
}

async fn rs2_nothing_offers_offline_access(front: &Front) {
    let session = front.usual().await;
    let late = front.call_token(&session, "issues", "items.read").await;
    front.wait(60_000);
    let told = [
        anonymous(front).get("/.well-known/oauth-protected-resource/proxy/issues").await,
        anonymous(front).get("/.well-known/oauth-authorization-server").await,
        anonymous(front).get("/.well-known/openid-configuration").await,
        anonymous(front).get(ITEMS).await,
        front.with(&late).get(ITEMS).await,
    ];
    for heard in told {
        let text = format!("{:?} {}", heard.headers, heard.text());
        assert!(!text.contains("offline_access") && !text.contains("refresh"), "{text}");
    }
}

async fn rs3_a_token_counts_in_the_header_only(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let in_query = format!("{ITEMS}?access_token={token}");
    assert_eq!(anonymous(front).get(&in_query).await.status, 401);
    let heard = front.with(&token).get(&in_query).await;
    assert_eq!(heard.status, 400, "{}", heard.text());
    assert!(challenge(&heard).contains("error=\"invalid_request\""), "{}", challenge(&heard));
    assert!(heard.text().contains("token_in_query"), "{}", heard.text());
    for query in ["state=open&access_token=x", "%61ccess_token=x", "access%5Ftoken=x", "access_token"] {
        let heard = front.with(&token).get(&format!("{ITEMS}?{query}")).await;
        assert_eq!(heard.status, 400, "{query}: {}", heard.text());
    }
    let body = format!("access_token={token}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let heard = anonymous(front).header(form.0, form.1).send("POST", ITEMS, body).await;
    assert_eq!(heard.status, 401, "not in the body either");
    let cookie = anonymous(front).header("cookie", &format!("access_token={token}")).get(ITEMS).await;
    assert_eq!(cookie.status, 401);
    // None of these used it up.
    assert_eq!(front.with(&token).get(&format!("{ITEMS}?state=open")).await.status, 200);
    assert!(
        front.upstream.received().iter().all(|it| !it.target.contains("access_token")),
        "nothing of it went on"
    );
}

async fn rs3_every_call_needs_its_own_authorization(front: &Front) {
    let session = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    for _ in 0..2 {
        assert_eq!(front.with(&session.token).get(ITEMS).await.status, 200);
        assert_eq!(anonymous(front).get(ITEMS).await.status, 401);
        let kept = anonymous(front).header("mcp-session-id", &session.grant).get(ITEMS).await;
        assert_eq!(kept.status, 401, "a handle is no authorization");
    }
    let twice = front.with(&session.token).header("authorization", &format!("Bearer {}", session.token));
    assert_eq!(twice.get(ITEMS).await.status, 401, "which of the two?");
    for scheme in ["Basic", "DPoP", "Token", ""] {
        let asking = anonymous(front).header("authorization", &format!("{scheme} {}", session.token));
        assert_eq!(asking.get(ITEMS).await.status, 401, "{scheme}");
    }
    let asking = anonymous(front).header("authorization", &format!("bEaReR {}", session.token));
    assert_eq!(asking.get(ITEMS).await.status, 200, "a scheme has no case");
}

async fn rs4_a_refusal_names_all_that_the_call_needs_at_once(front: &Front) {
    let lines = [line("issues", &["items.read"], None)];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    for (method, path, scope) in [
        ("DELETE", format!("{ITEMS}/1"), "items.delete"),
        ("GET", "/proxy/issues/projects/other/items".to_owned(), "items.read"),
    ] {
        let heard = front.with(&session.token).send(method, &path, "").await;
        assert_eq!(heard.status, 403, "{}", heard.text());
        let expected = format!(
            "Bearer realm=\"countersign\", error=\"insufficient_scope\", scope=\"{scope}\", {}",
            metadata(front, "issues")
        );
        assert_eq!(challenge(&heard), expected);
        // What is named is enough: the hint asks for just that, and it passes.
        let hint = heard.json()["hint"]["example"].clone();
        assert_eq!(hint["authorization_details"][0]["actions"], json!([scope]), "{hint}");
    }
    // It held nothing at this service at all.
    let heard = front.with(&session.token).get("/proxy/inside/projects/acme/items").await;
    assert_eq!(heard.status, 403);
    assert!(challenge(&heard).contains("scope=\"items.read\""), "{}", challenge(&heard));
}

async fn rs5_an_action_includes_no_other(front: &Front) {
    let lines = [line("issues", &["items.comment"], None)];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    let heard = front.with(&session.token).get(ITEMS).await;
    assert_eq!(heard.status, 403, "who may comment may not read: {}", heard.text());
    assert!(challenge(&heard).contains("scope=\"items.read\""));
    for action in ["items.*", "items", "*", "items.comment items.read", "ITEMS.COMMENT"] {
        let heard = front.token_for(&front.direct, &session, "issues", action).await;
        assert_eq!(heard.json()["error"], "invalid_scope", "{action}");
    }
}

async fn rs2_a_bearer_of_an_ended_session_has_to_get_another(front: &Front) {
    let lines = [line("issues", &["items.read"], None)];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    assert_eq!(front.with(&session.token).get(ITEMS).await.status, 200);
    let path = format!("/v1/sessions/{}/stop", session.grant);
    assert_eq!(front.owner.at(front).post(&path, &json!({})).await.status, 200);
    // Twice: once it is judged, then it is known to be over.
    for _ in 0..2 {
        let heard = front.with(&session.token).get(ITEMS).await;
        assert_eq!((heard.status.as_u16(), &heard.json()["code"]), (401, &json!("grant_ended")));
        assert_eq!(heard.json()["status"], 401);
        assert!(challenge(&heard).contains("error=\"invalid_token\", scope=\"items.read\""));
    }
}
