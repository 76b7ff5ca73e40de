//! The demo's data directory: fresh on each run, used by one demo at a time, never one that holds something else.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{sh, workspace};

/// It marks the directory as a demo's, and is locked while a demo runs.
const MARK: &str = "demo.lock";
/// Which process is the demo's own broker.
const OWN_BROKER: &str = "broker.pid";
/// How long a broker may take to end.
const PATIENCE: Duration = Duration::from_secs(12);

/// The directory, locked as long as this lives.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the directory and empties it of what an earlier demo left.
    pub fn take(path: &Path) -> Result<Self> {
        Self::take_within(path, PATIENCE)
    }

    fn take_within(path: &Path, patience: Duration) -> Result<Self> {
        let path = std::path::absolute(path)?;
        let create = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        create.with_context(|| format!("cannot make {}", path.display()))?;
        let mark = path.join(MARK);
        let ours = mark.exists() || path.read_dir()?.next().is_none();
        ensure!(ours, "{} holds something that is not a demo's; name another directory", path.display());
        let mut lock = lock(&mark)?.map_err(|holder| {
            let place = workspace::relative(&path).display();
            anyhow::anyhow!(
                "a demo is still running in {place} ({holder}): end it first, or choose --data and --port"
            )
        })?;
        wait_for_broker(&path, patience)?;
        empty(&path)?;
        lock.set_len(0)?;
        write!(lock, "{}", std::process::id())?;
        Ok(Self { path, _lock: lock })
    }

    /// Notes which broker is the demo's own, for a next demo to end if this one is killed.
    pub fn note_broker(&self, process: u32) -> Result<()> {
        Ok(fs::write(self.join(OWN_BROKER), process.to_string())?)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A new file that only its owner can read.
    pub fn secret_file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Removes what is in it, and the directory.
    pub fn remove(self) -> Result<()> {
        empty(&self.path)?;
        fs::remove_file(self.path.join(MARK))?;
        // It may be a place that cannot be removed, such as another disk; empty is good enough.
        let _ = fs::remove_dir(&self.path);
        Ok(())
    }
}

/// A broker that was just told to stop may still be finishing. One that a killed demo left is ended; one that somebody
/// started by hand is theirs to end.
fn wait_for_broker(folder: &Path, patience: Duration) -> Result<()> {
    let path = folder.join("broker/lock");
    let own = fs::read_to_string(folder.join(OWN_BROKER)).unwrap_or_default();
    let deadline = Instant::now() + patience;
    let mut told = false;
    while path.exists() {
        let Err(holder) = lock(&path)? else { break };
        if !told && holder == format!("process {own}") {
            told = true;
            let process = Pid::from_raw(own.parse()?);
            kill(process, Signal::SIGTERM).context("the broker of a killed demo cannot be ended")?;
        }
        if Instant::now() >= deadline || sh::interrupted() {
            bail!("the broker of an earlier demo is still running ({holder}): end it first, with `kill`");
        }
        thread::sleep(Duration::from_millis(40));
    }
    Ok(())
}

/// The locked file, or who holds the lock.
fn lock(path: &Path) -> Result<Result<File, String>> {
    let options =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let mut file = options.with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Ok(file)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            Ok(Err(format!("process {}", holder.trim())))
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn empty(folder: &Path) -> Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(path)?;
        } else if entry.file_name() != MARK {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_starts_from_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo");
        let first = Folder::take(&path).unwrap();
        first.secret_file("key", "secret").unwrap();
        fs::create_dir_all(first.join("broker/deep")).unwrap();
        drop(first);
        let second = Folder::take(&path).unwrap();
        assert!(!second.join("key").exists() && !second.join("broker").exists());
        second.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_running_demo_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Folder::take(dir.path()).unwrap();
        let key = first.secret_file("key", "secret").unwrap();
        let error = Folder::take(dir.path()).err().unwrap().to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        assert!(key.exists());
    }

    #[test]
    fn a_broker_that_outlived_its_demo_is_named() {
        let dir = tempfile::tempdir().unwrap();
        drop(Folder::take(dir.path()).unwrap());
        fs::create_dir(dir.path().join("broker")).unwrap();
        let lock = File::create(dir.path().join("broker/lock")).unwrap();
        lock.lock().unwrap();
        fs::write(dir.path().join("broker/lock"), "77").unwrap();
        let taken = Folder::take_within(dir.path(), Duration::ZERO);
        assert!(taken.err().unwrap().to_string().contains("(process 77)"));
        drop(lock);
        assert!(Folder::take_within(dir.path(), Duration::ZERO).is_ok());
    }

    #[test]
    fn a_directory_with_something_else_in_it_is_never_emptied() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "mine").unwrap();
        assert!(Folder::take(dir.path()).is_err());
        assert_eq!(fs::read_to_string(dir.path().join("thesis.txt")).unwrap(), "mine");
    }
}
