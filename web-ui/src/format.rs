//! Times, spans and counts in words. The server's clock is an argument everywhere.

use crate::texts::t;
use chrono::{DateTime, Datelike, Utc};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "month-jan",
    "month-feb",
    "month-mar",
    "month-apr",
    "month-may",
    "month-jun",
    "month-jul",
    "month-aug",
    "month-sep",
    "month-oct",
    "month-nov",
    "month-dec",
];

/// A moment with its zone; with its day too unless that is today or within half a day from now: past midnight nothing
/// else could be meant, and on a small screen the day would push an answer of the card below the fold.
pub(crate) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let time = at.format("%H:%M").to_string();
    let soon = (0..=12 * HOUR).contains(&(at - now).num_seconds());
    if soon || at.date_naive() == now.date_naive() {
        t!("time-today", time = time)
    } else {
        t!("time-on-day", day = day(at), time = time)
    }
}

/// A day of a month.
pub(crate) fn day(at: DateTime<Utc>) -> String {
    t!("time-day", day = at.day().to_string(), month = month_name(at))
}

fn month_name(at: DateTime<Utc>) -> String {
    MONTHS.get(at.month0() as usize).map(|key| t!(key)).unwrap_or_default()
}

/// A moment to the second, for a timeline.
#[cfg(feature = "ssr")]
pub(crate) fn precise(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let time = at.format("%H:%M:%S").to_string();
    if at.date_naive() == now.date_naive() { time } else { format!("{}, {time}", day(at)) }
}

/// A moment that may be years ago.
#[cfg(feature = "ssr")]
pub(crate) fn dated(at: DateTime<Utc>) -> String {
    let (day, year, time) = (day(at), at.year().to_string(), at.format("%H:%M").to_string());
    t!("time-dated", day = day, year = year, time = time)
}

/// For `datetime=`.
pub(crate) fn machine(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The month, as `Mar 2026`.
pub(crate) fn month(at: DateTime<Utc>) -> String {
    t!("time-month", month = month_name(at), year = at.year().to_string())
}

/// A span in words, as `1 hour`.
pub(crate) fn span(seconds: u32) -> String {
    let parts = [(DAY, "span-days"), (HOUR, "span-hours"), (MINUTE, "span-minutes"), (1, "span-seconds")];
    let mut rest = i64::from(seconds);
    let mut words = Vec::new();
    for (unit, key) in parts {
        let n = rest / unit;
        rest %= unit;
        if n > 0 {
            words.push(t!(key, count = n));
        }
    }
    if words.is_empty() { t!("span-seconds", count = 0) } else { words.join(" ") }
}

/// What is left, as a clock or in words, as `4:12` or `2 h 05 min`.
pub(crate) fn left(seconds: i64) -> String {
    let seconds = seconds.max(0);
    if seconds < HOUR {
        format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
    } else if seconds < DAY {
        format!("{} h {:02} min", seconds / HOUR, seconds % HOUR / MINUTE)
    } else {
        t!("span-days", count = seconds / DAY)
    }
}

/// How far away a moment is, as `5 min ago` or `in 5 min`.
#[cfg(feature = "ssr")]
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    let (size, past) = (seconds.abs(), seconds >= 0);
    match (size, past) {
        (..5, _) => t!("ago-now"),
        (5..MINUTE, true) => t!("ago-seconds", count = size),
        (5..MINUTE, false) => t!("in-seconds", count = size),
        (MINUTE..HOUR, true) => t!("ago-minutes", count = size / MINUTE),
        (MINUTE..HOUR, false) => t!("in-minutes", count = size / MINUTE),
        (HOUR..DAY, true) => t!("ago-hours", count = size / HOUR),
        (HOUR..DAY, false) => t!("in-hours", count = size / HOUR),
        (_, true) => t!("ago-days", count = size / DAY),
        (_, false) => t!("in-days", count = size / DAY),
    }
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
        let evening = now + TimeDelta::hours(12);
        assert_eq!(moment(evening + TimeDelta::hours(1), evening), "00:06 UTC");
        assert_eq!(moment(evening + TimeDelta::hours(12), evening), "11:06 UTC");
        assert_eq!(moment(evening + TimeDelta::seconds(12 * HOUR + 1), evening), "19 Nov, 11:06 UTC");
        assert_eq!(moment(now + TimeDelta::days(1), now), "19 Nov, 11:06 UTC");
        assert_eq!(moment(evening, evening + TimeDelta::hours(1)), "18 Nov, 23:06 UTC");
        assert_eq!(ago(now - TimeDelta::seconds(90), now), "1 min ago");
        assert_eq!(ago(now + TimeDelta::seconds(300), now), "in 5 min");
        assert_eq!(dated(now), "18 Nov 2026, 11:06 UTC");
    }

    #[test]
    fn short_ids_keep_what_differs() {
        assert_eq!(short("req_0193a5b2c3d4e5f60718293a4b5c6d7e"), "req_5c6d7e");
        assert_eq!(short("odd"), "_odd");
    }
}
