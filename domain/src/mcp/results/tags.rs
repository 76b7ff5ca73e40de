//! HTML that fetches, runs or hides something.
//!
//! The `<` that opens it becomes `&lt;`: a renderer then shows the whole tag as text, and nothing is lost. That is done
//! to
//!
//! - comments, declarations and instructions (`<!`, `<?`, `</` before anything but a letter), which are never shown,
//! - the elements of [`ELEMENTS`],
//! - every tag with an attribute of [`ATTRIBUTES`] or one whose name begins with `on`,
//! - every tag with an attribute, and every address in angle brackets, that runs something (`javascript:` and its kin).
//!
//! Other tags stay, and so does what is no tag. What a tag that stays says where nobody sees it (in a title, in an
//! attribute that means nothing, in white on white by a style sheet elsewhere) is not found.

use super::{
    address::{Kind, kind, runs_in_brackets},
    steps::step,
};
use std::borrow::Cow;

const ELEMENTS: [&str; 32] = [
    "applet",
    "audio",
    "base",
    "datalist",
    "dialog",
    "embed",
    "font",
    "frame",
    "frameset",
    "iframe",
    "image",
    "img",
    "link",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "param",
    "picture",
    "plaintext",
    "portal",
    "script",
    "source",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "track",
    "video",
    "xmp",
];

const ATTRIBUTES: [&str; 11] = [
    "background",
    "dynsrc",
    "hidden",
    "lowsrc",
    "ping",
    "popover",
    "poster",
    "src",
    "srcdoc",
    "srcset",
    "style",
];

/// No name that matters is longer.
const MAX_NAME: usize = 32;

/// Where within a tag a reader is, as the HTML standard's tokenizer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Name,
    Attributes,
    Attribute,
    AfterAttribute,
    BeforeValue,
    Doubly,
    Singly,
    Unquoted,
}

const WITHIN: [Within; 8] = [
    Within::Name,
    Within::Attributes,
    Within::Attribute,
    Within::AfterAttribute,
    Within::BeforeValue,
    Within::Doubly,
    Within::Singly,
    Within::Unquoted,
];

impl Within {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// Where the reader is after this byte; none when the tag ended.
    fn next(self, byte: u8) -> Option<Self> {
        let space = byte.is_ascii_whitespace();
        Some(match (self, byte) {
            (Self::Doubly, b'"') | (Self::Singly, b'\'') => Self::Attributes,
            (Self::Doubly | Self::Singly, _) => self,
            (_, b'>') => return None,
            (Self::BeforeValue, b'"') => Self::Doubly,
            (Self::BeforeValue, b'\'') => Self::Singly,
            (Self::BeforeValue, _) if space => self,
            (Self::BeforeValue, _) => Self::Unquoted,
            (Self::Unquoted, _) if space => Self::Attributes,
            (Self::Unquoted, _) => self,
            (_, b'/') => Self::Attributes,
            (Self::Name, _) if space => Self::Attributes,
            (Self::Attribute | Self::AfterAttribute, _) if space => Self::AfterAttribute,
            (Self::Attribute | Self::AfterAttribute, b'=') => Self::BeforeValue,
            (Self::Name, _) => self,
            (Self::Attributes, _) if space => self,
            _ => Self::Attribute,
        })
    }
}

/// A text in which no such tag is one, and how many were.
///
/// It is read from its end: then it is known at each `<` whether the tag that begins there comes to something of the
/// list, for all beginnings at once, whichever of them a reader takes for tags.
pub(super) fn clean(text: &str) -> (Cow<'_, str>, u64) {
    if !text.contains('<') {
        return (Cow::Borrowed(text), 0);
    }
    let bytes = text.as_bytes();
    let mut opening = Vec::new();
    // For each place in a tag: whether from here on it comes to something of the list.
    let mut comes_to = 0_u8;
    for at in (0..bytes.len()).rev() {
        step();
        let byte = bytes[at];
        if byte == b'<' && opens(text, at, comes_to & Within::Name.bit() != 0) {
            opening.push(at);
        }
        comes_to = before(text, at, comes_to);
    }
    let count = opening.len();
    let mut cleaned = String::with_capacity(text.len() + 3 * count);
    let mut copied = 0;
    for at in opening.into_iter().rev() {
        cleaned.push_str(&text[copied..at]);
        cleaned.push_str("&lt;");
        copied = at + 1;
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    cleaned.push_str(&text[copied..]);
    (Cow::Owned(cleaned), u64::try_from(count).unwrap_or(u64::MAX))
}

/// What is known before a byte, from what is known behind it.
fn before(text: &str, at: usize, behind: u8) -> u8 {
    let byte = text.as_bytes()[at];
    let mut known = 0;
    for within in WITHIN {
        if within.next(byte).is_some_and(|next| behind & next.bit() != 0) {
            known |= within.bit();
        }
    }
    if byte.is_ascii_alphabetic() && is_attribute(&text[at..]) {
        known |= Within::Attributes.bit() | Within::AfterAttribute.bit();
    }
    let value = match byte {
        b'"' | b'\'' => Some(at + 1),
        b'j' | b'J' | b'v' | b'V' | b'd' | b'D' | b'&' => Some(at),
        _ => None,
    };
    if value.is_some_and(|from| kind(&text[from..]) == Kind::Dangerous) {
        known |= Within::BeforeValue.bit();
    }
    known
}

/// Whether this `<` opens what is not to be one.
fn opens(text: &str, at: usize, comes_to_an_attribute: bool) -> bool {
    let behind = &text[at + 1..];
    match behind.bytes().next() {
        Some(b'!' | b'?') => true,
        // A closing tag without a name is left out by readers, with nothing in it.
        Some(b'/') => behind[1..].starts_with(|c: char| !c.is_ascii_alphabetic() && c != '>'),
        Some(letter) if letter.is_ascii_alphabetic() => {
            comes_to_an_attribute
                || named(behind).is_some_and(|name| ELEMENTS.contains(&name.as_str()))
                || runs_in_brackets(behind)
        }
        _ => false,
    }
}

fn is_attribute(text: &str) -> bool {
    named(text).is_some_and(|name| {
        ATTRIBUTES.contains(&name.as_str()) || (name.len() > 2 && name.starts_with("on") && is_letters(&name))
    })
}

fn is_letters(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase())
}

/// The name that a text begins with, if it ends there.
fn named(text: &str) -> Option<String> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':');
    let length = text.bytes().take(MAX_NAME).inspect(|_| step()).take_while(part).count();
    let ends = text.as_bytes().get(length);
    let ended = ends.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='));
    ended.then(|| text[..length].to_ascii_lowercase())
}
