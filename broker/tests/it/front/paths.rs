//! A path is read once: what policy judged is what the service receives, and what two servers could read in two ways
//! is refused.

use super::support::{Front, on_each_front};
use protocol::problem::Code;

on_each_front!(
    ambiguous_paths_are_refused,
    what_arrives_is_the_canonical_form,
    tricks_with_the_service_lead_nowhere
);

const AMBIGUOUS: &[&str] = &[
    "/proxy/issues/projects/acme/items/..",
    "/proxy/issues/projects/acme/../acme/items",
    "/proxy/issues/projects/acme/./items",
    "/proxy/issues/projects/acme/%2e%2e/acme/items",
    "/proxy/issues/projects/acme/%2E./items",
    "/proxy/issues/projects/acme//items",
    "/proxy/issues//projects/acme/items",
    "/proxy/issues/projects/acme;x=1/items",
    "/proxy/issues/projects/acme%3Bx/items",
    "/proxy/issues/projects/acme%5Citems",
    "/proxy/issues/projects/acme%2Fitems",
    "/proxy/issues/projects/acme%2fother/items",
    "/proxy/issues/projects/acme%00/items",
    "/proxy/issues/projects/acme%0d%0aX:1/items",
    "/proxy/issues/projects/acme%252e%252e/items",
    "/proxy/issues/projects/acme%25%32%66/items",
    "/proxy/issues/projects/acme%c0%af/items",
    "/proxy/issues/projects/acme%ff/items",
    "/proxy/issues/projects/acme%/items",
    "/proxy/issues/projects/acme%zz/items",
    "/proxy/issues/projects/acme/items?a=%00",
    "/proxy/issues/projects/acme/items?a=%zz",
    "/proxy/issues/projects/acme/items?a=%ff",
];

async fn ambiguous_paths_are_refused(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    for path in AMBIGUOUS {
        let heard = front.with(&token).get(path).await;
        assert_eq!(heard.status, 400, "{path} {}", heard.text());
        let problem = heard.refused(400, Code::AmbiguousCall);
        assert!(problem.detail.ends_with("Nothing was sent to the service."), "{path} {problem:?}");
    }
    let long = format!("/proxy/issues/projects/{}/items", "a".repeat(2_100));
    front.with(&token).get(&long).await.refused(400, Code::AmbiguousCall);
    assert_eq!(front.upstream.count(), 0);
    // What only looks odd is no trick, but neither reorders what a person or a terminal shows.
    let odd = front.with(&token).get("/proxy/issues/projects/acme%e2%80%ae/items").await;
    let problem = odd.refused(403, Code::NotGranted);
    assert!(problem.detail.contains("acme\\u{202e}."), "{problem:?}");
    // None of it used the token up.
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
}

async fn what_arrives_is_the_canonical_form(front: &Front) {
    let session = front.usual().await;
    let table = [
        ("/projects/acme/items", "/projects/acme/items"),
        ("/projects/%61cme/%69tems", "/projects/acme/items"),
        ("/projects/acme/items?b=2&a=1", "/projects/acme/items?b=2&a=1"),
        ("/projects/acme/items?a=%41%2f%20%26", "/projects/acme/items?a=A%2F%20%26"),
        ("/projects/acme/items?a=caf%c3%a9", "/projects/acme/items?a=caf%C3%A9"),
        ("/projects/acme/items?", "/projects/acme/items"),
    ];
    for (sent, expected) in table {
        let token = front.call_token(&session, "issues", "items.read").await;
        let heard = front.with(&token).get(&format!("/proxy/issues{sent}")).await;
        assert_eq!(heard.status, 200, "{sent} {}", heard.text());
        let arrived = front.upstream.last().target;
        assert_eq!(arrived, expected, "{sent}");
        // Read again, it is the same.
        let (path, query) = arrived.split_once('?').unwrap_or((&arrived, ""));
        assert_eq!(domain::path::CanonicalPath::parse(path).unwrap().as_str(), path);
        assert_eq!(domain::path::CanonicalQuery::parse(Some(query)).unwrap().as_str(), query);
    }
    // A slash more is another address, which no action has.
    let token = front.call_token(&session, "issues", "items.read").await;
    front.with(&token).get("/proxy/issues/projects/acme/items/").await.refused(403, Code::NotGranted);
}

async fn tricks_with_the_service_lead_nowhere(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    for path in
        ["/proxy/ISSUES/projects/acme/items", "/proxy/iss%75es/projects/acme/items", "/proxy/../v1/me/"]
    {
        let heard = front.with(&token).get(path).await;
        assert_eq!(heard.problem().status, 404, "{path}");
    }
    front.with(&token).get("//proxy/issues/projects/acme/items").await.refused(404, Code::NoSuchRoute);
    // A whole address has to name this broker.
    let whole = |host: &str| format!("http://{host}/proxy/issues{}", "/projects/acme/items");
    assert_eq!(front.with(&token).get(&whole("evil.example")).await.problem().status, 421);
    assert_eq!(front.upstream.count(), 0);
    assert_eq!(front.with(&token).get(&whole("localhost")).await.status, 200);
    assert_eq!(front.upstream.count(), 1);
    assert!(front.upstream.last().headers["host"].to_str().unwrap().starts_with("127.0.0.1:"));
}
