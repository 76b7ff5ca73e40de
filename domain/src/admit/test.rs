//! Conditions on the arguments of a call.

use crate::{mcp::fits_glob, path::CanonicalQuery};
use protocol::{Condition, Test};
use std::collections::BTreeMap;

/// Whether a call meets a condition; if not, why. A missing argument meets none. An argument that stands there twice
/// meets none either: which of the two counts differs from server to server.
pub(super) fn meets(
    condition: &Condition,
    names: &BTreeMap<String, String>,
    query: &CanonicalQuery,
) -> Result<(), &'static str> {
    let value = match condition.at.split_once('.') {
        Some(("path", name)) => names.get(name).map(String::as_str),
        Some(("query", name)) => {
            let mut values = query.values(name);
            let first = values.next();
            if values.next().is_some() {
                return Err("stands there more than once");
            }
            first
        }
        _ => None,
    };
    let value = value.ok_or("is missing")?;
    if passes(&condition.test, value) { Ok(()) } else { Err("is not as it was granted") }
}

/// The same where only the named segments of the path are known.
pub(crate) fn meets_names(condition: &Condition, names: &BTreeMap<String, String>) -> bool {
    let value = condition.at.strip_prefix("path.").and_then(|name| names.get(name));
    value.is_some_and(|value| passes(&condition.test, value))
}

fn passes(test: &Test, value: &str) -> bool {
    match test {
        Test::Equals(same) => value == same,
        Test::OneOf(values) => values.iter().any(|one| one == value),
        Test::Prefix(start) => value.starts_with(start.as_str()),
        Test::AtMost(most) => whole_number(value).is_some_and(|number| number <= *most),
        Test::AtLeast(least) => whole_number(value).is_some_and(|number| number >= *least),
        Test::MaxLength(most) => value.chars().nth(count(*most)).is_none(),
        Test::MinLength(least) => value.chars().take(count(*least)).count() == count(*least),
        Test::Glob(pattern) => fits_glob(pattern, value),
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Digits, with at most one minus in front, written in the one way that all servers read alike: no plus, no leading
/// zeros (some read them as octal), no minus zero.
fn whole_number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    Some(number).filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(at: &str, test: Test, query: &str) -> Result<(), &'static str> {
        let names = BTreeMap::from([("issue".to_owned(), "7".to_owned())]);
        let query = CanonicalQuery::parse(Some(query)).unwrap();
        meets(&Condition { at: at.to_owned(), test }, &names, &query)
    }

    #[test]
    fn each_test_passes_only_what_it_says() {
        let texts = |texts: &[&str]| Test::OneOf(texts.iter().map(|text| (*text).to_owned()).collect());
        let equals = |text: &str| Test::Equals(text.to_owned());
        let glob = |text: &str| Test::Glob(text.to_owned());
        let prefix = |text: &str| Test::Prefix(text.to_owned());
        let table = [
            (equals("open"), "v=open", true),
            (equals("open"), "v=Open", false),
            (equals("open"), "v=open%20", false),
            (equals("a b"), "v=a%20b", true),
            (equals("open"), "v", false),
            (texts(&["a", "b"]), "v=b", true),
            (texts(&["a", "b"]), "v=ab", false),
            (prefix("feat/"), "v=feat%2Fx", true),
            (prefix("feat/"), "v=feat", false),
            (Test::AtMost(10), "v=10", true),
            (Test::AtMost(10), "v=-10", true),
            (Test::AtMost(10), "v=11", false),
            (Test::AtMost(10), "v=%2B5", false),
            (Test::AtMost(10), "v=05", false),
            (Test::AtMost(10), "v=-0", false),
            (Test::AtMost(10), "v=1e0", false),
            (Test::AtMost(10), "v=5.0", false),
            (Test::AtMost(10), "v=%205", false),
            (Test::AtMost(10), "v=", false),
            (Test::AtMost(10), "v=-99999999999999999999", false),
            (Test::AtLeast(3), "v=3", true),
            (Test::AtLeast(3), "v=2", false),
            (Test::AtLeast(3), "v=99999999999999999999", false),
            (Test::MaxLength(2), "v=%C3%A9%C3%A9", true),
            (Test::MaxLength(2), "v=abc", false),
            (Test::MaxLength(0), "v=", true),
            (Test::MinLength(2), "v=%C3%A9%C3%A9", true),
            (Test::MinLength(2), "v=a", false),
            (Test::MinLength(0), "v=", true),
            (glob("docs/**"), "v=docs/a/b", true),
            (glob("docs/*"), "v=docs/a/b", false),
            (glob("docs/**"), "v=docs/../b", false),
            (glob("v?"), "v=v1", true),
        ];
        for (test, query, passes) in table {
            assert_eq!(verdict("query.v", test.clone(), query).is_ok(), passes, "{test:?} {query}");
        }
    }

    #[test]
    fn missing_and_repeated_arguments_meet_nothing() {
        let any = || Test::MaxLength(99);
        assert_eq!(verdict("query.v", any(), ""), Err("is missing"));
        assert_eq!(verdict("query.v", any(), "V=1&v%5B%5D=1"), Err("is missing"));
        assert_eq!(verdict("query.v", any(), "v=1&v=1"), Err("stands there more than once"));
        assert_eq!(verdict("query.v", any(), "v=1&%76=1"), Err("stands there more than once"));
        assert_eq!(verdict("query.v", any(), "v=1&w=1&w=2"), Ok(()));
        assert_eq!(verdict("path.issue", Test::Equals("7".to_owned()), ""), Ok(()));
        assert_eq!(verdict("path.project", any(), "project=x"), Err("is missing"));
        assert_eq!(verdict("issue", any(), "issue=7"), Err("is missing"));
    }
}
