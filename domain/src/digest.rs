//! Digests: SHA-256 over RFC 8785 canonical JSON.
//!
//! A request and a grant with the same terms have different digests, because each is hashed together with the kind
//! of thing it is: nobody can hand in one for the other.

use protocol::{Digest, RequestId, Slug, Terms};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::fmt::Debug;

/// The largest whole number that canonical JSON tells from its neighbours: it writes all numbers as doubles.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// The same as a fraction. From 10²¹ on, canonical JSON writes an exponent.
const MAX_SAFE_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Letters and digits that nobody takes for one another.
const CODE_ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

#[derive(Debug, Serialize)]
struct Labelled<'a> {
    kind: &'static str,
    terms: &'a Terms,
}

/// The digest of what was asked.
pub fn request_digest(terms: &Terms) -> Digest {
    of_json(&Labelled { kind: "countersign-request-v1", terms })
}

/// The digest of what is to be granted.
pub fn grant_digest(terms: &Terms) -> Digest {
    of_json(&Labelled { kind: "countersign-grant-v1", terms })
}

/// The digest of anything that has a JSON shape.
pub fn of_json(value: &(impl Serialize + Debug)) -> Digest {
    Digest::from_bytes(&sha256(canonical(value).as_bytes()))
}

/// The digest of a name and a value side by side: that of the array of both. Every call of a tool has one.
pub fn of_named(name: &str, value: &Value) -> Digest {
    if is_plain(value)
        && let Ok(text) = serde_json::to_string(&(name, value))
    {
        return Digest::from_bytes(&sha256(text.as_bytes()));
    }
    of_json(&(name, value))
}

#[derive(Debug, Serialize)]
struct Signed<'a> {
    kind: &'static str,
    decision: &'static str,
    request_digest: &'a Digest,
    grant_digest: &'a Digest,
    person: &'a Slug,
    nonce: &'a str,
}

/// The challenge of a passkey for one approval: an answer to it is a signature over exactly this decision of this
/// person, and no other. (Dynamic linking: the challenge of WebAuthn Level 3, section 13.4.3, carries what is approved.)
pub fn approval_challenge(
    request_digest: &Digest,
    grant_digest: &Digest,
    person: &Slug,
    nonce: &str,
) -> [u8; 32] {
    let (kind, decision) = ("countersign-decision-v1", "approve");
    sha256(canonical(&Signed { kind, decision, request_digest, grant_digest, person, nonce }).as_bytes())
}

/// RFC 8785 canonical JSON.
///
/// Two different values never have the same text, whatever they hold: where canonical JSON would round a number (see
/// [`MAX_SAFE_INTEGER`]; `pin` lets none pass) the text is JSON with the number written out, and for what cannot be
/// JSON at all, which nothing in `protocol` is, its debug form.
///
/// What is plain is written directly: with only ASCII keys, which a map holds in order, and whole numbers that a double
/// holds, JSON is canonical JSON.
pub fn canonical(value: &(impl Serialize + Debug)) -> String {
    let Ok(json) = serde_json::to_value(value) else { return format!("{value:?}") };
    if !is_plain(&json)
        && exact(&json)
        && let Ok(text) = serde_json_canonicalizer::to_string(&json)
    {
        return text;
    }
    json.to_string()
}

/// The same of an object, since every call writes such objects.
pub fn canonical_object(object: &Map<String, Value>) -> String {
    if object.iter().all(|(key, value)| key.is_ascii() && is_plain(value))
        && let Ok(text) = serde_json::to_string(object)
    {
        return text;
    }
    canonical(object)
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(is_safe),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(map) => map.iter().all(|(key, value)| key.is_ascii() && is_plain(value)),
    }
}

/// The SHA-256 of bytes, as lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Digest::from_bytes(&sha256(bytes)).into()
}

/// A code as `K7-QF` that the agent's side and the card both show, so that a person can tell two requests apart.
pub fn matching_code(digest: &Digest, request: &RequestId) -> String {
    let text = format!("countersign-matching-code-v1|{digest}|{request}");
    let mut code = String::with_capacity(5);
    for (place, byte) in sha256(text.as_bytes()).iter().take(4).enumerate() {
        if place == 2 {
            code.push('-');
        }
        code.push(char::from(CODE_ALPHABET[usize::from(*byte) % CODE_ALPHABET.len()]));
    }
    code
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether canonical JSON keeps this number.
pub fn is_safe(number: i64) -> bool {
    number.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs()
}

/// Whether canonical JSON keeps every number of it.
fn exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => is_safe(whole),
            (None, Some(_)) => false,
            // In between, canonical JSON writes a fraction's digits like those of another whole number.
            (None, None) => number.as_f64().is_some_and(|it| !(MAX_SAFE_FLOAT..1e21).contains(&it.abs())),
        },
        Value::Array(items) => items.iter().all(exact),
        Value::Object(map) => map.values().all(exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use protocol::{Condition, Test};
    use serde_json::json;

    #[test]
    fn canonical_json_is_that_of_the_rfc() {
        let value = json!({"b": 1, "a": [1.0, 1e30, "\u{20ac}\n"], "\u{e9}": null, "10": true});
        assert_eq!(canonical(&value), "{\"10\":true,\"a\":[1,1e+30,\"€\\n\"],\"b\":1,\"é\":null}");
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_request_is_never_taken_for_a_grant() {
        let terms = samples::terms();
        assert_ne!(request_digest(&terms), grant_digest(&terms));
        assert_eq!(request_digest(&terms), request_digest(&terms.clone()));
    }

    #[test]
    fn every_field_of_the_terms_counts() {
        let terms = samples::terms();
        let base = grant_digest(&terms);
        let mut seen = vec![base];
        let edits: [fn(&mut Terms); 12] = [
            |t| t.instance.push('x'),
            |t| t.request = RequestId::from_u128(99),
            |t| t.agent.key += 1,
            |t| t.agent.direct = !t.agent.direct,
            |t| t.owner = "other".parse().unwrap(),
            |t| t.duration += 1,
            |t| t.purpose.push('x'),
            |t| t.lines[0].service.version += 1,
            |t| t.lines[0].service.origin.push('x'),
            |t| t.lines[0].connection.as_mut().unwrap().account.push('x'),
            |t| t.lines[0].actions[0].reversible = !t.lines[0].actions[0].reversible,
            |t| t.lines[0].limits.max_calls = Some(3),
        ];
        for edit in edits {
            let mut changed = terms.clone();
            edit(&mut changed);
            let digest = grant_digest(&changed);
            assert!(!seen.contains(&digest));
            seen.push(digest);
        }
    }

    #[test]
    fn what_is_plain_is_written_as_the_library_writes_it() {
        let plain = json!({
            "b": [1, -2, 0, null, true], "a": {"z": "\u{0}\u{1f}\u{7f}\u{2028}\u{1f600}\"\\/\u{8}\u{c}\n\r\t", "B": {}},
            "9007199254740991": 9_007_199_254_740_991_i64, "": [], "\u{1}\"": "",
        });
        let others = [json!({"\u{e9}": 1}), json!([1.5]), json!({"a": {"\u{1f600}": 1, "\u{ffff}": 2}})];
        for value in others.iter().chain([&plain]) {
            let text = serde_json_canonicalizer::to_string(value).unwrap();
            assert_eq!(canonical(value), text);
            assert_eq!(of_named("tools/call", value), of_json(&("tools/call", value)));
            assert_eq!(of_named("x", value).as_str(), sha256_hex(format!("[\"x\",{text}]").as_bytes()));
        }
        assert!(is_plain(&plain) && !others.iter().any(is_plain));
    }

    #[test]
    fn numbers_that_canonical_json_would_round_still_differ() {
        let mut terms = samples::terms();
        let mut digest = |number| {
            terms.lines[0].conditions =
                vec![Condition { at: "query.n".to_owned(), test: Test::AtMost(number) }];
            (request_digest(&terms), canonical(&terms))
        };
        let numbers =
            [MAX_SAFE_INTEGER, MAX_SAFE_INTEGER + 1, MAX_SAFE_INTEGER + 2, i64::MAX, i64::MAX - 1, i64::MIN];
        for (index, number) in numbers.iter().enumerate() {
            assert!(digest(*number).1.contains(&format!("{{\"at_most\":{number}}}")), "{number}");
            for other in &numbers[..index] {
                assert_ne!(digest(*number).0, digest(*other).0, "{number} {other}");
            }
        }
    }

    #[test]
    fn a_fraction_is_never_taken_for_a_whole_number() {
        for text in ["9007199254740993", "11111111111111112", "1152921504606847000"] {
            let whole: Value = text.parse().unwrap();
            let fraction = Value::from(text.parse::<f64>().unwrap());
            assert_ne!(canonical(&whole), canonical(&fraction), "{text}");
        }
        assert_eq!(canonical(&json!([0.5, 2.0, 1e21])), "[0.5,2,1e+21]");
    }

    #[test]
    fn the_matching_code_is_short_and_differs_with_both_inputs() {
        let digest = request_digest(&samples::terms());
        let code = matching_code(&digest, &RequestId::from_u128(1));
        assert_eq!(code.len(), 5);
        assert_eq!(code.as_bytes()[2], b'-');
        assert!(code.bytes().filter(|b| *b != b'-').all(|b| CODE_ALPHABET.contains(&b)));
        assert_ne!(code, matching_code(&digest, &RequestId::from_u128(2)));
        let mut other = samples::terms();
        other.duration += 1;
        assert_ne!(code, matching_code(&request_digest(&other), &RequestId::from_u128(1)));
    }
}
