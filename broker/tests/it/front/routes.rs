//! Every route with who may pass. A route that the router has and this table lacks fails, and the other way round; then
//! everybody walks over every row, with ids that exist and belong to one of them.

use super::{
    cast::{Asking, Heard, anonymous},
    forms::form_token,
    support::{Front, line, on_each_front},
};
use axum::body::Body;
use broker::http::{Access, RouteInfo, table};
use std::collections::BTreeSet;

on_each_front!(everybody_walks_over_every_route);

/// What is sent.
#[derive(Clone, Copy, PartialEq)]
enum Sent {
    Nothing,
    Json(&'static str),
    Form(&'static str),
}
use Access::{Agent, Anyone, Browser, Caller, Client, Person, Registrant, Visitor};
use Sent::{Form, Json, Nothing};

/// Decides on what was never shown.
const DECISION: &str = r#"{"request_digest":"ZEROS","grant_digest":"ZEROS"}"#;
const DENIAL: &str = r#"{"request_digest":"ZEROS"}"#;
const DECISION_FORM: &str = "request_digest=ZEROS&grant_digest=ZEROS";

const ALL: &[u16] = &[200; 5];
/// Seen by its owner, admins and auditors; to the approver of other things and to strangers it does not exist.
const SEEN: &[u16] = &[200, 404, 200, 200, 404];
const STOPPED: &[u16] = &[200, 404, 200, 403, 404];
const STOPPED_FORM: &[u16] = &[303, 404, 303, 403, 404];
/// A decision on what was never shown; that admins and auditors may not decide at all is another test's.
const DECIDED: &[u16] = &[409, 404, 409, 409, 404];
const ADMINS: &[u16] = &[403, 403, 200, 403, 403];
const ADMINS_PAGE: &[u16] = &[403, 403, 200, 403, 403];
/// A form of an agent that was not made from how it stands.
const LOOKED_AT: &[u16] = &[409, 404, 409, 403, 404];
const ADMINS_FORM: &[u16] = &[403, 403, 303, 403, 403];

/// Auditors and admins read the record.
const RECORD: &[u16] = &[403, 403, 200, 200, 403];

/// Method, path, door, what is sent, and the answers: to the agents (own, other), to people (owner, approver, admin,
/// auditor, other owner), or to everybody alike.
type Row = (&'static str, &'static str, Access, Sent, &'static [u16]);

const ROWS: &[Row] = &[
    ("POST", "/v1/requests", Agent, Json("{}"), &[422, 422]),
    ("GET", "/v1/requests/{id}", Agent, Nothing, &[200, 404]),
    ("DELETE", "/v1/requests/{id}", Agent, Nothing, &[409, 404]),
    ("POST", "/v1/requests/{id}/redeem", Agent, Nothing, &[409, 404]),
    ("GET", "/v1/me", Agent, Nothing, &[200, 200]),
    ("GET", "/v1/events", Agent, Nothing, &[422, 422]),
    ("POST", "/oauth/token", Client, Form("grant_type=x"), &[401]),
    ("POST", "/oauth/bc-authorize", Client, Form("scope=openid&login_hint=otto"), &[401]),
    ("POST", "/oauth/par", Client, Form("response_type=code"), &[401]),
    ("POST", "/oauth/introspect", Client, Form("token=x"), &[401]),
    ("POST", "/oauth/revoke", Client, Form("token=x"), &[401]),
    ("GET", "/.well-known/oauth-authorization-server", Anyone, Nothing, &[200]),
    ("GET", "/.well-known/openid-configuration", Anyone, Nothing, &[200]),
    ("GET", "/.well-known/oauth-protected-resource/proxy/{service}", Anyone, Nothing, &[200]),
    ("GET", "/.well-known/oauth-protected-resource/mcp", Anyone, Nothing, &[200]),
    ("GET", "/.well-known/oauth-protected-resource/mcp/{service}", Anyone, Nothing, &[200]),
    ("POST", "/oauth/register", Registrant, Json("{}"), &[400]),
    ("GET", "/oauth/register/{client}", Registrant, Nothing, &[401]),
    ("PUT", "/oauth/register/{client}", Registrant, Json("{}"), &[401]),
    ("DELETE", "/oauth/register/{client}", Registrant, Nothing, &[401]),
    ("GET", "/.well-known/jwks.json", Anyone, Nothing, &[200]),
    ("ANY", "/proxy/{service}/{*path}", Caller, Nothing, &[401]),
    ("ANY", "/proxy/{service}/", Caller, Nothing, &[401]),
    ("ANY", "/mcp", Caller, Nothing, &[401]),
    ("ANY", "/mcp/{service}", Caller, Nothing, &[401]),
    ("GET", "/v1/inbox", Person, Nothing, ALL),
    ("GET", "/v1/inbox/{id}", Person, Nothing, SEEN),
    ("POST", "/v1/inbox/{id}/preview", Person, Json(r#"{"lines":[]}"#), SEEN),
    ("POST", "/v1/inbox/{id}/approve", Person, Json(DECISION), DECIDED),
    ("POST", "/v1/inbox/{id}/deny", Person, Json(DENIAL), DECIDED),
    ("GET", "/v1/sessions", Person, Nothing, ALL),
    ("GET", "/v1/sessions/{id}", Person, Nothing, SEEN),
    ("GET", "/v1/services", Person, Nothing, ALL),
    ("GET", "/v1/agents", Person, Nothing, ALL),
    ("GET", "/", Browser, Nothing, ALL),
    ("GET", "/requests/{id}", Browser, Nothing, SEEN),
    ("GET", "/requests/{id}/preview", Browser, Nothing, SEEN),
    // No client sent any of them here, and none is named.
    ("GET", "/requests/{id}/return", Browser, Nothing, &[404; 5]),
    ("GET", "/oauth/authorize", Browser, Nothing, &[422; 5]),
    ("POST", "/requests/{id}/approve", Browser, Form(DECISION_FORM), DECIDED),
    ("POST", "/requests/{id}/deny", Browser, Form(DECISION_FORM), DECIDED),
    ("GET", "/sessions", Browser, Nothing, ALL),
    ("GET", "/sessions/{id}", Browser, Nothing, SEEN),
    ("GET", "/services", Browser, Nothing, ALL),
    ("GET", "/services/{id}/revoke", Browser, Nothing, ALL),
    ("GET", "/services/new", Browser, Nothing, ADMINS_PAGE),
    ("GET", "/services/{id}", Browser, Nothing, ALL),
    ("GET", "/services/{id}/edit", Browser, Nothing, ADMINS_PAGE),
    ("GET", "/services/{id}/connect", Browser, Nothing, ADMINS_PAGE),
    // There is no tool here, and no MCP server.
    ("GET", "/services/{id}/tool", Browser, Nothing, &[404; 5]),
    ("GET", "/services/{id}/results", Browser, Nothing, &[404; 5]),
    // A personal connection is for its owner and those who keep services.
    ("GET", "/connections/{id}/reconnect", Browser, Nothing, &[200, 404, 200, 404, 404]),
    ("GET", "/agents", Browser, Nothing, ALL),
    ("GET", "/agents/new", Browser, Nothing, ALL),
    ("GET", "/agents/{id}", Browser, Nothing, SEEN),
    ("GET", "/connect", Browser, Nothing, ALL),
    ("GET", "/search", Browser, Nothing, ALL),
    ("POST", "/services/new", Browser, Form("do=review"), &[403, 403, 422, 403, 403]),
    ("POST", "/services/{id}/edit", Browser, Form("do=review"), &[403, 403, 422, 403, 403]),
    ("POST", "/services/{id}/unblock", Browser, Form(""), ADMINS_FORM),
    ("POST", "/services/{id}/tool", Browser, Form("name=echo"), &[403, 403, 404, 403, 403]),
    ("POST", "/services/{id}/results", Browser, Form(""), &[403, 403, 404, 403, 403]),
    ("POST", "/services/{id}/read-tools", Browser, Form(""), &[403, 403, 404, 403, 403]),
    ("POST", "/services/{id}/connect", Browser, Form(""), &[403, 403, 422, 403, 403]),
    ("POST", "/connections/{id}/reconnect", Browser, Form("version=1"), &[422, 404, 422, 403, 404]),
    ("POST", "/connections/{id}/test", Browser, Form(""), &[303, 404, 403, 403, 404]),
    ("GET", "/connections/{id}/edit", Browser, Nothing, ADMINS_PAGE),
    ("POST", "/connections/{id}/edit", Browser, Form(""), &[403, 404, 409, 403, 404]),
    ("GET", "/connections/{id}/remove", Browser, Nothing, ADMINS_PAGE),
    ("POST", "/connections/{id}/remove", Browser, Form(""), &[403, 404, 409, 403, 404]),
    ("POST", "/agents/new", Browser, Form(""), &[422, 403, 422, 403, 422]),
    // What was not looked at is not changed, whoever asks.
    ("POST", "/agents/{id}/edit", Browser, Form(""), LOOKED_AT),
    ("POST", "/agents/{id}/secret", Browser, Form(""), LOOKED_AT),
    ("POST", "/agents/{id}/keys", Browser, Form(""), LOOKED_AT),
    ("POST", "/agents/{id}/keys/remove", Browser, Form(""), LOOKED_AT),
    ("POST", "/agents/{id}/resume", Browser, Form(""), &[403, 404, 303, 403, 404]),
    ("GET", "/docs", Browser, Nothing, ALL),
    ("GET", "/docs/agent", Anyone, Nothing, &[200]),
    ("GET", "/llms.txt", Anyone, Nothing, &[200]),
    ("GET", "/openapi.json", Anyone, Nothing, &[200]),
    ("GET", "/stop-all", Browser, Nothing, ALL),
    ("GET", "/activity", Browser, Nothing, RECORD),
    ("GET", "/audit", Browser, Nothing, RECORD),
    ("GET", "/audit/export.jsonl", Browser, Nothing, RECORD),
    ("GET", "/audit/export.csv", Browser, Nothing, RECORD),
    ("POST", "/audit/verify", Browser, Form(""), &[403, 403, 303, 303, 403]),
    ("GET", "/audit/{chain}/{seq}", Browser, Nothing, &[403, 403, 404, 404, 403]),
    ("GET", "/people", Browser, Nothing, ADMINS),
    ("POST", "/people", Browser, Form("name=mo&role=approver"), ADMINS_FORM),
    ("GET", "/people/{id}", Browser, Nothing, ADMINS),
    ("POST", "/people/{id}", Browser, Form("title=Paul&role=approver"), ADMINS_FORM),
    ("POST", "/people/{id}/link", Browser, Form(""), ADMINS_FORM),
    ("POST", "/people/{id}/let-in", Browser, Form(""), ADMINS_FORM),
    ("GET", "/people/{id}/decides", Browser, Nothing, ADMINS),
    ("POST", "/people/{id}/decides", Browser, Form(""), &[403, 403, 409, 403, 403]),
    ("POST", "/people/{id}/vouch", Browser, Form(""), &[403, 403, 404, 403, 403]),
    ("GET", "/settings", Browser, Nothing, ADMINS),
    ("GET", "/system", Browser, Nothing, ADMINS),
    ("POST", "/me/language", Browser, Form("language=de"), &[303; 5]),
    ("GET", "/events", Browser, Nothing, ALL),
    ("GET", "/me", Browser, Nothing, ALL),
    ("GET", "/me/passkeys/add", Browser, Nothing, ALL),
    ("GET", "/me/passkeys/{id}/remove", Browser, Nothing, ALL),
    ("GET", "/me/codes", Browser, Nothing, ALL),
    ("GET", "/me/recover", Browser, Nothing, ALL),
    // Nobody here has a passkey, and what comes is no answer of one.
    ("POST", "/me/passkeys", Browser, Form("answer=x&nonce=x"), &[403; 5]),
    ("POST", "/me/passkeys/{id}/rename", Browser, Form("name=x"), &[404; 5]),
    ("POST", "/me/passkeys/{id}/remove", Browser, Form(""), &[403; 5]),
    ("POST", "/me/codes", Browser, Form(""), &[403; 5]),
    ("POST", "/me/prove", Browser, Form(""), &[303; 5]),
    ("POST", "/me/sessions/{id}/end", Browser, Form(""), &[404; 5]),
    ("POST", "/me/sessions/end-others", Browser, Form(""), &[303; 5]),
    ("GET", "/sign-in", Visitor, Nothing, &[200]),
    ("POST", "/sign-in/passkey", Visitor, Form("answer=x&nonce=x"), &[403]),
    ("GET", "/sign-in/link", Visitor, Nothing, &[200]),
    ("POST", "/sign-in/link", Visitor, Form("token=csn_l_x"), &[410]),
    ("GET", "/set-up", Visitor, Nothing, &[200]),
    ("POST", "/set-up", Visitor, Form("code=x&name=x"), &[410]),
    ("GET", "/assets/{file}", Anyone, Nothing, &[200]),
    ("GET", "/pkg/{file}", Anyone, Nothing, &[404]),
    ("GET", "/livez", Anyone, Nothing, &[200]),
    ("GET", "/readyz", Anyone, Nothing, &[200]),
    // What ends things, from the smallest to the largest.
    ("POST", "/sessions/{id}/services/{service}/take-away", Browser, Form(""), STOPPED_FORM),
    ("POST", "/sessions/{id}/stop", Browser, Form(""), STOPPED_FORM),
    ("POST", "/v1/sessions/{id}/services/{service}/take-away", Person, Json("{}"), STOPPED),
    ("POST", "/v1/sessions/{id}/stop", Person, Json("{}"), STOPPED),
    ("POST", "/v1/requests/{id}/end", Agent, Nothing, &[200, 404]),
    ("POST", "/agents/{id}/pause", Browser, Form(""), &[303, 403, 303, 403, 404]),
    ("POST", "/services/{id}/revoke", Browser, Form(""), ADMINS_FORM),
    ("POST", "/v1/services/{id}/revoke", Person, Json("{}"), ADMINS),
    ("POST", "/v1/agents/{id}/revoke", Person, Json("{}"), &[200, 403, 200, 403, 404]),
    ("POST", "/v1/people/{id}/revoke", Person, Json("{}"), ADMINS),
    ("POST", "/people/{id}/block", Browser, Form(""), ADMINS_FORM),
    ("POST", "/stop-all", Browser, Form(""), ADMINS_FORM),
    ("POST", "/v1/stop-all", Person, Json("{}"), ADMINS),
    ("POST", "/sign-out", Browser, Form(""), &[303; 5]),
];

#[test]
fn the_table_lists_every_route() {
    let key = |method: &str, path: &str, access: Access| format!("{method} {path} {access:?}");
    let real: BTreeSet<_> =
        table().iter().map(|RouteInfo { method, path, access }| key(method, path, *access)).collect();
    let here: BTreeSet<_> =
        ROWS.iter().map(|(method, path, access, ..)| key(method, path, *access)).collect();
    assert_eq!(real, here);
    assert_eq!(table().len(), ROWS.len(), "a route stands there twice");
}

/// The ids of one owner's things.
struct Things {
    /// A request of the owner's agent that waits.
    waiting: String,
    /// One that became a session.
    request: String,
    grant: String,
}

async fn everybody_walks_over_every_route(front: &Front) {
    let session = front.session(&[line("notes", &["items.read"], None)]).await;
    let waiting = front.ask(&front.agent, &[line("notes", &["items.comment"], None)]).await.id.to_string();
    let things = Things { waiting, request: session.request, grant: session.grant };
    for row in ROWS {
        walk(front, row, &things).await;
        if row.2 == Client || row.2 == Registrant {
            // Nobody fails there so often as all of them together.
            front.wait(15_000);
        }
    }
}

fn address(path: &str, things: &Things) -> String {
    let id = match path {
        _ if path.starts_with("/v1/requests") => &things.request,
        _ if path.contains("/requests/") || path.contains("/inbox/") => &things.waiting,
        _ if path.starts_with("/me/") => "none",
        _ if path.contains("/sessions/") => &things.grant,
        _ if path.contains("/agents/") => "helper",
        _ if path.contains("/connections/") => "notes",
        _ if path.contains("/people/") => "paul",
        _ => "twin",
    };
    let service = if path.contains("proxy") { "issues" } else { "notes" };
    let path = path.replace("{id}", id).replace("{service}", service);
    let path = path.replace("{chain}", "none").replace("{seq}", "1");
    path.replace("{*path}", "projects/acme/items")
        .replace("{file}", if path.contains("pkg") { "ui.js" } else { "style.css" })
}

async fn walk(front: &Front, row: &Row, things: &Things) {
    let (method, path, access, sent, answers) = *row;
    let address = address(path, things);
    let knock = async |who: Asking<'_>, token: Option<&str>, name: &str, expected: u16| {
        let heard = send(who, method, &address, sent, token).await;
        assert_eq!(heard.status, expected, "{name} at {method} {address}: {}", heard.text());
        check_headers(&heard, path);
    };
    let people = [&front.owner, &front.approver, &front.admin, &front.auditor, &front.other_owner];
    let agents = [&front.agent, &front.other_agent];
    let get = method == "GET";
    let out = match access {
        Browser if get => 303,
        Anyone | Client | Registrant | Caller | Visitor => answers[0],
        _ => 401,
    };
    knock(from_own_page(anonymous(front)), None, "nobody", out).await;
    for (at, agent) in agents.iter().enumerate() {
        let expected = if access == Agent { answers[at] } else { out };
        knock(from_own_page(agent.at(front)), None, &agent.id, expected).await;
    }
    for (at, person) in people.iter().enumerate() {
        let expected = if access == Person { answers[at] } else { out };
        knock(from_own_page(person.at(front)), None, &format!("{} by token", person.id), expected).await;
        let expected = if access == Browser { answers[at] } else { out };
        let token = if access == Browser && !get { Some(form_token(front, person).await) } else { None };
        front.wait(1_000);
        knock(person.in_browser(front), token.as_deref(), &format!("{} by cookie", person.id), expected)
            .await;
    }
}

/// As much of a browser as they can be: the credential alone decides.
fn from_own_page(who: Asking<'_>) -> Asking<'_> {
    who.header("sec-fetch-site", "same-origin")
}

async fn send(who: Asking<'_>, method: &str, path: &str, sent: Sent, token: Option<&str>) -> Heard {
    let zeros = "0".repeat(64);
    let method = if method == "ANY" { "GET" } else { method };
    if path == "/events" {
        // It has no end.
        let (head, _) = who.open(method, path, Body::empty()).await.into_parts();
        return Heard { status: head.status, headers: head.headers, body: axum::body::Bytes::new() };
    }
    match sent {
        Nothing => who.send(method, path, Body::empty()).await,
        Json(text) => {
            let body = text.replace("ZEROS", &zeros);
            who.header("content-type", "application/json").send(method, path, body).await
        }
        Form(text) => {
            let text = text.replace("ZEROS", &zeros);
            let body = token.map_or(text.clone(), |token| format!("{text}&form_token={token}"));
            who.header("content-type", "application/x-www-form-urlencoded").send(method, path, body).await
        }
    }
}

/// What every answer of our own carries; and a refusal of an API is a whole problem.
fn check_headers(heard: &Heard, path: &str) {
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        assert_eq!(heard.header(name), value, "{name} at {path}");
    }
    let policy = heard.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval'"), "{policy}");
    let kept = ["/assets", "/docs/agent", "/llms.txt", "/openapi.json"].iter().any(|it| path.starts_with(it));
    let cache = if kept && heard.status == 200 { "no-cache" } else { "no-store" };
    let cached = heard.header("cache-control");
    assert!(cached == cache || (path == "/events" && cached == "no-cache"), "{cached} at {path}");
    assert_eq!(heard.header("x-request-id").len(), 32);
    if heard.status.as_u16() < 400 {
        return;
    }
    if heard.header("content-type").starts_with("text/html") {
        let text = heard.text();
        assert!(
            text.contains(heard.header("x-request-id")) || heard.status == 404,
            "{path} has no id: {text}"
        );
    } else if path.starts_with("/oauth/register") {
        let expected = if path.contains('{') { "invalid_token" } else { "invalid_redirect_uri" };
        assert_eq!(heard.json()["error"], expected);
    } else if path.starts_with("/oauth/") {
        assert_eq!(heard.json()["error"], "invalid_client");
    } else {
        let problem = heard.problem();
        let says = ["Nothing was", "nothing was", "no such", "There is nothing"]
            .iter()
            .any(|it| problem.detail.contains(it));
        assert!(says, "{path} does not say whether something was done: {}", problem.detail);
    }
}
