//! The rule `invisible`: characters that nobody sees, or that reorder what is seen, are taken out.
//!
//! These are Unicode's default ignorable characters (zero-width characters, marks and overrides of direction, soft
//! hyphens, tags, variation selectors, fillers), the interlinear annotations and the controls of hieroglyphs. Kept are,
//! one at a time and only where they do something that is seen:
//!
//! - a joiner or a non-joiner between two letters of the same family of scripts that needs them (Arabic, Syriac, those of
//!   India, Myanmar, Khmer, Mongolian, N'Ko),
//! - a joiner between two pictographs, as in families and professions,
//! - a selector of text or emoji style behind a pictograph, and between a digit and the mark of a key.
//!
//! So a flag that is spelled in tags becomes the plain black flag: tags spell everything else as well.

use super::steps::step;
use crate::text::is_default_ignorable;
use std::borrow::Cow;
use unicode_normalization::char::is_combining_mark;

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEY: char = '\u{20E3}';

/// A text without them, and how many there were.
pub(super) fn clean(text: &str) -> (Cow<'_, str>, u64) {
    if text.is_ascii() {
        return (Cow::Borrowed(text), 0);
    }
    let mut cleaned = Cleaned { text: String::with_capacity(text.len()), ..Cleaned::default() };
    text.chars().for_each(|c| cleaned.push(c));
    cleaned.drop_waiting();
    if cleaned.removed == 0 { (Cow::Borrowed(text), 0) } else { (Cow::Owned(cleaned.text), cleaned.removed) }
}

/// What a cut may leave behind at the end of a text, where it joins nothing any more.
pub(super) fn is_joining(c: char) -> bool {
    matches!(c, NON_JOINER | JOINER | TEXT_STYLE | EMOJI_STYLE)
}

#[derive(Default)]
struct Cleaned {
    text: String,
    removed: u64,
    /// The last character that is seen.
    last: Option<char>,
    /// Whether a style was chosen for it.
    styled: bool,
    /// What stands only if the next character that is seen allows it.
    waiting: Option<char>,
}

impl Cleaned {
    fn push(&mut self, c: char) {
        step();
        if is_joining(c) {
            self.push_joining(c);
        } else if is_invisible(c) {
            self.removed += 1;
        } else {
            if let (Some(last), Some(joining)) = (self.last, self.waiting)
                && joins(last, joining, c)
            {
                self.text.push(joining);
                self.waiting = None;
            }
            self.drop_waiting();
            self.text.push(c);
            self.last = Some(c);
            self.styled = false;
        }
    }

    fn push_joining(&mut self, c: char) {
        let style = matches!(c, TEXT_STYLE | EMOJI_STYLE);
        let free = self.waiting.is_none();
        match self.last {
            Some(last) if style && is_pictograph(last) && free && !self.styled => {
                self.text.push(c);
                self.styled = true;
            }
            Some(last) if free && (!style || is_key(last)) => self.waiting = Some(c),
            _ => self.removed += 1,
        }
    }

    fn drop_waiting(&mut self) {
        self.removed += u64::from(self.waiting.take().is_some());
    }
}

fn is_invisible(c: char) -> bool {
    is_default_ignorable(c) || matches!(c, '\u{FFF9}'..='\u{FFFC}' | '\u{13430}'..='\u{1343F}')
}

fn joins(last: char, joining: char, next: char) -> bool {
    let letters = script(last).is_some() && script(last) == script(next);
    match joining {
        NON_JOINER => letters,
        JOINER => letters || (is_pictograph(last) && is_pictograph(next)),
        EMOJI_STYLE => is_key(last) && next == KEY,
        _ => false,
    }
}

fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

/// The blocks that emoji stand in.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{24C2}' | '\u{25A0}'..='\u{27BF}' | '\u{2934}' | '\u{2935}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1FAFF}')
}

/// The family of scripts of a letter or mark whose form depends on joiners.
fn script(c: char) -> Option<u8> {
    let family = match c {
        '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{8A0}'..='\u{8FF}' | '\u{FB50}'..='\u{FDFF}' => 1,
        '\u{700}'..='\u{74F}' => 2,
        '\u{7C0}'..='\u{7FF}' => 3,
        '\u{900}'..='\u{DFF}' => 4,
        '\u{1000}'..='\u{109F}' => 5,
        '\u{1780}'..='\u{17FF}' => 6,
        '\u{1800}'..='\u{18AF}' => 7,
        _ => return None,
    };
    (c.is_alphabetic() || is_combining_mark(c)).then_some(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes_and_what_joins_stays() {
        let table = [
            ("plain", "plain"),
            ("größe 日本語", "größe 日本語"),
            ("a\u{200b}b\u{feff}c\u{ad}d\u{2060}", "abcd"),
            ("\u{202e}evil\u{202c}\u{2066}x\u{2069}\u{200e}\u{61c}", "evilx"),
            ("x\u{e0049}\u{e0067}\u{e007f}", "x"),
            ("x\u{e0100}\u{fe00}\u{180b}\u{34f}\u{3164}\u{115f}", "x"),
            ("\u{fff9}a\u{fffa}b\u{fffb}\u{fffc}\u{13430}", "ab"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("می\u{200c}\u{200c}خواهم", "می\u{200c}خواهم"),
            ("می\u{200c} x", "می x"),
            ("ක\u{dca}\u{200d}ර", "ක\u{dca}\u{200d}ර"),
            ("a\u{200d}b\u{200c}c", "abc"),
            ("ا\u{200d}क", "اक"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("👩🏽\u{200d}🚀", "👩🏽\u{200d}🚀"),
            ("🏳\u{fe0f}\u{200d}🌈", "🏳\u{fe0f}\u{200d}🌈"),
            ("❤\u{fe0f}\u{fe0f}\u{fe0e}", "❤\u{fe0f}"),
            ("👩\u{200d}\u{200b}\u{200d}💻", "👩\u{200d}💻"),
            ("👩\u{200d}\u{fe0f}x", "👩x"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("1\u{fe0f}2\u{fe0f}a\u{fe0f}", "12a"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴"),
            ("\u{200d}\u{fe0f}", ""),
        ];
        for (raw, text) in table {
            let (cleaned, removed) = clean(raw);
            assert_eq!(cleaned, text, "{raw:?}");
            assert_eq!(
                usize::try_from(removed).unwrap(),
                raw.chars().count() - text.chars().count(),
                "{raw:?}"
            );
        }
    }
}
