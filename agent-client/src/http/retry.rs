//! When to try again: backoff that doubles, and `Retry-After`.

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::{future::Future, pin::Pin, time::Duration};

/// How often a safe act is tried again, and how the pauses grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first included.
    pub tries: u32,
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// No pause is longer, unless the broker asks for it.
    pub longest: Duration,
    /// How long a wait for a decision puts up with a broker that is away.
    pub patience: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 3,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(10),
            patience: Duration::from_mins(2),
        }
    }
}

impl Retry {
    /// The pause after this many failures in a row. No jitter: an agent is one client, not a fleet.
    pub(crate) fn pause_after(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// What lets time pass between two tries. A parameter, so that tests neither sleep nor guess.
pub trait Pauser: Send + Sync {
    /// Lets so much time pass.
    fn pause(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Real time.
pub(crate) struct RealTime;

impl Pauser for RealTime {
    fn pause(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(how_long))
    }
}

/// `Retry-After` in either form. A date is read against the answer's own `Date`, so no clock is needed here.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(text).ok()?;
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some((then - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry::default();
        let pauses: Vec<u128> = [1, 2, 3, 6, 7, 40].map(|n| retry.pause_after(n).as_millis()).to_vec();
        assert_eq!(pauses, [250, 500, 1000, 8000, 10_000, 10_000]);
    }

    fn headers(pairs: &[(reqwest::header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let at = "Sun, 06 Nov 1994 08:49:37 GMT";
        let later = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "7")])), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, later), (DATE, at)])), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, at), (DATE, later)])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, later)])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "soon")])), None);
    }
}
