//! The strict reading: what it accepts is what every other reader sees, it reads its own writing back, and conditions on
//! what it read never panic.
#![no_main]

use domain::{
    digest::canonical,
    mcp::{
        arguments::{check_pointer, meets},
        json::{MAX_DEPTH, read},
        tool::Tool,
    },
};
use libfuzzer_sys::fuzz_target;
use protocol::{Condition, Test};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let (text, at) = data
        .iter()
        .position(|byte| *byte == 0)
        .map_or((data, &b"/a"[..]), |end| (&data[..end], &data[end + 1..]));
    let Ok(value) = read(text) else { return };
    let plain: Value = serde_json::from_slice(text).expect("it is JSON");
    assert!(same(&value, &plain), "{value} was read as {plain}");
    assert!(depth(&value) <= MAX_DEPTH);
    let written = value.to_string();
    assert!(!written.contains("\\u0000"), "{written}");
    assert_eq!(read(written.as_bytes()).as_ref(), Ok(&value));
    // Where canonical JSON would not be another writing of numbers, it is the same value.
    if let Ok(again) = read(canonical(&value).as_bytes()) {
        assert_eq!(canonical(&again), canonical(&value));
    }
    let at = String::from_utf8_lossy(at).into_owned();
    let is_pointer = check_pointer(&at).is_ok();
    for test in
        [Test::Glob("a/**".to_owned()), Test::Prefix("a/".to_owned()), Test::AtMost(7), Test::MinLength(0)]
    {
        let met = meets(&Condition { at: at.clone(), test }, &value).is_ok();
        assert!(!met || (at.starts_with('/') && (is_pointer || value.pointer(&at).is_some())), "{at}");
    }
    if let Ok(tool) = Tool::read(&value) {
        let _ = (tool.shown_title(), tool.shown_description(), tool.words(None));
    }
});

/// Equal, but for the last digit of fractions: the plain reader may round them.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one == other || (one - other).abs() <= one.abs() * 4.0 * f64::EPSILON,
            _ => false,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
