//! The file that `countersign-broker apply` gets.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{NEIGHBOUR, PERSON, REDIRECT, SERVICE, agent};

/// Where the key of the services lies, beside the file.
pub const KEY_FILE: &str = "service.key";

/// Two services with a connection each, a person, and agents that may use their grant tokens directly.
pub fn declaration(upstream: SocketAddr, neighbour: SocketAddr, agents: usize) -> anyhow::Result<String> {
    let person = json!({"name": PERSON, "title": "Paul", "roles": ["developer", "approver", "admin"]});
    let agents: Vec<Value> = (0..agents).map(declared_agent).collect();
    let file = json!({
        "person": [person],
        "service": [service(SERVICE, upstream), service(NEIGHBOUR, neighbour)],
        "connection": [connection(SERVICE), connection(NEIGHBOUR)],
        "agent": agents,
    });
    Ok(toml::to_string(&file)?)
}

fn declared_agent(index: usize) -> Value {
    let name = agent(index);
    json!({
        "name": name, "title": format!("Agent {index}"), "owner": PERSON, "direct": true,
        "secret_file": format!("{name}.secret"), "redirect_uris": [REDIRECT],
    })
}

fn connection(service: &str) -> Value {
    json!({
        "name": format!("{service}-account"), "service": service, "account": "@bench", "owner": PERSON,
        "secret": {"file": KEY_FILE},
    })
}

/// Reading only: what a click may grant, and nothing that needs a passkey.
fn service(name: &str, origin: SocketAddr) -> Value {
    let action = |name: &str, object: &str, path: &str| {
        json!({
            "name": name, "verb": "read", "object": object, "effect": "read", "reversible": true,
            "method": "GET", "path": format!("/projects/{{owner}}/{{project}}/{path}"),
        })
    };
    json!({
        "name": name, "title": format!("The {name} service"), "origin": format!("http://{origin}"),
        "auth": {"style": "header", "name": "X-Api-Key"}, "allow_private": true, "resource": "{owner}/{project}",
        "action": [
            action("items.read", "items", "items/{item}"),
            action("bytes.read", "large bodies", "bytes/{megabytes}"),
            action("events.read", "events", "events"),
            action("hang.read", "answers that never come", "hang"),
            action("drip.read", "answers that never end", "drip"),
        ],
    })
}
