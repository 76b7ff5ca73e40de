//! Patterns of texts, as `docs/**/*.md`, and the trouble with texts that are paths.
//!
//! `*` is any run of characters without `/`, `**` (or more stars) any run, `?` one character without `/`; everything
//! else, brackets and backslashes too, is itself. A text is matched whole, code point by code point.
//!
//! Matching takes a fixed number of steps for each character: all places of the pattern that the text read so far can
//! stand at are kept as one set of bits, so that no pattern makes it try again.

use crate::path::is_dots;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// The longest pattern, in characters.
pub const MAX_GLOB_CHARS: usize = 200;

/// How often a text is percent-decoded in search of what it means. No honest text is encoded more often.
const MAX_DECODINGS: usize = 4;

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadGlob {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It is too long.
    #[error("must be a pattern of at most {MAX_GLOB_CHARS} characters")]
    TooLong,
}

/// A pattern, ready to be compared.
#[derive(Debug, Clone)]
pub struct Glob {
    /// How many places it has; the one behind the last is where a match ends.
    length: usize,
    literals: BTreeMap<char, Bits>,
    /// `?`.
    any_one: Bits,
    /// `*` and `**`: what can be passed over, and what stays where it is on all but `/`.
    stars: Bits,
    /// `**`: what stays where it is on `/` as well.
    double_stars: Bits,
}

impl Glob {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, BadGlob> {
        if pattern.is_empty() {
            return Err(BadGlob::Empty);
        }
        if pattern.chars().nth(MAX_GLOB_CHARS).is_some() {
            return Err(BadGlob::TooLong);
        }
        let empty = Bits::default();
        let mut glob =
            Self { length: 0, literals: BTreeMap::new(), any_one: empty, stars: empty, double_stars: empty };
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            let place = Bits::of(glob.length);
            glob.length += 1;
            match c {
                '*' => {
                    glob.stars = glob.stars.or(place);
                    while chars.next_if_eq(&'*').is_some() {
                        glob.double_stars = glob.double_stars.or(place);
                    }
                }
                '?' => glob.any_one = glob.any_one.or(place),
                literal => {
                    let places = glob.literals.entry(literal).or_default();
                    *places = places.or(place);
                }
            }
        }
        Ok(glob)
    }

    /// Whether it is the form of the whole text.
    pub fn matches(&self, text: &str) -> bool {
        let mut at = self.pass_stars(Bits::of(0));
        for c in text.chars() {
            let literal = self.literals.get(&c).copied().unwrap_or_default();
            let (one, stay) = match c {
                '/' => (literal, self.double_stars),
                _ => (literal.or(self.any_one), self.stars),
            };
            at = self.pass_stars(at.and(one).next().or(at.and(stay)));
        }
        at.and(Bits::of(self.length)) != Bits::default()
    }

    /// A star can stand for nothing. Two never stand side by side, so one step is enough.
    fn pass_stars(&self, at: Bits) -> Bits {
        at.or(at.and(self.stars).next())
    }
}

/// A set of places of a pattern, the one at its end included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bits([u128; 2]);

impl Bits {
    fn of(place: usize) -> Self {
        let bit = |from: usize| place.checked_sub(from).filter(|it| *it < 128).map_or(0, |it| 1 << it);
        Self([bit(0), bit(128)])
    }

    fn and(self, other: Self) -> Self {
        Self([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }

    fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    fn next(self) -> Self {
        Self([self.0[0] << 1, (self.0[1] << 1) | (self.0[0] >> 127)])
    }
}

/// Whether a text is of the form of a pattern, and leads nowhere else than it says.
pub(crate) fn fits_glob(pattern: &str, text: &str) -> bool {
    Glob::parse(pattern).is_ok_and(|glob| glob.matches(text)) && stays_inside(pattern, text)
}

/// Whether a text starts with another, and leads nowhere else than it says.
pub(super) fn fits_prefix(start: &str, text: &str) -> bool {
    text.starts_with(start) && stays_inside(start, text) && same_host(start, text)
}

/// Whether a text that begins like `pattern` stays below it, should somebody read it as a path or as an address.
///
/// - A segment of dots never does, whether it is written with `/` or `\`, percent-encoded (also several times) or in
///   characters that compatibility normalisation turns into dots and separators. What counts as dots is what counts in
///   the path of a call: also dots with spaces behind them.
/// - Where the pattern has a `/`, it is about paths. Then a backslash, an empty segment within the text and a separator
///   that is not written as a plain `/` never do.
/// - Where the pattern names a scheme, as `https://`, what stands before the next `/` must be a plain host and port:
///   no user, no query and no fragment that makes an address begin like another.
fn stays_inside(pattern: &str, text: &str) -> bool {
    let (text, is_path) = match scheme(pattern).and_then(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
            if !host.chars().all(plain) {
                return false;
            }
            (path, true)
        }
        None => (text, pattern.contains('/')),
    };
    let Some(meant) = decoded(text) else { return !is_path };
    let separators = |text: &str| text.matches(['/', '\\']).count();
    if is_path && (text.contains('\\') || separators(&meant) != separators(text)) {
        return false;
    }
    let segments: Vec<&str> = meant.split(['/', '\\']).collect();
    let last = segments.len() - 1;
    segments.iter().enumerate().all(|(index, segment)| match *segment {
        // An absolute path begins with one, and that of a folder can end with one.
        "" => !is_path || index == 0 || index == last,
        // A text without separators is no path; that it is a dot can be what was granted.
        dots => (last == 0 && !is_path) || !is_dots(dots),
    })
}

/// What the text means to whoever decodes and normalises it; none if there is no end to that.
fn decoded(text: &str) -> Option<String> {
    let mut meant = text.to_owned();
    for _ in 0..MAX_DECODINGS {
        let folded: String = percent_decode_str(&meant).decode_utf8_lossy().nfkc().collect();
        if folded == meant {
            return Some(meant);
        }
        meant = folded;
    }
    None
}

/// The scheme that a pattern begins with, as `https://`.
fn scheme(pattern: &str) -> Option<&str> {
    let end = pattern.find("://")?;
    let name = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    pattern[..end].chars().all(name).then(|| &pattern[..end + 3]).filter(|_| end > 0)
}

/// A prefix that ends within the host would let another host begin with it: then the hosts must be the same.
fn same_host(start: &str, text: &str) -> bool {
    let Some(scheme) = scheme(start).map(str::len) else { return true };
    let host = &start[scheme..];
    let of_text = &text[scheme..];
    host.is_empty() || host.contains('/') || of_text.split('/').next() == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_what_they_say() {
        let table = [
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/", true),
            ("docs/*", "docs/a/b", false),
            ("docs/**", "docs/a/b/c", true),
            ("docs/***", "docs/a/b/c", true),
            ("docs/**/*.md", "docs/a/b/c.md", true),
            ("docs/**/*.md", "docs/c.md", false),
            ("**.md", "a/b.md", true),
            ("*.md", "a/b.md", false),
            ("v?.?", "v1.2", true),
            ("v?", "v/", false),
            ("v?", "vé", true),
            ("v?", "ve\u{301}", false),
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
            ("A*", "abc", false),
            ("*a*a*a*b", "aaaaaaaaaaaa", false),
            ("**", "any thing", true),
            ("*", "", true),
            ("", "", false),
        ];
        for (pattern, text, fits) in table {
            assert_eq!(fits_glob(pattern, text), fits, "{pattern} {text}");
        }
        assert_eq!(Glob::parse(&"*a".repeat(101)).unwrap_err(), BadGlob::TooLong);
        let long = "a".repeat(MAX_GLOB_CHARS);
        assert!(fits_glob(&long, &long) && !fits_glob(&long, &long[1..]));
    }

    #[test]
    fn a_path_that_leads_elsewhere_fits_nothing() {
        for text in [
            "docs/../secret",
            "docs/..",
            "docs/./a",
            "docs//a",
            "docs/...",
            "docs/.. ",
            "docs/%2e%2e/a",
            "docs/%2E./a",
            "docs/%252e%252e/a",
            "docs/%2525252525252e./a",
            "docs/a%2fb",
            "docs/..%2fa",
            "docs/..\\a",
            "docs/a\\b",
            "docs/%5c",
            "docs/\u{ff0e}\u{ff0e}/a",
            "docs/\u{2025}/a",
            "docs/a\u{ff0f}b",
        ] {
            assert!(!fits_glob("docs/**", text), "{text}");
            assert!(!fits_prefix("docs/", text), "{text}");
        }
        for text in
            ["docs/a", "docs/", "docs/a/", "docs/.hidden", "docs/a..b", "docs/100%", "docs/%zz", "docs/é"]
        {
            assert!(fits_glob("docs/**", text) && fits_prefix("docs/", text), "{text}");
        }
        assert!(fits_prefix("/home/", "/home/a") && !fits_prefix("/home/", "/home/../etc"));
        assert!(!fits_prefix("docs", "docs/../secret") && !fits_glob("**", "docs\\..\\secret"));
        assert!(fits_prefix("Hello", "Hello a\\b // and so on.") && fits_prefix(".", "."));
    }

    #[test]
    fn an_address_that_leads_elsewhere_fits_nothing() {
        let table = [
            ("https://a.example/", "https://a.example/x?y=http%3A", true),
            ("https://a.example/", "https://a.example/x/../../y", false),
            ("https://a.example", "https://a.example/x", true),
            ("https://a.example", "https://a.example", true),
            ("https://a.example", "https://a.example.evil/x", false),
            ("https://a.example", "https://a.example@evil/x", false),
            ("https://a.example", "https://a.example:8080/x", false),
            ("https://", "https://any.example/x", true),
            ("https://", "https://user@any.example/x", false),
            ("http", "https://any.example/", true),
        ];
        for (start, text, fits) in table {
            assert_eq!(fits_prefix(start, text), fits, "{start} {text}");
        }
        assert!(fits_glob("https://*.a.example/**", "https://b.a.example/x"));
        for text in ["https://evil/.a.example/", "https://evil#.a.example/x", "https://evil?.a.example/x"] {
            assert!(!fits_glob("https://*.a.example/**", text), "{text}");
        }
    }

    /// The same by trying everything.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], rest) => rest.is_empty(),
            (['*', '*', rest @ ..], _) => (0..=text.len()).any(|skip| slow(rest, &text[skip..])),
            (['*', rest @ ..], _) => {
                let most = text.iter().position(|c| *c == '/').unwrap_or(text.len());
                (0..=most).any(|skip| slow(rest, &text[skip..]))
            }
            (['?', rest @ ..], [c, text @ ..]) => *c != '/' && slow(rest, text),
            ([one, rest @ ..], [c, text @ ..]) => one == c && slow(rest, text),
            (_, []) => false,
        }
    }

    proptest! {
        #[test]
        fn it_matches_as_trying_everything_does(pattern in "[a/*?]{1,8}", text in "[ab/]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Glob::parse(&pattern).unwrap().matches(&text),
                slow(&chars(&pattern), &chars(&text))
            );
        }

        #[test]
        fn long_patterns_match_as_short_ones(padding in 100_usize..190, pattern in "[a*?]{1,8}", text in "[ab]{0,10}") {
            let padded = |text: &str| format!("{}{text}", "x".repeat(padding));
            prop_assert_eq!(
                Glob::parse(&padded(&pattern)).unwrap().matches(&padded(&text)),
                Glob::parse(&pattern).unwrap().matches(&text)
            );
        }
    }
}
