//! Links and pictures of Markdown that fetch or run something.
//!
//! A space between `]` and `(`, or `]` and `:`, takes the meaning away and leaves text and address to be seen; it keeps
//! JSON what it is. It is put
//!
//! - before every address that runs something (`javascript:` and its kin),
//! - before every address of another host in a paragraph in which `![` stands: it may belong to that picture, and where
//!   brackets and code pair up differs from renderer to renderer,
//! - into the definition of every such address, as `[name]: https://…`, if `![` stands anywhere.

use super::{
    address::{Kind, kind},
    steps::step,
};
use std::borrow::Cow;

/// A text in which no link runs and no picture fetches, and how many were stopped.
pub(super) fn clean(text: &str) -> (Cow<'_, str>, u64) {
    if !text.contains("](") && !text.contains("]:") {
        return (Cow::Borrowed(text), 0);
    }
    let pictures = text.contains("![");
    let mut cleaned = String::new();
    let (mut copied, mut stopped) = (0, 0);
    let (mut picture, mut blank) = (false, true);
    let mut last = b' ';
    for (at, byte) in text.bytes().enumerate() {
        step();
        match byte {
            // A blank line ends every link.
            b'\n' => {
                picture &= !blank;
                blank = true;
            }
            b' ' | b'\t' | b'\r' => {}
            _ => {
                blank = false;
                picture |= last == b'!' && byte == b'[';
                let fetches = match byte {
                    b'(' => picture,
                    b':' => pictures,
                    _ => false,
                };
                let links = last == b']' && matches!(byte, b'(' | b':');
                if links && is_stopped(&text[at + 1..], fetches) {
                    cleaned.push_str(&text[copied..at]);
                    cleaned.push(' ');
                    copied = at;
                    stopped += 1;
                }
            }
        }
        last = byte;
    }
    if stopped == 0 {
        return (Cow::Borrowed(text), 0);
    }
    cleaned.push_str(&text[copied..]);
    (Cow::Owned(cleaned), stopped)
}

fn is_stopped(address: &str, fetches: bool) -> bool {
    match kind(address) {
        Kind::Local => false,
        Kind::Remote => fetches,
        Kind::Dangerous => true,
    }
}
