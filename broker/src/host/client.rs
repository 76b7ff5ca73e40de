//! The command's side: the running broker if there is one, else the database under the broker's own lock.

use super::{
    command::{Command, Reply, handle},
    lock::{Lock, LockError},
    socket::{Answer, is_trusted, pointed_at, read_line, write_line},
    start::{Started, open, start},
};
use crate::config::{Config, Lookup};
use anyhow::{Context as _, anyhow, bail};
use nix::unistd::Uid;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::UnixStream, time::sleep};

/// A broker that starts, or another command, is waited for this often, with 100 ms in between.
const ATTEMPTS: u32 = 100;

/// Who does what the host asks.
pub enum Host {
    /// The running broker.
    Running {
        /// Its socket, for one command.
        stream: UnixStream,
        /// Its data directory, which names the socket.
        data: PathBuf,
    },
    /// This process.
    Own(Box<Started>),
}

impl Host {
    /// Finds the running broker, or opens the database. Every command needs a new one.
    pub async fn reach(config: &Config, lookup: Lookup<'_>, may_create: bool) -> anyhow::Result<Self> {
        let data = &config.storage.data.value;
        let mut attempt = 0;
        loop {
            match Lock::take(&config.storage, may_create) {
                Ok(lock) => {
                    let store = open(config, &lock).await?;
                    return Ok(Self::Own(Box::new(start(config, store, lock, lookup).await?)));
                }
                Err(LockError::Foreign { .. }) if data.join("socket-path").exists() => {
                    let stream = connect(data).await?; // root speaks to a broker of another user
                    return Ok(Self::Running { stream, data: data.clone() });
                }
                Err(LockError::Held { path, holder }) => {
                    if let Ok(stream) = connect(data).await {
                        return Ok(Self::Running { stream, data: data.clone() });
                    }
                    attempt += 1;
                    if attempt == ATTEMPTS {
                        let who = holder.map(|it| format!("process {it}")).unwrap_or_default();
                        bail!("{} is in use by {who}, which does not answer host commands", path.display());
                    }
                    sleep(Duration::from_millis(100)).await;
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// The running broker; takes no lock and starts nothing.
    pub async fn running(config: &Config) -> anyhow::Result<Self> {
        let data = config.storage.data.value.clone();
        let stream = connect(&data).await?;
        Ok(Self::Running { stream, data })
    }

    /// Asks for one thing.
    pub async fn ask(self, command: Command) -> anyhow::Result<Reply> {
        self.converse(command, |_| None).await
    }

    /// Asks for one thing after the other, as long as `next` has something to say to the reply; gives the last.
    pub async fn converse(
        self,
        first: Command,
        mut next: impl FnMut(&Reply) -> Option<Command>,
    ) -> anyhow::Result<Reply> {
        match self {
            Self::Running { stream, data } => {
                let mut reply = speak(stream, first).await?;
                while let Some(command) = next(&reply) {
                    reply = speak(connect(&data).await?, command).await?;
                }
                Ok(reply)
            }
            Self::Own(started) => {
                let mut reply = handle(&started.app, first).await;
                while let Some(command) = reply.as_ref().ok().and_then(&mut next) {
                    reply = handle(&started.app, command).await;
                }
                started.end().await;
                Ok(reply?)
            }
        }
    }
}

async fn speak(mut stream: UnixStream, command: Command) -> anyhow::Result<Reply> {
    write_line(&mut stream, &command).await.context("the broker does not listen")?;
    let line = read_line(&mut stream).await.context("the broker did not answer")?;
    // Never quoted: the answer may hold a token.
    let answer = serde_json::from_slice(&line);
    match answer.map_err(|_| anyhow!("the running broker has another version than this command"))? {
        Answer::Ok(reply) => Ok(reply),
        Answer::Error(why) => Err(anyhow!(why)),
    }
}

/// Connects, and makes sure that the other side is the owner of the data: secrets are sent to it.
async fn connect(data: &Path) -> anyhow::Result<UnixStream> {
    let stream = UnixStream::connect(pointed_at(data)?).await?;
    let owner = fs::metadata(data)?.uid();
    let peer = stream.peer_cred()?.uid();
    if is_trusted(peer, owner) || peer == Uid::effective().as_raw() {
        Ok(stream)
    } else {
        bail!("the broker's socket belongs to another user")
    }
}
