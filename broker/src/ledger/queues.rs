//! What waits for the writer, and what it takes next.

use super::Job;
use std::{pin::Pin, time::Duration};
use tokio::{
    sync::mpsc::Receiver,
    task::yield_now,
    time::{Instant, Sleep, sleep_until},
};

/// Intents in one group that somebody waits for, and as many again that nobody waits for.
const GROUP: usize = 256;
/// What nobody waits for is written down after this time at the latest.
const COMPANY: Duration = Duration::from_millis(20);

/// The queues of one writer.
pub(super) struct Queues {
    urgent: Receiver<Job>,
    people: Receiver<Job>,
    agents: Receiver<Job>,
    later: Receiver<Job>,
    /// The first of a group that is gathering.
    first: Option<Job>,
    /// What came from `later` and still waits for company.
    riders: Vec<Job>,
    /// When the first of them has waited long enough.
    departure: Pin<Box<Sleep>>,
}

impl Queues {
    pub fn new(
        urgent: Receiver<Job>,
        people: Receiver<Job>,
        agents: Receiver<Job>,
        later: Receiver<Job>,
    ) -> Self {
        let departure = Box::pin(sleep_until(Instant::now()));
        Self { urgent, people, agents, later, first: None, riders: Vec::new(), departure }
    }

    /// Waits for something to do; a revocation comes first and alone, the rest in the groups that have gathered while
    /// the last one was being committed, people before agents. Ends when every handle to the ledger is gone and nothing
    /// waits any more. May be given up and called again: nothing is lost.
    pub async fn next(&mut self) -> Option<Vec<Job>> {
        loop {
            if self.first.is_some() {
                self.gather().await;
                if let Ok(job) = self.urgent.try_recv() {
                    return Some(vec![job]);
                }
                return Some(self.group());
            }
            let full = self.riders.len() >= GROUP;
            tokio::select! {
                biased;
                Some(job) = self.urgent.recv() => return Some(vec![job]),
                Some(job) = self.people.recv() => self.first = Some(job),
                Some(job) = self.agents.recv() => self.first = Some(job),
                () = self.departure.as_mut(), if !self.riders.is_empty() => return Some(self.leave(Vec::new())),
                Some(job) = self.later.recv(), if !full => {
                    if self.riders.is_empty() {
                        self.departure.as_mut().reset(job.queued_at + COMPANY);
                    }
                    self.riders.push(job);
                }
                else => return None,
            }
        }
    }

    /// Lets everybody go first who is ready to send something. Who sends wakes the writer, which then runs next: it would
    /// begin a group of one while others are about to send theirs. Nobody is waited for.
    async fn gather(&self) {
        let mut known = 0;
        loop {
            yield_now().await;
            let waiting = self.people.len() + self.agents.len();
            if waiting <= known || waiting >= GROUP || !self.urgent.is_empty() {
                return;
            }
            known = waiting;
        }
    }

    /// What is waited for does not crowd out what rides along: a call that was begun gets its end written down.
    fn group(&mut self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.first.take().into_iter().collect();
        while jobs.len() < GROUP {
            let Ok(job) = self.people.try_recv().or_else(|_| self.agents.try_recv()) else { break };
            jobs.push(job);
        }
        self.leave(jobs)
    }

    fn leave(&mut self, mut jobs: Vec<Job>) -> Vec<Job> {
        while self.riders.len() < GROUP {
            let Ok(job) = self.later.try_recv() else { break };
            self.riders.push(job);
        }
        jobs.append(&mut self.riders);
        jobs
    }
}
