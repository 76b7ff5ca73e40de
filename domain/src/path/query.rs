//! The canonical query.

use std::collections::BTreeSet;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::PathRefusal;
use super::decode::{decode, utf8};

/// The longest query accepted, in bytes, before and after canonicalisation.
pub const MAX_QUERY_BYTES: usize = 8192;
/// The most parameters a query may have.
pub const MAX_QUERY_PAIRS: usize = 256;

/// Unreserved characters are literal, nothing else: `;` and `+` above all, which servers read in two ways.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Pair {
    name: String,
    /// `None` for a bare name: some servers tell `?acl` from `?acl=`.
    value: Option<String>,
}

/// A query in its only form: names and values decoded for policy, encoded again in one way for the upstream.
///
/// A plus sign is a space, as forms write it, and leaves as `%20`; a `;` is part of a value and leaves as `%3B`.
/// Order and duplicates are kept. Which of several values counts differs from server to server, therefore policy
/// should refuse [duplicates](Self::duplicate_names) of a name that it has a condition on.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct CanonicalQuery {
    text: String,
    pairs: Vec<Pair>,
}

impl CanonicalQuery {
    /// Parses what follows the `?`, if there was one.
    pub fn parse(raw: Option<&str>) -> Result<Self, PathRefusal> {
        let raw = raw.unwrap_or_default();
        if raw.len() > MAX_QUERY_BYTES {
            return Err(PathRefusal::QueryTooLong);
        }
        // `a&&b` says nothing twice; to drop the empty piece changes no meaning.
        let pieces = raw.split('&').filter(|piece| !piece.is_empty());
        let pairs = pieces.map(Pair::parse).collect::<Result<Vec<_>, _>>()?;
        if pairs.len() > MAX_QUERY_PAIRS {
            return Err(PathRefusal::QueryTooManyPairs);
        }
        let text = pairs.iter().map(Pair::encode).collect::<Vec<_>>().join("&");
        if text.len() > MAX_QUERY_BYTES {
            return Err(PathRefusal::QueryTooLong);
        }
        Ok(Self { text, pairs })
    }

    /// The canonical text without `?`: send exactly this, and no `?` if it is empty.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Names and values as policy sees them, in order. A bare name has the empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (pair.name.as_str(), pair.value.as_deref().unwrap_or_default()))
    }

    /// All values of one name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The names that appear more than once.
    pub fn duplicate_names(&self) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        self.pairs().map(|(name, _)| name).filter(|name| !seen.insert(*name)).collect()
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl fmt::Display for CanonicalQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pair {
    fn parse(raw: &str) -> Result<Self, PathRefusal> {
        let (name, value) = match raw.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (raw, None),
        };
        let pair = Self { name: parse_component(name)?, value: value.map(parse_component).transpose()? };
        if pair.name.is_empty() { Err(PathRefusal::QueryEmptyName) } else { Ok(pair) }
    }

    fn encode(&self) -> String {
        let name = utf8_percent_encode(&self.name, COMPONENT);
        match &self.value {
            Some(value) => format!("{name}={}", utf8_percent_encode(value, COMPONENT)),
            None => name.to_string(),
        }
    }
}

fn parse_component(raw: &str) -> Result<String, PathRefusal> {
    let mut bytes = Vec::with_capacity(raw.len());
    for decoded in decode(raw) {
        let decoded = decoded?;
        match decoded.byte {
            b'+' if !decoded.escaped => bytes.push(b' '),
            b' ' | b'#' | 0x80.. if !decoded.escaped => return Err(PathRefusal::InvalidCharacter),
            0..=0x1f | 0x7f if !decoded.escaped => return Err(PathRefusal::Control),
            byte => bytes.push(byte),
        }
    }
    let text = utf8(bytes)?;
    // Text that people write has lines and tabs; nothing has the other control characters.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(PathRefusal::Control);
    }
    Ok(text)
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
