//! Who asks whom: from the environment, so that no secret stands on a command line.

use crate::exit::Failure;
use agent_client::{Client, Key, PeopleClient, Secret};
use std::{env, fs};

/// Where the broker is; who asks is read when it is needed.
#[derive(Debug)]
pub struct Config {
    url: Option<String>,
}

impl Config {
    pub fn new(url: Option<String>) -> Self {
        Self { url }
    }

    /// The agent's connection.
    pub fn agent(&self) -> Result<Client, Failure> {
        let name =
            env::var("COUNTERSIGN_AGENT").map_err(|_| missing("COUNTERSIGN_AGENT", "the agent's name"))?;
        if let Some(file) = env::var_os("COUNTERSIGN_AGENT_KEY_FILE") {
            if ["COUNTERSIGN_AGENT_SECRET", "COUNTERSIGN_AGENT_SECRET_FILE"]
                .iter()
                .any(|it| env::var_os(it).is_some())
            {
                return Err(Failure::Usage(
                    "set COUNTERSIGN_AGENT_KEY_FILE or the agent's secret, not both".to_owned(),
                ));
            }
            let why = |why| Failure::Usage(format!("COUNTERSIGN_AGENT_KEY_FILE: {}: {why}", file.display()));
            let key = Key::from_pem(&fs::read_to_string(&file).map_err(why)?)?;
            return Ok(Client::with_key(self.url()?, &name, key)?);
        }
        let secret = secret(
            "COUNTERSIGN_AGENT_SECRET",
            "the agent's secret (or COUNTERSIGN_AGENT_KEY_FILE, its key)",
        )?;
        Ok(Client::new(self.url()?, &name, secret)?)
    }

    /// The person's connection.
    pub fn person(&self) -> Result<PeopleClient, Failure> {
        let token = secret("COUNTERSIGN_PERSON_TOKEN", "a person's token")?;
        Ok(PeopleClient::new(self.url()?, token)?)
    }

    fn url(&self) -> Result<&str, Failure> {
        self.url.as_deref().ok_or_else(|| missing("COUNTERSIGN_URL", "the broker's address"))
    }
}

/// A secret from a variable, or from the file that `…_FILE` names.
fn secret(variable: &str, what: &str) -> Result<Secret, Failure> {
    let file_variable = format!("{variable}_FILE");
    let text = match (env::var(variable), env::var_os(&file_variable)) {
        (Ok(_), Some(_)) => {
            return Err(Failure::Usage(format!("set {variable} or {file_variable}, not both")));
        }
        (Ok(text), None) => text,
        (Err(_), Some(file)) => {
            let why = |why| Failure::Usage(format!("{file_variable}: {}: {why}", file.display()));
            fs::read_to_string(&file).map_err(why)?
        }
        (Err(_), None) => return Err(missing(variable, what)),
    };
    Ok(Secret::new(text.trim()))
}

fn missing(variable: &str, what: &str) -> Failure {
    Failure::Usage(format!("{variable} is not set: {what}"))
}
