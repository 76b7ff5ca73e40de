//! What every scenario works with.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::disk::{Disk, Times};
use crate::load::Closed;
use crate::machine::{LOAD_CORE, SERVER_CORE};
use crate::process::{Server, pinned};
use crate::scenario::growth::Growth;

/// How much is measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Effort {
    pub rounds: usize,
    pub warm_up: Duration,
    pub time: Duration,
    /// How often a round in which other programs worked is taken again.
    pub again: usize,
    /// A short run that shows that everything works; its figures mean nothing.
    pub quick: bool,
}

pub struct Lab {
    /// The root of the workspace.
    pub root: PathBuf,
    /// `target/bench`.
    pub folder: PathBuf,
    /// The broker that is measured.
    pub broker: PathBuf,
    pub effort: Effort,
    /// The real disk, +2 ms, +10 ms, with what they take.
    pub disks: Vec<(Disk, Times)>,
    pub closed: Closed,
    /// The superuser's address of a PostgreSQL that flushes.
    pub postgres: Option<String>,
    pub runtime: Runtime,
    /// Whether peers are measured too.
    pub peers: bool,
    /// How large the large database is.
    pub growth: Growth,
}

impl Lab {
    /// A fresh folder on the disk that is measured.
    pub fn fresh_folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("data-").tempdir_in(&self.folder)?)
    }

    /// One of this program's own servers, as `bench SUBCOMMAND ADDRESS …`, once it listens.
    pub fn own_server(&self, core: usize, arguments: &[&str]) -> Result<(Server, SocketAddr)> {
        let address = free_address()?;
        let mut command = pinned(core, &std::env::current_exe()?);
        command.arg(arguments[0]).arg(address.to_string()).args(&arguments[1..]);
        let log = self.folder.join(format!("{}.log", arguments[0]));
        let mut server = Server::start(arguments[0], &mut command, &log)?;
        server.wait_for(address)?;
        Ok((server, address))
    }

    pub fn real_disk(&self) -> &(Disk, Times) {
        &self.disks[0]
    }
}

/// An address of this machine where nobody listens.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A program on PATH or in Debian's folder for servers.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("{name} is missing (Debian: apt-get install {name})"))
}

/// A command on the core of the program that is measured.
pub fn on_server_core(program: &Path) -> Command {
    pinned(SERVER_CORE, program)
}

/// A command on the load's core: what stands behind the program that is measured.
pub fn on_load_core(program: &Path) -> Command {
    pinned(LOAD_CORE, program)
}
