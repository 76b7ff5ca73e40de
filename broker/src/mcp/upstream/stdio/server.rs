//! One program that runs.

use super::{
    MAX_LINE,
    enforced::Enforced,
    errors,
    paths::collision,
    pipes::{self, Outgoing, PATIENCE, Shared},
    program::Program,
    restrict::Rules,
    spawn::spawn,
    supervise::{Ended, Supervised, supervise},
};
use crate::calls::scrub::Scrubber;
use protocol::Slug;
use std::{
    io,
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    sync::{Notify, OnceCell, mpsc, oneshot, watch},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Lines that wait, each way. With all of them of the greatest length it is 64 MiB.
const WAITING: usize = 8;

/// Why a program does not run, or a line did not reach it.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// No file declares it.
    #[error("no file on the broker's host declares a program {0}")]
    NotDeclared(Slug),
    /// One of the broker's own files would be open to it.
    #[error("{} would open {} to the program", given.display(), own.display())]
    Exposes {
        /// What it is given.
        given: PathBuf,
        /// What must be kept from it.
        own: PathBuf,
    },
    /// This kernel does not enforce what is required.
    #[error("the program must be confined, and this host cannot do it: {0}")]
    NotConfined(String),
    /// It could not be started.
    #[error("the program could not be started: {0}")]
    NotStarted(#[from] io::Error),
    /// It ended a moment ago.
    #[error("the program ended; it is started again in {} s at the earliest", .0.as_secs() + 1)]
    TooSoon(Duration),
    /// The text is not one line.
    #[error("a message is one line of at most 4 MiB")]
    NotALine,
    /// It does not read what it was sent before.
    #[error("the program does not read what it is sent")]
    Deaf,
    /// It has ended.
    #[error("{0}")]
    Ended(Ended),
    /// The broker stops.
    #[error("the broker is stopping")]
    Stopping,
}

/// How programs are run on this host.
#[derive(Debug)]
pub struct Host {
    executable: PathBuf,
    require: bool,
    own: Vec<PathBuf>,
    enforced: OnceCell<Enforced>,
}

impl Host {
    /// The broker's own executable starts programs; its own files are never open to them. With `require` nothing runs
    /// without the restrictions.
    pub fn new(executable: impl Into<PathBuf>, require: bool, own: Vec<PathBuf>) -> Self {
        Self { executable: executable.into(), require, own, enforced: OnceCell::new() }
    }

    /// What this kernel enforces, asked once.
    pub async fn enforced(&self) -> Enforced {
        let ask = async {
            let found = Enforced::ask(&self.executable).await;
            if let Some(missing) = found.missing() {
                tracing::warn!("programs on this host are not fully confined: {missing}");
            }
            found
        };
        *self.enforced.get_or_init(|| ask).await
    }

    async fn check(&self, program: &Program) -> Result<(), StdioError> {
        if let Some((given, own)) = collision(program.paths(), &self.own) {
            return Err(StdioError::Exposes { given, own });
        }
        let enforced = self.enforced().await;
        if self.require && !enforced.suffices(program.network) {
            return Err(StdioError::NotConfined(enforced.missing().unwrap_or_default()));
        }
        Ok(())
    }
}

/// A program that runs, until this is dropped.
#[derive(Debug)]
pub struct Stdio {
    shared: Arc<Shared>,
    send: mpsc::Sender<Outgoing>,
    lines: Mutex<Option<mpsc::Receiver<String>>>,
    ended: watch::Receiver<Option<Ended>>,
}

impl Stdio {
    /// Starts a program that a file on the host declares.
    pub async fn start(name: &Slug, program: &Program, host: &Host) -> Result<Self, StdioError> {
        host.check(program).await?;
        let folder = TempDir::with_prefix("countersign-program-")?;
        let (command, secrets) = command(program, host, folder.path())?;
        let mut child = spawn(command).await?;
        let (failed, failures) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            name: name.clone(),
            end: CancellationToken::new(),
            failed,
            asked: Notify::new(),
            used: Mutex::new(Instant::now()),
        });
        let (send, to_send) = mpsc::channel(WAITING);
        let (received, lines) = mpsc::channel(WAITING);
        let tasks = carry(&shared, program, &mut child, secrets, to_send, received)?;
        let (ended_sender, ended) = watch::channel(None);
        let it = Supervised { child, failed: failures, tasks, folder, ended: ended_sender };
        tokio::spawn(supervise(shared.clone(), it));
        tracing::info!(program = %name, "started");
        Ok(Self { shared, send, lines: Mutex::new(Some(lines)), ended })
    }

    /// Writes one line; done when the program's pipe has it.
    pub async fn send(&self, text: &str) -> Result<(), StdioError> {
        if text.len() > MAX_LINE || text.contains(['\n', '\r']) {
            return Err(StdioError::NotALine);
        }
        let (written, done) = oneshot::channel();
        let line = Outgoing { line: text.to_owned(), written };
        match timeout(PATIENCE, self.send.send(line)).await {
            Err(_) => return Err(StdioError::Deaf),
            Ok(Err(_)) => return Err(StdioError::Ended(self.ended().await)),
            Ok(Ok(())) => {}
        }
        match done.await {
            Ok(()) => Ok(()),
            Err(_) => Err(StdioError::Ended(self.ended().await)),
        }
    }

    /// The lines that it prints. Whoever asks first gets them; the last comes before the end is known.
    pub fn take_lines(&self) -> Option<mpsc::Receiver<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until it has ended, with everything in its group.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        let gone = Ended { reason: super::Reason::Ended, status: None };
        let found = ended.wait_for(Option::is_some).await;
        found.ok().and_then(|it| *it).unwrap_or(gone)
    }

    /// Whether it is still there and not about to end.
    pub fn is_running(&self) -> bool {
        !self.shared.end.is_cancelled() && self.ended.borrow().is_none()
    }

    /// Ends it; [`Self::ended`] says when it is over.
    pub fn end(&self) {
        self.shared.end.cancel();
    }

    /// For how long no line has gone either way.
    pub(super) fn idle(&self, now: Instant) -> Duration {
        let used = *self.shared.used.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(used)
    }

    pub(super) fn touch(&self) {
        self.shared.touch();
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        self.end();
    }
}

/// The broker's own executable, which becomes the program.
fn command(program: &Program, host: &Host, folder: &Path) -> Result<(Command, Scrubber), StdioError> {
    let mut readable = vec![program.path().to_owned()];
    readable.extend(program.folder.iter().chain(&program.readable).cloned());
    let mut writable = program.writable.clone();
    writable.push(folder.to_owned());
    let rules = Rules {
        readable,
        writable,
        network: program.network,
        limits: program.limits,
        broker: i32::try_from(process::id()).map_err(io::Error::other)?,
        require: host.require,
    };
    let rules = serde_json::to_string(&rules).map_err(io::Error::other)?;
    let mut command = Command::new(&host.executable);
    command.args(["confined", "--rules", &rules, "--"]).args(&program.command);
    command.current_dir(program.folder.as_deref().unwrap_or(folder)).env_clear();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    command.env("HOME", folder).env("TMPDIR", folder);
    let mut secrets = Vec::new();
    for (name, value, is_secret) in program.environment()? {
        command.env(name, value.expose());
        secrets.extend(is_secret.then_some(value));
    }
    let secrets: Vec<&str> = secrets.iter().map(crate::host::SecretText::expose).collect();
    let secrets = Scrubber::new(&secrets).map_err(io::Error::other)?;
    command.stdin(process::Stdio::piped()).stdout(process::Stdio::piped()).stderr(process::Stdio::piped());
    command.kill_on_drop(true);
    Ok((command, secrets))
}

/// The tasks that carry lines.
fn carry(
    shared: &Arc<Shared>,
    program: &Program,
    child: &mut Child,
    secrets: Scrubber,
    to_send: mpsc::Receiver<Outgoing>,
    received: mpsc::Sender<String>,
) -> io::Result<Vec<tokio::task::JoinHandle<()>>> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(input), Some(output), Some(errors)) = (input, output, errors) else {
        return Err(io::Error::other("it has no pipes"));
    };
    Ok(vec![
        tokio::spawn(pipes::write(shared.clone(), input, to_send)),
        tokio::spawn(pipes::read(shared.clone(), output, program.start_timeout, received)),
        tokio::spawn(errors::log(shared.name.clone(), errors, secrets)),
    ])
}
