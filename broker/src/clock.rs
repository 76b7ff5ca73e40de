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

/// What time it is.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that a test moves, in milliseconds since 1970.
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is moved.
    pub fn held(now: DateTime<Utc>) -> Self {
        Self::Held(Arc::new(AtomicI64::new(now.timestamp_millis())))
    }

    /// The time, in whole milliseconds: what the database holds.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Self::System => crate::store::time(Utc::now().timestamp_millis()),
            Self::Held(millis) => crate::store::time(millis.load(Ordering::SeqCst)),
        }
    }

    /// Time that only passes, since some moment: for rates, which a machine's clock that is set must not open or shut.
    pub fn steady(&self) -> Duration {
        static SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => SINCE.elapsed(),
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
