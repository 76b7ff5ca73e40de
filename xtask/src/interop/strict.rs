//! The strict client: a script on openid-client and oauth4webapi.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::declaration::{BY_KEY, BY_SECRET, PERSON, SERVICE, UNWANTED};
use super::node::Node;
use super::person::Person;
use super::scenarios::Tally;
use super::scripted;
use super::stage::Stage;

const SCRIPT: &str = "strict.mjs";
/// Makes the key of the client that has one.
const KEY: &str = "key.mjs";

/// A fresh key: the private and the public half, as JWKs.
pub fn key(node: &Node) -> Result<(Value, Value)> {
    let said = crate::sh::ask(&mut node.script(KEY))?;
    let mut both: Value = serde_json::from_str(&said).context("the key is no JSON")?;
    Ok((both["private"].take(), both["public"].take()))
}

pub fn run(stage: &Stage, node: &Node, key: &Value, person: &mut Person, tally: &mut Tally) -> Result<()> {
    let by_secret =
        |agent: &str| Ok::<_, anyhow::Error>(json!({"id": agent, "secret": stage.secret(agent)?}));
    let told = json!({
        "issuer": stage.url,
        "resource": stage.resource(),
        "service": SERVICE,
        "person": PERSON,
        "bySecret": by_secret(BY_SECRET)?,
        "unwanted": by_secret(UNWANTED)?,
        "byKey": {"id": BY_KEY, "key": key},
    });
    scripted::play(&mut node.script(SCRIPT), &told, person, tally).map(drop)
}
