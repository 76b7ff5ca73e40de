//! What waits for the writer, and what it takes next.

use super::Job;
use std::{pin::Pin, time::Duration};
use tokio::{
    sync::mpsc::Receiver,
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
        Self { urgent, people, agents, later, riders: Vec::new(), departure }
    }

    /// Waits for something to do; a revocation comes first and alone, the rest in the groups that have gathered while
    /// the last one was being committed, people before agents. Ends when every handle to the ledger is gone and nothing waits any more.
    pub async fn next(&mut self) -> Option<Vec<Job>> {
        loop {
            let full = self.riders.len() >= GROUP;
            tokio::select! {
                biased;
                Some(job) = self.urgent.recv() => return Some(vec![job]),
                Some(job) = self.people.recv() => return Some(self.group(job)),
                Some(job) = self.agents.recv() => return Some(self.group(job)),
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

    /// What is waited for does not crowd out what rides along: a call that was begun gets its end written down.
    fn group(&mut self, first: Job) -> Vec<Job> {
        let mut jobs = vec![first];
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
