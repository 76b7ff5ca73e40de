//! Lines to a program and from it, each bounded in length and time.

use super::{MAX_LINE, supervise::Reason};
use futures::StreamExt as _;
use protocol::Slug;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt as _,
    process::{ChildStdin, ChildStdout},
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::{
    codec::{FramedRead, LinesCodec, LinesCodecError},
    sync::CancellationToken,
};

/// How long a program may leave a line unread.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A line that is to be written, and whom to tell.
pub(super) struct Outgoing {
    pub line: String,
    pub written: oneshot::Sender<()>,
}

/// What the tasks of one server know together.
#[derive(Debug)]
pub(super) struct Shared {
    pub name: Slug,
    /// It is to end, or does.
    pub end: CancellationToken,
    /// What is wrong, for the supervisor.
    pub failed: mpsc::Sender<Reason>,
    /// The first line was written.
    pub asked: Notify,
    /// When a line went either way.
    pub used: Mutex<Instant>,
}

impl Shared {
    pub fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The supervisor takes the first reason; nobody has to wait for it.
    fn fail(&self, reason: Reason) {
        let _ = self.failed.try_send(reason);
    }
}

/// Writes lines until the server is to end, and closes the pipe by that. A line that was begun is never left half
/// written by whoever sent it: only by a program that does not read it, which ends for that.
pub(super) async fn write(shared: Arc<Shared>, mut to: ChildStdin, mut lines: mpsc::Receiver<Outgoing>) {
    loop {
        let next = tokio::select! {
            biased;
            () = shared.end.cancelled() => return,
            next = lines.recv() => next,
        };
        let Some(Outgoing { mut line, written }) = next else { return };
        line.push('\n');
        let writing = async {
            to.write_all(line.as_bytes()).await?;
            to.flush().await
        };
        let wrote: Option<io::Result<()>> = tokio::select! {
            () = shared.end.cancelled() => return,
            wrote = timeout(PATIENCE, writing) => wrote.ok(),
        };
        match wrote {
            Some(Ok(())) => {
                shared.touch();
                shared.asked.notify_one();
                let _ = written.send(());
            }
            Some(Err(_)) => return shared.fail(Reason::Closed),
            None => return shared.fail(Reason::Deaf),
        }
    }
}

/// Reads lines until the program's end. What cannot be a message is left out, as the banners that some programs print.
pub(super) async fn read(
    shared: Arc<Shared>,
    from: ChildStdout,
    first_answer: Duration,
    to: mpsc::Sender<String>,
) {
    let mut lines = FramedRead::new(from, LinesCodec::new_with_max_length(MAX_LINE));
    let too_late = async {
        shared.asked.notified().await;
        sleep(first_answer).await;
    };
    tokio::pin!(too_late);
    let (mut answered, mut stray) = (false, 0_u64);
    loop {
        let next = tokio::select! {
            next = lines.next() => next,
            () = &mut too_late, if !answered => return shared.fail(Reason::Silent),
        };
        let line = match next {
            Some(Ok(line)) => line,
            Some(Err(error)) => return shared.fail(reason(&error)),
            None => return shared.fail(Reason::Closed),
        };
        shared.touch();
        if line.trim_start().starts_with(['{', '[']) {
            answered = true;
            // Nobody listens any more: the rest is read all the same, so that the program can end.
            let _ = to.send(line).await;
        } else if !line.trim().is_empty() {
            stray += 1;
            if stray.is_power_of_two() {
                let name = &shared.name;
                tracing::warn!(program = %name, stray, "the program prints lines that are no messages");
            }
        }
    }
}

fn reason(error: &LinesCodecError) -> Reason {
    match error {
        LinesCodecError::MaxLineLengthExceeded => Reason::TooLarge,
        LinesCodecError::Io(error) if error.kind() == io::ErrorKind::InvalidData => Reason::Garbage,
        LinesCodecError::Io(_) => Reason::Closed,
    }
}
