//! The file that `countersign-broker apply` gets: the tracker from the catalogue with two actions that are offered
//! unasked, a person, and agents that are known beforehand.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

pub const PERSON: &str = "you";
pub const SERVICE: &str = "tracker";
/// An agent with a secret, one with a key, and one that nobody wants.
pub const BY_SECRET: &str = "strict-client";
pub const BY_KEY: &str = "strict-key";
pub const UNWANTED: &str = "unwanted-client";

/// Where the secret of the tracker is, beside the file.
pub const TRACKER_KEY: &str = "tracker.key";
/// Where they are sent back to: on loopback the port does not matter (RFC 8252 section 7.3).
const CALLBACK: &str = "http://127.0.0.1/callback";
/// What is offered to a client that names nothing.
const DEFAULTS: [&str; 2] = ["issues.list", "issues.read"];

/// `catalogued` is the catalogue's file, whose service moves to where the tracker listens; `key` is the public key of
/// the agent that has one.
/// What stands behind the gateway is declared beside it.
pub fn declaration(
    catalogued: &str,
    tracker: SocketAddr,
    key: &Value,
    behind: (Vec<Value>, Vec<Value>),
) -> Result<String> {
    let catalogued: Value = toml::from_str(catalogued).context("the catalogue's file")?;
    let mut service = catalogued["service"][0].clone();
    service["origin"] = json!(format!("http://{tracker}"));
    for action in service["action"].as_array_mut().context("the tracker has no actions")? {
        let offered = DEFAULTS.iter().any(|it| action["name"] == *it);
        action["default"] = json!(offered);
    }
    let connection = json!({
        "name": "acme-bot", "service": SERVICE, "account": "@acme-bot", "approvers": [], "secret": {"file": TRACKER_KEY},
    });
    let (mut services, mut connections) = behind;
    services.insert(0, service);
    connections.insert(0, connection);
    let file = json!({
        "person": [{"name": PERSON, "title": "You", "roles": ["developer", "approver", "admin"]}],
        "service": services,
        "connection": connections,
        "agent": [
            agent(BY_SECRET, "Strict client", &json!({"secret_file": secret_file(BY_SECRET)})),
            agent(UNWANTED, "Unwanted client", &json!({"secret_file": secret_file(UNWANTED)})),
            agent(BY_KEY, "Strict client with a key", &json!({"secret": false, "keys": [key]})),
        ],
    });
    Ok(toml::to_string(&file)?)
}

/// Where the secret of an agent is written to, beside the file.
pub fn secret_file(agent: &str) -> String {
    format!("{agent}.secret")
}

fn agent(name: &str, title: &str, proof: &Value) -> Value {
    let mut agent =
        json!({"name": name, "title": title, "owner": PERSON, "direct": true, "redirect_uris": [CALLBACK]});
    if let (Some(agent), Some(proof)) = (agent.as_object_mut(), proof.as_object()) {
        agent.extend(proof.clone());
    }
    agent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_actions_are_offered_unasked_and_every_agent_goes_back() {
        let catalogued =
            std::fs::read_to_string(crate::workspace::root().join(super::super::stage::CATALOGUED));
        let file = declaration(
            &catalogued.unwrap(),
            ([127, 0, 0, 1], 4242).into(),
            &json!({"kid": "k"}),
            (vec![], vec![]),
        )
        .unwrap();
        let file: Value = toml::from_str(&file).unwrap();
        assert_eq!(file["service"][0]["name"], SERVICE);
        let actions = file["service"][0]["action"].as_array().unwrap();
        let offered =
            actions.iter().filter(|it| it["default"] == true).map(|it| it["name"].as_str().unwrap());
        assert_eq!(offered.collect::<Vec<_>>(), DEFAULTS);
        let agents = file["agent"].as_array().unwrap();
        assert!(agents.len() == 3 && agents.iter().all(|it| it["redirect_uris"][0] == CALLBACK));
    }
}
