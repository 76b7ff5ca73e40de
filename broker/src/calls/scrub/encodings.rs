//! The encodings in which servers echo what they received.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use zeroize::Zeroizing;

type Pattern = Zeroizing<Vec<u8>>;

/// Every encoding of the secret, with duplicates.
pub(super) fn of(secret: &[u8]) -> Vec<Pattern> {
    let mut patterns = vec![secret.to_vec()];
    patterns.extend(base64(secret));
    patterns.extend(each_byte(secret));
    if let Ok(text) = std::str::from_utf8(secret) {
        patterns.extend(each_character(text));
    }
    // Most secrets are made of characters that nobody has to escape.
    if !secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte)) {
        patterns.extend(percent(secret));
        if let Ok(text) = std::str::from_utf8(secret) {
            patterns.extend(json(text));
            patterns.extend(html(text));
        }
    }
    patterns.into_iter().map(Zeroizing::new).collect()
}

/// Base64 turns three bytes into four characters, so that a secret inside a longer text has three appearances. Only
/// characters that depend on nothing but the secret are taken: padding and neighbours do not matter then. What is
/// left at either end are at most four bits.
fn base64(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut patterns = Vec::new();
    for before in 0..3 {
        let text = Zeroizing::new([&[0; 2][..before], secret].concat());
        let first = (before * 8).div_ceil(6);
        let end = text.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(&text));
            patterns.push(encoded.as_bytes()[first..end].to_vec());
        }
    }
    patterns
}

/// RFC 3986: unreserved characters stay.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Forms: `~` is escaped, `*` stays.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');
/// JavaScript's `encodeURIComponent`.
const JAVASCRIPT: &AsciiSet = &COMPONENT.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// JavaScript's `encodeURI`.
const WHOLE_URI: &AsciiSet = &JAVASCRIPT
    .remove(b';')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b'#');
/// The path of a URL, as the WHATWG standard writes it.
const PATH: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

fn percent(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut patterns = Vec::new();
    for set in [COMPONENT, FORM, JAVASCRIPT, WHOLE_URI, PATH] {
        for (lower, plus) in [(false, false), (false, true), (true, false), (true, true)] {
            patterns.push(secret.iter().flat_map(|byte| percent_byte(*byte, set, lower, plus)).collect());
        }
    }
    patterns
}

fn percent_byte(byte: u8, set: &'static AsciiSet, lower: bool, plus: bool) -> Vec<u8> {
    if plus && byte == b' ' {
        return vec![b'+'];
    }
    let mut encoded: Vec<u8> = percent_encode(&[byte], set).flat_map(str::bytes).collect();
    // A byte that stays is not to be folded.
    if lower && encoded.len() > 1 {
        encoded.make_ascii_lowercase();
    }
    encoded
}

/// Hexadecimal, and escapes that some encoders write for each byte.
fn each_byte(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut patterns = Vec::new();
    for prefix in ["", "%", "\\x"] {
        for digits in [LOWER, UPPER] {
            let mut pattern = Vec::with_capacity(secret.len() * (prefix.len() + 2));
            for byte in secret {
                pattern.extend_from_slice(prefix.as_bytes());
                pattern.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
            }
            patterns.push(pattern);
        }
    }
    patterns
}

/// References of HTML to a character: how they begin, and the digits of its number.
const REFERENCES: [(&str, &[u8]); 3] = [("&#", DECIMAL), ("&#x", LOWER), ("&#x", UPPER)];

const DECIMAL: &[u8] = b"0123456789";
const LOWER: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"0123456789ABCDEF";

/// Appends a number, with at least so many digits. Every call writes some hundred of them, for which formatting is slow.
fn number(mut number: u32, digits: &[u8], least: usize, out: &mut String) {
    let (mut backwards, mut count, base) = ([b'0'; 10], 0, u32::try_from(digits.len()).unwrap_or(10));
    while number > 0 || count < least {
        backwards[count] = digits[usize::try_from(number % base).unwrap_or_default()];
        (number, count) = (number / base, count + 1);
    }
    out.extend(backwards[..count].iter().rev().map(|it| char::from(*it)));
}

/// The same for each character, in JSON and in HTML.
fn each_character(secret: &str) -> Vec<Vec<u8>> {
    let mut patterns: [String; 5] = std::array::from_fn(|_| String::with_capacity(6 * secret.len()));
    for c in secret.chars() {
        unicode_escape(c, false, &mut patterns[0]);
        unicode_escape(c, true, &mut patterns[1]);
        for (pattern, (start, digits)) in patterns[2..].iter_mut().zip(REFERENCES) {
            pattern.push_str(start);
            number(u32::from(c), digits, 1, pattern);
            pattern.push(';');
        }
    }
    patterns.into_iter().map(String::into_bytes).collect()
}

/// The inside of a JSON string: the escapes that must be, and those that encoders add.
fn json(secret: &str) -> Vec<Vec<u8>> {
    let escaped = |extra: fn(char) -> bool, upper: bool, solidus: bool| {
        let mut text = String::new();
        for c in secret.chars() {
            match c {
                _ if extra(c) => unicode_escape(c, upper, &mut text),
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '/' if solidus => text.push_str("\\/"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                c if u32::from(c) < 0x20 => unicode_escape(c, upper, &mut text),
                c => text.push(c),
            }
        }
        text.into_bytes()
    };
    let extras: [fn(char) -> bool; 5] = [
        |_| false,
        |c| !c.is_ascii() || c == '\u{7f}',
        |c| matches!(c, '<' | '>' | '&'),
        |c| !c.is_ascii() || matches!(c, '<' | '>' | '&' | '\''),
        |c| !c.is_ascii() || matches!(c, '<' | '>' | '&' | '\'' | '"' | '+' | '`' | '\u{7f}'),
    ];
    let mut patterns = Vec::new();
    for extra in extras {
        for (upper, solidus) in [(false, false), (true, false), (false, true), (true, true)] {
            patterns.push(escaped(extra, upper, solidus));
        }
    }
    patterns
}

fn unicode_escape(c: char, upper: bool, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str("\\u");
        number(u32::from(*unit), if upper { UPPER } else { LOWER }, 4, out);
    }
}

/// HTML and XML: the five characters in their usual spellings.
fn html(secret: &str) -> Vec<Vec<u8>> {
    let mut patterns = Vec::new();
    for quote in ["&quot;", "&#34;", "&#x22;", "\""] {
        for apostrophe in ["&#39;", "&#x27;", "&apos;", "&#039;", "'"] {
            let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let text = text.replace('"', quote).replace('\'', apostrophe);
            patterns.push(text.replace('/', "&#x2F;").into_bytes());
            patterns.push(text.into_bytes());
        }
    }
    patterns
}
