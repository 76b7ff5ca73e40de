//! The writer's signs of life, for whoever asks how it is.

use chrono::{DateTime, Utc};
use std::{
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// The writer's signs of life. Each alone is true; together they are of about the same moment.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    /// When the batch in hand was begun, in microseconds since the start; 0 without one.
    begun: AtomicU64,
    /// When the last batch was committed.
    committed: AtomicU64,
    /// Whether the last batch could not be written.
    failing: AtomicBool,
    /// The time of the last record, in milliseconds since 1970.
    last: AtomicI64,
    /// The highest revocation that the last batch had seen.
    seen: AtomicI64,
}

impl Pulse {
    pub(super) fn new(last: DateTime<Utc>, seen: i64) -> Self {
        Self {
            start: Instant::now(),
            begun: AtomicU64::new(0),
            committed: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            last: AtomicI64::new(last.timestamp_millis()),
            seen: AtomicI64::new(seen),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn begin(&self) {
        self.begun.store(self.now().max(1), Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.begun.store(0, Ordering::Relaxed);
    }

    pub(super) fn committed(&self, last: DateTime<Utc>, seen: i64) {
        self.committed.store(self.now(), Ordering::Relaxed);
        self.failing.store(false, Ordering::Relaxed);
        self.last.store(last.timestamp_millis(), Ordering::Relaxed);
        self.seen.store(seen, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failing.store(true, Ordering::Relaxed);
    }

    /// How long the batch in hand has been running, if there is one.
    pub fn running(&self) -> Option<Duration> {
        let begun = self.begun.load(Ordering::Relaxed);
        (begun > 0).then(|| Duration::from_micros(self.now().saturating_sub(begun)))
    }

    /// How long ago the last batch was committed.
    pub fn since_commit(&self) -> Duration {
        Duration::from_micros(self.now().saturating_sub(self.committed.load(Ordering::Relaxed)))
    }

    /// Whether the last batch could not be written.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// The time of the last record.
    pub fn last(&self) -> DateTime<Utc> {
        crate::store::time(self.last.load(Ordering::Relaxed))
    }

    /// The highest revocation that the last batch had seen.
    pub fn seen(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }
}
