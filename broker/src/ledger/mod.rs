//! The ledger: the only writer. State changes and their records, committed together, in groups.
//!
//! 1. A handler submits an [`Intent`] and waits.
//! 2. The one writer task takes what has gathered, up to 256 at once: revocations first, each alone, then what people
//!    do, then what agents do (`queues`, `writer`). Each class has a bounded queue of its own. What became of a call
//!    waits a moment for company, since nobody waits for it.
//! 3. In one transaction it reads the revocations it has not seen, judges every intent in memory against grant
//!    content, time and revocations (`judge`), spends limits, appends the records to its hash chain (`pen`), commits
//!    durably, and only then answers. On SQLite a group that needs to read nothing else is judged by what the last one
//!    read, and one statement text commits it if nothing changed since (`at_once`).
//! 4. What was queued for 2 s without being begun is refused; what was begun is waited for; what cannot be known is
//!    answered as unknown, never as "nothing happened".

pub mod acts;
mod at_once;
mod batch;
pub mod export;
mod facts;
mod failures;
mod intent;
mod judge;
pub mod memory;
mod pen;
mod pulse;
mod queues;
mod retention;
mod revoke;
mod start;
mod unrecorded;
pub mod verify;
mod writer;

pub use facts::{CallFacts, CanonicalFacts, Facts};
pub use intent::{Answer, Authorise, Class, Entry, Finish, Intent, Mint, Revocation, Why};
pub use pulse::Pulse;
pub use retention::{Plan, PlanError, plan};
pub use start::Opened;

use acts::Act;
use memory::ActiveGrants;
use protocol::revoke::Stopped;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tracing::Instrument as _;
use unrecorded::Unrecorded;

use crate::{metrics, store::grants::Stored, telemetry};

/// An intent that was not begun within this time is refused.
const QUEUE_LIMIT: Duration = Duration::from_secs(2);
/// An intent that was begun is waited for so long before it is answered as unknown.
const COMMIT_LIMIT: Duration = Duration::from_secs(15);
/// Intents of each class that may wait at once.
const QUEUE: usize = 8192;

/// Why the ledger did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// Judged, and refused.
    #[error(transparent)]
    Refused(#[from] Why),
    /// It could not be recorded, so it did not happen.
    #[error("the record could not be written; nothing happened")]
    Unavailable,
    /// It may or may not have been recorded.
    #[error("it is not known whether this was recorded")]
    OutcomeUnknown,
    /// A revocation that is not recorded, and held until it is.
    #[error(
        "the revocation is not recorded yet: the record cannot be written. This broker has cut what it would end, \
         authorises no call of anybody until it is recorded, and goes on trying. Other brokers of the same database do \
         not know of it, and if this one is stopped before, it is forgotten: repeat it until it is acknowledged"
    )]
    NotRecordedYet,
    /// A call while a revocation is held.
    #[error("a revocation could not be recorded yet; until it is, no call is authorised")]
    AwaitsRevocation,
    /// It cannot be recorded as it is.
    #[error("it could not be recorded: {0}")]
    Data(String),
}

/// The handle to the one writer.
#[derive(Clone)]
pub struct Ledger {
    agents: mpsc::Sender<Job>,
    people: mpsc::Sender<Job>,
    urgent: mpsc::Sender<Job>,
    later: mpsc::Sender<Job>,
    active: ActiveGrants,
    chain: Arc<str>,
    metrics: metrics::Ledger,
    pulse: Arc<Pulse>,
    unrecorded: Unrecorded,
}

/// An intent on its way, with where its answer goes.
#[derive(Debug)]
struct Job {
    intent: Intent,
    progress: Arc<Progress>,
    queued_at: Instant,
    /// None if nobody waits.
    reply: Option<oneshot::Sender<Result<Answer, LedgerError>>>,
}

impl Job {
    /// Says what became of it: to whoever waits, or to the log if nothing did.
    fn answer(self, answer: Result<Answer, LedgerError>) {
        match (self.reply, answer) {
            // Who gave up waiting is told by the record.
            (Some(reply), answer) => drop(reply.send(answer)),
            (None, Ok(_)) => {}
            (None, Err(error)) => not_recorded(&self.intent, &error),
        }
    }
}

fn not_recorded(intent: &Intent, error: &LedgerError) {
    tracing::error!(%error, intent = intent.word(), "what nobody waited for could not be recorded");
}

/// Who got hold of a job first: the writer who begins it, or the caller who gives up on it.
#[derive(Debug, Default)]
struct Progress(AtomicU8);

impl Progress {
    const QUEUED: u8 = 0;
    const BEGUN: u8 = 1;
    const ABANDONED: u8 = 2;

    fn claim(&self, next: u8) -> bool {
        self.0.compare_exchange(Self::QUEUED, next, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    fn begin(&self) -> bool {
        self.claim(Self::BEGUN)
    }

    fn abandon(&self) -> bool {
        self.claim(Self::ABANDONED)
    }
}

impl Ledger {
    /// The chain that this incarnation writes.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The grants that are remembered; reading one for a judgement of one's own is no permission.
    pub fn active(&self) -> &ActiveGrants {
        &self.active
    }

    /// The writer's signs of life.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// How many revocations could not be recorded yet. While there is one, no call is authorised.
    pub fn unrecorded(&self) -> usize {
        self.unrecorded.len()
    }

    /// How many intents wait: ordinary ones, revocations.
    pub fn waiting(&self) -> [usize; 2] {
        let waiting = |queue: &mpsc::Sender<Job>| queue.max_capacity() - queue.capacity();
        [waiting(&self.people) + waiting(&self.agents) + waiting(&self.later), waiting(&self.urgent)]
    }

    /// Commits an intent, or says why not.
    pub async fn submit(&self, intent: Intent) -> Result<Answer, LedgerError> {
        let span = telemetry::ledger(intent.word());
        self.queue(intent).instrument(span).await
    }

    async fn queue(&self, intent: Intent) -> Result<Answer, LedgerError> {
        let (reply, mut answer) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let job = Job { intent, progress: progress.clone(), queued_at: Instant::now(), reply: Some(reply) };
        self.queue_of(&job.intent).try_send(job).map_err(|_| LedgerError::Unavailable)?;
        if let Ok(answer) = timeout(QUEUE_LIMIT, &mut answer).await {
            return answer.unwrap_or(Err(LedgerError::OutcomeUnknown));
        }
        if progress.abandon() {
            return Err(LedgerError::Unavailable);
        }
        let answer = timeout(COMMIT_LIMIT, answer).await;
        answer.ok().and_then(Result::ok).unwrap_or(Err(LedgerError::OutcomeUnknown))
    }

    /// Leaves an intent to be committed, for whoever has nobody to tell what became of it: that goes to the log.
    pub fn leave(&self, intent: Intent) {
        let job = Job { intent, progress: Arc::default(), queued_at: Instant::now(), reply: None };
        if let Err(error) = self.queue_of(&job.intent).try_send(job) {
            not_recorded(&error.into_inner().intent, &LedgerError::Unavailable);
        }
    }

    fn queue_of(&self, intent: &Intent) -> &mpsc::Sender<Job> {
        match intent.class() {
            Class::Urgent => &self.urgent,
            Class::People => &self.people,
            Class::Agents => &self.agents,
            Class::Later => &self.later,
        }
    }

    /// Commits an act that leaves a request or grant.
    pub async fn act(&self, act: Act) -> Result<Answer, LedgerError> {
        self.submit(Intent::Act(Box::new(act))).await
    }

    /// Commits a transition; gives the grant as it stands now.
    pub async fn advance(&self, act: Act) -> Result<Stored, LedgerError> {
        match self.act(act).await? {
            Answer::Grant(stored) => Ok(*stored),
            _ => Err(LedgerError::OutcomeUnknown),
        }
    }

    /// Ends something early.
    pub async fn revoke(&self, revocation: Revocation) -> Result<Stopped, LedgerError> {
        let (subject, by) = (revoke::kind(&revocation.subject), intent::by(&revocation.actor));
        match self.submit(Intent::Revoke(Box::new(revocation))).await? {
            Answer::Stopped(stopped) => {
                self.metrics.revoked(subject, by);
                Ok(*stopped)
            }
            _ => Err(LedgerError::OutcomeUnknown),
        }
    }

    /// Ends something early; what cannot be recorded now is held, and until it is recorded no call is authorised.
    /// `cut` is done once that is so: what was authorised before is found by it.
    pub async fn revoke_or_hold(
        &self,
        revocation: Revocation,
        cut: impl FnOnce(&Revocation),
    ) -> Result<Stopped, LedgerError> {
        let error = match self.revoke(revocation.clone()).await {
            Ok(stopped) => return Ok(stopped),
            // What is at fault in itself could never be recorded: held, it would keep every call from passing for ever.
            Err(final_one @ (LedgerError::Refused(_) | LedgerError::Data(_))) => return Err(final_one),
            Err(error) => error,
        };
        tracing::error!(%error, subject = revoke::kind(&revocation.subject), "a revocation could not be recorded");
        if !self.unrecorded.hold(revocation.clone()) {
            return Err(error);
        }
        cut(&revocation);
        Err(LedgerError::NotRecordedYet)
    }
}
