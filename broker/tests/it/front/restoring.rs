//! A database that is restored from before a revocation, as whoever holds a token of that time meets it: nothing of it
//! is worth anything, neither before it is accepted nor afterwards.

use super::{
    cast::COOKIE,
    support::{Front, line},
};
use crate::{
    backup::{back_up, opener, restored},
    support::{installation::Installation, invariants, on_each_engine},
};
use age::x25519::Identity;
use axum::{Router, body::Body};
use broker::{
    ledger::acts::{Act, Entering},
    recovery,
    tokens::{OpaqueKind, OpaqueToken},
};
use chrono::TimeDelta;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

on_each_engine!(no_token_of_before_is_worth_anything);

/// What somebody tries.
struct Try {
    what: &'static str,
    method: &'static str,
    path: String,
    header: (&'static str, String),
    body: String,
}

impl Try {
    async fn at(&self, router: &Router) -> (StatusCode, String) {
        let (name, value) = &self.header;
        let kind =
            if self.body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder().method(self.method).uri(&self.path).header(*name, value);
        let request = request.header("host", "localhost:8420").header("content-type", kind);
        let response = router.clone().oneshot(request.body(Body::from(self.body.clone())).unwrap()).await;
        let (parts, body) = response.unwrap().into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        (parts.status, text)
    }
}

fn bearer(what: &'static str, method: &'static str, path: impl Into<String>, token: &str, body: &str) -> Try {
    let header = ("authorization", format!("Bearer {token}"));
    Try { what, method, path: path.into(), header, body: body.to_owned() }
}

/// Everything that worked when the backup was taken.
async fn attempts(front: &Front) -> (Vec<Try>, super::acts::Session) {
    let session = front.usual().await;
    let call = front.call_token(&session, "issues", "items.read").await;
    let direct = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    let items = "/proxy/issues/projects/acme/items";
    let approved = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    front.approve(&front.approver, approved.id.as_str()).await;
    let tries = vec![
        bearer("a call token", "GET", items, &call, ""),
        bearer("a grant token at the proxy", "GET", items, &direct.token, ""),
        bearer("redeeming", "POST", format!("/v1/requests/{}/redeem", approved.id), &front.agent.token, ""),
        bearer("a person's token", "GET", "/v1/inbox", &front.approver.token, ""),
        Try {
            what: "a web session",
            method: "GET",
            path: "/".to_owned(),
            header: ("cookie", format!("{COOKIE}={}", front.approver.cookie)),
            body: String::new(),
        },
    ];
    (tries, session)
}

async fn no_token_of_before_is_worth_anything(it: &Installation) {
    let front = Front::open(it).await;
    let (tries, session) = attempts(&front).await;
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let grant = session.grant.parse().unwrap();
    it.revoke(protocol::revoke::Subject::Session { grant }).await.unwrap();
    let (database, _) = restored(&path, &opener(&identity, &path), it.app.store.engine()).await.unwrap();
    let there = Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
    let router = broker::http::router(&there.app);
    let (called, grant) = (front.upstream.count(), session.token.clone());
    let exchange = super::acts::exchange(&grant, "issues", "items.read");
    let exchange = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(exchange).finish();
    let wanted =
        json!({"authorization_details": [line("issues", &["items.read"], None)], "purpose": "Again"});
    let ask = bearer("asking", "POST", "/v1/requests", &front.agent.token, &wanted.to_string());
    let exchange = Try {
        what: "an exchange",
        method: "POST",
        path: "/oauth/token".to_owned(),
        header: ("authorization", basic(&front)),
        body: exchange,
    };

    for attempt in tries.iter().chain([&exchange, &ask]) {
        let (status, text) = attempt.at(&router).await;
        assert!(!status.is_success(), "{} before it is accepted: {status} {text}", attempt.what);
    }
    let (status, text) = ask.at(&router).await;
    assert!(status == 503 && text.contains("not_accepted") && text.contains("Nothing was done"), "{text}");
    assert!(page(&there, &router).await.contains("backup accept"), "whoever the host sends a link may look");
    recovery::accept(&there.app, None).await.unwrap();
    for attempt in tries.iter().chain([&exchange]) {
        let (status, text) = attempt.at(&router).await;
        assert!(!status.is_success(), "{} after it was accepted: {status} {text}", attempt.what);
    }
    assert_eq!(front.upstream.count(), called, "nothing was sent");
    assert_eq!(ask.at(&router).await.0, 202, "the agent asks anew");
    assert!(!page(&there, &router).await.contains("backup accept"));
    front.settle().await;
    invariants::check(&there.app.store).await;
    there.stop().await;
    database.remove().await;
}

fn basic(front: &Front) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", front.agent.id, front.agent.token)))
}

/// The first page, for somebody whom the host has sent a link.
async fn page(there: &Installation, router: &Router) -> String {
    let link = OpaqueToken::mint(OpaqueKind::Link, there.app.rng.source()).unwrap();
    let session = OpaqueToken::mint(OpaqueKind::WebSession, there.app.rng.source()).unwrap();
    let (mac, key) = (link.mac(&there.app.mac_key), &there.app.mac_key);
    let expires_at = there.clock.now() + TimeDelta::minutes(10);
    let person = crate::support::installation::slug("ana");
    let acts = [
        Entering::Link { mac: mac.clone(), person, expires_at },
        Entering::UseLink { mac, session: session.mac(key).into() },
    ];
    for act in acts {
        there.app.ledger.act(Act::Enter(Box::new(act))).await.unwrap();
    }
    let header = ("cookie", format!("{COOKIE}={}", session.expose()));
    let look = Try { what: "a page", method: "GET", path: "/".to_owned(), header, body: String::new() };
    let (status, text) = look.at(router).await;
    assert_eq!(status, 200, "{text}");
    text
}
