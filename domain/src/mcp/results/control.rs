//! The rule `control`: control characters and the sequences that command a terminal are taken out.
//!
//! - All of C0, C1 and DEL go, except line feed and tab, and a carriage return right before a line feed, which is how some
//!   systems end lines; anywhere else it lets a line overwrite itself.
//! - An escape sequence goes whole (ECMA-48: `ESC [ … final`, `ESC ] … BEL`, `ESC P … ESC \` and their kin, also as
//!   single C1 characters), so that no colour codes and no titles are left as text. What the sequence carries goes with
//!   it: a terminal would not show it either.
//! - A sequence that does not end loses only its beginning, and what it would have hidden is seen.

use super::steps::step;
use std::borrow::Cow;

const ESC: char = '\u{1B}';

/// A text without them, and how many characters that were.
pub(super) fn clean(text: &str) -> (Cow<'_, str>, u64) {
    let mut kept = String::new();
    let mut removed = 0;
    let mut rest = text;
    while let Some(at) = rest.find(is_control) {
        let (before, found) = rest.split_at(at);
        kept.push_str(before);
        if let Some(next_line) = found.strip_prefix("\r\n") {
            kept.push_str("\r\n");
            rest = next_line;
            continue;
        }
        let (sequence, after) = found.split_at(length(found));
        removed += sequence.chars().map(|_| 1).sum::<u64>();
        rest = after;
    }
    if removed == 0 {
        return (Cow::Borrowed(text), 0);
    }
    kept.push_str(rest);
    (Cow::Owned(kept), removed)
}

fn is_control(c: char) -> bool {
    step();
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// How many bytes the control character or sequence at the start of this text takes.
fn length(text: &str) -> usize {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or(ESC);
    let start = first.len_utf8();
    match (first, chars.next()) {
        (ESC, Some('[')) => parameters(text, 2),
        (ESC, Some(kind @ (']' | 'P' | 'X' | '^' | '_'))) => string(text, 2, kind == ']'),
        (ESC, Some(' '..='/')) => run(text, 1, b' '..=b'/', b'0'..=b'~'),
        (ESC, Some('0'..='~')) => 2,
        ('\u{9B}', _) => parameters(text, start),
        ('\u{90}' | '\u{98}' | '\u{9D}'..='\u{9F}', _) => string(text, start, first == '\u{9D}'),
        _ => start,
    }
}

/// Up to the end of a control sequence: parameters, intermediates, one final character.
fn parameters(text: &str, start: usize) -> usize {
    let parameters = text.bytes().skip(start).take_while(|b| (b'0'..=b'?').contains(b)).inspect(|_| step());
    run(text, start + parameters.count(), b' '..=b'/', b'@'..=b'~')
}

/// Up to the end of some bytes of one kind and one of another, if that follows.
fn run(
    text: &str,
    start: usize,
    many: std::ops::RangeInclusive<u8>,
    one: std::ops::RangeInclusive<u8>,
) -> usize {
    let end = start + text.bytes().skip(start).take_while(|b| many.contains(b)).inspect(|_| step()).count();
    end + usize::from(text.as_bytes().get(end).is_some_and(|b| one.contains(b)))
}

/// Up to the end of a control string; only its beginning where it is broken off. Every control character but those that
/// lay out text breaks it off: so no character is looked at for two strings.
fn string(text: &str, start: usize, ends_with_bell: bool) -> usize {
    let body = &text[start..];
    let stops = |c: char| is_control(c) && c != '\r';
    let Some(end) = body.find(stops) else { return start };
    let (_, ending) = body.split_at(end);
    let end = start + end;
    match ending.chars().next() {
        Some('\u{7}') if ends_with_bell => end + 1,
        Some('\u{9C}') => end + 2,
        Some(ESC) if ending[1..].starts_with('\\') => end + 2,
        _ => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_whole() {
        let table = [
            ("a\tb\nc\r\nd", "a\tb\nc\r\nd"),
            ("pass\rfail\r\r\n", "passfail\r\n"),
            ("a\u{0}\u{7}\u{8}\u{b}\u{c}\u{7f}\u{85}b", "ab"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[38;2;1;2;3mx\u{1b}[?25l", "x"),
            ("\u{9b}1;31mred", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9d}52;c;ZXZpbA==\u{9c}x", "x"),
            ("\u{1b}Pq#0\u{1b}\\x", "x"),
            ("\u{1b}_hidden\u{1b}\\x\u{1b}^y\u{9c}z", "xz"),
            ("\u{1b}]0;not ended", "0;not ended"),
            ("\u{1b}]0;broken\u{1b}[1mx", "0;brokenx"),
            ("\u{1b}Pno bell\u{7}x", "no bellx"),
            ("\u{1b}]two\nlines\u{7}x", "x"),
            ("\u{1b}cx\u{1b}7y\u{1b}(Bz\u{1b}#8", "xyz"),
            ("\u{1b}\u{1b}[1mx", "x"),
            ("\u{1b}é\u{1b}", "é"),
            ("\u{1b}[12", ""),
            ("\u{1b}[\u{1b}[1m", ""),
            ("é\u{1b}[1mé", "éé"),
        ];
        for (raw, text) in table {
            let (cleaned, removed) = clean(raw);
            assert_eq!(cleaned, text, "{raw:?}");
            assert_eq!(
                usize::try_from(removed).unwrap(),
                raw.chars().count() - text.chars().count(),
                "{raw:?}"
            );
            assert_eq!(clean(&cleaned).1, 0);
        }
    }
}
