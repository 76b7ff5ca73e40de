//! What is shown is what is there: cleaned text has one order, nothing hidden, and cleaning it again changes nothing.
#![no_main]

use domain::text::{clean, is_forbidden, plain_name};
use libfuzzer_sys::fuzz_target;
use unicode_normalization::UnicodeNormalization;

const LONGEST: usize = 280;

fuzz_target!(|data: &[u8]| {
    let raw = String::from_utf8_lossy(data);
    if let Ok(cleaned) = clean(&raw, LONGEST) {
        let text = &cleaned.text;
        assert_eq!(text.chars().find(|c| is_hidden(*c)), None, "{text:?}");
        assert_eq!(text.chars().find(|c| is_forbidden(*c)), None, "{text:?}");
        assert!(
            !text.is_empty()
                && text.chars().count() <= LONGEST
                && text.trim() == text
                && !text.contains("  ")
        );
        assert_eq!(&text.nfc().collect::<String>(), text);
        let again = clean(text, LONGEST).unwrap();
        assert_eq!((&again.text, again.removed), (text, 0));
        if cleaned.removed == 0 && raw.is_ascii() {
            let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&raw.replace('\u{b}', " ")), words(text), "plain words were changed");
        }
    }
    if plain_name(&raw, LONGEST).is_ok() {
        let cleaned = clean(&raw, LONGEST).unwrap();
        assert_eq!((cleaned.text.as_str(), cleaned.removed), (&*raw, 0));
        assert!(!raw.contains(['"', '\u{201c}', '\u{201d}', '\n']));
    }
});

/// By the names of the blocks and properties, not by the tables under test.
fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    let control = code < 0x20 || (0x7f..0xa0).contains(&code);
    let direction = matches!(code, 0x200e | 0x200f | 0x061c | 0x202a..=0x202e | 0x2066..=0x2069);
    let width = matches!(code, 0x200b..=0x200d | 0x2060..=0x2064 | 0xfeff | 0x00ad | 0x034f | 0x180e);
    let variation = matches!(code, 0xfe00..=0xfe0f | 0x180b..=0x180d | 0x180f | 0xe0100..=0xe01ef);
    let tag = (0xe0000..=0xe007f).contains(&code);
    let filler = matches!(code, 0x115f | 0x1160 | 0x3164 | 0xffa0 | 0x2800);
    let separator =
        matches!(code, 0x2028 | 0x2029 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000);
    let nobody = matches!(code, 0xe000..=0xf8ff | 0xf0000..=0x10ffff) || code & 0xfffe == 0xfffe;
    let noncharacter = (0xfdd0..=0xfdef).contains(&code);
    control || direction || width || variation || tag || filler || separator || nobody || noncharacter
}
