//! Wrong passphrases cost time: each one doubles the wait before the next attempt.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};

/// The longest wait, in seconds.
const LONGEST: i64 = 60;
/// Wrong ones that cost nothing: people mistype.
const FREE: u32 = 2;

/// The attempts since the last good one.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    wrong: u32,
    not_before: Option<DateTime<Utc>>,
}

impl Attempts {
    /// Whether an attempt may be made now; otherwise the whole seconds until then.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), i64> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.not_before {
            Some(then) if now < then => Err((then - now).num_seconds() + 1),
            _ => Ok(()),
        }
    }

    /// It was wrong; gives the seconds until the next attempt may be made.
    pub fn wrong(&self, now: DateTime<Utc>) -> i64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.wrong = state.wrong.saturating_add(1);
        let Some(more) = state.wrong.checked_sub(FREE + 1) else { return 0 };
        let seconds = (2_i64 << more.min(16)).min(LONGEST);
        state.not_before = Some(now + TimeDelta::seconds(seconds));
        seconds
    }

    /// It was right.
    pub fn right(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_one_doubles_the_wait_until_a_right_one() {
        let (attempts, at) = (Attempts::default(), |second| DateTime::from_timestamp(second, 0).unwrap());
        assert_eq!((attempts.wrong(at(0)), attempts.wrong(at(0))), (0, 0));
        assert_eq!(attempts.check(at(0)), Ok(()));
        assert_eq!(attempts.wrong(at(0)), 2);
        assert_eq!(attempts.check(at(1)), Err(2));
        assert_eq!(attempts.check(at(2)), Ok(()));
        let waits: Vec<i64> = (0..70).map(|_| attempts.wrong(at(10))).collect();
        assert_eq!(waits[..6], [4, 8, 16, 32, 60, 60]);
        assert!(waits[6..].iter().all(|wait| *wait == 60));
        assert_eq!(attempts.check(at(69)), Err(2));
        attempts.right();
        assert_eq!(attempts.check(at(10)), Ok(()));
    }
}
