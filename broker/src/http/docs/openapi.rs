//! The API as OpenAPI 3.1: the operations from one list, which a test holds against the one table of routes, and the
//! shapes from the very types that are read and written.

use super::super::router::{Access, RouteInfo, table};
use protocol::{access, agents, card, lines, problem, revoke, services, sessions};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;
use web_ui::OperationView;

/// An operation beside its route.
struct Operation {
    method: &'static str,
    path: &'static str,
    says: &'static str,
    takes: Option<&'static str>,
    /// The name of the shape; with `[]` behind it for a list of them.
    gives: Option<&'static str>,
    query: &'static [&'static str],
}

const fn op(method: &'static str, path: &'static str, says: &'static str) -> Operation {
    Operation { method, path, says, takes: None, gives: None, query: &[] }
}

impl Operation {
    const fn takes(self, name: &'static str) -> Self {
        Self { takes: Some(name), ..self }
    }
    const fn gives(self, name: &'static str) -> Self {
        Self { gives: Some(name), ..self }
    }
    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
}

/// Every route that is no page.
const OPERATIONS: &[Operation] = &[
    op("POST", "/v1/requests", "Ask for access").takes("AccessRequest").gives("RequestView"),
    op("GET", "/v1/requests/{id}", "What became of a request; with `wait`, as soon as it changes")
        .gives("RequestView")
        .query(&["wait", "version"]),
    op("DELETE", "/v1/requests/{id}", "Take a request back").gives("RequestView"),
    op("POST", "/v1/requests/{id}/redeem", "Get the grant token of an approved request, once")
        .gives("Redeemed"),
    op("POST", "/v1/requests/{id}/end", "End the session that came of a request").gives("RequestView"),
    op("GET", "/v1/me", "What may I ask for, and what do I hold").gives("Me"),
    op("GET", "/v1/events", "A WebSocket that says when a request changed"),
    op(
        "POST",
        "/oauth/token",
        "Exchange a grant token for a call token (RFC 8693), or get a token for asking",
    ),
    op("POST", "/oauth/par", "Push ahead what a browser will ask for at /oauth/authorize (RFC 9126)"),
    op("POST", "/oauth/bc-authorize", "Ask a person for access by OpenID Connect CIBA, poll mode"),
    op("POST", "/oauth/introspect", "What a token of the agent's own is worth now (RFC 7662)"),
    op("POST", "/oauth/revoke", "Give a grant token back, which ends its session (RFC 7009)"),
    op("POST", "/oauth/register", "An OAuth client registers itself (RFC 7591)"),
    op(
        "GET",
        "/oauth/register/{client}",
        "What an OAuth client registered, by its registration token (RFC 7592)",
    ),
    op("PUT", "/oauth/register/{client}", "An OAuth client says anew what it is"),
    op("DELETE", "/oauth/register/{client}", "An OAuth client goes; the sessions of its agents end"),
    op("GET", "/.well-known/oauth-authorization-server", "Where the OAuth doors are (RFC 8414)"),
    op("GET", "/.well-known/openid-configuration", "The same, for clients of OpenID Connect Discovery"),
    op(
        "GET",
        "/.well-known/oauth-protected-resource/proxy/{service}",
        "What a service behind the broker takes (RFC 9728)",
    ),
    op(
        "GET",
        "/.well-known/oauth-protected-resource/mcp",
        "What the door of all MCP servers takes (RFC 9728)",
    ),
    op(
        "GET",
        "/.well-known/oauth-protected-resource/mcp/{service}",
        "What an MCP server behind the broker takes (RFC 9728)",
    ),
    op("GET", "/.well-known/jwks.json", "The public keys of tokens"),
    op("ANY", "/proxy/{service}/{*path}", "Call a service; method, path and query are the service's own"),
    op("ANY", "/proxy/{service}/", "Call the root of a service"),
    op(
        "ANY",
        "/mcp",
        "All MCP servers that a session holds, for MCP clients (Streamable HTTP); tools as SERVICE__TOOL",
    ),
    op("ANY", "/mcp/{service}", "One MCP server, for MCP clients (Streamable HTTP)"),
    op("GET", "/v1/inbox", "What waits, runs and was decided").gives("Inbox"),
    op("GET", "/v1/inbox/{id}", "The card of a request").gives("Card"),
    op("POST", "/v1/inbox/{id}/preview", "The card under a narrowing").takes("Narrowing").gives("Card"),
    op("POST", "/v1/inbox/{id}/approve", "Approve what was shown").takes("Approve").gives("Card"),
    op("POST", "/v1/inbox/{id}/deny", "Deny").takes("Deny").gives("Card"),
    op("GET", "/v1/sessions", "Live sessions; with `ended`, those that are over")
        .gives("SessionSummary[]")
        .query(&["ended"]),
    op("GET", "/v1/sessions/{id}", "A session with its timeline").gives("Session"),
    op("POST", "/v1/sessions/{id}/stop", "End a session").takes("RevokeRequest").gives("Stopped"),
    op("POST", "/v1/sessions/{id}/services/{service}/take-away", "Take a service out of a session")
        .takes("RevokeRequest")
        .gives("Stopped"),
    op("GET", "/v1/services", "The services").gives("ServiceSummary[]"),
    op("POST", "/v1/services/{id}/revoke", "Revoke a service everywhere")
        .takes("RevokeRequest")
        .gives("Stopped"),
    op("GET", "/v1/agents", "The agents").gives("AgentSummary[]"),
    op("POST", "/v1/agents/{id}/revoke", "End all that an agent holds")
        .takes("RevokeRequest")
        .gives("Stopped"),
    op("POST", "/v1/people/{id}/revoke", "End what a person's agents hold and what they approved")
        .takes("RevokeRequest")
        .gives("Stopped"),
    op("POST", "/v1/stop-all", "End everything").takes("RevokeRequest").gives("Stopped"),
    op("GET", "/docs/agent", "The start page for agents, in Markdown"),
    op("GET", "/llms.txt", "Where agents begin"),
    op("GET", "/openapi.json", "This"),
    op("GET", "/livez", "Whether the broker runs"),
    op("GET", "/readyz", "Whether the broker can serve"),
];

/// The shapes of what is sent and answered.
#[derive(OpenApi)]
#[openapi(components(schemas(
    access::AccessRequest,
    access::RequestView,
    access::Redeemed,
    access::Me,
    lines::AskedLine,
    problem::Problem,
    sessions::Inbox,
    sessions::Session,
    sessions::SessionSummary,
    card::Card,
    card::Narrowing,
    card::Approve,
    card::Deny,
    revoke::RevokeRequest,
    revoke::Stopped,
    services::ServiceSummary,
    agents::AgentSummary,
)))]
struct Shapes;

/// The operations, for a page.
pub(in crate::http) fn operations() -> Vec<OperationView> {
    let routes = table();
    let view = |it: &Operation| {
        let route = routes.iter().find(|route| route.method == it.method && route.path == it.path)?;
        Some(OperationView {
            method: it.method.to_owned(),
            path: it.path.replace("{*", "{"),
            says: it.says.to_owned(),
            whose: scheme(route.access).unwrap_or_default().to_owned(),
            takes: it.takes.map(str::to_owned),
            gives: it.gives.map(str::to_owned),
        })
    };
    OPERATIONS.iter().filter_map(view).collect()
}

/// The document. It is made once.
pub(super) static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
});

fn document() -> Value {
    let shapes = serde_json::to_value(Shapes::openapi()).unwrap_or_default();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let route = table().into_iter().find(|it| it.method == operation.method && it.path == operation.path);
        let Some(route) = route else { continue };
        let path = operation.path.replace("{*", "{");
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        // Of a route that takes every method, the usual ones are written down.
        let all = ["get", "post", "put", "patch", "delete"].as_slice();
        let method = operation.method.to_ascii_lowercase();
        let those: &[&str] = if operation.method == "ANY" { all } else { &[&method] };
        for method in those {
            methods[*method] = described(operation, &route);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Agents ask, people countersign, every call goes through the broker. Start at /docs/agent.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shapes["components"]["schemas"],
            "securitySchemes": {
                "agent": {"type": "http", "scheme": "bearer", "description": "An agent's secret, or its token for asking"},
                "call": {"type": "http", "scheme": "bearer", "description": "A call token"},
                "person": {"type": "http", "scheme": "bearer", "description": "A person's token"},
            },
        },
    })
}

fn described(operation: &Operation, route: &RouteInfo) -> Value {
    let in_path = operation.path.split('{').skip(1).filter_map(|part| part.split('}').next());
    let parameter = |name: &str, place: &str| json!({"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}});
    let parameters: Vec<Value> = in_path
        .map(|name| parameter(name.trim_start_matches('*'), "path"))
        .chain(operation.query.iter().map(|name| parameter(name, "query")))
        .collect();
    let mut answer = json!({"description": "As asked"});
    if let Some(shape) = operation.gives {
        answer["content"] = json!({"application/json": {"schema": reference(shape)}});
    }
    let refusal = json!({
        "description": "Refused; `detail` says whether anything was done",
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    });
    let mut described = json!({
        "summary": operation.says,
        "parameters": parameters,
        "responses": {"2XX": answer, "4XX": refusal, "5XX": refusal},
    });
    if let Some(shape) = operation.takes {
        described["requestBody"] = json!({"content": {"application/json": {"schema": reference(shape)}}});
    }
    if let Some(scheme) = scheme(route.access) {
        described["security"] = json!([{scheme: []}]);
    }
    described
}

fn reference(shape: &str) -> Value {
    match shape.strip_suffix("[]") {
        Some(each) => json!({"type": "array", "items": reference(each)}),
        None => json!({"$ref": format!("#/components/schemas/{shape}")}),
    }
}

fn scheme(access: Access) -> Option<&'static str> {
    match access {
        Access::Agent => Some("agent"),
        Access::Caller => Some("call"),
        Access::Person => Some("person"),
        Access::Anyone | Access::Client | Access::Registrant | Access::Browser | Access::Visitor => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::PathBuf};

    fn checked_in() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json")
    }

    #[test]
    fn every_route_that_is_no_page_is_described() {
        let page = |it: &RouteInfo| {
            matches!(it.access, Access::Browser | Access::Visitor)
                || it.path.starts_with("/assets")
                || it.path.starts_with("/pkg")
        };
        let routes: BTreeSet<_> =
            table().into_iter().filter(|it| !page(it)).map(|it| (it.method, it.path)).collect();
        let described: BTreeSet<_> = OPERATIONS.iter().map(|it| (it.method, it.path)).collect();
        assert_eq!(routes, described);
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        let document = document();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let named: BTreeSet<&str> =
            text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() > 20, "{named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !schemas.contains_key(**name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_file_that_is_checked_in_is_this() {
        let file = fs::read_to_string(checked_in()).unwrap_or_default();
        assert!(file == *TEXT, "docs/openapi.json is old: cargo test -p broker renew_openapi -- --ignored");
    }

    #[test]
    #[ignore = "writes docs/openapi.json"]
    fn renew_openapi() {
        fs::write(checked_in(), TEXT.as_bytes()).unwrap();
    }
}
