//! Time, randomness and ids: always taken from here, so that tests can hold them.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use chrono::{DateTime, Utc};
use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use uuid::Uuid;

/// What time it is. Time never goes back, whatever is done to the machine's clock: once it is put back, time goes on
/// from where it was, or a session would live longer than was approved.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock, and how far it was ever ahead of time that only passes, in milliseconds.
    System(Arc<AtomicI64>),
    /// A clock that a test moves, in milliseconds since 1970.
    Held(Arc<AtomicI64>),
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

/// The machine's clock as it stands, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn machine() -> i64 {
    Utc::now().timestamp_millis()
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::System(Arc::new(AtomicI64::new(i64::MIN)))
    }

    /// A clock that stands still until it is moved.
    pub fn held(now: DateTime<Utc>) -> Self {
        Self::Held(Arc::new(AtomicI64::new(now.timestamp_millis())))
    }

    /// The time, in whole milliseconds: what the database holds.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System(ahead) => {
                let passed = self.passed();
                crate::store::time(passed + raise(ahead, machine() - passed))
            }
            Self::Held(millis) => crate::store::time(millis.load(Ordering::SeqCst)),
        }
    }

    /// From now on it is at least this late: what other starts, and other brokers, have recorded is past.
    pub fn not_before(&self, moment: DateTime<Utc>) {
        if let Self::System(ahead) = self {
            raise(ahead, moment.timestamp_millis() - self.passed());
        }
    }

    /// What the machine's clock says, even if it was put back.
    pub fn machine(&self) -> DateTime<Utc> {
        match self {
            Self::System(_) => crate::store::time(machine()),
            Self::Held(_) => self.now(),
        }
    }

    fn passed(&self) -> i64 {
        i64::try_from(self.steady().as_millis()).unwrap_or(i64::MAX)
    }

    /// Time that only passes, since some moment: for rates, which a machine's clock that is set must not open or shut.
    pub fn steady(&self) -> Duration {
        static SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System(_) => SINCE.elapsed(),
            Self::Held(millis) => {
                Duration::from_millis(u64::try_from(millis.load(Ordering::SeqCst)).unwrap_or_default())
            }
        }
    }

    /// Moves a held clock on; the machine's clock moves by itself.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Self::Held(millis) = self {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}

/// Raises a number, and gives what it is then.
fn raise(number: &AtomicI64, to: i64) -> i64 {
    if number.load(Ordering::SeqCst) < to {
        number.fetch_max(to, Ordering::SeqCst).max(to)
    } else {
        number.load(Ordering::SeqCst)
    }
}

/// Where random bytes come from: the operating system through AWS-LC.
#[derive(Debug, Clone, Default)]
pub struct Rng(SystemRandom);

impl Rng {
    /// The source as the cryptographic library wants it.
    pub fn source(&self) -> &dyn SecureRandom {
        &self.0
    }

    /// Fills an array.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A UUIDv7 (RFC 9562) of this moment, as a number: sorts by time.
    pub fn id(&self, now: DateTime<Utc>) -> Result<u128, aws_lc_rs::error::Unspecified> {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()?).into_uuid().as_u128())
    }

    /// A random UUIDv7 as text, for things without a prefix of their own.
    pub fn name(&self, now: DateTime<Utc>) -> Result<String, aws_lc_rs::error::Unspecified> {
        self.id(now).map(|id| Uuid::from_u128(id).simple().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn time_goes_on_behind_a_clock_that_was_put_back() {
        let clock = Clock::system();
        let behind = |by: TimeDelta| (clock.now() - clock.machine() - by).abs() < TimeDelta::seconds(5);
        assert!(behind(TimeDelta::zero()));
        // To a broker, a clock that was put back is one that is behind what was recorded.
        clock.not_before(clock.machine() + TimeDelta::hours(1));
        assert!(behind(TimeDelta::hours(1)));
        let first = clock.now();
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.now() - first;
        assert!((TimeDelta::milliseconds(15)..TimeDelta::seconds(5)).contains(&passed), "{passed}");
        clock.not_before(clock.machine());
        assert!(clock.now() > first && behind(TimeDelta::hours(1)));
    }
}
