//! What is looked for in the record, as it stands in an address.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use protocol::audit::{AuditQuery, Outcome};
use std::str::FromStr;

/// Reads the fields of an address; gives also the names of those that could not be read.
pub fn from_pairs(pairs: &[(String, String)]) -> (AuditQuery, Vec<String>) {
    let mut query = AuditQuery::default();
    let mut unread = Vec::new();
    for (name, value) in pairs {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let good = match name.as_str() {
            "who" => put(&mut query.who, value.parse().ok()),
            "agent" => put(&mut query.agent, value.parse().ok()),
            "service" => put(&mut query.service, value.parse().ok()),
            "kind" => put(&mut query.kind, Some(value).filter(|it| is_kind(it)).map(str::to_owned)),
            "outcome" => put(&mut query.outcome, outcome(value)),
            "session" => put(&mut query.session, FromStr::from_str(value).ok()),
            "since" => put(&mut query.since, moment(value, false)),
            "until" => put(&mut query.until, moment(value, true)),
            "before" => put(&mut query.before, value.parse().ok()),
            _ => true,
        };
        if !good {
            unread.push(name.clone());
        }
    }
    (query, unread)
}

fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let good = value.is_some();
    *field = value;
    good
}

/// The same as fields, without where a page begins.
pub fn to_pairs(query: &AuditQuery) -> Vec<(String, String)> {
    let time = |at: &DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let AuditQuery { who, agent, service, kind, outcome, session, since, until, before: _ } = query;
    let fields = [
        ("who", who.as_ref().map(ToString::to_string)),
        ("agent", agent.as_ref().map(ToString::to_string)),
        ("service", service.as_ref().map(ToString::to_string)),
        ("kind", kind.clone()),
        ("outcome", outcome.map(|it| outcome_word(it).to_owned())),
        ("session", session.as_ref().map(ToString::to_string)),
        ("since", since.as_ref().map(time)),
        ("until", until.as_ref().map(time)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The word for an outcome in an address.
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Trouble => "trouble",
    }
}

fn outcome(word: &str) -> Option<Outcome> {
    [Outcome::Done, Outcome::Refused, Outcome::Trouble].into_iter().find(|it| outcome_word(*it) == word)
}

fn is_kind(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.')
}

/// A day, a time in UTC as a browser's field writes it, or a time with its zone. A day ends at its end.
fn moment(text: &str, end: bool) -> Option<DateTime<Utc>> {
    let day = || {
        let day = text.parse::<NaiveDate>().ok()?;
        let time = if end { day.and_hms_opt(23, 59, 59) } else { day.and_hms_opt(0, 0, 0) };
        time.map(|it| it.and_utc())
    };
    let field = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|it| it.and_utc());
    let zoned = || DateTime::parse_from_rfc3339(text).ok().map(|it| it.to_utc());
    day().or_else(|| field("%Y-%m-%dT%H:%M")).or_else(|| field("%Y-%m-%dT%H:%M:%S")).or_else(zoned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_read_is_written_alike() {
        let fields = pairs(&[
            ("who", "ana"),
            ("agent", "bot"),
            ("service", "issue-tracker"),
            ("kind", "call.refused"),
            ("outcome", "refused"),
            ("since", "2026-11-01T08:30:00Z"),
            ("until", "2026-11-02T00:00:00Z"),
        ]);
        let (query, unread) = from_pairs(&fields);
        assert_eq!(unread, Vec::<String>::new());
        assert_eq!(to_pairs(&query), fields);
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_out() {
        let (query, unread) = from_pairs(&pairs(&[
            ("who", "Not A Name"),
            ("kind", "call'; --"),
            ("outcome", "fine"),
            ("since", "yesterday"),
            ("before", "1.2"),
            ("agent", " "),
            ("other", "x"),
        ]));
        assert_eq!(unread, ["who", "kind", "outcome", "since", "before"]);
        assert_eq!(query, AuditQuery::default());
    }

    #[test]
    fn a_day_is_whole() {
        let (query, _) = from_pairs(&pairs(&[("since", "2026-11-01"), ("until", "2026-11-01")]));
        let span = query.until.unwrap() - query.since.unwrap();
        assert_eq!(span.num_seconds(), 24 * 3600 - 1);
        let (query, _) = from_pairs(&pairs(&[("since", "2026-11-01T08:30")]));
        assert_eq!(query.since.unwrap().to_rfc3339(), "2026-11-01T08:30:00+00:00");
    }
}
