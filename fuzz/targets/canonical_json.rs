//! Different values have different canonical texts and digests, and the text is JSON of the same value and a fixed
//! point.
#![no_main]

use domain::digest::{canonical, of_json};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let (first, second) =
        data.iter().position(|byte| *byte == 0).map_or((data, data), |at| (&data[..at], &data[at + 1..]));
    let Ok(a) = serde_json::from_slice::<Value>(first) else { return };
    let text = canonical(&a);
    let again: Value = serde_json::from_str(&text).expect("canonical JSON is JSON");
    assert!(same(&a, &again), "{a} became {again}");
    assert_eq!(canonical(&again), text);
    let Ok(b) = serde_json::from_slice::<Value>(second) else { return };
    if same(&a, &b) {
        assert!(a != b || text == canonical(&b), "{a}");
    } else {
        assert_ne!(text, canonical(&b), "{a} and {b}");
        assert_ne!(of_json(&a), of_json(&b), "{a} and {b}");
        // What is hashed together stays apart.
        assert_ne!(of_json(&(&a, &b)), of_json(&(&b, &a)));
    }
});

/// Equal as JSON: `1.0` and `1` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let whole = |it: &serde_json::Number| it.as_i64().map(i128::from).or(it.as_u64().map(i128::from));
            match (whole(a), whole(b)) {
                (Some(a), Some(b)) => a == b,
                (None, None) => a.as_f64() == b.as_f64(),
                // Beyond 2^53 a whole number has all its digits; what is written as a fraction has not.
                (Some(whole), None) => is_exactly(whole, b.as_f64()),
                (None, Some(whole)) => is_exactly(whole, a.as_f64()),
            }
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|it| same(value, it)))
        }
        _ => a == b,
    }
}

fn is_exactly(whole: i128, number: Option<f64>) -> bool {
    whole.unsigned_abs() <= 1 << 53 && number == Some(whole as f64)
}
