//! The secret never flows back: every answer passes through here on its way to the agent.
//!
//! [`Scrubber`] knows a secret in the encodings that servers use when they echo what they received. [`ScrubStream`]
//! finds them across any split into chunks. It holds back only the longest end of the text that may be the beginning
//! of an encoded secret, so that server-sent events leave at once, and never more than one encoded secret is long.
//!
//! What it cannot do: an upstream that transforms the secret in a way of its own (reversed, encrypted, compressed, one
//! character per line) gets it through. The header filter closes the ways an *agent* has to ask for that:
//! `Accept-Encoding`, `Range` and `If-Range` never pass.
//!
//! Removing changes the length of a body, hence answers lose their `Content-Length` whenever there is a secret.

mod body;
mod encodings;
mod needles;
mod stream;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use thiserror::Error;
use zeroize::Zeroizing;

use self::needles::{NEEDLE_BYTES, Needles};

pub use self::body::ScrubBody;
pub use self::stream::ScrubStream;

/// What stands in the place of a secret.
pub const REMOVED: &str = "[removed by countersign]";
/// Shorter secrets are refused: they would be found by chance.
pub const MIN_SECRET_BYTES: usize = 12;
/// Longer secrets are refused: their encodings would take too much memory for each call.
pub const MAX_SECRET_BYTES: usize = 16 * 1024;
/// A shorter piece of a secret at the end of a text is left there; any text may end like that.
const MIN_PARTIAL_BYTES: usize = 8;

/// Why a secret cannot be looked for.
#[derive(Debug, Error)]
pub enum ScrubberError {
    /// It would be found by chance.
    #[error("a secret must have at least {MIN_SECRET_BYTES} bytes")]
    TooShort,
    /// Its encodings would take too much memory.
    #[error("a secret must have at most {MAX_SECRET_BYTES} bytes")]
    TooLong,
}

/// Finds some secrets in all their encodings.
///
/// The search is for the first `NEEDLE_BYTES` of each encoding only, and the encodings are written out when the first
/// of them is found: most answers never mention the secret. What is removed at a place is the shortest encoding that
/// stands there in full, which does not depend on bytes that have not arrived yet.
pub struct Scrubber {
    needles: Needles,
    secrets: Vec<Zeroizing<Vec<u8>>>,
    /// Sorted, so that a search by prefix is a binary search.
    patterns: OnceLock<Vec<Zeroizing<Vec<u8>>>>,
}

/// What stands at a place where a secret may begin.
enum Found {
    Nothing,
    /// The text ends before it is decided.
    Beginning,
    /// A secret of so many bytes.
    Secret(usize),
}

impl Scrubber {
    /// Takes every form of the credential that an upstream could echo: for Basic the password, `user:password` and its
    /// base64, which an echo may escape once more (`\/`, `%2F`).
    /// Without any secret, everything passes unchanged.
    pub fn new<S: AsRef<[u8]>>(secrets: &[S]) -> Result<Self, ScrubberError> {
        let mut words = Vec::new();
        for secret in secrets {
            let secret = secret.as_ref();
            if secret.len() < MIN_SECRET_BYTES {
                return Err(ScrubberError::TooShort);
            }
            if secret.len() > MAX_SECRET_BYTES {
                return Err(ScrubberError::TooLong);
            }
            let beginnings = encodings::of(beginning(secret));
            words.extend(beginnings.iter().filter_map(|it| it.first_chunk::<NEEDLE_BYTES>().copied()));
        }
        let secrets = secrets.iter().map(|secret| Zeroizing::new(secret.as_ref().to_vec())).collect();
        Ok(Self { needles: Needles::new(words), secrets, patterns: OnceLock::new() })
    }

    fn patterns(&self) -> &[Zeroizing<Vec<u8>>] {
        self.patterns.get_or_init(|| {
            let mut patterns: Vec<_> = self.secrets.iter().flat_map(|it| encodings::of(it)).collect();
            patterns.sort_by(|a, b| a.as_slice().cmp(b.as_slice()));
            patterns.dedup();
            patterns
        })
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Whether the bytes contain a secret.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        let mut out = Vec::new();
        self.remove(bytes, &mut out);
        !out.is_empty()
    }

    /// Whether the name of a header contains a secret. Names arrive in lower case.
    pub fn finds_in_name(&self, name: &str) -> bool {
        let name = name.as_bytes();
        // No encoding is shorter than the secret itself.
        if self.secrets.iter().all(|secret| secret.len() > name.len()) {
            return false;
        }
        let folded =
            |pattern: &[u8]| name.windows(pattern.len()).any(|window| window.eq_ignore_ascii_case(pattern));
        self.patterns().iter().any(|pattern| folded(pattern))
    }

    /// A whole text without the secrets.
    pub fn scrub<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut out = Vec::new();
        let (certain, held) = self.remove(bytes, &mut out);
        if out.is_empty() && !self.is_most_of_a_secret(held) {
            return Cow::Borrowed(bytes);
        }
        out.extend_from_slice(certain);
        out.extend_from_slice(self.finish(held));
        Cow::Owned(out)
    }

    /// A whole text without the secrets.
    pub fn scrub_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.scrub(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Copies everything up to the end of the last secret to `out`, and returns the rest: what is certain to contain no
    /// secret, and the end that may be the beginning of one.
    fn remove<'a>(&self, bytes: &'a [u8], out: &mut Vec<u8>) -> (&'a [u8], &'a [u8]) {
        let (mut done, mut from) = (0, 0);
        while let Some(start) = self.needles.find(bytes, from) {
            match self.at(&bytes[start..]) {
                Found::Nothing => from = start + 1,
                Found::Beginning => return (&bytes[done..start], &bytes[start..]),
                Found::Secret(length) => {
                    out.extend_from_slice(&bytes[done..start]);
                    out.extend_from_slice(REMOVED.as_bytes());
                    done = start + length;
                    from = done;
                }
            }
        }
        // No whole needle stands any more; the last bytes may be the beginning of one.
        let from = from.max(bytes.len().saturating_sub(NEEDLE_BYTES));
        let begins = |start: &usize| self.needles.begins_with(&bytes[*start..]);
        let held = (from..bytes.len()).find(begins).unwrap_or(bytes.len());
        (&bytes[done..held], &bytes[held..])
    }

    fn at(&self, text: &[u8]) -> Found {
        let same_needle = || self.beginning_with(&text[..NEEDLE_BYTES]);
        if let Some(length) = same_needle().filter(|p| text.starts_with(p)).map(<[u8]>::len).min() {
            return Found::Secret(length);
        }
        if same_needle().any(|pattern| pattern.starts_with(text)) { Found::Beginning } else { Found::Nothing }
    }

    /// What may leave of the held bytes when nothing comes after them: an upstream that cuts its echo one byte before
    /// the end gets no further than one that does not.
    fn finish<'a>(&self, held: &'a [u8]) -> &'a [u8] {
        if self.is_most_of_a_secret(held) { REMOVED.as_bytes() } else { held }
    }

    fn is_most_of_a_secret(&self, held: &[u8]) -> bool {
        let most_of = |pattern: &[u8]| held.len() * 2 >= pattern.len();
        held.len() >= MIN_PARTIAL_BYTES && self.beginning_with(held).any(most_of)
    }

    fn beginning_with<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let patterns = self.patterns();
        let first = patterns.partition_point(|pattern| pattern.as_slice() < prefix);
        let patterns = patterns[first..].iter().map(|pattern| pattern.as_slice());
        patterns.take_while(move |pattern| pattern.starts_with(prefix))
    }
}

/// As much of a secret as decides the first `NEEDLE_BYTES` of each of its encodings: so many characters, each of which
/// becomes at least one byte.
fn beginning(secret: &[u8]) -> &[u8] {
    let characters = std::str::from_utf8(secret).ok().and_then(|text| text.char_indices().nth(NEEDLE_BYTES));
    let end = characters.map_or(secret.len(), |(end, _)| end);
    // What is not text is written byte by byte.
    if std::str::from_utf8(secret).is_err() { &secret[..NEEDLE_BYTES] } else { &secret[..end] }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
