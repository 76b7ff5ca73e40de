//! Where the doors are and what they take: the authorization server (RFC 8414, OpenID Connect Discovery), each protected
//! resource (RFC 9728), and the keys that tokens are checked with. Made of the routes that are mounted, so that nothing is
//! promised that is not there.

use super::{super::router, token::GRANT_TYPES};
use crate::{app::App, fault::Fault, tokens::AGENT_ALGORITHMS, vault::VaultError};
use axum::{
    Json as Answer,
    extract::{Path, State},
};
use protocol::{Slug, services::ServiceKind};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

const AUTHORIZE: &str = "/oauth/authorize";
const PUSH: &str = "/oauth/par";
const REGISTER: &str = "/oauth/register";
const BACKCHANNEL: &str = "/oauth/bc-authorize";

/// What metadata calls an endpoint, where it is if it is mounted, and how clients prove there who they are.
const ENDPOINTS: [(&str, &str, Proof); 8] = [
    ("authorization_endpoint", AUTHORIZE, Proof::Elsewhere),
    ("pushed_authorization_request_endpoint", PUSH, Proof::Elsewhere),
    ("backchannel_authentication_endpoint", BACKCHANNEL, Proof::Elsewhere),
    ("registration_endpoint", REGISTER, Proof::Elsewhere),
    ("token_endpoint", "/oauth/token", Proof::OrPublic),
    ("introspection_endpoint", "/oauth/introspect", Proof::Always),
    ("revocation_endpoint", "/oauth/revoke", Proof::OrPublic),
    ("jwks_uri", "/.well-known/jwks.json", Proof::Elsewhere),
];

/// Whether an endpoint has members of its own about how clients authenticate there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Not at all, or as at the token endpoint.
    Elsewhere,
    /// Every client does.
    Always,
    /// Public clients, where there are any, only name themselves.
    OrPublic,
}

/// How clients prove who they are.
const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The types of `authorization_details` (RFC 9396 section 10).
const DETAILS: [&str; 1] = ["service_access"];

/// What an ID token says.
const CLAIMS: [&str; 8] = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"];

/// `/.well-known/oauth-authorization-server` (RFC 8414 section 3) and `/.well-known/openid-configuration` (OpenID Connect
/// Discovery section 4): the same words, so that no client learns more at one than at the other.
pub(in crate::http) async fn server(State(app): State<Arc<App>>) -> Answer<Value> {
    let mut mounted: BTreeSet<&str> = router::table().iter().map(|it| it.path).collect();
    if !app.clients.registration {
        mounted.remove(REGISTER); // it is there, and says that it is switched off
    }
    Answer(known(&app.public_url, &mounted, app.clients.documents))
}

fn known(issuer: &str, mounted: &BTreeSet<&str>, documents: bool) -> Value {
    let mut known = endpoints(issuer, mounted);
    let mut say = |name: &str, what: Value| known.insert(name.to_owned(), what);
    say("issuer", json!(issuer));
    say("grant_types_supported", json!(GRANT_TYPES));
    say("authorization_details_types_supported", json!(DETAILS));
    say("service_documentation", json!(format!("{issuer}/docs/agent")));
    // Required members, whether there is a door that they are about or not.
    let authorizes = mounted.contains(AUTHORIZE);
    say("response_types_supported", if authorizes { json!(["code"]) } else { json!([]) });
    say("subject_types_supported", json!(["public"]));
    say("id_token_signing_alg_values_supported", json!(["ES256"]));
    // Left out, this one would mean yes. A `request_uri` of ours is another thing (RFC 9126 section 5).
    say("request_uri_parameter_supported", json!(false));
    if authorizes {
        say("response_modes_supported", json!(["query"]));
        say("code_challenge_methods_supported", json!(["S256"]));
        say("authorization_response_iss_parameter_supported", json!(true));
    }
    if mounted.contains(PUSH) {
        say("require_pushed_authorization_requests", json!(false));
    }
    if authorizes && documents {
        say("client_id_metadata_document_supported", json!(true));
    }
    if mounted.contains(BACKCHANNEL) {
        say("backchannel_token_delivery_modes_supported", json!(["poll"]));
        say("backchannel_user_code_parameter_supported", json!(false));
    }
    // An ID token comes of a person's decision, and only these two doors lead a client to one.
    if authorizes || mounted.contains(BACKCHANNEL) {
        say("scopes_supported", json!(["openid"]));
        say("claim_types_supported", json!(["normal"]));
        say("claims_supported", json!(CLAIMS));
    }
    Value::Object(known)
}

fn endpoints(issuer: &str, mounted: &BTreeSet<&str>) -> Map<String, Value> {
    let mut known = Map::new();
    for (name, path, proof) in ENDPOINTS.into_iter().filter(|(_, path, _)| mounted.contains(path)) {
        known.insert(name.to_owned(), json!(format!("{issuer}{path}")));
        if proof == Proof::Elsewhere {
            continue;
        }
        let mut methods = METHODS.to_vec();
        if proof == Proof::OrPublic && mounted.contains(AUTHORIZE) {
            methods.push("none");
        }
        known.insert(format!("{name}_auth_methods_supported"), json!(methods));
        known.insert(format!("{name}_auth_signing_alg_values_supported"), json!(AGENT_ALGORITHMS));
    }
    known
}

/// The one address by which tokens and metadata name a service behind the broker.
pub(super) fn resource_of(issuer: &str, service: &Slug, kind: ServiceKind) -> String {
    match kind {
        ServiceKind::Http => format!("{issuer}/proxy/{service}"),
        ServiceKind::Mcp => format!("{issuer}/mcp/{service}"),
    }
}

/// The address of the door to all MCP servers that a session holds.
pub(super) fn all_mcp(issuer: &str) -> String {
    format!("{issuer}/mcp")
}

/// `/.well-known/oauth-protected-resource/proxy/{service}` (RFC 9728 section 3.1). It says the same of every name, so that
/// nobody learns here which services there are.
pub(in crate::http) async fn resource(
    State(app): State<Arc<App>>,
    Path(service): Path<String>,
) -> Result<Answer<Value>, Fault> {
    known_resource(&app, &service, ServiceKind::Http)
}

/// The same at `/.well-known/oauth-protected-resource/mcp/{service}`.
pub(in crate::http) async fn mcp_resource(
    State(app): State<Arc<App>>,
    Path(service): Path<String>,
) -> Result<Answer<Value>, Fault> {
    known_resource(&app, &service, ServiceKind::Mcp)
}

/// And at `/.well-known/oauth-protected-resource/mcp`.
pub(in crate::http) async fn all_mcp_resource(State(app): State<Arc<App>>) -> Answer<Value> {
    Answer(described(&app, &all_mcp(&app.public_url)))
}

fn known_resource(app: &App, service: &str, kind: ServiceKind) -> Result<Answer<Value>, Fault> {
    let service: Slug = service.parse().map_err(|_| Fault::NotFound("service"))?;
    Ok(Answer(described(app, &resource_of(&app.public_url, &service, kind))))
}

fn described(app: &App, resource: &str) -> Value {
    json!({
        "resource": resource,
        "authorization_servers": [app.public_url],
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": DETAILS,
        "resource_documentation": format!("{}/docs/agent", app.public_url),
    })
}

/// `/.well-known/jwks.json` (RFC 7517 section 5).
pub(in crate::http) async fn jwks(State(app): State<Arc<App>>) -> Result<Answer<Value>, Fault> {
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    Ok(Answer(signer.jwks()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://approve.example";

    /// What is mounted now, and with the doors that may come.
    fn ways() -> [BTreeSet<&'static str>; 3] {
        let now: BTreeSet<_> = router::table().iter().map(|it| it.path).collect();
        let all = now.iter().copied().chain(ENDPOINTS.map(|(_, path, _)| path)).collect();
        let none = now.iter().copied().filter(|it| !it.starts_with("/oauth/")).collect();
        [now, all, none]
    }

    #[test]
    fn as1_every_oauth_door_that_is_mounted_is_named_and_none_else() {
        for mounted in ways() {
            let said = known(ISSUER, &mounted, true);
            let doors = mounted.iter().filter(|path| path.starts_with("/oauth/") && !path.contains('{'));
            for door in doors {
                let at = ENDPOINTS.iter().find(|(_, path, _)| path == door);
                let (name, ..) = at.unwrap_or_else(|| panic!("{door} is not in the metadata"));
                assert_eq!(said[name], format!("{ISSUER}{door}"));
            }
            for (name, path, proof) in ENDPOINTS {
                assert_eq!(said.get(name).is_some(), mounted.contains(path), "{name}");
                let methods = said.get(format!("{name}_auth_methods_supported"));
                assert_eq!(methods.is_some(), proof != Proof::Elsewhere && mounted.contains(path), "{name}");
            }
        }
    }

    #[test]
    fn as2_the_issuer_is_byte_for_byte_what_its_address_was_made_from() {
        for issuer in [ISSUER, "http://localhost:8420", "https://approve.example:8443"] {
            for mounted in ways() {
                let said = known(issuer, &mounted, true);
                assert_eq!(said["issuer"].as_str(), Some(issuer));
                for (name, path, _) in ENDPOINTS {
                    let at = said.get(name).map(|it| it.as_str().unwrap());
                    assert!(at.is_none_or(|at| at == format!("{issuer}{path}")), "{name}");
                }
            }
        }
    }

    #[test]
    fn what_hangs_on_a_door_is_said_only_with_it() {
        let hang = [
            ("response_modes_supported", AUTHORIZE),
            ("code_challenge_methods_supported", AUTHORIZE),
            ("authorization_response_iss_parameter_supported", AUTHORIZE),
            ("require_pushed_authorization_requests", PUSH),
            ("client_id_metadata_document_supported", AUTHORIZE),
            ("backchannel_token_delivery_modes_supported", BACKCHANNEL),
            ("backchannel_user_code_parameter_supported", BACKCHANNEL),
        ];
        for mounted in ways() {
            let said = known(ISSUER, &mounted, true);
            for (member, door) in hang {
                assert_eq!(said.get(member).is_some(), mounted.contains(door), "{member}");
            }
            let authorizes = mounted.contains(AUTHORIZE);
            let asks = authorizes || mounted.contains(BACKCHANNEL);
            assert_eq!(said.get("scopes_supported").is_some(), asks);
            assert_eq!(
                said["response_types_supported"],
                if authorizes { json!(["code"]) } else { json!([]) }
            );
            let text = said.to_string();
            assert!(!text.contains("offline_access") && !text.contains("refresh"), "never renewed");
            // Required by OpenID Connect Discovery.
            for member in ["issuer", "subject_types_supported", "id_token_signing_alg_values_supported"] {
                assert!(said.get(member).is_some(), "{member}");
            }
        }
    }

    #[test]
    fn as3_public_clients_are_named_where_there_can_be_any() {
        let [_, all, none] = ways();
        let said = known(ISSUER, &all, true);
        let takes_none = |name: &str| {
            let methods = said[format!("{name}_auth_methods_supported")].as_array().unwrap();
            methods.contains(&json!("none"))
        };
        assert!(known(ISSUER, &all, false).get("client_id_metadata_document_supported").is_none());
        assert!(takes_none("token_endpoint") && takes_none("revocation_endpoint"));
        assert!(!takes_none("introspection_endpoint"), "RFC 7662 section 2.1");
        assert!(!known(ISSUER, &none, true).to_string().contains("\"none\""));
        assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
    }
}
