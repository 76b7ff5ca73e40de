//! A client that is a script of ours. It is told, in one line of JSON, where everything is. Then it says, a line of JSON
//! each, where it sends the person and how each scenario ended; what it hears is what the person did.

use std::process::Command;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::person::{Decision, Person};
use super::scenarios::Tally;
use super::talk::Talk;

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
    /// What it was started for.
    Gives { gives: String },
}

/// Plays it to its end. What it gives, if anything.
pub fn play(
    command: &mut Command,
    told: &Value,
    person: &mut Person,
    tally: &mut Tally,
) -> Result<Option<String>> {
    let mut talk = Talk::start(command)?;
    talk.say(&told.to_string())?;
    let mut given = None;
    while let Some(line) = talk.hear()? {
        // What is no JSON are words of the language's own, for whoever reads the error.
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
            Said::Gives { gives } => {
                given = Some(gives);
                continue;
            }
        };
        let answer = answer.unwrap_or_else(|error| json!({"error": format!("the person: {error:#}")}));
        talk.say(&answer.to_string())?;
    }
    let said = talk.said.clone();
    let status = talk.end()?;
    if !status.success() {
        bail!("the script ended with {status}:\n{said}");
    }
    Ok(given)
}
