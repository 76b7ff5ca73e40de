//! What a request claims about where it came from and whom it means: no link, cookie, redirect or decision listens.

use super::{
    cast::{Asking, Heard, anonymous},
    support::{Front, approval, line, on_each_front},
};
use axum::body::Body;
use protocol::{Card, RequestView, problem::Code};
use serde_json::json;

on_each_front!(
    nothing_that_is_said_follows_a_claim,
    nothing_that_is_decided_follows_a_claim,
    a_claim_moves_no_route,
    a_host_that_is_not_the_brokers_is_refused
);

const CLAIMS: &[(&str, &str)] = &[
    ("forwarded", "for=127.0.0.1;host=evil.example;proto=https"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-port", "6666"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-uri", "/evil.example"),
    ("x-forwarded-user", "adm"),
    ("x_forwarded_user", "adm"),
    ("x-forwarded-email", "adm"),
    ("x-remote-user", "adm"),
    ("x-host", "evil.example"),
    ("x-real-ip", "127.0.0.1"),
    ("x-original-host", "evil.example"),
    ("referer", "https://evil.example/"),
];

fn claiming<'a>(asking: &Asking<'a>) -> Asking<'a> {
    CLAIMS.iter().fold(asking.clone(), |asking, (name, value)| asking.header(name, value))
}

/// An answer without what differs from answer to answer by design.
fn told(heard: &Heard) -> (u16, String, String, String) {
    let text = heard.text();
    assert!(!text.contains("evil.example") && !format!("{:?}", heard.headers).contains("evil"), "{text}");
    let cookie = heard.header("set-cookie").split_once(';').map_or("", |(_, rest)| rest).to_owned();
    let types = heard.header("content-type").to_owned();
    (heard.status.as_u16(), heard.header("location").to_owned(), cookie, types)
}

async fn nothing_that_is_said_follows_a_claim(front: &Front) {
    let session = front.usual().await;
    let id = &session.request;
    let pages =
        ["/", "/sessions", "/services", "/stop-all", "/nowhere", "/sign-in", &format!("/requests/{id}")];
    for path in pages {
        for asking in [front.approver.in_browser(front), anonymous(front).header("accept", "text/html")] {
            assert_eq!(
                told(&asking.clone().get(path).await),
                told(&claiming(&asking).get(path).await),
                "{path}"
            );
        }
    }
    for path in ["/.well-known/jwks.json", "/readyz", "/nowhere", "/proxy/nowhere/x"] {
        assert_eq!(
            told(&anonymous(front).get(path).await),
            told(&claiming(&anonymous(front)).get(path).await)
        );
    }
    let body = json!({"authorization_details": [line("issues", &["items.read"], None)], "purpose": "look"});
    let asked: RequestView = claiming(&front.agent.at(front)).post("/v1/requests", &body).await.good();
    assert_eq!(asked.approve_url, format!("http://localhost:8420/requests/{}", asked.id));
    // A token is for the broker that people and agents know, not for the one that was claimed.
    let fields = super::support::exchange(&session.token, "issues", "items.read");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let heard = claiming(&front.client(&front.agent)).form("/oauth/token", &fields).await;
    let token = heard.json()["access_token"].as_str().unwrap().to_owned();
    front.keep(&token);
    let called =
        claiming(&front.with(&token)).get("/proxy/issues/projects/acme/items?do=redirect&to=/x").await;
    assert_eq!((called.status.as_u16(), called.header("location")), (302, "/proxy/issues/x"));
    let received = front.upstream.last();
    assert!(!format!("{received:?}").contains("evil"), "{received:?}");
    // Signing in gives the same cookie and leads to the same place.
    let link = front.link("ana").await;
    let own = claiming(&anonymous(front)).header("sec-fetch-site", "same-origin");
    let (code, to, cookie, _) = told(&own.form("/sign-in/link", &[("token", &link)]).await);
    assert_eq!((code, to.as_str()), (303, "/"));
    assert_eq!(cookie, " Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200");
}

async fn nothing_that_is_decided_follows_a_claim(front: &Front) {
    // Nobody becomes somebody.
    claiming(&anonymous(front)).get("/v1/inbox").await.refused(401, Code::Unauthenticated);
    claiming(&front.agent.at(front)).get("/v1/inbox").await.refused(401, Code::Unauthenticated);
    let path = "/v1/stop-all";
    claiming(&front.auditor.at(front)).post(path, &json!({})).await.refused(403, Code::Forbidden);
    // A form of another page stays one, though host and origin agree with each other.
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    let approve = format!("/requests/{}/approve", asked.id);
    for origin in ["http://evil.example", "https://evil.example", "null", "http://localhost:8421", ""] {
        let asking = claiming(&front.approver.with_cookie(front)).header("origin", origin);
        assert_eq!(asking.form(&approve, &[("decision", "approve")]).await.status, 403, "{origin}");
    }
    let asking = claiming(&front.approver.with_cookie(front)).header("sec-fetch-site", "same-site");
    let asking = asking.header("origin", "http://localhost:8420");
    assert_eq!(asking.form(&approve, &[("decision", "approve")]).await.status, 403);
    let view: RequestView = front.agent.at(front).get(&format!("/v1/requests/{}", asked.id)).await.good();
    assert!(view.granted.is_none());
    // And what is right stays right.
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let path = format!("/v1/inbox/{}/approve", asked.id);
    let decided = claiming(&front.approver.at(front)).post(&path, &approval(&card, None)).await;
    decided.good::<Card>();
}

/// A page of another name that resolves here (DNS rebinding) gets nothing but the right address.
async fn a_host_that_is_not_the_brokers_is_refused(front: &Front) {
    for path in ["/", "/sign-in", "/sessions", "/v1/inbox", "/v1/me", "/nowhere", "/proxy/nowhere/x"] {
        let heard = anonymous(front).header("host", "evil.example").get(path).await;
        assert_eq!(heard.status.as_u16(), 421, "{path}");
        let text = heard.text();
        assert!(text.contains("http://localhost:8420") && !text.contains("evil"), "{path}: {text}");
    }
}

async fn a_claim_moves_no_route(front: &Front) {
    for (name, value) in [
        ("x-original-url", "/livez"),
        ("x-rewrite-url", "/livez"),
        ("x-forwarded-uri", "/livez"),
        ("x-forwarded-path", "/livez"),
        ("x-http-method-override", "GET"),
        ("x-forwarded-method", "GET"),
        ("x-method-override", "GET"),
    ] {
        let asking = || anonymous(front).header(name, value);
        asking().get("/v1/inbox").await.refused(401, Code::Unauthenticated);
        asking().get("/nowhere").await.refused(404, Code::NoSuchRoute);
        assert_eq!(asking().get("/livez").await.status, 200);
        let posted = asking().send("POST", "/livez", Body::empty()).await;
        assert_eq!(posted.status, 405, "{name}");
    }
}
