//! Text hygiene: what an agent writes can neither forge a card nor hide a part of itself.
//!
//! Two rules. Free text (a purpose, a reason) is *cleaned*: what cannot be seen, or reorders what is seen, is taken out
//! and counted. Names that stand inside a generated sentence (resources, values of conditions) are never changed,
//! since a changed name would name something else: they are *refused* unless they are plain to begin with.

use protocol::card::CleanText;
use std::fmt;
use unicode_normalization::{
    UnicodeNormalization,
    char::{is_combining_mark, is_public_assigned},
};
use unicode_security::{MixedScript, RestrictionLevel, RestrictionLevelDetection, skeleton};

/// More marks than this on one letter are decoration that covers its neighbours.
const MAX_MARKS: usize = 3;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextRefusal {
    /// Nothing that can be seen is in it.
    Empty,
    /// It is too long.
    TooLong {
        /// At most so many characters.
        max: usize,
    },
    /// A name holds characters that cannot be seen or that reorder others.
    Hidden,
    /// A name starts or ends with a space, or holds several in a row.
    Spaces,
    /// A name holds quotation marks, with which it could end the quotation it is shown in.
    Quotes,
    /// A name mixes scripts whose letters look alike.
    MixedScripts,
    /// A name holds characters that look like plain letters, digits or separators, and are not.
    LooksLatin,
}

impl fmt::Display for TextRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { max } => write!(f, "must be at most {max} characters"),
            Self::Hidden => f.write_str("must not hold control, invisible or reordering characters"),
            Self::Spaces => f.write_str("must not start or end with a space or hold several in a row"),
            Self::Quotes => f.write_str("must not hold double quotation marks"),
            Self::MixedScripts => f.write_str("must not mix scripts whose letters look alike"),
            Self::LooksLatin => f.write_str(
                "must not hold characters that only look like plain letters, digits or separators",
            ),
        }
    }
}

impl std::error::Error for TextRefusal {}

/// Cleans one line of free text: composed (NFC), without anything invisible, at most `max_chars` characters long.
/// Line breaks and other spaces become one plain space; everything else that is taken out is counted.
pub fn clean(raw: &str, max_chars: usize) -> Result<CleanText, TextRefusal> {
    let (mut text, mut removed) = pass(raw);
    // One pass can make a new work for the next: taking a character out brings two others together.
    loop {
        let (next, more) = pass(&text);
        removed = removed.saturating_add(more);
        if next == text {
            break;
        }
        text = next;
    }
    if text.is_empty() {
        Err(TextRefusal::Empty)
    } else if text.chars().count() > max_chars {
        Err(TextRefusal::TooLong { max: max_chars })
    } else {
        Ok(CleanText { text, removed })
    }
}

/// Whether a name may stand in a sentence as it is.
pub fn plain_name(raw: &str, max_chars: usize) -> Result<(), TextRefusal> {
    let clean = clean(raw, max_chars)?;
    if clean.removed > 0 {
        return Err(TextRefusal::Hidden);
    }
    if clean.text != raw {
        let only_spaces = raw.split(' ').filter(|word| !word.is_empty()).eq(clean.text.split(' '));
        return Err(if only_spaces { TextRefusal::Spaces } else { TextRefusal::Hidden });
    }
    if raw.contains(is_double_quote) {
        return Err(TextRefusal::Quotes);
    }
    if raw.is_ascii() {
        return Ok(());
    }
    let letters: String = raw.chars().filter(|c| c.is_alphabetic() || is_combining_mark(*c)).collect();
    if !scripts_go_together(&letters) {
        return Err(TextRefusal::MixedScripts);
    }
    let foreign = !letters.is_empty() && !letters.chars().any(|c| c.is_ascii_alphabetic());
    if foreign && skeleton(&letters).all(|c| c.is_ascii()) || raw.chars().any(imitates_ascii) {
        return Err(TextRefusal::LooksLatin);
    }
    Ok(())
}

/// Whether a code point never appears in cleaned text.
pub fn is_forbidden(c: char) -> bool {
    // Nearly all that calls hold, and none of the tables below has any of it.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || is_default_ignorable(c)
        || is_odd_space(c)
        || is_blank(c)
        || is_enclosing(c)
        || matches!(c, '\u{FFF9}'..='\u{FFFC}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
        || !is_public_assigned(c)
}

/// One pass: filter, compose, limit marks. Returns the text and how many characters were taken out.
fn pass(raw: &str) -> (String, u32) {
    let mut removed = 0_u32;
    let visible: String = raw.chars().filter_map(|c| filter(c, &mut removed)).nfc().collect();
    let mut text = String::with_capacity(visible.len());
    let mut marks = 0;
    let mut after_letter = false;
    for c in visible.chars() {
        if is_combining_mark(c) {
            marks += 1;
            // A mark without a letter would sit on whatever the page shows before this text.
            if !after_letter || marks > MAX_MARKS {
                removed = removed.saturating_add(1);
                continue;
            }
        } else {
            marks = 0;
            after_letter = c != ' ';
        }
        if c != ' ' || !(text.is_empty() || text.ends_with(' ')) {
            text.push(c);
        }
    }
    text.truncate(text.trim_end_matches(' ').len());
    (text, removed)
}

fn filter(c: char, removed: &mut u32) -> Option<char> {
    if matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}') || is_odd_space(c) {
        Some(' ')
    } else if is_forbidden(c) {
        *removed = removed.saturating_add(1);
        None
    } else {
        Some(c)
    }
}

/// Unicode's `Default_Ignorable_Code_Point`: zero-width, bidi controls, variation selectors, tags, fillers.
pub(crate) fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Spaces other than the plain one, and the two separators.
fn is_odd_space(c: char) -> bool {
    c != ' ' && c.is_whitespace() && !c.is_control()
}

/// Letters and symbols that are drawn as nothing.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{16FE4}')
}

/// Marks that are drawn around a letter, and over its neighbours.
fn is_enclosing(c: char) -> bool {
    matches!(c, '\u{488}' | '\u{489}' | '\u{1ABE}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}' | '\u{A670}'..='\u{A672}')
}

/// Whether a character could end a quotation that a name stands in.
pub fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{2036}' | '\u{301D}'..='\u{301F}' | '\u{FF02}' | '\u{02BA}' | '\u{02EE}' | '\u{05F4}' | '\u{3003}')
}

/// One script, or Latin beside Chinese, Japanese or Korean, whose letters nobody takes for Latin ones.
fn scripts_go_together(letters: &str) -> bool {
    letters.is_single_script() || letters.check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

/// A wide, styled or symbolic twin of a plain letter, digit or separator. Letters of other scripts are judged as
/// words; dashes are told from hyphens by their length.
fn imitates_ascii(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    let goes_with_latin = format!("a{text}").as_str().is_single_script();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@#+~".contains(c);
    !c.is_ascii() && !matches!(c, '\u{2013}' | '\u{2014}') && goes_with_latin && skeleton(text).all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(raw: &str) -> (String, u32) {
        let clean = clean(raw, 280).unwrap();
        (clean.text, clean.removed)
    }

    #[test]
    fn free_text_loses_what_cannot_be_seen() {
        let table = [
            ("Fix failing CI and open a PR.", "Fix failing CI and open a PR.", 0),
            ("two\nlines\tand  a tab", "two lines and a tab", 0),
            ("\u{1b}[31mred\u{7}", "[31mred", 2),
            ("\u{202e}evil\u{2066}", "evil", 2),
            ("ze\u{200b}ro\u{feff}\u{ad}", "zero", 3),
            ("tag\u{e0041}\u{e007f}s", "tags", 2),
            ("heart\u{2764}\u{fe0f}", "heart\u{2764}", 1),
            ("\u{fff9}note\u{fffb}", "note", 2),
            ("\u{e000}private\u{f0000}", "private", 2),
            ("\u{fdd0}non\u{ffff}", "non", 2),
            ("e\u{301}", "é", 0),
            ("e\u{200d}\u{301}", "é", 1),
            ("z\u{301}\u{302}\u{303}\u{304}\u{305}", "ź\u{302}\u{303}\u{304}", 1),
            ("\u{338}slash", "slash", 1),
            ("1\u{20e3}a\u{489}\u{301}", "1á", 2),
            ("  padded \u{a0} ", "padded", 0),
            ("日本語 и русский", "日本語 и русский", 0),
            ("\u{3164}\u{2800}blank", "blank", 2),
        ];
        for (raw, text, removed) in table {
            assert_eq!(cleaned(raw), (text.to_owned(), removed), "{raw:?}");
        }
    }

    #[test]
    fn empty_and_long_text_is_refused_with_the_maximum() {
        for raw in ["", "   ", "\n", "\u{200b}\u{202e}", "\u{301}"] {
            assert_eq!(clean(raw, 280), Err(TextRefusal::Empty), "{raw:?}");
        }
        assert!(clean(&"é".repeat(280), 280).is_ok());
        let refusal = clean(&"é".repeat(281), 280).unwrap_err();
        assert_eq!(refusal.to_string(), "must be at most 280 characters");
    }

    #[test]
    fn names_are_refused_rather_than_changed() {
        for good in [
            "acme/site",
            "a",
            "My Documents",
            "café",
            "日本語-repo",
            "сайт",
            "a, b and c",
            "50%",
            "Paul’s folder",
            "Notes – 2026",
            "größe",
            "smørrebrød",
            "tiếng việt",
            "ミックス mix",
        ] {
            assert_eq!(plain_name(good, 200), Ok(()), "{good}");
        }
        let table = [
            ("", TextRefusal::Empty),
            (" acme", TextRefusal::Spaces),
            ("acme ", TextRefusal::Spaces),
            ("a  b", TextRefusal::Spaces),
            ("a\nb", TextRefusal::Hidden),
            ("a\u{a0}b", TextRefusal::Hidden),
            ("ac\u{200b}me", TextRefusal::Hidden),
            ("acme\u{202e}", TextRefusal::Hidden),
            ("cafe\u{301}", TextRefusal::Hidden),
            ("a” on “b", TextRefusal::Quotes),
            ("a\"b", TextRefusal::Quotes),
            ("аcme", TextRefusal::MixedScripts),
            ("acme/sіte", TextRefusal::MixedScripts),
            ("асе", TextRefusal::LooksLatin),
            ("аcмe", TextRefusal::MixedScripts),
            ("aｃme", TextRefusal::LooksLatin),
            ("𝐚cme", TextRefusal::LooksLatin),
            ("acme∕site", TextRefusal::LooksLatin),
            ("acme\u{2010}site", TextRefusal::LooksLatin),
            ("acme․site", TextRefusal::LooksLatin),
        ];
        for (bad, why) in table {
            assert_eq!(plain_name(bad, 200), Err(why), "{bad:?}");
        }
        assert_eq!(plain_name(&"x".repeat(201), 200), Err(TextRefusal::TooLong { max: 200 }));
    }

    /// Mostly characters that do harm, so that they meet each other.
    fn hostile() -> impl Strategy<Value = String> {
        let nasty = prop::sample::select(
            "a \n\t\u{0}\u{1b}\u{85}\u{ad}\u{301}\u{338}\u{345}\u{61c}\u{200b}\u{200d}\u{200f}\u{202e}\u{2028}\u{2066}\u{feff}\u{e0041}\u{fe0f}\u{fff9}\u{e000}\u{1100}\u{1161}\u{11a8}\u{9be}\u{9c7}\u{212b}"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![nasty, any::<char>()], 0..40)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn cleaned_text_is_clean_and_stays_as_it_is(raw in hostile()) {
            if let Ok(first) = clean(&raw, 280) {
                prop_assert!(!first.text.chars().any(is_forbidden), "{:?}", first.text);
                prop_assert!(!first.text.contains("  ") && first.text.trim() == first.text);
                prop_assert!(unicode_normalization::is_nfc(&first.text));
                prop_assert_eq!(clean(&first.text, 280), Ok(CleanText { text: first.text, removed: 0 }));
            }
        }

        #[test]
        fn plain_names_are_what_cleaning_leaves_alone(raw in hostile()) {
            if plain_name(&raw, 280).is_ok() {
                prop_assert_eq!(clean(&raw, 280), Ok(CleanText { text: raw, removed: 0 }));
            }
        }
    }
}
