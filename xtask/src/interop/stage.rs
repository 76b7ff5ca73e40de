//! The stage: a tracker and a broker of the built program, in a temporary directory, with a person and agents.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::declaration::{PERSON, SERVICE, TRACKER_KEY, declaration, secret_file};
use super::mcp::upstreams::Upstreams;
use crate::demo::programs::{self, Programs};
use crate::demo::tracker::Tracker;
use crate::sh::Running;
use crate::workspace;

/// The service's file, from the root of the workspace on.
pub const CATALOGUED: &str = "catalogue/demo-tracker.toml";
/// The broker's data, in the temporary directory.
const DATA: &str = "broker";
/// What the tracker demands. It is used once, on this machine.
const KEY: &str = "the-key-of-the-tracker-of-cargo-xtask-interop";

/// All that runs. It ends when this does.
pub struct Stage {
    _broker: Running,
    pub tracker: Tracker,
    /// The issuer: where people and clients reach the broker.
    pub url: String,
    program: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// `key` is the public key of the agent that has one.
    pub fn set(programs: &Programs, key: &Value, upstreams: &Upstreams) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let tracker = Tracker::start(KEY.to_owned())?;
        let address = free_address()?;
        let url = format!("http://localhost:{}", address.port());
        let data = folder.path().join(DATA);
        DirBuilder::new().mode(0o700).create(&data)?;
        fs::write(data.join("countersign.toml"), toml::to_string(&upstreams.programs())?)?;
        let log = folder.path().join("broker.log");
        let file = File::create(&log)?;
        let mut serve = broker(&programs.broker, &folder);
        serve.args(["serve", "--public-url", &url, "--environment", "interop"]);
        serve.args(["--listen", &address.to_string()]).stdout(file.try_clone()?).stderr(file);
        let mut running = Running::start(&mut serve)?;
        programs::until_ready(&mut running, &log)?;
        let program = programs.broker.clone();
        let stage = Self { _broker: running, tracker, url, program, folder };
        stage.declare(key, upstreams)?;
        Ok(stage)
    }

    fn declare(&self, key: &Value, upstreams: &Upstreams) -> Result<()> {
        let secret = self.folder.path().join(TRACKER_KEY);
        let mut secret = OpenOptions::new().write(true).create_new(true).mode(0o600).open(secret)?;
        secret.write_all(KEY.as_bytes())?;
        let catalogued = fs::read_to_string(workspace::root().join(CATALOGUED))?;
        let behind = (upstreams.services()?, upstreams.connections());
        let file = self.folder.path().join("apply.toml");
        fs::write(&file, declaration(&catalogued, self.tracker.address, key, behind)?)?;
        programs::output(self.broker().args(["apply", "--yes", "--file"]).arg(&file)).map(drop)
    }

    /// A host command of the broker.
    fn broker(&self) -> Command {
        broker(&self.program, &self.folder)
    }

    /// A link that signs the person in, once.
    pub fn sign_in_link(&self) -> Result<String> {
        Ok(programs::output(self.broker().args(["sign-in-link", PERSON]))?.trim().to_owned())
    }

    /// How the command line knows that it is this agent.
    pub fn as_agent(&self, agent: &str) -> Value {
        json!({
            "COUNTERSIGN_URL": self.url,
            "COUNTERSIGN_AGENT": agent,
            "COUNTERSIGN_AGENT_SECRET_FILE": self.folder.path().join(secret_file(agent)),
            "XDG_RUNTIME_DIR": self.folder.path().join("agent"),
        })
    }

    /// The secret of an agent.
    pub fn secret(&self, agent: &str) -> Result<String> {
        let file = self.folder.path().join(secret_file(agent));
        let secret = fs::read_to_string(&file).with_context(|| format!("{agent} got no secret"))?;
        Ok(secret.trim().to_owned())
    }

    /// The service behind the broker, as tokens and metadata name it (RFC 8707).
    pub fn resource(&self) -> String {
        format!("{}/proxy/{SERVICE}", self.url)
    }

    /// What the broker said last: it may say why something failed.
    pub fn log(&self) -> String {
        const LAST: usize = 20;
        let said = fs::read_to_string(self.folder.path().join("broker.log")).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(LAST)..].join("\n")
    }
}

fn broker(program: &PathBuf, folder: &TempDir) -> Command {
    let mut command = programs::command(program);
    command.arg("--data").arg(folder.path().join(DATA));
    command
}

/// An address that nobody listens at now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
