//! A program that the campaign starts: in a process group of its own, gone when its value is.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::time::sleep;

const LOOK: Duration = Duration::from_millis(5);

/// A program that runs. What it says is added to its log.
pub struct Program {
    child: Child,
    log: PathBuf,
    /// Where in the log this start begins.
    from: usize,
}

impl Program {
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let from = fs::metadata(log).map_or(0, |it| usize::try_from(it.len()).unwrap_or_default());
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child, log: log.to_owned(), from })
    }

    /// What it said since this start.
    pub fn said(&self) -> String {
        let all = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(all.get(self.from..).unwrap_or_default()).into_owned()
    }

    /// Comes back once it said this.
    pub async fn wait_for(&mut self, words: &str, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while !self.said().contains(words) {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended ({status}):\n{}", self.said().trim());
            }
            ensure!(Instant::now() < deadline, "not after {patience:?}:\n{}", self.said().trim());
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// How it ended, if it does within this time.
    pub async fn ended_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() > deadline {
                return None;
            }
            sleep(LOOK).await;
        }
    }

    /// Whether it is over, and not by an exit of its own.
    pub fn has_died(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(status)) if status.signal().is_some())
    }

    /// To the whole group: what stands in front of the broker, as strace, dies and stands still with it.
    pub fn signal(&self, signal: Signal) {
        let Ok(group) = i32::try_from(self.child.id()) else { return };
        // It fails only if the group is gone, which is what is wanted.
        let _ = killpg(Pid::from_raw(group), signal);
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal(Signal::SIGCONT);
        self.kill();
    }
}

/// A signal to one process.
pub fn signal(process: u32, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(i32::try_from(process)?), signal)?)
}

/// What a short command prints; an error with its words if it fails.
pub async fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let mut command = tokio::process::Command::from(std::mem::replace(command, Command::new("true")));
    let output = command.stdin(Stdio::null()).output().await.with_context(|| shown.clone())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown}: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program on PATH or in one of the servers' folders.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
