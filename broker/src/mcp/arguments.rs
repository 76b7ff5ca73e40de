//! The arguments of a call as the record has them: names and values, without secrets and without bulk. Their digest, which the
//! record has too, is that of the very parameters that were sent on.

use crate::tokens::MacKey;
use serde_json::{Map, Value, json};

/// A longer text is recorded by its length and digest.
const LONGEST_TEXT: usize = 200;
/// The most members of one object, and items of one list.
const MOST_MEMBERS: usize = 50;
/// Deeper than this nothing is looked at.
const DEEPEST: usize = 6;
/// Beyond this the arguments are recorded by their digest alone.
const MOST_BYTES: usize = 4 * 1024;

/// Words in the name of an argument whose value is a secret.
const SECRET_NAMES: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "authorization",
    "credential",
];
/// How secrets of well-known kinds begin.
const SECRET_BEGINNINGS: [&str; 14] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
    "eyJ",
    "csn_",
    "-----BEGIN",
];

/// The arguments for the record.
pub(crate) fn cleaned(arguments: &Value, schema: &Value, key: &MacKey) -> Option<Value> {
    let cleaned = Cleaner { key }.value(arguments, schema, "", 0);
    let bytes = cleaned.to_string().len();
    match cleaned {
        Value::Object(members) if members.is_empty() => None,
        _ if bytes > MOST_BYTES => Some(json!({"left_out": format!("{bytes} bytes")})),
        cleaned => Some(cleaned),
    }
}

struct Cleaner<'a> {
    key: &'a MacKey,
}

impl Cleaner<'_> {
    fn value(&self, value: &Value, schema: &Value, name: &str, depth: usize) -> Value {
        if is_secret(value, schema, name) {
            return json!(format!("hmac:{}", self.key.tag("argument", &value.to_string())));
        }
        match value {
            Value::Object(members) if depth < DEEPEST => {
                let kept = members.iter().take(MOST_MEMBERS).map(|(name, value)| {
                    let schema = schema.pointer("/properties").and_then(|it| it.get(name));
                    let cleaned = self.value(value, schema.unwrap_or(&Value::Null), name, depth + 1);
                    (short(name), cleaned)
                });
                let mut kept: Map<String, Value> = kept.collect();
                if members.len() > MOST_MEMBERS {
                    kept.insert("left_out".to_owned(), json!(members.len() - MOST_MEMBERS));
                }
                Value::Object(kept)
            }
            Value::Array(items) if depth < DEEPEST => {
                let items_schema = schema.get("items").unwrap_or(&Value::Null);
                let kept = items.iter().take(MOST_MEMBERS);
                let mut kept: Vec<Value> =
                    kept.map(|it| self.value(it, items_schema, name, depth + 1)).collect();
                if items.len() > MOST_MEMBERS {
                    kept.push(json!(format!("{} more", items.len() - MOST_MEMBERS)));
                }
                Value::Array(kept)
            }
            Value::Object(_) | Value::Array(_) => json!("…"),
            Value::String(text) => json!(short(text)),
            // The record is canonical JSON, where only whole numbers are written in one way by everybody.
            Value::Number(number) if !number.is_i64() => json!(number.to_string()),
            plain => plain.clone(),
        }
    }
}

fn is_secret(value: &Value, schema: &Value, name: &str) -> bool {
    if matches!(value, Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_)) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let marked = schema.get("writeOnly") == Some(&Value::Bool(true))
        || schema.get("format").is_some_and(|it| it == "password");
    let looks = value.as_str().is_some_and(|text| {
        text.len() >= 12 && SECRET_BEGINNINGS.iter().any(|it| text.trim_start().starts_with(it))
    });
    marked || looks || SECRET_NAMES.iter().any(|it| name.contains(it))
}

fn short(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST_TEXT {
        return text.to_owned();
    }
    let digest = domain::digest::of_json(&text);
    format!("({count} characters, sha256 of its JSON {digest})")
}
