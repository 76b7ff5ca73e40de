//! The Unix socket of a running broker: one line of JSON in, one line out.
//!
//! A socket's path may have 108 bytes, a data directory's may have more. So the socket lies in a short runtime
//! directory, and the data directory, which only its owner can enter, says where.

use super::command::{Command, Reply, handle};
use crate::app::App;
use nix::unistd::Uid;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use zeroize::Zeroizing;

/// Where the data directory says which socket it is.
const POINTER: &str = "socket-path";
/// The longest line.
const MAX_LINE: u64 = 4 << 20;
/// How long one command may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What goes over the socket as the answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Ok(Reply),
    Error(String),
}

/// The listening socket; removed when it is dropped.
#[derive(Debug)]
pub struct HostSocket {
    listener: UnixListener,
    path: PathBuf,
    pointer: PathBuf,
}

impl HostSocket {
    /// Opens the socket of this data directory, whose lock the caller holds: whatever lies there is left over.
    pub fn open(data: &Path, lookup: &dyn Fn(&str) -> Option<OsString>) -> io::Result<Self> {
        let path = socket_path(data, lookup)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let pointer = data.join(POINTER);
        fs::write(&pointer, path.as_os_str().as_encoded_bytes())?;
        Ok(Self { listener, path, pointer })
    }

    /// Answers until the broker stops; what was begun is finished.
    pub async fn run(self, app: Arc<App>) {
        let mut busy = JoinSet::new();
        loop {
            let stream = tokio::select! {
                () = app.stopping.cancelled() => break,
                Some(_) = busy.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            match stream {
                Ok((stream, _)) => {
                    let app = app.clone();
                    busy.spawn(async move {
                        if !matches!(timeout(PATIENCE, answer(&app, stream)).await, Ok(Ok(()))) {
                            tracing::warn!("a host command was not answered");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the host's socket does not accept");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
        while busy.join_next().await.is_some() {}
    }
}

impl Drop for HostSocket {
    fn drop(&mut self) {
        // Left-overs harm nobody: the next start removes them.
        let _ = fs::remove_file(&self.pointer);
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(app: &App, mut stream: UnixStream) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    let answer = if is_trusted(peer, Uid::effective().as_raw()) {
        let line = read_line(&mut stream).await?;
        match serde_json::from_slice::<Command>(&line) {
            Ok(command) => match handle(app, command).await {
                Ok(reply) => Answer::Ok(reply),
                Err(error) => Answer::Error(error.to_string()),
            },
            // Only the position: the text around it may be a secret.
            Err(error) => Answer::Error(format!(
                "the broker does not understand this command (column {}); it has another version",
                error.column()
            )),
        }
    } else {
        tracing::warn!(uid = peer, "another user tried the host's socket");
        Answer::Error("not permitted".to_owned())
    };
    write_line(&mut stream, &answer).await
}

/// The broker's own user and root.
pub(super) fn is_trusted(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

pub(super) async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::new());
    BufReader::new(stream.take(MAX_LINE)).read_until(b'\n', &mut line).await?;
    if line.ends_with(b"\n") { Ok(line) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

pub(super) async fn write_line(stream: &mut UnixStream, value: &impl Serialize) -> io::Result<()> {
    let mut line = Zeroizing::new(serde_json::to_vec(value)?);
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

/// The socket that a data directory names.
pub(super) fn pointed_at(data: &Path) -> io::Result<PathBuf> {
    fs::read_to_string(data.join(POINTER)).map(PathBuf::from)
}

/// systemd's runtime directory of the unit, the user's, or one of our own under the temporary directory.
fn socket_path(data: &Path, lookup: &dyn Fn(&str) -> Option<OsString>) -> io::Result<PathBuf> {
    let own = Uid::effective().as_raw();
    let ours = |folder: &PathBuf| fs::metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == own);
    let first = |name: &str| {
        let all = lookup(name)?.into_string().ok()?;
        Some(PathBuf::from(all.split(':').next()?)).filter(ours)
    };
    let folder = match first("RUNTIME_DIRECTORY").or_else(|| first("XDG_RUNTIME_DIR")) {
        Some(folder) => folder,
        None => private_folder(&std::env::temp_dir().join(format!("countersign-{own}")), own)?,
    };
    let name = domain::digest::sha256_hex(data.as_os_str().as_encoded_bytes());
    Ok(folder.join(format!("countersign-{}.sock", &name[..16])))
}

/// A directory that is ours alone, in a place where everybody may write.
fn private_folder(folder: &Path, own: u32) -> io::Result<PathBuf> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == own && found.mode() & 0o777 == 0o700 {
        Ok(folder.to_owned())
    } else {
        let why = format!("{} is not a directory of this user alone; remove it", folder.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    #[test]
    fn only_the_own_user_and_root_are_trusted() {
        for (peer, own, trusted) in
            [(1000, 1000, true), (0, 1000, true), (1000, 0, false), (1001, 1000, false)]
        {
            assert_eq!(is_trusted(peer, own), trusted, "{peer} {own}");
        }
    }

    #[test]
    fn the_path_is_short_and_each_data_directory_has_its_own() {
        let runtime = TempDir::new().unwrap();
        let lookup = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| runtime.path().into());
        let long = PathBuf::from(format!("/{}", "x".repeat(300)));
        let path = socket_path(&long, &lookup).unwrap();
        assert!(path.starts_with(runtime.path()) && path.as_os_str().len() < 100, "{path:?}");
        assert_ne!(path, socket_path(Path::new("/y"), &lookup).unwrap());
    }

    #[test]
    fn a_folder_in_the_temporary_directory_must_be_ours_alone() {
        let dir = TempDir::new().unwrap();
        let own = Uid::effective().as_raw();
        let folder = dir.path().join("f");
        assert!(private_folder(&folder, own).is_ok() && private_folder(&folder, own).is_ok());
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        assert!(private_folder(&folder, own + 1).is_err(), "it belongs to another");
        symlink(&folder, dir.path().join("link")).unwrap();
        assert!(private_folder(&dir.path().join("link"), own).is_err(), "a link leads anywhere");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        assert!(private_folder(&folder, own).is_err(), "others can enter it");
    }
}
