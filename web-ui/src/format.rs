//! Times, spans and counts in words. The server's clock is an argument everywhere.

use chrono::{DateTime, Utc};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment with its zone; with its day too unless that is today.
pub(crate) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let pattern = if at.date_naive() == now.date_naive() { "%H:%M UTC" } else { "%-d %b, %H:%M UTC" };
    at.format(pattern).to_string()
}

/// A moment to the second, for a timeline.
#[cfg(feature = "ssr")]
pub(crate) fn precise(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let pattern = if at.date_naive() == now.date_naive() { "%H:%M:%S" } else { "%-d %b, %H:%M:%S" };
    at.format(pattern).to_string()
}

/// A moment that may be years ago.
#[cfg(feature = "ssr")]
pub(crate) fn dated(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// For `datetime=`.
pub(crate) fn machine(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The month, as `Mar 2026`.
pub(crate) fn month(at: DateTime<Utc>) -> String {
    at.format("%b %Y").to_string()
}

/// A span in words, as `1 hour`.
pub(crate) fn span(seconds: u32) -> String {
    let seconds = i64::from(seconds);
    let parts = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, name) in parts {
        let n = rest / unit;
        rest %= unit;
        if n > 0 {
            words.push(count(n, name));
        }
    }
    if words.is_empty() { count(0, "second") } else { words.join(" ") }
}

/// What is left, as a clock or in words, as `4:12` or `2 h 05 min`.
pub(crate) fn left(seconds: i64) -> String {
    let seconds = seconds.max(0);
    if seconds < HOUR {
        format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
    } else if seconds < DAY {
        format!("{} h {:02} min", seconds / HOUR, seconds % HOUR / MINUTE)
    } else {
        count(seconds / DAY, "day")
    }
}

/// How long ago.
#[cfg(feature = "ssr")]
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds().max(0);
    match seconds {
        ..5 => "just now".to_owned(),
        5..MINUTE => format!("{seconds} s ago"),
        MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        HOUR..DAY => format!("{} h ago", seconds / HOUR),
        _ => format!("{} ago", count(seconds / DAY, "day")),
    }
}

/// `1 call`, `2 calls`.
pub(crate) fn count(n: i64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// An id as people compare it: its kind and its last six digits. The first ones are only the time.
#[cfg(feature = "ssr")]
pub(crate) fn short(id: &str) -> String {
    let (kind, digits) = id.split_once('_').unwrap_or(("", id));
    let tail = digits.len().saturating_sub(6);
    format!("{kind}_{}", digits.get(tail..).unwrap_or(digits))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn spans_lose_nothing() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (5, "5 seconds"),
            (900, "15 minutes"),
            (3600, "1 hour"),
            (5400, "1 hour 30 minutes"),
        ] {
            assert_eq!(span(seconds), words);
        }
        assert_eq!(span(90_061), "1 day 1 hour 1 minute 1 second");
    }

    #[test]
    fn what_is_left_never_goes_below_nothing() {
        for (seconds, words) in
            [(-3, "0:00"), (252, "4:12"), (3599, "59:59"), (7500, "2 h 05 min"), (200_000, "2 days")]
        {
            assert_eq!(left(seconds), words);
        }
    }

    #[test]
    fn moments_have_a_zone_and_a_day_when_it_is_another() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        assert_eq!(moment(now, now), "11:06 UTC");
        assert_eq!(moment(now - TimeDelta::days(1), now), "17 Nov, 11:06 UTC");
        assert_eq!(ago(now - TimeDelta::seconds(90), now), "1 min ago");
    }

    #[test]
    fn short_ids_keep_what_differs() {
        assert_eq!(short("req_0193a5b2c3d4e5f60718293a4b5c6d7e"), "req_5c6d7e");
        assert_eq!(short("odd"), "_odd");
    }
}
