//! The rule `size`: what is too long is cut.
//!
//! Only texts for reading are cut, and what is left out is counted at the cut. Data, names and addresses cannot be cut
//! without becoming something else: if they alone are too much, the whole is refused. What a value takes is counted as
//! the bytes of its texts and keys and some for each value, which is about what it takes on the wire.

use super::{
    Limits, Refused,
    fields::{Field, each_key, each_text},
    invisible::is_joining,
};
use serde_json::Value;
use std::fmt::Write as _;

/// What a value takes besides its text.
const BYTES_PER_VALUE: usize = 8;
/// Room for saying what was left out. A text that may not even be so long is left out whole.
const NOTE_BYTES: usize = 48;

/// Cuts the texts of a value, and says how many.
pub(super) fn clean(value: &mut Value, limits: Limits) -> Result<u64, Refused> {
    let mut fixed = values(value).saturating_mul(BYTES_PER_VALUE);
    each_key(value, &mut |key| fixed = fixed.saturating_add(key.len()));
    each_text(value, Field::Text, &mut |text, field| {
        if field != Field::Text {
            fixed = fixed.saturating_add(text.len());
        }
    });
    let mut room = limits.whole.checked_sub(fixed).ok_or(Refused::TooLarge { max: limits.whole })?;
    let mut cuts = 0;
    each_text(value, Field::Text, &mut |text, field| {
        if field == Field::Text {
            let allowed = limits.text.min(room);
            if text.len() > allowed {
                cut(text, allowed);
                cuts += 1;
            }
            room -= text.len();
        }
    });
    Ok(cuts)
}

/// Cuts a text to so many bytes, with a note. The note begins with a character that ends no word and no sequence, so that
/// the cut makes nothing that the other rules would find.
fn cut(text: &mut String, allowed: usize) {
    let Some(kept) = allowed.checked_sub(NOTE_BYTES) else {
        text.clear();
        return;
    };
    let whole = text.len();
    text.truncate(text.floor_char_boundary(kept));
    let torn = |c: char| is_joining(c) || matches!(c, '<' | '/' | '\r');
    text.truncate(text.trim_end_matches(torn).len());
    let left_out = whole - text.len();
    // Writing to a text cannot fail.
    let _ = write!(text, "… [{left_out} bytes left out]");
}

fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(map) => map.values().map(values).sum(),
        _ => 0,
    }
}
