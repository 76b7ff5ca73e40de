//! Texts of others, on one line, with everything in them made visible.

use crate::text::is_forbidden;
use std::fmt::Write as _;

/// A text on one line, at most `max_chars` characters of it, for a message or a page: what cannot be seen or would break
/// the line stands there as its code point, as `⟨U+200B⟩`; what is left out is marked with `…`.
pub fn visible(text: &str, max_chars: usize) -> String {
    visible_where(text, max_chars, |_| false)
}

/// The same, with further characters as their code points.
pub(super) fn visible_where(text: &str, max_chars: usize, hidden: impl Fn(char) -> bool) -> String {
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == max_chars {
            shown.push('…');
            break;
        }
        if is_forbidden(c) || hidden(c) {
            // Writing to a text cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_seen() {
        assert_eq!(visible("plain é", 99), "plain é");
        assert_eq!(visible("a\u{200b}\n\u{202e}", 99), "a⟨U+200B⟩⟨U+000A⟩⟨U+202E⟩");
        assert_eq!(visible("abc", 2), "ab…");
        assert_eq!(visible("ab", 2), "ab");
    }
}
