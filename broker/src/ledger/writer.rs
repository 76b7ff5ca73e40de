//! The writer task: takes what has gathered, commits it as one group, answers.

use super::{
    Job, LedgerError, QUEUE_LIMIT,
    batch::{Batch, Outcome},
    failures::{self, Failure},
    intent::Intent,
    memory::ActiveGrants,
    pen::{Chain, Pen},
    pulse::Pulse,
    queues::Queues,
    unrecorded::Attempts,
};
use crate::{
    clock::Clock,
    events::{Event, Events},
    failpoint,
    metrics::{self, Failed},
    store::{
        Conn, Engine, Store, audit, batch, chains, exec, wal,
        watermarks::{self, News},
    },
};
use chrono::{DateTime, Utc};
use domain::{chain::Head, watermark::Watermarks};
use protocol::Digest;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Attempts at a group that another broker's locks undid; a new one begins only within the limit of the queue.
const ATTEMPTS: u32 = 8;

/// As long as it is not known what became of a commit, it is looked up at least this often.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Nothing to do for this long is an idle moment.
const IDLE: Duration = Duration::from_millis(200);
/// Groups after which an idle moment is used to bring SQLite's log back into the database.
const WORTH_A_CHECKPOINT: u32 = 64;
/// Groups after which the length of the log is looked at, idle or not.
const LOOK_AT_LOG: u32 = 1_024;
/// The log may be as long as this: four times what it is without a reader in the way.
const LOG_BYTES: u64 = 4 * 16_000 * 4_096;

const NOTIFY: &str = "SELECT pg_notify('countersign', $1)";

/// The one writer of an incarnation.
pub(super) struct Writer {
    pub store: Store,
    pub clock: Clock,
    pub events: Events,
    pub chain: Chain,
    pub head: Head,
    pub marks: Watermarks,
    /// The revision of what admins declared, as the last batch read it.
    pub revision: Option<i64>,
    pub last: DateTime<Utc>,
    pub conn: Option<Conn>,
    pub active: ActiveGrants,
    /// SQLite's write-ahead log.
    pub log: Option<PathBuf>,
    /// Groups since the log was brought back into the database.
    pub since_checkpoint: u32,
    pub queues: Queues,
    pub metrics: metrics::Ledger,
    pub pulse: Arc<Pulse>,
    /// Revocations that could not be recorded yet.
    pub attempts: Attempts,
}

/// What a commit changes in the writer.
pub(super) struct Committed {
    outcomes: Vec<Outcome>,
    events: Vec<Event>,
    head: Head,
    now: DateTime<Utc>,
    watermark: i64,
    forgotten: i64,
}

impl Committed {
    pub fn of(pen: Pen, outcomes: Vec<Outcome>, head: Head) -> Self {
        let Pen { events, now, watermark, forgotten, .. } = pen;
        Self { outcomes, events, head, now, watermark, forgotten }
    }
}

impl Writer {
    /// Runs until every handle to the ledger is gone.
    pub async fn run(mut self) {
        while let Some(jobs) = self.next().await {
            self.work(jobs).await;
            self.attempts.settle();
        }
        self.attempts.forget();
    }

    async fn work(&mut self, jobs: Vec<Job>) {
        if let Err(error) = self.connect().await {
            return self.is_down(jobs, &error);
        }
        let mut jobs: Vec<Job> = jobs.into_iter().filter_map(|job| take_up(job, &self.metrics)).collect();
        if self.attempts.any() {
            jobs = refuse_calls(jobs);
        }
        if !jobs.is_empty() {
            self.pulse.begin();
            self.commit(jobs).await;
            self.pulse.end();
        }
    }

    /// Nothing is begun without a connection: whoever waits for a server that is away can still give up.
    async fn connect(&mut self) -> sqlx::Result<()> {
        if self.conn.is_none() {
            self.conn = Some(self.store.writer().await?);
        }
        Ok(())
    }

    fn is_down(&self, jobs: Vec<Job>, error: &sqlx::Error) {
        self.metrics.failed(Failed::Down);
        self.pulse.failed();
        tracing::error!(%error, "the record cannot be written");
        refuse(jobs, &LedgerError::Unavailable);
    }

    /// What comes next; meanwhile an idle moment is used.
    async fn next(&mut self) -> Option<Vec<Job>> {
        loop {
            let worth_it = self.log.is_some() && self.since_checkpoint >= WORTH_A_CHECKPOINT;
            tokio::select! {
                biased;
                job = self.attempts.due() => return Some(vec![job]),
                jobs = self.queues.next() => return jobs,
                () = sleep(IDLE), if worth_it => self.checkpoint().await,
            }
        }
    }

    /// Brings SQLite's log back into the database, where a caller would wait for it otherwise.
    async fn checkpoint(&mut self) {
        self.since_checkpoint = 0;
        if let Some(conn) = &mut self.conn
            && let Err(error) = wal::checkpoint(conn).await
        {
            tracing::warn!(%error, "the log could not be brought back into the database; the next idle moment tries again");
        }
    }

    /// Readers that never leave a gap would let the log grow without end.
    async fn hold_log_down(&mut self) {
        self.since_checkpoint = self.since_checkpoint.saturating_add(1);
        let (Some(log), Some(conn)) = (&self.log, &mut self.conn) else { return };
        if !self.since_checkpoint.is_multiple_of(LOOK_AT_LOG) {
            return;
        }
        match wal::hold_down(conn, log, LOG_BYTES).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("somebody reads the database without end; its log grows beyond its limit");
            }
            Err(error) => tracing::warn!(%error, "the log of the database could not be shortened"),
        }
    }

    async fn commit(&mut self, jobs: Vec<Job>) {
        let intents: Vec<&Intent> = jobs.iter().map(|job| &job.intent).collect();
        let begun = Instant::now();
        let mut attempt = 1;
        let result = loop {
            match self.attempt(&intents).await {
                Err(Failure::Again(error)) if attempt < ATTEMPTS && begun.elapsed() < QUEUE_LIMIT => {
                    self.metrics.failed(Failed::Conflict);
                    tracing::debug!(%error, attempt, "a group is tried again");
                    attempt += 1;
                }
                other => break other,
            }
        };
        match result {
            Ok(committed) => {
                self.metrics.committed(jobs.len(), begun.elapsed());
                self.answer(jobs, committed).await;
                self.hold_log_down().await;
            }
            Err(Failure::Data(error)) if jobs.len() > 1 => {
                tracing::warn!(%error, jobs = jobs.len(), "a group failed on its data; each is tried alone");
                for job in jobs {
                    Box::pin(self.commit(vec![job])).await;
                }
            }
            Err(Failure::Data(error)) if failures::is_doubtful(&error) => self.is_down(jobs, &error),
            Err(Failure::Data(error)) => {
                self.metrics.failed(Failed::Data);
                tracing::error!(%error, "an intent could not be recorded");
                refuse(jobs, &LedgerError::Data(error.to_string()));
            }
            Err(Failure::Again(error) | Failure::Down(error)) => self.is_down(jobs, &error),
            Err(Failure::Unknown(error, committed)) => {
                self.metrics.failed(Failed::Unknown);
                self.pulse.failed();
                tracing::error!(%error, "the outcome of a commit is not known; looking it up");
                self.resolve(jobs, committed, begun).await;
            }
        }
    }

    async fn attempt(&mut self, intents: &[&Intent]) -> Result<Committed, Failure> {
        if let Some(done) = self.at_once(intents).await {
            return done;
        }
        let (mut conn, news) = self.begin(intents.iter().any(|intent| intent.is_urgent())).await?;
        match self.in_transaction(&mut conn, news, intents).await {
            Ok(committed) => {
                let done = match failpoint::hit("ledger.before_commit").await {
                    Ok(()) => exec!(&mut conn, "COMMIT"),
                    Err(error) => Err(error),
                };
                match done {
                    Ok(_) => {
                        self.conn = Some(conn);
                        Ok(committed)
                    }
                    Err(error) => {
                        conn.discard();
                        Err(Failure::of_commit(error, committed))
                    }
                }
            }
            Err(error) => {
                // Nothing was committed on this connection, and nothing will be: it is thrown away with its
                // transaction.
                conn.discard();
                Err(Failure::of(error))
            }
        }
    }

    /// Begins a transaction, and reads what is new. A connection that was kept may have died since: then a new one is
    /// tried.
    async fn begin(&mut self, alone: bool) -> Result<(Conn, News), Failure> {
        let kept = self.conn.take();
        let fresh = kept.is_none();
        let mut conn = match kept {
            Some(conn) => conn,
            None => self.store.writer().await.map_err(Failure::Down)?,
        };
        match batch::begin(&mut conn, alone, self.marks.seen()).await {
            Ok(news) => Ok((conn, news)),
            Err(error) => {
                conn.discard();
                Err(if fresh { Failure::of(error) } else { Failure::Again(error) })
            }
        }
    }

    async fn in_transaction(
        &mut self,
        conn: &mut Conn,
        news: News,
        intents: &[&Intent],
    ) -> sqlx::Result<Committed> {
        for (number, key) in news.marks {
            self.marks.learn(number, &key);
        }
        self.revision = Some(news.revision);
        failpoint::hit("ledger.locked").await?;
        let now = self.clock.now().max(self.last);
        let mut pen = Pen::new(now, self.chain.clone(), self.marks.seen(), self.head.seq);
        let (active, revision) = (&self.active, news.revision);
        let mut batch = Batch { conn, at_once: false, active, revision, marks: &self.marks, pen: &mut pen };
        let outcomes = batch.run(intents).await?;
        let head = pen.append(conn, self.head).await?;
        failpoint::hit("ledger.appended").await?;
        notify(conn, &self.chain.name, &pen.events).await?;
        Ok(Committed::of(pen, outcomes, head))
    }

    async fn answer(&mut self, jobs: Vec<Job>, committed: Committed) {
        // A stop at this failpoint is a death between commit and answer.
        let _ = failpoint::hit("ledger.committed").await;
        self.head = committed.head;
        self.last = committed.now;
        self.pulse.committed(self.last, committed.watermark);
        if committed.forgotten > 0 {
            self.marks.forget(committed.forgotten);
        }
        tracing::trace!(jobs = jobs.len(), watermark = committed.watermark, "a group was committed");
        for (job, outcome) in jobs.into_iter().zip(committed.outcomes) {
            job.answer(outcome.map_err(LedgerError::Refused));
        }
        let _ = failpoint::hit("ledger.answered").await;
        for event in committed.events {
            self.events.publish(event);
        }
    }

    /// Finds out whether a group was committed. The lock that is taken alone waits for the end of a transaction that
    /// may still be running on the server, so what is read afterwards is final.
    async fn resolve(&mut self, mut jobs: Vec<Job>, committed: Committed, begun: Instant) {
        let mut pause = Duration::from_millis(50);
        loop {
            match self.was_committed(&committed).await {
                Ok(true) => return self.answer(jobs, committed).await,
                Ok(false) => return refuse(jobs, &LedgerError::Unavailable),
                Err(error) => tracing::error!(%error, "it is still not known whether a group was committed"),
            }
            if begun.elapsed() >= QUEUE_LIMIT {
                refuse(std::mem::take(&mut jobs), &LedgerError::OutcomeUnknown);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK_AGAIN);
        }
    }

    async fn was_committed(&mut self, committed: &Committed) -> sqlx::Result<bool> {
        if committed.head == self.head {
            return Ok(false); // it had nothing to record, so nothing depends on it
        }
        let mut conn = self.store.writer().await?;
        let start = batch::begin_sql(conn.engine());
        exec!(&mut conn, start)?;
        watermarks::lock_alone(&mut conn).await?;
        let found = audit::find(&mut conn, self.chain.number, committed.head.seq).await?;
        // What SQLite wrote before its flush failed lies in the log, whole, and the next start would find it there. Only
        // a commit in its place rules that out.
        chains::alive(&mut conn, &self.chain.name, self.last).await?;
        exec!(&mut conn, "COMMIT")?;
        self.conn = Some(conn);
        Ok(found.is_some_and(|row| row.hash() == Digest::from_bytes(&committed.head.hash).as_str()))
    }
}

/// Takes a job up, unless its caller gave up on it or it has waited too long.
fn take_up(job: Job, metrics: &metrics::Ledger) -> Option<Job> {
    let waited = job.queued_at.elapsed();
    metrics.waited(waited);
    if waited > QUEUE_LIMIT {
        if job.progress.abandon() {
            refuse(vec![job], &LedgerError::Unavailable);
        }
        return None;
    }
    job.progress.begin().then_some(job)
}

/// As long as a revocation is not recorded, no call is authorised and no token leaves.
fn refuse_calls(jobs: Vec<Job>) -> Vec<Job> {
    let is_call = |job: &Job| matches!(job.intent, Intent::Authorise(_) | Intent::Mint(_));
    let (calls, others) = jobs.into_iter().partition(is_call);
    refuse(calls, &LedgerError::AwaitsRevocation);
    others
}

fn refuse(jobs: Vec<Job>, error: &LedgerError) {
    for job in jobs {
        job.answer(Err(error.clone()));
    }
}

/// Tells other brokers, when the commit happens, what they have to look at.
async fn notify(conn: &mut Conn, chain: &str, events: &[Event]) -> sqlx::Result<()> {
    if conn.engine() == Engine::Sqlite {
        return Ok(());
    }
    for event in events.iter().filter(|event| event.travels()) {
        let payload = serde_json::to_string(&(chain, event)).map_err(crate::store::corrupt)?;
        exec!(&mut *conn, NOTIFY, &payload)?;
    }
    Ok(())
}
