//! The file that `countersign-broker apply` gets.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{MCP, NEIGHBOUR, PERSON, Plan, REDIRECT, SERVICE, agent};

/// Where the key of the services lies, beside the file.
pub const KEY_FILE: &str = "service.key";

/// Two services with a connection each and perhaps an MCP server, a person, and agents that may use their grant tokens directly.
pub fn declaration(plan: &Plan) -> anyhow::Result<String> {
    let person = json!({"name": PERSON, "title": "Paul", "roles": ["developer", "approver", "admin"]});
    let agents: Vec<Value> = (0..plan.agents).map(declared_agent).collect();
    let mut services = vec![service(SERVICE, plan.upstream), service(NEIGHBOUR, plan.neighbour)];
    let mut connections = vec![connection(SERVICE), connection(NEIGHBOUR)];
    if let Some(server) = plan.mcp {
        services.push(mcp_server(server));
        connections.push(connection(MCP));
    }
    let file = json!({
        "person": [person],
        "service": services,
        "connection": connections,
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

/// It says of its tools itself that they only read.
fn mcp_server(at: SocketAddr) -> Value {
    json!({
        "name": MCP, "title": "The MCP server", "kind": "mcp", "origin": format!("http://{at}"),
        "auth": {"style": "bearer"}, "allow_private": true,
        "mcp": {"transport": {"by": "http", "path": "/mcp"}},
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
