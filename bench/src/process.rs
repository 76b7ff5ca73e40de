//! The programs of a run: each pinned to a core, in a process group of its own, gone when its value is.
//!
//! What they cost is read from /proc over the whole tree of processes: nginx and others work in children.

mod table;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

pub use table::Table;

/// How long a program may take to be ready.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a program may take to end after it was asked to.
const LAST_WORDS: Duration = Duration::from_secs(8);
const LOOK: Duration = Duration::from_millis(5);

/// A command that runs on one core only.
pub fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

/// What a command prints, once it has ended well.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program that runs. Whatever it says is in its log.
pub struct Server {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Server {
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, log: log.to_owned(), name: name.to_owned() })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Comes back once `ready` says so.
    pub fn wait_until(&mut self, ready: impl Fn(&str) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            if ready(&said) {
                return Ok(());
            }
            let ended = self.child.try_wait()?.is_some();
            if ended || Instant::now() > deadline {
                bail!("{} did not start:\n{}", self.name, said.trim());
            }
            thread::sleep(LOOK);
        }
    }

    /// Comes back once somebody listens at this address.
    pub fn wait_for(&mut self, address: std::net::SocketAddr) -> Result<()> {
        self.wait_until(|_| std::net::TcpStream::connect(address).is_ok())
    }

    /// Memory of the whole tree in kB: pages that are shared count in part.
    pub fn memory_kb(&self) -> u64 {
        Table::read().tree(self.id()).into_iter().filter_map(proportional_set).sum()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }

    fn signal(&self, signal: Signal) {
        let Ok(group) = i32::try_from(self.child.id()) else { return };
        // It fails only if the group is gone, which is what is wanted.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + LAST_WORDS;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        self.kill();
    }
}

fn proportional_set(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_tree_includes_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let script = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; sleep 60'";
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{script}; true")]);
        let mut server = Server::start("shell", &mut shell, &folder.path().join("log")).unwrap();
        server.wait_until(|said| said.contains("done")).unwrap();
        assert!(Table::read().time_of_tree(server.id()) > Duration::ZERO);
        assert!(Table::read().tree(server.id()).len() > 1);
        assert!(server.memory_kb() > 0);
    }

    #[test]
    fn a_program_that_ends_too_soon_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo no luck; exit 1"]);
        let mut server = Server::start("shell", &mut shell, &folder.path().join("log")).unwrap();
        let error = server.wait_until(|_| false).unwrap_err().to_string();
        assert!(error.contains("shell") && error.contains("no luck"), "{error}");
    }
}
