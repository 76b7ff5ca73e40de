//! Where the doors are and what they take: the authorization server (RFC 8414), each protected resource (RFC 9728), and the
//! keys that tokens are checked with. Made of the routes that are mounted, so that nothing is promised that is not there.

use super::{super::router, token::GRANT_TYPES};
use crate::{app::App, fault::Fault, tokens::AGENT_ALGORITHMS, vault::VaultError};
use axum::{
    Json as Answer,
    extract::{Path, State},
};
use protocol::Slug;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What RFC 8414 calls an endpoint, and where it is if it is mounted.
const ENDPOINTS: [(&str, &str); 4] = [
    ("token_endpoint", "/oauth/token"),
    ("introspection_endpoint", "/oauth/introspect"),
    ("revocation_endpoint", "/oauth/revoke"),
    ("jwks_uri", "/.well-known/jwks.json"),
];

/// How clients prove who they are, at every endpoint where they do.
const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The types of `authorization_details` (RFC 9396 section 10).
const DETAILS: [&str; 1] = ["service_access"];

/// `/.well-known/oauth-authorization-server` (RFC 8414 section 3).
pub(in crate::http) async fn server(State(app): State<Arc<App>>) -> Answer<Value> {
    let mut known = Map::new();
    known.insert("issuer".to_owned(), json!(app.public_url));
    let routes = router::table();
    for (name, path) in ENDPOINTS.into_iter().filter(|(_, path)| routes.iter().any(|it| it.path == *path)) {
        known.insert(name.to_owned(), json!(format!("{}{path}", app.public_url)));
        if name.ends_with("_endpoint") {
            known.insert(format!("{name}_auth_methods_supported"), json!(METHODS));
            let algorithms = format!("{name}_auth_signing_alg_values_supported");
            known.insert(algorithms, json!(AGENT_ALGORITHMS));
        }
    }
    known.insert("grant_types_supported".to_owned(), json!(GRANT_TYPES));
    // There is no authorization endpoint, and the member is required (section 2).
    known.insert("response_types_supported".to_owned(), json!([]));
    known.insert("authorization_details_types_supported".to_owned(), json!(DETAILS));
    known.insert("service_documentation".to_owned(), json!(format!("{}/docs/agent", app.public_url)));
    Answer(Value::Object(known))
}

/// `/.well-known/oauth-protected-resource/proxy/{service}` (RFC 9728 section 3.1). It says the same of every name, so that
/// nobody learns here which services there are.
pub(in crate::http) async fn resource(
    State(app): State<Arc<App>>,
    Path(service): Path<String>,
) -> Result<Answer<Value>, Fault> {
    let service: Slug = service.parse().map_err(|_| Fault::NotFound("service"))?;
    Ok(Answer(json!({
        "resource": format!("{}/proxy/{service}", app.public_url),
        "authorization_servers": [app.public_url],
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": DETAILS,
        "resource_documentation": format!("{}/docs/agent", app.public_url),
    })))
}

/// `/.well-known/jwks.json` (RFC 7517 section 5).
pub(in crate::http) async fn jwks(State(app): State<Arc<App>>) -> Result<Answer<Value>, Fault> {
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    Ok(Answer(signer.jwks()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oauth_door_that_is_mounted_is_named_and_none_else() {
        let routes = router::table();
        let doors = routes.iter().map(|it| it.path).filter(|path| path.starts_with("/oauth/"));
        for door in doors {
            assert!(ENDPOINTS.iter().any(|(_, path)| *path == door), "{door} is not in the metadata");
        }
        for (name, path) in ENDPOINTS {
            assert!(routes.iter().any(|it| it.path == path), "{name} is promised and not there");
        }
    }
}
