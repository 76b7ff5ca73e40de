//! The end of a program: noticed, or brought about, with everything that it started.

use super::pipes::Shared;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use std::{fmt, os::unix::process::ExitStatusExt as _, process::ExitStatus, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    process::Child,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

/// How long it may take to end by itself once its input is closed, and then once it was told to.
const GRACE: Duration = Duration::from_secs(2);
/// How long what it said last may take to be taken.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// By itself.
    Exited,
    /// It closed its output or its input, and did not end.
    Closed,
    /// It printed a line that is too long.
    TooLarge,
    /// It printed what is no text.
    Garbage,
    /// It did not read what it was sent.
    Deaf,
    /// It gave no first answer in time.
    Silent,
    /// It was not needed any longer.
    Ended,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub reason: Reason,
    /// With which status, if that is known.
    pub status: Option<ExitStatus>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Reason::Exited => "the program ended by itself",
            Reason::Closed => "the program closed its input or output",
            Reason::TooLarge => "the program answered with a line over 4 MiB and was ended",
            Reason::Garbage => "the program printed what is no text and was ended",
            Reason::Deaf => "the program did not read its input and was ended",
            Reason::Silent => "the program gave no first answer in time and was ended",
            Reason::Ended => "the program was ended",
        })?;
        match self.status.map(|it| (it.code(), it.signal())) {
            Some((Some(code), _)) => write!(f, " (exit status {code})"),
            Some((_, Some(signal))) => write!(f, " (signal {signal})"),
            _ => Ok(()),
        }
    }
}

/// A program with what has to outlive it.
pub(super) struct Supervised {
    pub child: Child,
    pub failed: mpsc::Receiver<Reason>,
    /// What carries its lines.
    pub tasks: Vec<JoinHandle<()>>,
    /// Its temporary folder, which goes when it has gone.
    pub folder: TempDir,
    pub ended: watch::Sender<Option<Ended>>,
}

/// Waits for the end, or for a reason to bring it about.
pub(super) async fn supervise(shared: Arc<Shared>, mut it: Supervised) {
    let group = it.child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let (reason, status) = tokio::select! {
        status = it.child.wait() => (Reason::Exited, status.ok()),
        () = shared.end.cancelled() => (Reason::Ended, None),
        Some(reason) = it.failed.recv() => (reason, None),
    };
    shared.end.cancel(); // closes its input
    let (reason, status) = match (reason, status) {
        (Reason::Exited, status) => (reason, status),
        (reason, _) => stop(&mut it.child, group, reason).await,
    };
    // Whatever it started and left behind in its group goes with it.
    signal(group, Signal::SIGKILL);
    for mut task in it.tasks {
        if timeout(LAST_WORDS, &mut task).await.is_err() {
            task.abort();
        }
    }
    let ended = Ended { reason, status };
    let expected = reason == Reason::Ended;
    if expected {
        tracing::info!(program = %shared.name, "{ended}");
    } else {
        tracing::warn!(program = %shared.name, "{ended}");
    }
    drop(it.folder);
    let _ = it.ended.send(Some(ended));
}

/// As the specification of MCP has it: the closed input, then SIGTERM, then SIGKILL.
async fn stop(child: &mut Child, group: Option<Pid>, reason: Reason) -> (Reason, Option<ExitStatus>) {
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        // Closing its output was only the first that was seen of its end.
        let reason = if reason == Reason::Closed { Reason::Exited } else { reason };
        return (reason, status.ok());
    }
    signal(group, Signal::SIGTERM);
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        return (reason, status.ok());
    }
    signal(group, Signal::SIGKILL);
    (reason, child.wait().await.ok())
}

/// To the whole group; to the process alone as long as it has not made its group yet.
fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group
        && killpg(group, signal) == Err(Errno::ESRCH)
    {
        let _ = kill(group, signal);
    }
}
