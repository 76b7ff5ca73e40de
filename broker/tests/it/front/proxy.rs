//! Whose call it is, what reaches the service, and what comes back.

use super::support::{Front, line, on_each_front};
use axum::body::Body;
use protocol::problem::Code;
use serde_json::json;

on_each_front!(
    a_call_token_is_for_one_action_of_one_service,
    each_of_two_lines_with_one_action_can_be_used,
    a_grant_token_calls_only_where_the_switch_allows_it,
    what_is_no_token_does_not_call,
    only_listed_headers_reach_the_service,
    what_would_smuggle_is_refused,
    methods_statuses_and_bodies_pass,
    what_acts_on_our_own_origin_does_not_come_back,
    addresses_lead_back_through_the_proxy,
    where_nothing_can_be_sent_nothing_is_spent_in_silence,
    a_sealed_vault_calls_nothing_and_shows_everything,
    a_changed_service_rests,
);

const ITEMS: &str = "/proxy/issues/projects/acme/items";
const COMMENTS: &str = "/proxy/issues/projects/acme/items/7/comments";

async fn a_call_token_is_for_one_action_of_one_service(front: &Front) {
    let session = front.session(&[line("issues", &["items.read", "items.comment"], None)]).await;
    let token = || front.call_token(&session, "issues", "items.read");
    front.with(&token().await).send("POST", COMMENTS, "{}").await.refused(403, Code::NotGranted);
    front
        .with(&token().await)
        .get("/proxy/twin/projects/acme/items")
        .await
        .refused(401, Code::Unauthenticated);
    front.with(&token().await).get("/proxy/issues/projects/other/items").await.refused(403, Code::NotGranted);
    front.with(&token().await).get("/proxy/issues/projects").await.refused(403, Code::NotGranted);
    front.with(&token().await).get("/proxy/issues/").await.refused(403, Code::NotGranted);
    front
        .with(&token().await)
        .get("/proxy/nowhere/projects/acme/items")
        .await
        .refused(401, Code::Unauthenticated);
    let used = token().await;
    assert_eq!(front.with(&used).get(ITEMS).await.status, 200);
    front.with(&used).get(ITEMS).await.refused(401, Code::TokenUsed);
    let old = token().await;
    front.wait(60_000);
    front.with(&old).get(ITEMS).await.refused(401, Code::Unauthenticated);
    assert_eq!(front.upstream.count(), 1);
}

async fn each_of_two_lines_with_one_action_can_be_used(front: &Front) {
    let mut other = line("issues", &["items.read"], Some(1));
    other["resources"] = json!(["other"]);
    let session = front.session(&[line("issues", &["items.read"], None), other]).await;
    for (project, status) in [("acme", 200), ("other", 200), ("other", 403), ("acme", 200), ("third", 403)] {
        let token = front.call_token(&session, "issues", "items.read").await;
        let heard = front.with(&token).get(&format!("/proxy/issues/projects/{project}/items")).await;
        assert_eq!(heard.status, status, "{project} {}", heard.text());
    }
    let spent: Vec<_> = front.record(&session.grant).await;
    let lines: Vec<_> =
        spent.iter().filter(|it| it.kind == "call.authorised").map(|it| it.facts["line"].clone()).collect();
    assert_eq!(lines, [json!(1), json!(2), json!(1)]);
}

async fn a_grant_token_calls_only_where_the_switch_allows_it(front: &Front) {
    let session = front.usual().await;
    let heard = front.with(&session.token).get(ITEMS).await;
    let problem = heard.refused(403, Code::Forbidden);
    assert!(problem.detail.contains("/oauth/token"), "{problem:?}");
    assert_eq!(front.upstream.count(), 0);
    let lines = [line("issues", &["items.read"], Some(2))];
    let direct = front.session_of(&front.direct, &lines, 3_600).await;
    for status in [200, 200, 403] {
        assert_eq!(front.with(&direct.token).get(ITEMS).await.status, status);
    }
    let record = front.record(&direct.grant).await;
    let call = record.iter().find(|it| it.kind == "call.authorised").unwrap();
    assert_eq!(call.facts["direct"], true);
}

async fn what_is_no_token_does_not_call(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let forged = format!("{}x", &token[..token.len() - 1]);
    let people = [&front.agent.token, &front.owner.token, &front.admin.token, &forged];
    for bad in people {
        front.with(bad).get(ITEMS).await.refused(401, Code::Unauthenticated);
    }
    let twice = front.with(&token).header("authorization", &format!("Bearer {token}"));
    twice.get(ITEMS).await.refused(401, Code::Unauthenticated);
    front.owner.in_browser(front).get(ITEMS).await.refused(401, Code::Unauthenticated);
    let query = front.agent.in_browser(front).get(&format!("{ITEMS}?access_token={token}")).await;
    query.refused(401, Code::Unauthenticated);
    // The cookie beside a good token neither helps nor reaches the service.
    assert_eq!(front.with(&token).header("cookie", "a=b").get(ITEMS).await.status, 200);
    assert!(!front.upstream.last().headers.contains_key("cookie"));
    assert_eq!(front.upstream.count(), 1);
}

/// None of these may reach the service.
const DROPPED: &[&str] = &[
    "x-hop",
    "x_api_key",
    "x_forwarded_for",
    "cookie",
    "x-forwarded-for",
    "x-forwarded-host",
    "forwarded",
    "range",
    "if-range",
    "origin",
    "referer",
    "te",
    "trailer",
    "proxy-authorization",
    "x-http-method-override",
    "x-real-ip",
    "idempotency-key",
    "x-request-id",
    "x-custom",
    "keep-alive",
    "expect",
];
/// These do, unchanged.
const PASSING: &[(&str, &str)] = &[
    ("accept", "application/json"),
    ("content-type", "application/json"),
    ("if-match", "\"7\""),
    ("prefer", "return=minimal"),
    ("user-agent", "helper/1"),
];

async fn only_listed_headers_reach_the_service(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.comment").await;
    let mut asking = front.with(&token).header("connection", "x-hop, keep-alive, accept-language");
    for name in DROPPED {
        asking = asking.header(name, "smuggled");
    }
    for (name, value) in PASSING {
        asking = asking.header(name, value);
    }
    let asking = asking
        .header("accept-language", "de")
        .header("accept-encoding", "gzip, br")
        .header("x-api-key", "mine");
    let heard = asking.send("POST", COMMENTS, "{\"text\":\"hello\"}").await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let received = front.upstream.last();
    for (name, value) in PASSING {
        assert_eq!(received.headers[*name], *value);
    }
    assert_eq!(received.headers["accept-encoding"], "identity");
    assert_eq!(received.headers["host"], format!("127.0.0.1:{}", front.upstream.port));
    assert_eq!(received.headers.get_all("x-api-key").iter().count(), 1);
    assert_ne!(received.headers["x-api-key"], "mine");
    let text = format!("{:?}", received.headers);
    assert!(!text.contains("smuggled") && !text.contains("accept-language"), "{text}");
    assert_eq!(received.body, b"{\"text\":\"hello\"}");
    let mut names: Vec<_> = received.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names.retain(|name| name != "transfer-encoding" && name != "content-length");
    let expected = [
        "accept",
        "accept-encoding",
        "content-type",
        "host",
        "if-match",
        "prefer",
        "user-agent",
        "x-api-key",
    ];
    assert_eq!(names, expected);
}

async fn what_would_smuggle_is_refused(front: &Front) {
    let session = front.usual().await;
    for (name, value) in [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("content-encoding", "gzip"),
        ("content-type", "text/plain"),
    ] {
        let token = front.call_token(&session, "issues", "items.comment").await;
        let asking = front.with(&token).header("content-type", "application/json").header(name, value);
        asking.send("POST", COMMENTS, "{}").await.refused(400, Code::AmbiguousCall);
    }
    for method in ["TRACE", "CONNECT", "BREW", "PROPFIND"] {
        let token = front.call_token(&session, "issues", "items.read").await;
        front.with(&token).send(method, ITEMS, Body::empty()).await.refused(400, Code::AmbiguousCall);
    }
    assert_eq!(front.upstream.count(), 0);
    let spent = front.record(&session.grant).await;
    assert!(spent.iter().all(|it| it.kind != "call.authorised"), "something was spent on what was not sent");
}

async fn methods_statuses_and_bodies_pass(front: &Front) {
    let session = front.usual().await;
    for code in [200, 201, 204, 304, 400, 401, 404, 418, 429, 500, 503] {
        let heard = front.read(&session, &format!("?do=status&code={code}")).await;
        assert_eq!(heard.status, code);
        assert_eq!(heard.header("countersign-refused"), "", "the service's own answer");
        front.settle().await;
        assert_eq!(front.last_call(&session.grant).await.facts["status"], code);
    }
    let token = front.call_token(&session, "issues", "items.close").await;
    let heard =
        front.with(&token).send("PATCH", "/proxy/issues/projects/acme/items/7", vec![7_u8; 1 << 20]).await;
    assert_eq!(heard.status, 200);
    let received = front.upstream.last();
    assert_eq!((received.method.as_str(), received.body.len()), ("PATCH", 1 << 20));
    let end = front.last_call(&session.grant).await;
    assert_eq!(end.facts["sent_bytes"], 1 << 20);
    assert_eq!(end.facts["sent_digest"].as_str().unwrap().len(), 64);
}

async fn what_acts_on_our_own_origin_does_not_come_back(front: &Front) {
    let session = front.usual().await;
    let heard = front.read(&session, "?do=headers").await;
    assert_eq!(heard.text(), "plain");
    for name in [
        "set-cookie",
        "clear-site-data",
        "refresh",
        "access-control-allow-origin",
        "countersign-refused",
        "x-hop",
    ] {
        assert!(!heard.headers.contains_key(name), "{name}");
    }
    assert_eq!(heard.header("content-security-policy"), "sandbox");
    assert_eq!(heard.header("x-content-type-options"), "nosniff");
    assert_eq!(heard.header("cache-control"), "no-store");
    assert_eq!((heard.header("x-fine"), heard.header("etag")), ("passes", "\"7\""));
    assert_eq!(heard.headers.get_all("x-request-id").iter().count(), 1);
    assert_eq!(heard.header("x-request-id").len(), 32);
    assert_eq!(heard.header("x-echo"), "[removed by countersign]");
    let refused = front.read(&session, "?do=gzip").await;
    let problem = refused.refused(502, Code::UpstreamFailed);
    assert!(problem.detail.contains("upstream_content_encoding"), "{problem:?}");
    assert_eq!(front.last_call(&session.grant).await.facts["outcome"], "answer_refused");
    let huge = front.read(&session, "?do=huge").await.refused(502, Code::UpstreamFailed);
    assert!(huge.detail.contains("may have reached the service"), "{huge:?}");
    let end = front.last_call(&session.grant).await;
    assert_eq!(
        (end.kind.as_str(), &end.facts["why"]),
        ("call.outcome_unknown", &json!("upstream_head_too_large"))
    );
}

async fn addresses_lead_back_through_the_proxy(front: &Front) {
    let session = front.usual().await;
    let own = format!("{}/projects/acme/items/8?a=b", front.upstream.origin());
    let table = [
        ("/projects/acme/items/7", "/proxy/issues/projects/acme/items/7"),
        (own.as_str(), "/proxy/issues/projects/acme/items/8?a=b"),
        ("https://evil.example/", ""),
        ("//evil.example/x", ""),
        ("javascript:alert(1)", ""),
        ("/a//b", ""),
        ("http://127.0.0.1:1/x", ""),
    ];
    for (to, expected) in table {
        let query = url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>();
        let heard = front.read(&session, &format!("?do=redirect&to={query}")).await;
        assert_eq!((heard.status.as_u16(), heard.header("location")), (302, expected), "{to}");
    }
    assert_eq!(front.upstream.count(), table.len(), "a redirect was followed");
}

async fn where_nothing_can_be_sent_nothing_is_spent_in_silence(front: &Front) {
    let lines = [line("inside", &["items.read"], None), line("down", &["items.read"], None)];
    let session = front.session(&lines).await;
    for (service, code) in [("inside", "upstream_address_refused"), ("down", "upstream_unreachable")] {
        let token = front.call_token(&session, service, "items.read").await;
        let heard = front.with(&token).get(&format!("/proxy/{service}/projects/acme/items")).await;
        let problem = heard.refused(502, Code::UpstreamFailed);
        assert!(problem.detail.contains("Nothing was sent to the service"), "{problem:?}");
        let end = front.last_call(&session.grant).await;
        assert_eq!(end.kind, "call.not_sent");
        assert_eq!(end.facts["why"], code);
    }
    assert_eq!(front.upstream.count(), 0);
}

async fn a_sealed_vault_calls_nothing_and_shows_everything(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    front.app.vault.seal();
    front.with(&token).get(ITEMS).await.refused(503, Code::Sealed);
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(
        (heard.status.as_u16(), heard.json()["error"].clone()),
        (503, json!("temporarily_unavailable"))
    );
    super::cast::anonymous(front).get("/.well-known/jwks.json").await.refused(503, Code::Sealed);
    let ready = super::cast::anonymous(front).get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.json()["sealed"].clone()), (200, json!(true)));
    let page = front.approver.in_browser(front).get("/sessions").await;
    assert!(page.status == 200 && page.text().contains("The vault is sealed"));
    let stop = format!("/v1/sessions/{}/stop", session.grant);
    let stopped: protocol::revoke::Stopped = front.owner.at(front).post(&stop, &json!({})).await.good();
    assert_eq!((stopped.sessions, stopped.tokens), (1, 1));
    assert_eq!(front.upstream.count(), 0);
}

async fn a_changed_service_rests(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    front.service("issues", "https://elsewhere.example", false, &[]).await;
    let problem = front.with(&token).get(ITEMS).await.refused(403, Code::NotGranted);
    assert!(problem.detail.contains("changed since this session was approved"), "{problem:?}");
    assert_eq!(front.upstream.count(), 0);
}
