//! Revocations that could not be recorded when they were asked for. As long as there is one, this broker authorises
//! nothing: the writer refuses every call and every call token, and tries to record them before anything else.
//!
//! They are kept in memory alone, since what would keep them is what does not work. Whoever asked was told that they are
//! not recorded, that other brokers of the database do not know of them, and that the end of this broker forgets them.
//! One that fails in itself, on a database that takes others, is given up: it could never be recorded.

use super::{Intent, Job, LedgerError, Progress, Revocation};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};

/// The first pause between two attempts, and the longest.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);
/// More than these are not held. The broker authorises nothing then anyway.
const MOST: usize = 10_000;

/// What waits to be recorded. Clones are of the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Unrecorded(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Whether there is any: what the writer asks for each batch.
    any: AtomicBool,
    waiting: Mutex<Vec<Revocation>>,
    more: Notify,
}

impl Unrecorded {
    /// Holds one; false if there is no room for it. From here on no call is authorised.
    pub fn hold(&self, revocation: Revocation) -> bool {
        let mut waiting = self.waiting();
        let same = |it: &Revocation| it.subject == revocation.subject && it.block == revocation.block;
        if !waiting.iter().any(same) {
            if waiting.len() >= MOST {
                return false;
            }
            waiting.push(revocation);
        }
        self.0.any.store(true, Ordering::SeqCst);
        self.0.more.notify_one();
        true
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.0.any.load(Ordering::SeqCst)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.waiting().len()
    }

    fn first(&self) -> Option<Revocation> {
        self.waiting().first().cloned()
    }

    /// Takes the first out: it is recorded, or never will be.
    fn done(&self) -> Revocation {
        let mut waiting = self.waiting();
        let first = waiting.remove(0);
        self.0.any.store(!waiting.is_empty(), Ordering::SeqCst);
        first
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Revocation>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's side: one attempt after the other.
pub(super) struct Attempts {
    held: Unrecorded,
    next: Instant,
    pause: Duration,
    answer: Option<oneshot::Receiver<Result<super::Answer, LedgerError>>>,
}

impl Attempts {
    pub fn new(held: Unrecorded) -> Self {
        Self { held, next: Instant::now(), pause: PAUSE, answer: None }
    }

    /// Whether there is a revocation that is not recorded.
    pub fn any(&self) -> bool {
        self.held.any()
    }

    /// The next attempt, when it is time for one. May be dropped while it waits.
    pub async fn due(&mut self) -> Job {
        loop {
            let more = self.held.0.more.notified();
            if let Some(revocation) = self.held.first() {
                sleep_until(self.next).await;
                let (reply, answer) = oneshot::channel();
                self.answer = Some(answer);
                let intent = Intent::Revoke(Box::new(revocation));
                let (progress, queued_at) = (Arc::<Progress>::default(), Instant::now());
                return Job { intent, progress, queued_at, reply: Some(reply) };
            }
            more.await;
        }
    }

    /// Looks what came of the attempt that the writer has just made, if it made one.
    pub fn settle(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        match answer.try_recv() {
            // Refused: there is nothing any more that it could end.
            Ok(Ok(_) | Err(LedgerError::Refused(_))) => drop(self.held.done()),
            Ok(Err(LedgerError::Data(error))) => {
                let subject = self.held.done().subject;
                tracing::error!(
                    %error, ?subject,
                    "a revocation that was asked for cannot be recorded as it is and was given up: it ended nothing. \
                     Revoke the session's agent or owner, or everything"
                );
            }
            _ => {
                self.next = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST);
                return;
            }
        }
        self.pause = PAUSE;
        if !self.held.any() {
            tracing::warn!("no revocation waits to be recorded any more; calls are authorised again");
        }
    }

    /// The writer ends.
    pub fn forget(&self) {
        let left = self.held.len();
        if left > 0 {
            tracing::error!(left, "revocations were asked for and never recorded: repeat them");
        }
    }
}
