//! The file that `countersign-broker apply` gets: the tracker from the catalogue, and the demo's own cast.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use toml::{Table, Value};

/// The names of the cast.
pub const PERSON: &str = "you";
pub const AGENT: &str = "demo-agent";
pub const SERVICE: &str = "tracker";

/// Where the secrets are, beside the file.
pub const TRACKER_KEY: &str = "tracker.key";
pub const AGENT_SECRET: &str = "agent.secret";

/// The person, a connection of the tracker that every approver may decide on, and the person's agent.
const CAST: &str = r#"
[[person]]
name = "you"
title = "You"
roles = ["developer", "approver", "admin"]

[[connection]]
name = "acme-bot"
service = "tracker"
account = "@acme-bot"
approvers = []
secret = { file = "tracker.key" }

[[agent]]
name = "demo-agent"
title = "Demo agent"
owner = "you"
secret_file = "agent.secret"
"#;

/// The whole file. `catalogued` is the catalogue's, whose service moves to where the tracker listens.
pub fn declaration(catalogued: &str, tracker: SocketAddr) -> Result<String> {
    let mut file: Table = catalogued.parse().context("the catalogue's file")?;
    let service = file.get_mut("service").and_then(|services| services.get_mut(0));
    let service = service.and_then(Value::as_table_mut).context("the catalogue's file names no service")?;
    service.insert("origin".to_owned(), Value::String(format!("http://{tracker}")));
    let cast: Table = CAST.parse().context("the cast")?;
    file.extend(cast);
    Ok(file.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(file: &'a Table, path: [&str; 2]) -> &'a str {
        file[path[0]][0][path[1]].as_str().unwrap()
    }

    #[test]
    fn the_cast_stands_beside_the_catalogues_service() {
        let catalogued =
            std::fs::read_to_string(crate::workspace::root().join(super::super::stage::CATALOGUED));
        let file = declaration(&catalogued.unwrap(), ([127, 0, 0, 1], 4242).into()).unwrap();
        let file: Table = file.parse().unwrap();
        assert_eq!(text(&file, ["service", "origin"]), "http://127.0.0.1:4242");
        assert_eq!(text(&file, ["service", "name"]), SERVICE);
        assert_eq!(text(&file, ["connection", "service"]), SERVICE);
        assert_eq!(file["connection"][0]["secret"]["file"].as_str(), Some(TRACKER_KEY));
        assert_eq!(text(&file, ["agent", "name"]), AGENT);
        assert_eq!(text(&file, ["agent", "owner"]), PERSON);
        assert_eq!(text(&file, ["agent", "secret_file"]), AGENT_SECRET);
        assert_eq!(text(&file, ["person", "name"]), PERSON);
        assert_eq!(file["service"][0]["action"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn a_file_without_a_service_is_refused() {
        assert!(declaration("x = 1", ([127, 0, 0, 1], 1).into()).is_err());
        assert!(declaration("service = []", ([127, 0, 0, 1], 1).into()).is_err());
    }
}
