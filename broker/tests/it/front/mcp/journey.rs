//! The whole way of a client in both eras: no token, where to get one, only what was granted, calls on the record, the end.

use super::{Client, error, next, request, result, said, with_meta};
use crate::{
    front::{
        cast::anonymous,
        support::{Front, on_each_front},
    },
    support::installation::CANARY,
};
use axum::body::Body;
use protocol::record::Actor;
use serde_json::{Value, json};

on_each_front!(
    rs1_rs2_without_a_token_a_client_is_told_where_to_get_one,
    gw2_a_client_of_2026_sees_and_calls_what_was_granted,
    gw10_a_client_of_2025_sees_and_calls_what_was_granted,
    a_call_is_on_the_record_whole_and_without_secrets,
    the_end_of_a_session_cuts_its_streams_and_its_token_is_no_longer_good,
);

async fn rs1_rs2_without_a_token_a_client_is_told_where_to_get_one(front: &Front) {
    let (server, session) = front.tracker().await;
    for (path, known) in [("/mcp/tracker-mcp", "/mcp/tracker-mcp"), ("/mcp", "/mcp")] {
        let metadata = format!("{}/.well-known/oauth-protected-resource{known}", front.app.public_url);
        for method in ["POST", "GET", "DELETE"] {
            let heard = anonymous(front).send(method, path, Body::empty()).await;
            assert_eq!(heard.status, 401);
            let expected = format!("Bearer realm=\"countersign\", resource_metadata=\"{metadata}\"");
            assert_eq!(heard.header("www-authenticate"), expected);
        }
        let at = metadata.strip_prefix(&front.app.public_url).unwrap();
        let known = anonymous(front).get(at).await.json();
        assert_eq!(known["resource"], format!("{}{path}", front.app.public_url));
        assert_eq!(known["authorization_servers"], json!([front.app.public_url]));
        assert!(!known.to_string().contains("offline"));
        let made_up = front.with("made.up.token").get(path).await;
        assert_eq!(made_up.status, 401);
        assert!(made_up.header("www-authenticate").contains("error=\"invalid_token\""));
        assert!(made_up.header("www-authenticate").ends_with(&format!("resource_metadata=\"{metadata}\"")));
    }
    // What expired is as good as none.
    let client = Client::new(front, &session, "/mcp/tracker-mcp");
    front.wait(3_601_000);
    let heard = client.call("look", &json!({})).await;
    assert_eq!(heard.status, 401, "{}", heard.text());
    assert!(heard.header("www-authenticate").contains("error=\"invalid_token\""));
    assert!(server.calls().is_empty());
}

async fn gw2_a_client_of_2026_sees_and_calls_what_was_granted(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, "/mcp/tracker-mcp");
    let found = result(&client.modern(1, "server/discover", &json!({})).await);
    assert_eq!(found["supportedVersions"][0], "2026-07-28");
    assert_eq!((&found["cacheScope"], &found["resultType"]), (&json!("private"), &json!("complete")));
    let listed = client.modern(2, "tools/list", &json!({})).await;
    let list = result(&listed);
    assert_eq!(client.tools().await, ["look", "write"], "not the one that was not granted");
    assert_eq!((&list["cacheScope"], &list["resultType"]), (&json!("private"), &json!("complete")));
    assert!(list["ttlMs"].is_u64(), "{list}");
    assert_eq!(client.modern(2, "tools/list", &json!({})).await.body, listed.body, "always the same");
    let heard = client.call("look", &json!({"where": "here"})).await;
    let answer = result(&heard);
    assert_eq!(heard.json()["id"], 7);
    assert_eq!(answer["content"][0]["text"], r#"{"where":"here"}"#);
    assert_eq!(answer["resultType"], "complete");
    assert_eq!(answer["_meta"]["dev.countersign/origin"], "tracker-mcp");
    let got = server.last();
    assert_eq!((got.header("mcp-method"), got.header("mcp-name")), ("tools/call", "look"));
    assert_eq!((got.header("mcp-protocol-version"), got.header("x-api-key")), ("2026-07-28", CANARY));
    assert!(got.headers.get("authorization").is_none(), "the token of the client went on");
}

async fn gw10_a_client_of_2025_sees_and_calls_what_was_granted(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, "/mcp/tracker-mcp");
    let begun = result(&client.begin(&json!({})).await);
    assert_eq!(begun["protocolVersion"], "2025-11-25");
    assert_eq!(begun["serverInfo"]["name"], "countersign");
    let list = result(&client.legacy(1, "tools/list", &json!({})).await);
    let names: Vec<&Value> = list["tools"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["look", "write"]);
    assert!(list.get("cacheScope").is_none() && list.get("resultType").is_none(), "{list}");
    assert_eq!(result(&client.legacy(2, "ping", &json!({})).await), json!({}));
    let heard = client.legacy(3, "tools/call", &json!({"name": "look", "arguments": {"a": 1}})).await;
    assert_eq!(said(&heard), r#"{"a":1}"#);
    assert_eq!(result(&heard)["_meta"]["dev.countersign/origin"], "tracker-mcp");
    let got = server.last();
    assert!(got.header("mcp-session-id").starts_with("upstream-"), "{got:?}");
    assert!(got.headers.get("mcp-name").is_none() && got.headers.get("authorization").is_none());
    let ended = client.asking().send("DELETE", &client.path, Body::empty()).await;
    assert_eq!(ended.status, 204);
    let heard = client.legacy(4, "ping", &json!({})).await;
    assert_eq!(error(&heard).0, 404, "a session that was ended is none");
}

async fn a_call_is_on_the_record_whole_and_without_secrets(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, "/mcp/tracker-mcp");
    let secret = "hunter2-hunter2-hunter2";
    let arguments = json!({"title": "A bug", "password": secret, "body": "x".repeat(5_000), "n": 3});
    assert_eq!(client.call("write", &arguments).await.status, 200);
    assert!(server.last().text.contains(secret), "the server gets it as it is");
    let (begun, ended) = front.both(&session.grant).await;
    let facts = &begun.facts;
    assert_eq!(begun.actor, Actor::Agent { agent: "direct".parse().unwrap() });
    assert_eq!(begun.grant.as_ref().unwrap().to_string(), session.grant);
    assert_eq!((&facts["service"], &facts["action"]), (&json!("tracker-mcp"), &json!("write")));
    assert_eq!(facts["method"], "tools/call");
    let tool = super::writing("write");
    assert_eq!(facts["definition"], json!(domain::digest::of_json(&tool)));
    let kept = &facts["arguments"];
    assert_eq!((&kept["title"], &kept["n"]), (&json!("A bug"), &json!(3)));
    assert!(kept["password"].as_str().unwrap().starts_with("hmac:"), "{kept}");
    assert!(kept["body"].as_str().unwrap().starts_with("(5000 characters, sha256"), "{kept}");
    assert!(facts["arguments_digest"].is_string() && facts["body_bytes"].as_u64() > Some(5_000));
    assert_eq!((ended.kind.as_str(), &ended.facts["outcome"]), ("call.finished", &json!("complete")));
    assert!(ended.facts["ms"].is_u64() && ended.facts["sent_digest"].is_string(), "{:?}", ended.facts);
    // The person is that of the grant.
    let record = front.record(&session.grant).await;
    let by = |id: &str| {
        let is = |actor: &Actor| matches!(actor, Actor::Person { person, .. } if person.as_str() == id);
        record.iter().any(|it| is(&it.actor))
    };
    assert!(by("ana"), "{record:?}");
    let all = serde_json::to_string(&record).unwrap();
    assert!(!all.contains(secret), "the record holds the password");
}

async fn the_end_of_a_session_cuts_its_streams_and_its_token_is_no_longer_good(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, "/mcp/tracker-mcp");
    let params = with_meta(&json!({"notifications": {"toolsListChanged": true}}));
    let asked = request(5, "subscriptions/listen", &params).to_string();
    let asking = client.modern_asking("subscriptions/listen", None);
    let mut modern = asking.open("POST", &client.path, asked).await;
    let first = next(&mut modern).await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    client.begin(&json!({})).await;
    let mut legacy = client.asking().open("GET", &client.path, Body::empty()).await;
    assert_eq!(legacy.status(), 200);
    let stopped =
        front.owner.at(front).post(&format!("/v1/sessions/{}/stop", session.grant), &json!({})).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    assert!(next(&mut modern).await.is_none() && next(&mut legacy).await.is_none());
    for heard in [client.legacy(9, "ping", &json!({})).await, client.call("look", &json!({})).await] {
        assert_eq!(heard.status, 401, "{}", heard.text());
        assert!(heard.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    assert!(server.calls().is_empty());
}
