//! The strict client: a script on openid-client and oauth4webapi. It says, a line of JSON each, where it sends the person
//! and how each scenario ended; what it is told on its input is the outcome.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::declaration::{BY_KEY, BY_SECRET, PERSON, SERVICE, UNWANTED};
use super::node::Node;
use super::person::{Decision, Person};
use super::scenarios::Tally;
use super::stage::Stage;
use super::talk::Talk;

const SCRIPT: &str = "strict.mjs";
/// Makes the key of the client that has one.
const KEY: &str = "key.mjs";

/// A line of the script's.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Said {
    /// It sends the person to this address.
    Visit { visit: String, decision: Decision },
    /// The person is to look for a request that shows this.
    Find { find: String, decision: Decision },
    /// A scenario is over.
    Ended { scenario: String, failed: Option<String> },
}

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
    let mut talk = Talk::start(&mut node.script(SCRIPT))?;
    talk.say(&told.to_string())?;
    while let Some(line) = talk.hear()? {
        // What is no JSON are words of node's own, for whoever reads the error.
        let Ok(said) = serde_json::from_str::<Said>(&line) else { continue };
        let answer = match said {
            Said::Visit { visit, decision } => {
                person.sent_to(&visit, &decision).map(|back| json!({"location": back}))
            }
            Said::Find { find, decision } => person.finds(&find, &decision).map(|()| json!({})),
            Said::Ended { scenario, failed } => {
                tally.note(&scenario, failed.map_or(Ok(()), Err));
                continue;
            }
        };
        let answer = answer.unwrap_or_else(|error| json!({"error": format!("the person: {error:#}")}));
        talk.say(&answer.to_string())?;
    }
    let said = talk.said.clone();
    let status = talk.end()?;
    if !status.success() {
        bail!("the strict client ended with {status}:\n{said}");
    }
    Ok(())
}
