//! The file that `countersign-broker apply` gets.

use std::net::SocketAddr;

use anyhow::Result;
use serde_json::json;

use super::{PERSON, READ, SERVICE, agent};
use crate::upstream::HEADER;

/// Where the key of the service lies, beside the file.
pub const KEY_FILE: &str = "service.key";

/// A service with a connection, a person who may decide and revoke, and agents that may use their grant tokens
/// directly.
pub fn declaration(upstream: SocketAddr, agents: usize) -> Result<String> {
    let agents: Vec<_> = (0..agents)
        .map(|index| {
            let name = agent(index);
            json!({
                "name": name, "title": format!("Agent {index}"), "owner": PERSON, "direct": true,
                "secret_file": format!("{name}.secret"),
            })
        })
        .collect();
    let file = json!({
        "person": [{"name": PERSON, "title": "Paul", "roles": ["developer", "approver", "admin"]}],
        "service": [{
            "name": SERVICE, "title": "The tracker", "origin": format!("http://{upstream}"),
            "auth": {"style": "header", "name": HEADER}, "allow_private": true, "resource": "{owner}/{project}",
            "action": [{
                "name": READ, "verb": "read", "object": "items", "effect": "read", "reversible": true,
                "method": "GET", "path": "/projects/{owner}/{project}/items/{item}",
            }],
        }],
        "connection": [{
            "name": "tracker-account", "service": SERVICE, "account": "@campaign", "owner": PERSON,
            "secret": {"file": KEY_FILE},
        }],
        "agent": agents,
    });
    Ok(toml::to_string(&file)?)
}
