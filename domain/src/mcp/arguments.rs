//! Conditions on the arguments of a tool's call.
//!
//! A condition's `at` is an RFC 6901 JSON pointer into the arguments, which [`super::json::read`] has read. What is
//! compared is what the server gets, code point by code point: `é` as one character and as `e` with an accent are two
//! texts, and so are `A` and `a`. Nothing is normalised, so that a server that normalises nothing sees what was granted,
//! and the keys, where servers do differ, are judged more strictly: beside a key on the way there must be no other that
//! a server could take for the same.

use super::glob::{fits_glob, fits_prefix};
use crate::{
    digest::{canonical, is_safe},
    text::{is_default_ignorable, plain_name},
};
use protocol::{Condition, Test};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

/// The longest pointer, in characters, and its most steps.
const MAX_POINTER_CHARS: usize = 200;
const MAX_STEPS: usize = 16;

/// Checks the pointer of a condition: that it is one, leads below the arguments as a whole, and can stand in a sentence.
pub fn check_pointer(at: &str) -> Result<(), String> {
    if !at.starts_with('/') {
        return Err("must be a JSON pointer into the arguments, as /repository/name".to_owned());
    }
    plain_name(at, MAX_POINTER_CHARS).map_err(|why| why.to_string())?;
    let steps: Vec<Option<String>> = at[1..].split('/').map(unescape).collect();
    if steps.len() > MAX_STEPS {
        return Err(format!("must have at most {MAX_STEPS} steps"));
    }
    for step in &steps {
        match step.as_deref() {
            None => return Err("must have ~ only as ~0 (for ~) and ~1 (for /)".to_owned()),
            Some("-") => return Err("must not have a step -, which is no element of a list".to_owned()),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether the arguments of a call meet a condition; if not, why. A missing argument meets none.
///
/// - `equals` and `one_of` match a text that is the same, and a number or a boolean whose RFC 8785 text is the same.
/// - `prefix` and `glob` match only texts, and none that would lead elsewhere if it is read as a path.
/// - `at_most` and `at_least` match only whole numbers written as such, within ±(2^53-1): not `5.0`, not `"5"`.
/// - `max_length` and `min_length` count the characters of a text or the elements of a list.
pub fn meets(condition: &Condition, arguments: &Value) -> Result<(), &'static str> {
    let value = find(&condition.at, arguments)?;
    if passes(&condition.test, value) { Ok(()) } else { Err("is not as it was granted") }
}

fn find<'a>(pointer: &str, arguments: &'a Value) -> Result<&'a Value, &'static str> {
    let steps = pointer.strip_prefix('/').ok_or("is missing")?;
    let mut value = arguments;
    for step in steps.split('/') {
        let step = unescape(step).ok_or("is missing")?;
        value = match value {
            Value::Object(map) => {
                let found = map.get(&step);
                if found.is_some() && has_a_twin(map, &step) {
                    return Err("is ambiguous");
                }
                found
            }
            Value::Array(items) => index(&step).and_then(|at| items.get(at)),
            _ => None,
        }
        .ok_or("is missing")?;
    }
    Ok(value)
}

/// Whether a key stands beside this one that some reader takes for the same.
fn has_a_twin(map: &Map<String, Value>, key: &str) -> bool {
    let folded = fold(key);
    map.keys().any(|other| other != key && fold(other) == folded)
}

/// What is left of a key for the most generous reader: without case (some libraries match keys regardless of it),
/// compatibility forms and characters that cannot be seen, and without `_` and `-`, for those that take `filePath`,
/// `file_path` and `file-path` for one.
fn fold(key: &str) -> String {
    let compatible = key.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let all: String = compatible.filter(|c| !matches!(c, '_' | '-') && !is_default_ignorable(*c)).collect();
    all.nfkc().collect()
}

/// The index of a list's element, in the one form that it has.
fn index(step: &str) -> Option<usize> {
    let canonical = step == "0" || (!step.starts_with('0') && step.bytes().all(|b| b.is_ascii_digit()));
    step.parse().ok().filter(|_| canonical)
}

/// A step of a pointer with `~1` as `/` and `~0` as `~`; none if it has another `~`.
fn unescape(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

fn passes(test: &Test, value: &Value) -> bool {
    let text = value.as_str();
    match test {
        Test::Equals(same) => is(value, same),
        Test::OneOf(values) => values.iter().any(|one| is(value, one)),
        Test::Prefix(start) => text.is_some_and(|text| fits_prefix(start, text)),
        Test::Glob(pattern) => text.is_some_and(|text| fits_glob(pattern, text)),
        Test::AtMost(most) => whole(value).is_some_and(|number| number <= *most),
        Test::AtLeast(least) => whole(value).is_some_and(|number| number >= *least),
        Test::MaxLength(most) => {
            let most = usize::try_from(*most).unwrap_or(usize::MAX);
            length(value, most.saturating_add(1)).is_some_and(|length| length <= most)
        }
        Test::MinLength(least) => {
            let least = usize::try_from(*least).unwrap_or(usize::MAX);
            length(value, least).is_some_and(|length| length >= least)
        }
    }
}

fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::String(it) => it == text,
        Value::Number(_) | Value::Bool(_) => canonical(value) == text,
        _ => false,
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().filter(|number| is_safe(*number))
}

/// How long it is, as far as that is asked.
fn length(value: &Value, up_to: usize) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().take(up_to).count()),
        Value::Array(items) => Some(items.len()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
