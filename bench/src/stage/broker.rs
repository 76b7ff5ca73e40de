//! Starting the broker and setting it up.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use agent_client::{Client, PeopleClient};
use anyhow::{Context, Result};
use tempfile::TempDir;

use super::declaration::{KEY_FILE, declaration};
use super::{PERSON, agent};
use crate::baseline::upstream::KEY;
use crate::disk::Disk;
use crate::lab::{Lab, free_address, on_load_core, on_server_core};
use crate::process::{Server, output};

/// What the broker prints once it answers.
const READY: &str = "listening on http://";
/// One agent and one person do here what many do elsewhere: as often as they like.
const LIMITS: &str = "requests=0, decisions=0";

/// What is to be set up.
#[derive(Clone)]
pub struct Plan {
    pub disk: Disk,
    pub upstream: SocketAddr,
    pub neighbour: SocketAddr,
    /// An MCP server, if there is to be one.
    pub mcp: Option<SocketAddr>,
    pub agents: usize,
    /// SQLite in the broker's folder, or PostgreSQL at this address.
    pub database: Option<String>,
    /// Where the wasm half of the pages is, if they are to have one.
    pub site: Option<PathBuf>,
}

impl Plan {
    /// One agent, one service, the real disk, SQLite.
    pub fn new(lab: &Lab, upstream: SocketAddr) -> Self {
        Self {
            disk: lab.real_disk().0.clone(),
            upstream,
            neighbour: upstream,
            mcp: None,
            agents: 1,
            database: None,
            site: None,
        }
    }
}

/// A broker that runs. It ends when this does, and its folder with it.
pub struct Broker {
    pub server: Server,
    pub address: SocketAddr,
    pub url: String,
    /// From the start of the program to the moment it listens.
    pub started_in: Duration,
    program: PathBuf,
    database: Option<String>,
    folder: TempDir,
}

impl Broker {
    /// A broker that is set up as planned.
    pub fn set_up(lab: &Lab, plan: &Plan) -> Result<Self> {
        Self::set_up_in(lab, plan, lab.fresh_folder()?)
    }

    /// The same on a database that lies in the `data` of a folder already.
    pub fn set_up_in(lab: &Lab, plan: &Plan, folder: TempDir) -> Result<Self> {
        let site = plan.site.as_deref();
        let broker = Self::start_in(lab, &plan.disk, plan.database.clone(), folder, (None, site))?;
        broker.declare(plan)?;
        Ok(broker)
    }

    /// Ends it; gives the folder with its database.
    pub fn stop(self) -> TempDir {
        let Self { server, folder, .. } = self;
        drop(server);
        folder
    }

    /// A broker on an empty database.
    pub fn start(lab: &Lab, disk: &Disk, database: Option<String>) -> Result<Self> {
        Self::start_in(lab, disk, database, lab.fresh_folder()?, (None, None))
    }

    /// A second broker beside this one, on the same PostgreSQL and with the same root key.
    pub fn twin(&self, lab: &Lab) -> Result<Self> {
        let key = self.folder.path().join("data/root.key");
        let folder = lab.fresh_folder()?;
        fs::create_dir(folder.path().join("data"))?;
        fs::copy(&key, folder.path().join("data/root.key")).context("the root key of the first broker")?;
        Self::start_in(lab, &lab.real_disk().0, self.database.clone(), folder, (Some(&self.url), None))
    }

    fn start_in(
        lab: &Lab,
        disk: &Disk,
        database: Option<String>,
        folder: TempDir,
        (public, site): (Option<&str>, Option<&Path>),
    ) -> Result<Self> {
        let address = free_address()?;
        let url = format!("http://localhost:{}", address.port());
        let mut serve = command(&on_server_core(&lab.broker), &folder, database.as_deref());
        disk.slow_down(&mut serve);
        serve.args(["serve", "--environment", "bench", "--limits", LIMITS, "--listen", &address.to_string()]);
        serve.args(["--public-url", public.unwrap_or(&url)]);
        if let Some(site) = site {
            serve.arg("--site").arg(site);
        }
        let start = Instant::now();
        let mut server = Server::start("the broker", &mut serve, &folder.path().join("log"))?;
        server.wait_until(|said| said.contains(READY))?;
        let (started_in, program) = (start.elapsed(), lab.broker.clone());
        Ok(Self { server, address, url, started_in, program, database, folder })
    }

    /// Declares services, connections, agents and the person who owns all of it.
    pub fn declare(&self, plan: &Plan) -> Result<()> {
        let file = self.folder.path().join("declared.toml");
        fs::write(&file, declaration(plan)?)?;
        let key = self.folder.path().join(KEY_FILE);
        let options = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(key);
        std::io::Write::write_all(&mut options?, KEY.as_bytes())?;
        let mut apply = self.command();
        output(apply.args(["apply", "--yes", "--file"]).arg(&file)).map(drop)
    }

    /// A command of the broker for its own host.
    pub fn command(&self) -> Command {
        command(&on_load_core(&self.program), &self.folder, self.database.as_deref())
    }

    /// What a command of the broker prints.
    pub fn say(&self, arguments: &[&str]) -> Result<String> {
        output(self.command().args(arguments))
    }

    /// The person, by a token of their own.
    pub fn person(&self) -> Result<PeopleClient> {
        Ok(PeopleClient::new(&self.url, self.person_token()?)?)
    }

    pub fn person_token(&self) -> Result<String> {
        Ok(self.say(&["person-token", PERSON, "--for", "12h"])?.trim().to_owned())
    }

    /// An agent with its secret.
    pub fn agent(&self, index: usize) -> Result<Client> {
        Ok(Client::new(&self.url, &agent(index), self.agent_secret(index)?)?)
    }

    pub fn agent_secret(&self, index: usize) -> Result<String> {
        let file = self.folder.path().join(format!("{}.secret", agent(index)));
        let secret = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(secret.trim().to_owned())
    }
}

/// A broker's command without the settings that somebody may have for another one.
fn command(pinned: &Command, folder: &TempDir, database: Option<&str>) -> Command {
    let mut command = Command::new(pinned.get_program());
    command.args(pinned.get_args());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("COUNTERSIGN_")) {
            command.env_remove(name);
        }
    }
    command.env_remove("CREDENTIALS_DIRECTORY").arg("--data").arg(folder.path().join("data"));
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    command
}
