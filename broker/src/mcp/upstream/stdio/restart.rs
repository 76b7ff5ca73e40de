//! How soon a program that ended may be started again.

use std::time::Duration;
use tokio::time::Instant;

/// Between two starts, at least.
const FIRST: Duration = Duration::from_secs(1);
/// And at most.
const LONGEST: Duration = Duration::from_secs(30);

/// When a program was started last, and how long the next start has to wait.
#[derive(Debug, Default)]
pub(super) struct Restart {
    last: Option<(Instant, Duration)>,
}

impl Restart {
    /// Takes a start, or says how long it is too early. Every start that follows soon doubles the wait.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let wait = match self.last {
            None => FIRST,
            Some((last, wait)) => {
                let over = now.saturating_duration_since(last);
                if over < wait {
                    return Err(wait.saturating_sub(over));
                }
                // Whoever ran for longer than anybody waits is not failing at its start.
                if over >= 2 * LONGEST { FIRST } else { (wait * 2).min(LONGEST) }
            }
        };
        self.last = Some((now, wait));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_keeps_ending_is_started_less_and_less_often() {
        let mut now = Instant::now();
        let mut restart = Restart::default();
        assert_eq!(restart.take(now), Ok(()));
        for wait in [1, 2, 4, 8, 16] {
            now += Duration::from_millis(wait * 1_000 - 1);
            assert_eq!(restart.take(now), Err(Duration::from_millis(1)), "{wait}");
            now += Duration::from_millis(1);
            assert_eq!(restart.take(now), Ok(()), "{wait}");
        }
        now += Duration::from_secs(29);
        assert_eq!(restart.take(now), Err(Duration::from_secs(1)));
        now += Duration::from_secs(1);
        assert_eq!(restart.take(now), Ok(()));
        assert_eq!(restart.take(now), Err(LONGEST), "it does not begin anew only because it had to wait");
        now += 2 * LONGEST;
        assert_eq!(restart.take(now), Ok(()));
        now += FIRST;
        assert_eq!(restart.take(now), Ok(()), "it ran for a minute");
    }
}
