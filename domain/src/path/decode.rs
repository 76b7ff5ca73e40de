//! Percent-decoding that keeps hold of what was encoded.

use super::PathRefusal;

/// One byte of decoded text, and whether it was written as `%XX`.
#[derive(Clone, Copy)]
pub(super) struct Decoded {
    pub(super) byte: u8,
    pub(super) escaped: bool,
}

/// Decodes `%XX` once. A percent sign that starts no escape is an error, not a literal.
pub(super) fn decode(raw: &str) -> impl Iterator<Item = Result<Decoded, PathRefusal>> {
    let mut bytes = raw.bytes();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(Ok(Decoded { byte, escaped: false }));
        }
        let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
        let pair = digit().zip(digit());
        let decoded = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        Some(decoded.map(|byte| Decoded { byte, escaped: true }).ok_or(PathRefusal::BadEscape))
    })
}

/// Decoded bytes as text.
pub(super) fn utf8(bytes: Vec<u8>) -> Result<String, PathRefusal> {
    String::from_utf8(bytes).map_err(|_| PathRefusal::NotUtf8)
}
