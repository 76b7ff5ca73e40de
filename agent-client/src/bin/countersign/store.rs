//! Where grant tokens stay between two commands: they can be had only once.
//!
//! One file for each request, 0600 in a directory that nobody else can enter. A token is bound to the broker and
//! the agent it came from, so that it is never sent to another.

use crate::exit::Failure;
use agent_client::{
    Client,
    protocol::{RequestId, access::Redeemed},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The directory of kept tokens.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    agent: String,
    redeemed: Redeemed,
}

/// A file that is ready to take a token, opened before the token is asked for: a full disk must not lose it.
#[derive(Debug)]
pub struct Reserved {
    file: fs::File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Store {
    /// Opens the store of the user who runs this, without what is over.
    pub fn open() -> Result<Self, Failure> {
        let store = Self::at(directory()?)?;
        store.sweep(now())?;
        Ok(store)
    }

    fn at(directory: PathBuf) -> Result<Self, Failure> {
        create_private(&directory)?;
        if !is_private(&directory)? {
            let message = format!("{} can be entered by others: chmod 700 it", directory.display());
            return Err(Failure::Other(message));
        }
        Ok(Self { directory })
    }

    /// The token of this request, if it is kept for this broker and this agent.
    pub fn load(&self, request: &RequestId, client: &Client) -> Result<Option<Redeemed>, Failure> {
        let kept = read(&self.path(request))?;
        let is_ours = |kept: &Kept| kept.url == client.base_url() && kept.agent == client.agent().as_str();
        Ok(kept.filter(is_ours).map(|kept| kept.redeemed))
    }

    /// Prepares to keep the token of this request.
    pub fn reserve(&self, request: &RequestId) -> Result<Reserved, Failure> {
        let temporary = self.directory.join(format!("{request}.{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&temporary)?;
        Ok(Reserved { file, temporary, path: self.path(request) })
    }

    /// Forgets the token of this request.
    pub fn forget(&self, request: &RequestId) -> Result<(), Failure> {
        remove(&self.path(request))
    }

    /// Forgets every token that is over. What cannot be read is left to the command that needs it.
    fn sweep(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json")
                && let Ok(Some(kept)) = read(&path)
                && kept.redeemed.ends_at <= now
            {
                remove(&path)?;
            }
        }
        Ok(())
    }

    fn path(&self, request: &RequestId) -> PathBuf {
        self.directory.join(format!("{request}.json"))
    }
}

impl Reserved {
    /// Keeps the token, all of it or nothing.
    pub fn keep(mut self, client: &Client, redeemed: Redeemed) -> Result<(), Failure> {
        let kept = Kept { url: client.base_url().to_owned(), agent: client.agent().to_string(), redeemed };
        let json = serde_json::to_vec(&kept).map_err(|why| Failure::Other(why.to_string()))?;
        self.file.write_all(&json)?;
        self.file.sync_all()?;
        Ok(fs::rename(&self.temporary, &self.path)?)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // Gone already if the token was kept.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// $XDG_RUNTIME_DIR goes when the user signs out, which suits a token; the others are for where there is none.
fn directory() -> Result<PathBuf, Failure> {
    let from = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    from("XDG_RUNTIME_DIR")
        .or_else(|| from("XDG_STATE_HOME"))
        .or_else(|| from("HOME").map(|home| home.join(".local/state")))
        .map(|parent| parent.join("countersign"))
        .ok_or_else(|| Failure::Usage("set XDG_RUNTIME_DIR, XDG_STATE_HOME or HOME".to_owned()))
}

fn create_private(directory: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(directory)?)
}

/// A directory, no link, with no permission bit for group or others. If somebody else owned it, 0700 would keep us out.
#[cfg(unix)]
fn is_private(directory: &Path) -> Result<bool, Failure> {
    let metadata = fs::symlink_metadata(directory)?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    Ok(metadata.is_dir() && mode.trailing_zeros() >= 6)
}

#[cfg(not(unix))]
fn is_private(directory: &Path) -> Result<bool, Failure> {
    Ok(fs::symlink_metadata(directory)?.is_dir())
}

fn read(path: &Path) -> Result<Option<Kept>, Failure> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|why| Failure::Other(format!("{}: {why}; remove it", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the command has no App; this is its one look at the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
