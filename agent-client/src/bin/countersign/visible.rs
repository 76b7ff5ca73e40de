//! Text of others on a terminal: nothing in it may move the cursor, change colours or hide itself.

use std::fmt::Write;

/// Whether a character draws itself and nothing else. Controls do not, nor do the invisible ones that reorder,
/// join or hide text.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of text with everything that would not show made visible, as `<U+001B>`.
pub fn line(text: &str) -> String {
    escape(text, |_| false)
}

/// Text of several lines.
fn block(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) || keep(c) {
            shown.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(c));
        }
    }
    shown
}

/// JSON in which every such character is escaped, so that it is the same JSON and safe to look at.
pub fn json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

/// A stream of bytes on its way to a terminal: characters may be cut in two between chunks.
#[derive(Debug, Default)]
pub struct Stream {
    begun: Vec<u8>,
}

impl Stream {
    /// What can be shown after this chunk.
    pub fn push(&mut self, chunk: &[u8]) -> String {
        self.begun.extend_from_slice(chunk);
        let mut shown = String::new();
        let bytes = std::mem::take(&mut self.begun);
        let mut rest = bytes.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    shown.push_str(&block(text));
                    return shown;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    shown.push_str(&block(&String::from_utf8_lossy(good)));
                    let Some(length) = error.error_len() else {
                        self.begun = bad.to_vec();
                        return shown;
                    };
                    shown.push(char::REPLACEMENT_CHARACTER);
                    rest = &bad[length..];
                }
            }
        }
    }

    /// What is left at the end.
    pub fn finish(self) -> &'static str {
        if self.begun.is_empty() { "" } else { "\u{fffd}" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(line("\x1b[2J\u{9b}31mhi\r\n\x07"), "<U+001B>[2J<U+009B>31mhi<U+000D><U+000A><U+0007>");
        assert_eq!(line("a\u{202e}b\u{200b}c\u{e0041}"), "a<U+202E>b<U+200B>c<U+E0041>");
        assert_eq!(line("plain – ünï 漢 🙂"), "plain – ünï 漢 🙂");
    }

    #[test]
    fn safe_json_says_the_same() {
        let value = serde_json::json!({"a": "\u{1b}[31m\u{9b}\u{202e}\u{7f}\u{e0041}"});
        let safe = json(&value.to_string());
        assert!(safe.chars().all(is_plain), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn a_stream_keeps_lines_and_characters_whole() {
        let mut stream = Stream::default();
        let mut shown = String::new();
        for byte in "é\n\x1b]0;owned\x07🙂".as_bytes() {
            shown += &stream.push(&[*byte]);
        }
        assert_eq!(shown + stream.finish(), "é\n<U+001B>]0;owned<U+0007>🙂");
    }

    #[test]
    fn a_stream_shows_broken_bytes_as_such() {
        let mut stream = Stream::default();
        assert_eq!(stream.push(b"a\xff\xfeb\xc3"), "a\u{fffd}\u{fffd}b");
        assert_eq!(stream.finish(), "\u{fffd}");
    }
}
