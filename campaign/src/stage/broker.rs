//! One broker: its folder, its address, and its process, which comes and goes.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use tokio::time::{sleep, timeout};

use crate::program::{self, Program};

/// What the broker prints once it listens.
const READY: &str = "listening on http://";
/// How long a start may take before it counts as failed; what it may take to pass is checked elsewhere.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// How a broker is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What stands before it on the command line, as `strace -f`.
    pub before: Vec<OsString>,
    /// What is added to its environment.
    pub env: Vec<(String, OsString)>,
}

impl Start {
    /// One that does this at a failpoint.
    pub fn failing(failpoint: &str) -> Self {
        Self::default().with("COUNTERSIGN_FAILPOINT", failpoint)
    }

    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub fn behind<T: Into<OsString>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.before.extend(words.into_iter().map(Into::into));
        self
    }
}

/// A broker, whether it runs or not.
pub struct Broker {
    program: PathBuf,
    /// `data` lies in it, and the log.
    pub folder: PathBuf,
    pub address: SocketAddr,
    /// Where agents and people reach the installation; it may be another broker's address.
    public: String,
    database: Option<String>,
    pub process: Option<Program>,
    http: reqwest::Client,
}

impl Broker {
    pub fn new(program: &Path, folder: &Path, database: Option<String>) -> Result<Self> {
        let address = free_address()?;
        fs::create_dir_all(folder)?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            address,
            public: format!("http://localhost:{}", address.port()),
            database,
            process: None,
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?,
        })
    }

    /// Another broker of the same installation.
    pub fn beside(mut self, other: &Self) -> Result<Self> {
        self.public.clone_from(&other.public);
        fs::create_dir_all(self.data())?;
        fs::copy(other.data().join("root.key"), self.data().join("root.key"))?;
        Ok(self)
    }

    /// The next start is of another program.
    pub fn becomes(&mut self, program: &Path) {
        program.clone_into(&mut self.program);
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn public_url(&self) -> &str {
        &self.public
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("broker.log")
    }

    /// The address of its database.
    pub fn database(&self) -> String {
        let file = self.data().join("countersign.db");
        self.database.clone().unwrap_or_else(|| format!("sqlite://{}", file.display()))
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }

    /// Starts it and comes back once it is ready; gives how long that took.
    pub async fn start(&mut self, start: &Start) -> Result<Duration> {
        let mut serve = self.behind(start, &self.program.clone());
        serve.args(["serve", "--environment", "campaign", "--listen", &self.address.to_string()]);
        serve.args(["--public-url", &self.public]);
        let begun = Instant::now();
        let mut process = Program::start(&mut serve, &self.log())?;
        process.wait_for(READY, PATIENCE).await.context("the broker did not start")?;
        self.process = Some(process);
        self.ready_within(PATIENCE).await.context("the broker listens and is not ready")?;
        Ok(begun.elapsed())
    }

    /// Starts it as it should not start, and gives what it said when it gave up.
    pub async fn start_in_vain(&mut self, start: &Start) -> Result<String> {
        let mut serve = self.behind(start, &self.program.clone());
        serve.args(["serve", "--listen", &self.address.to_string(), "--public-url", &self.public]);
        let mut process = Program::start(&mut serve, &self.log())?;
        let ended = process.ended_within(PATIENCE).await.context("it did not give up")?;
        ensure!(!ended.success(), "it ended as if all were well");
        Ok(process.said())
    }

    /// Waits until it says that it can serve; gives how long that took.
    pub async fn ready_within(&self, patience: Duration) -> Result<Duration> {
        let begun = Instant::now();
        while !self.is_ready().await {
            ensure!(begun.elapsed() < patience, "not ready after {patience:?}");
            sleep(LOOK).await;
        }
        Ok(begun.elapsed())
    }

    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/readyz", self.url())).send();
        matches!(timeout(Duration::from_secs(3), asked).await, Ok(Ok(answer)) if answer.status().is_success())
    }

    fn process(&mut self) -> Result<&mut Program> {
        self.process.as_mut().context("the broker does not run")
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        self.process()?.signal(signal);
        Ok(())
    }

    /// Whether it died of a signal within this time.
    pub async fn dies_within(&mut self, patience: Duration) -> Result<bool> {
        let process = self.process()?;
        let died = process.ended_within(patience).await.is_some() && process.has_died();
        if died {
            self.process = None;
        }
        Ok(died)
    }

    /// A command of the broker for its own host.
    pub fn command(&self) -> Command {
        self.behind(&Start::default(), &self.program)
    }

    /// What a command of the broker prints.
    pub async fn say(&self, arguments: &[&str]) -> Result<String> {
        program::output(self.command().args(arguments)).await
    }

    /// A command without the settings that somebody may have for another broker.
    fn behind(&self, start: &Start, program: &Path) -> Command {
        let words: Vec<OsString> = start.before.iter().cloned().chain([program.into()]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("COUNTERSIGN_")) {
                command.env_remove(name);
            }
        }
        // The load asks far more often than an agent of anybody.
        command.env("COUNTERSIGN_LIMITS", "requests=0,decisions=0,failures=0,cool_down_after=0");
        command.envs(start.env.iter().map(|(name, value)| (name, value)));
        command.env_remove("CREDENTIALS_DIRECTORY").arg("--data").arg(self.data());
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command
    }
}

/// An address of this machine where nobody listens.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
