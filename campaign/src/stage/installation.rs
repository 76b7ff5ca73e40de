//! An installation: a broker, or more on one PostgreSQL, the service behind it, and who works with it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent_client::{Client, PeopleClient, Retry};
use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::declaration::{KEY_FILE, declaration};
use super::{AGENTS, Broker, PERSON, Start, agent};
use crate::upstream::{KEY, Upstream};
use crate::witness::Witness;

/// Whoever fails says so at once: the load tries again by itself, and must know what was acknowledged.
const ONCE: Retry =
    Retry { tries: 1, first: Duration::ZERO, longest: Duration::ZERO, patience: Duration::ZERO };

pub struct Installation {
    pub broker: Broker,
    pub upstream: Upstream,
    pub witness: Witness,
    person: String,
    /// The secrets of agents.
    agents: Vec<String>,
    folder: TempDir,
}

impl Installation {
    /// A broker on an empty database, with everything declared; SQLite if no other is named.
    pub async fn set_up(program: &Path, database: Option<String>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("countersign-campaign-").tempdir()?;
        let broker = Broker::new(program, &folder.path().join("broker"), database)?;
        Self::set_up_with(broker, folder).await
    }

    pub async fn set_up_with(mut broker: Broker, folder: TempDir) -> Result<Self> {
        let upstream = Upstream::start().await?;
        broker.start(&Start::default()).await?;
        let file = folder.path().join("declared.toml");
        fs::write(&file, declaration(upstream.address, AGENTS + 2)?)?;
        let mut key = fs::OpenOptions::new();
        key.write(true).create(true).truncate(true).mode(0o600);
        key.open(folder.path().join(KEY_FILE))?.write_all(KEY.as_bytes())?;
        let path = file.to_str().context("the temporary folder has an odd name")?;
        broker.say(&["apply", "--yes", "--file", path]).await.context("declaring everything")?;
        let person = broker.say(&["person-token", PERSON, "--for", "12h"]).await?.trim().to_owned();
        let mut agents = Vec::new();
        for index in 0..AGENTS + 2 {
            let secret = fs::read_to_string(folder.path().join(format!("{}.secret", agent(index))))?;
            agents.push(secret.trim().to_owned());
        }
        Ok(Self { broker, upstream, witness: Witness::default(), person, agents, folder })
    }

    /// A further broker of this installation, which does not run yet.
    pub fn another(&self, program: &Path) -> Result<Broker> {
        self.another_at(program, self.broker.database())
    }

    /// The same, with another way to the database.
    pub fn another_at(&self, program: &Path, database: String) -> Result<Broker> {
        Broker::new(program, &self.folder.path().join("beside"), Some(database))?.beside(&self.broker)
    }

    /// An agent, as it reaches a broker.
    pub fn agent(&self, at: &Broker, index: usize) -> Result<Client> {
        let client = Client::new(&at.url(), &agent(index), self.agents[index].as_str())?;
        Ok(client.with_audience(at.public_url()).with_retry(ONCE))
    }

    /// The person, as they reach a broker.
    pub fn person(&self, at: &Broker) -> Result<PeopleClient> {
        Ok(PeopleClient::new(&at.url(), self.person.as_str())?.with_retry(ONCE))
    }

    /// A place for what a fault needs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves its folder behind, for whoever wants to know why.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// What must never stand in a log.
    pub fn secrets(&self) -> Vec<String> {
        let root = fs::read_to_string(self.broker.data().join("root.key")).ok();
        let root = root.map(|it| it.trim().to_owned());
        self.agents.iter().cloned().chain([self.person.clone(), KEY.to_owned()]).chain(root).collect()
    }

    /// The logs of all brokers.
    pub fn logs(&self) -> Vec<PathBuf> {
        let folders = ["broker", "beside"].map(|name| self.folder.path().join(name).join("broker.log"));
        folders.into_iter().filter(|file| file.exists()).collect()
    }
}
