//! How often agents may ask what became of a request: at most once in an interval that grows for those who ask faster,
//! and never twice at a time (CIBA Core section 11, RFC 8628 section 3.5). In memory, each broker for itself: what must
//! hold everywhere is that a request is redeemed once, which its state says.

use crate::clock::Clock;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What clients are told to wait between two questions, in seconds.
pub const INTERVAL: u32 = 5;
/// What is added for good whenever one asks faster (RFC 8628 section 3.5).
const SLOWER: u32 = 5;
/// So many are remembered at most. Only handles that exist come here, so strangers fill nothing.
const MOST: usize = 10_000;

/// The questions of one broker.
pub struct Polls {
    asked: Mutex<HashMap<String, Asked>>,
    clock: Clock,
}

struct Asked {
    /// When it was last asked.
    last: Duration,
    interval: u32,
    /// Whether somebody waits for the answer.
    held: bool,
    /// After this it is of no use to remember it.
    until: DateTime<Utc>,
}

impl Polls {
    /// None yet.
    pub fn new(clock: &Clock) -> Self {
        Self { asked: Mutex::default(), clock: clock.clone() }
    }

    /// Begins a question about what has this HMAC and lapses then. Refused if it comes too soon or while another one
    /// waits, with the interval from now on.
    pub fn begin<'a>(&'a self, mac: &'a str, until: DateTime<Utc>) -> Result<Held<'a>, u32> {
        let (now, steady) = (self.clock.now(), self.clock.steady());
        let mut all = self.all();
        if all.len() >= MOST {
            all.retain(|_, it| it.held || it.until > now);
        }
        let is_full = all.len() >= MOST;
        match all.get_mut(mac) {
            Some(it) => {
                let since = steady.saturating_sub(it.last);
                it.last = steady;
                if it.held || since < Duration::from_secs(it.interval.into()) {
                    it.interval = it.interval.saturating_add(SLOWER);
                    return Err(it.interval);
                }
                it.held = true;
            }
            // One that cannot be remembered may be asked about all the same.
            None if is_full => {}
            None => {
                let asked = Asked { last: steady, interval: INTERVAL, held: true, until };
                all.insert(mac.to_owned(), asked);
            }
        }
        Ok(Held { polls: self, mac })
    }

    /// How many wait for an answer.
    pub fn waiting(&self) -> usize {
        self.all().values().filter(|it| it.held).count()
    }

    // Poisoning is ignored: the map is whole between any two operations.
    fn all(&self) -> MutexGuard<'_, HashMap<String, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits for its answer: until it is dropped, however that comes, there is no other about the same.
#[must_use]
pub struct Held<'a> {
    polls: &'a Polls,
    mac: &'a str,
}

impl Held<'_> {
    /// The last answer there is: nothing about it is worth remembering.
    pub fn finish(self) {
        self.polls.all().remove(self.mac);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(it) = self.polls.all().get_mut(self.mac) {
            it.held = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn polls() -> (Polls, Clock, DateTime<Utc>) {
        let clock = Clock::held(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        (Polls::new(&clock), clock.clone(), clock.now() + TimeDelta::seconds(600))
    }

    #[test]
    fn who_asks_faster_waits_longer_for_good() {
        let (polls, clock, until) = polls();
        let ask = |after: i64| {
            clock.advance(TimeDelta::milliseconds(after));
            polls.begin("a", until).err().unwrap_or_default()
        };
        assert_eq!(ask(0), 0);
        assert_eq!(ask(5_000), 0);
        assert_eq!(ask(4_999), 10);
        assert_eq!(ask(9_999), 15);
        assert_eq!(ask(15_000), 0);
        assert_eq!(ask(14_999), 20);
        assert!(polls.begin("b", until).is_ok(), "another handle has an interval of its own");
    }

    #[test]
    fn while_one_waits_another_is_refused() {
        let (polls, clock, until) = polls();
        let waits = polls.begin("a", until).ok().unwrap();
        clock.advance(TimeDelta::seconds(60));
        assert_eq!(polls.begin("a", until).err(), Some(10));
        drop(waits);
        clock.advance(TimeDelta::seconds(10));
        let last = polls.begin("a", until).ok().unwrap();
        last.finish();
        assert!(polls.begin("a", until).is_ok(), "what is decided is no longer counted");
    }

    #[test]
    fn what_is_over_is_forgotten_and_memory_is_bounded() {
        let (polls, clock, until) = polls();
        let names: Vec<String> = (0..=MOST + 10).map(|it| it.to_string()).collect();
        for name in &names {
            assert!(polls.begin(name, until).is_ok());
        }
        assert_eq!(polls.all().len(), MOST);
        clock.advance(TimeDelta::seconds(600));
        assert!(polls.begin("new", until + TimeDelta::seconds(600)).is_ok());
        assert_eq!(polls.all().len(), 1);
    }
}
