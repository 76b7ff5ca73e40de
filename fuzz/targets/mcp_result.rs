//! Cleaned results are clean: cleaning them again changes nothing, nothing of what the rules take out is left, nothing
//! grows beyond its factor, and two definitions that differ have a difference that can be shown.
#![no_main]

use domain::{
    mcp::{
        difference::difference,
        results::{Limits, clean},
    },
    text::is_forbidden,
};
use fuzz::Pieces;
use libfuzzer_sys::fuzz_target;
use protocol::mcp::ResultRule;
use serde_json::{Value, json};

const RULES: [ResultRule; 4] =
    [ResultRule::Invisible, ResultRule::Control, ResultRule::Markup, ResultRule::Size];

fuzz_target!(|data: &[u8]| {
    let mut pieces = Pieces(data);
    let switches = pieces.byte();
    let kept: Vec<ResultRule> = RULES
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| switches & (1 << bit) != 0)
        .map(|(_, rule)| rule)
        .collect();
    let limits = if switches & 16 == 0 {
        Limits::default()
    } else {
        Limits { text: pieces.below(400), whole: pieces.below(2_000) }
    };
    let raw = String::from_utf8_lossy(pieces.0).into_owned();
    let value =
        serde_json::from_str(&raw).unwrap_or_else(|_| json!({"content": [{"type": "text", "text": raw}]}));
    let Ok(cleaned) = clean(value.clone(), &kept, limits) else { return };
    assert!(length(&cleaned.value) <= 4 * length(&value) + 64);
    let again = clean(cleaned.value.clone(), &kept, limits).expect("what is clean is not refused");
    assert_eq!(again.value, cleaned.value);
    assert!(again.changes.is_empty(), "{:?} of {}", again.changes, cleaned.value);
    assert_eq!(cleaned.changes.is_empty(), cleaned.value == value);
    each_text(&cleaned.value, &mut |text| {
        let has = |rule| !kept.contains(&rule);
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!has(ResultRule::Control) || !text.replace("\r\n", "").contains(control), "{text:?}");
        let hidden =
            |c: char| matches!(u32::from(c), 0x200b | 0x202a..=0x202e | 0x2066..=0x2069 | 0xe0000..=0xe007f);
        assert!(!has(ResultRule::Invisible) || !text.contains(hidden), "{text:?}");
    });
    let difference = difference(&value, &cleaned.value);
    assert!(cleaned.value == value || !difference.rows.is_empty());
    for row in difference.rows {
        assert_ne!(row.before, row.after);
        assert!(!row.part.contains(is_forbidden));
    }
});

fn each_text(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, visit)),
        Value::Object(map) => map.iter().for_each(|(_, value)| each_text(value, visit)),
        _ => {}
    }
}

fn length(value: &Value) -> usize {
    let mut length = 0;
    each_text(value, &mut |text| length += text.len());
    length
}
