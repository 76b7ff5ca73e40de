//! Path templates: how an action recognises its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

use super::canonical::{CanonicalPath, MAX_SEGMENTS, parse_segment};
use super::{MAX_PATH_BYTES, PathRefusal};

/// The longest name of a template's variable.
const MAX_NAME_BYTES: usize = 64;

/// Why a template cannot be used.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TemplateRefusal {
    /// A literal part is not a canonical path.
    #[error("{0}")]
    Path(#[from] PathRefusal),
    /// `{` and `}` may only enclose a whole segment: `/issues/{issue}`.
    #[error("braces must enclose a whole segment, as in /issues/{{issue}}")]
    PartialSegment,
    /// A name is a lower-case letter, then up to 63 of `a-z`, `0-9` and `_`.
    #[error("a name in braces must match [a-z][a-z0-9_]*, at most {MAX_NAME_BYTES} bytes")]
    BadName,
    /// The same name twice.
    #[error("a name in braces appears twice")]
    RepeatedName,
}

impl TemplateRefusal {
    /// A stable code for problems and records.
    pub fn code(self) -> &'static str {
        match self {
            Self::Path(refusal) => refusal.code(),
            Self::PartialSegment => "template_partial_segment",
            Self::BadName => "template_bad_name",
            Self::RepeatedName => "template_repeated_name",
        }
    }
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Part {
    Literal(String),
    Name(String),
}

/// A path with names for some of its segments, as in `/repos/{owner}/{repo}/issues/{issue}`.
///
/// A name stands for exactly one segment, never for none or several. The trailing slash counts: `/a/` and `/a` are
/// two resources.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
    trailing_slash: bool,
}

/// How literal a template is. Of two templates that match the same path, the greater one is meant; two that
/// [overlap](Template::overlaps) and are equally specific differ in names only.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Specificity {
    literals: usize,
    /// From the left: is this segment literal?
    shape: Vec<bool>,
}

impl Template {
    /// Parses the text of a template. Literal segments are written as in a path.
    pub fn parse(text: &str) -> Result<Self, TemplateRefusal> {
        if text.len() > MAX_PATH_BYTES {
            return Err(PathRefusal::TooLong.into());
        }
        let rest = text.strip_prefix('/').ok_or(PathRefusal::NotAbsolute)?;
        let inner = rest.strip_suffix('/').unwrap_or(rest);
        let parts = match inner {
            "" if rest.is_empty() => Vec::new(),
            _ => inner.split('/').map(Part::parse).collect::<Result<Vec<_>, _>>()?,
        };
        if parts.len() > MAX_SEGMENTS {
            return Err(PathRefusal::TooManySegments.into());
        }
        let mut seen = BTreeSet::new();
        if !parts.iter().filter_map(Part::name).all(|name| seen.insert(name)) {
            return Err(TemplateRefusal::RepeatedName);
        }
        Ok(Self { text: text.to_owned(), trailing_slash: inner.len() < rest.len(), parts })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names, from the left.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(Part::name)
    }

    /// The named, decoded segments if the whole path matches.
    pub fn matches(&self, path: &CanonicalPath) -> Option<BTreeMap<String, String>> {
        let segments = path.segments();
        if segments.len() != self.parts.len() || path.has_trailing_slash() != self.trailing_slash {
            return None;
        }
        let mut values = BTreeMap::new();
        for (part, segment) in self.parts.iter().zip(segments) {
            match part {
                Part::Literal(literal) if literal == segment => {}
                Part::Literal(_) => return None,
                Part::Name(name) => drop(values.insert(name.clone(), segment.clone())),
            }
        }
        Some(values)
    }

    /// For choosing among templates that match the same path.
    pub fn specificity(&self) -> Specificity {
        let shape: Vec<bool> = self.parts.iter().map(|part| part.name().is_none()).collect();
        Specificity { literals: shape.iter().filter(|literal| **literal).count(), shape }
    }

    /// Whether some path matches both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self.trailing_slash == other.trailing_slash
            && self.parts.iter().zip(&other.parts).all(|pair| match pair {
                (Part::Literal(a), Part::Literal(b)) => a == b,
                _ => true,
            })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Part {
    fn parse(raw: &str) -> Result<Self, TemplateRefusal> {
        if let Some(name) = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let mut bytes = name.bytes();
            let valid = name.len() <= MAX_NAME_BYTES
                && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            return if valid { Ok(Self::Name(name.to_owned())) } else { Err(TemplateRefusal::BadName) };
        }
        if raw.contains(['{', '}']) {
            return Err(TemplateRefusal::PartialSegment);
        }
        Ok(Self::Literal(parse_segment(raw)?))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Literal(_) => None,
        }
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
