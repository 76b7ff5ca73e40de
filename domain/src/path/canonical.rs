//! The canonical path.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;

use super::PathRefusal;
use super::decode::{decode, utf8};

/// The longest path accepted, in bytes, before and after canonicalisation.
pub const MAX_PATH_BYTES: usize = 2048;
/// The most segments a path may have.
pub const MAX_SEGMENTS: usize = 64;

/// What is *not* literal in a canonical segment: everything but `pchar`, and of `pchar` the two that servers
/// disagree about, `;` (refused before) and `+`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A path in its only form: what policy judged is what the upstream receives.
///
/// ```
/// use domain::path::CanonicalPath;
/// let path = CanonicalPath::parse("/repos/acme/caf%c3%a9%7e/").unwrap();
/// assert_eq!(path.as_str(), "/repos/acme/caf%C3%A9~/");
/// assert_eq!(path.segments(), ["repos", "acme", "café~"]);
/// assert!(CanonicalPath::parse("/repos/%2e%2e/secrets").is_err());
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CanonicalPath {
    text: String,
    segments: Vec<String>,
}

impl CanonicalPath {
    /// Parses a raw, still percent-encoded path without its query.
    pub fn parse(raw: &str) -> Result<Self, PathRefusal> {
        if raw.len() > MAX_PATH_BYTES {
            return Err(PathRefusal::TooLong);
        }
        let rest = raw.strip_prefix('/').ok_or(PathRefusal::NotAbsolute)?;
        let inner = rest.strip_suffix('/').unwrap_or(rest);
        let segments = match inner {
            "" if rest.is_empty() => Vec::new(),
            _ => inner.split('/').map(parse_segment).collect::<Result<Vec<_>, _>>()?,
        };
        if segments.len() > MAX_SEGMENTS {
            return Err(PathRefusal::TooManySegments);
        }
        let text = join(&segments, inner.len() < rest.len());
        // Encoding can lengthen: without this the canonical form of an accepted path might not be accepted again.
        if text.len() > MAX_PATH_BYTES {
            return Err(PathRefusal::TooLong);
        }
        Ok(Self { text, segments })
    }

    /// The canonical text, percent-encoded: send exactly this.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The decoded segments; none for `/`.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether a slash follows the last segment. `/` has no segment, hence none.
    pub fn has_trailing_slash(&self) -> bool {
        !self.segments.is_empty() && self.text.ends_with('/')
    }
}

impl fmt::Display for CanonicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn join(segments: &[String], trailing_slash: bool) -> String {
    if segments.is_empty() {
        return "/".to_owned();
    }
    let mut text = String::new();
    for segment in segments {
        text.push('/');
        text.extend(utf8_percent_encode(segment, SEGMENT));
    }
    if trailing_slash {
        text.push('/');
    }
    text
}

/// Decodes one segment, or says why nobody should have to guess what it means.
pub(super) fn parse_segment(raw: &str) -> Result<String, PathRefusal> {
    if raw.is_empty() {
        return Err(PathRefusal::EmptySegment);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    for decoded in decode(raw) {
        let decoded = decoded?;
        if decoded.escaped { check_escaped(decoded.byte) } else { check_literal(decoded.byte) }?;
        bytes.push(decoded.byte);
    }
    let segment = utf8(bytes)?;
    check_decoded(&segment)?;
    Ok(segment)
}

fn check_escaped(byte: u8) -> Result<(), PathRefusal> {
    match byte {
        b'/' | b'\\' => Err(PathRefusal::EncodedSeparator),
        b'.' => Err(PathRefusal::EncodedDot),
        b'%' => Err(PathRefusal::EncodedPercent),
        b';' => Err(PathRefusal::Semicolon),
        _ => Ok(()),
    }
}

/// Control characters are found when the segment is decoded, however they were written.
fn check_literal(byte: u8) -> Result<(), PathRefusal> {
    match byte {
        b'\\' => Err(PathRefusal::Backslash),
        b';' => Err(PathRefusal::Semicolon),
        b' ' | b'"' | b'#' | b'<' | b'>' | b'?' | b'[' | b']' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
            Err(PathRefusal::InvalidCharacter)
        }
        _ => Ok(()),
    }
}

fn check_decoded(segment: &str) -> Result<(), PathRefusal> {
    if segment.chars().any(char::is_control) {
        return Err(PathRefusal::Control);
    }
    if is_dots(segment) {
        return Err(PathRefusal::DotSegment);
    }
    if !segment.is_ascii() {
        let folded: String = segment.nfkc().collect();
        let separator = folded.contains(['/', '\\', ';', '%', '?', '#']);
        if separator || is_dots(&folded) {
            return Err(PathRefusal::Lookalike);
        }
    }
    Ok(())
}

/// Some file systems drop any number of dots and spaces at the end of a name, in any order.
pub(crate) fn is_dots(name: &str) -> bool {
    name.chars().all(|c| c == '.' || c.is_whitespace())
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
