//! The stage: a tracker and a broker that run, connected, with a person and an agent.

use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::declaration::{AGENT, AGENT_SECRET, SERVICE, TRACKER_KEY, declaration};
use super::folder::Folder;
use super::programs::{self, Programs};
use super::tracker::Tracker;
use crate::sh::{self, Running};
use crate::workspace;

/// The service's file, from the root of the workspace on.
pub const CATALOGUED: &str = "catalogue/demo-tracker.toml";
/// What the broker says, in the demo's directory.
pub const LOG: &str = "broker.log";
/// The broker's own data, in the demo's directory.
pub const BROKER: &str = "broker";

/// All that runs. It ends when this does.
pub struct Stage<'a> {
    pub folder: &'a Folder,
    pub tracker: Tracker,
    /// Where people and agents reach the broker.
    pub url: String,
    programs: Programs,
    _broker: Running,
}

impl<'a> Stage<'a> {
    pub fn set(folder: &'a Folder, programs: Programs, port: u16) -> Result<Self> {
        let tracker = sh::step("An issue tracker that demands its API key", || start_tracker(folder))?;
        let url = format!("http://localhost:{port}");
        let broker =
            sh::step(&format!("The broker, at {url}"), || start_broker(folder, &programs, port, &url))?;
        let stage = Self { folder, tracker, url, programs, _broker: broker };
        sh::step("Connecting the tracker, registering an agent", || stage.declare())?;
        Ok(stage)
    }

    fn declare(&self) -> Result<()> {
        let catalogued = fs::read_to_string(workspace::root().join(CATALOGUED))?;
        let file = self.folder.join("apply.toml");
        fs::write(&file, declaration(&catalogued, self.tracker.address)?)?;
        let mut apply = self.broker();
        indented(&programs::output(apply.args(["apply", "--yes", "--file"]).arg(&file))?);
        ensure!(self.folder.join(AGENT_SECRET).exists(), "the agent got no secret");
        Ok(())
    }

    /// A host command of the broker.
    pub fn broker(&self) -> Command {
        broker(self.folder, &self.programs)
    }

    /// `countersign`, for the demo's agent. The grant tokens that it keeps stay in the demo's directory.
    pub fn as_agent(&self) -> Command {
        let mut command = programs::command(&self.programs.countersign);
        command.env("COUNTERSIGN_URL", &self.url).env("COUNTERSIGN_AGENT", AGENT);
        command.env("COUNTERSIGN_AGENT_SECRET_FILE", self.folder.join(AGENT_SECRET));
        command.env("XDG_RUNTIME_DIR", self.folder.join("agent"));
        command
    }

    /// `countersign`, for the person whose token is in this file.
    pub fn as_person(&self, token: &Path) -> Command {
        let mut command = programs::command(&self.programs.countersign);
        command.env("COUNTERSIGN_URL", &self.url).env("COUNTERSIGN_PERSON_TOKEN_FILE", token);
        command
    }

    /// How a person would type a host command.
    pub fn typed(&self, arguments: &str) -> String {
        let program = workspace::relative(&self.programs.broker);
        let data = self.folder.join(BROKER);
        format!("{} --data {} {arguments}", program.display(), workspace::relative(&data).display())
    }
}

fn start_tracker(folder: &Folder) -> Result<Tracker> {
    let key = random_key()?;
    folder.secret_file(TRACKER_KEY, &key)?;
    let tracker = Tracker::start(key)?;
    let status = tracker.status_without_key()?;
    ensure!(status == 401, "the tracker answered {status} to somebody without its key");
    println!(
        "  at http://{}; without the key it answers {status}. The agent never gets that key.",
        tracker.address
    );
    Ok(tracker)
}

fn random_key() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{SERVICE}-{:032x}", u128::from_ne_bytes(bytes)))
}

fn broker(folder: &Folder, programs: &Programs) -> Command {
    let mut command = programs::command(&programs.broker);
    command.arg("--data").arg(folder.join(BROKER));
    command
}

fn start_broker(folder: &Folder, programs: &Programs, port: u16, url: &str) -> Result<Running> {
    let log = folder.join(LOG);
    let file = File::create(&log)?;
    let mut serve = broker(folder, programs);
    serve.args(["serve", "--public-url", url, "--environment", "demo", "--listen"]);
    serve.arg(SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string());
    serve.arg("--site").arg(workspace::site()).stdout(file.try_clone()?).stderr(file);
    let mut running = Running::start(&mut serve)?;
    folder.note_broker(running.id())?;
    programs::until_ready(&mut running, &log)?;
    Ok(running)
}

/// Prints what a program said, below a step's title.
pub fn indented(text: &str) {
    for line in text.trim_end().lines() {
        println!("  {line}");
    }
}
