//! What the fields of a result are for, by their names in MCP.

use serde_json::Value;

/// What a text is for, which says what may be done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// It is read: all rules apply.
    Text,
    /// It is worked with: it loses only what nobody should hold in data, and is never cut.
    Data,
    /// The same within a JSON Schema, whose titles and descriptions are read.
    Schema,
    /// It is followed: as data, and it must not run anything.
    Address,
}

impl Field {
    fn of(self, key: &str, value: &Value) -> Self {
        let text = value.as_str();
        match (self, key) {
            (Self::Schema, "description" | "title" | "$comment") if text.is_some() => Self::Text,
            (Self::Schema, "default" | "examples" | "enum" | "const")
            | (Self::Text, "structuredContent" | "_meta")
            | (Self::Data | Self::Address, _) => Self::Data,
            (Self::Text, "inputSchema" | "outputSchema" | "requestedSchema") | (Self::Schema, _) => {
                Self::Schema
            }
            (Self::Text, "uri" | "url" | "href" | "src" | "websiteUrl") if text.is_some() => Self::Address,
            (Self::Text, "name" | "type" | "role" | "mimeType" | "uriTemplate" | "nextCursor")
                if text.is_some() =>
            {
                Self::Data
            }
            // Pictures, sounds and files. What is not Base64 only says that it is one.
            (Self::Text, "data" | "blob") if text.is_some_and(is_base64) => Self::Data,
            (Self::Text, _) => Self::Text,
        }
    }
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
}

/// Every text of a value, with what it is for.
pub(super) fn each_text(value: &mut Value, field: Field, visit: &mut impl FnMut(&mut String, Field)) {
    match value {
        Value::String(text) => visit(text, field),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, field, visit)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                let field = field.of(key, value);
                each_text(value, field, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every key of a value.
pub(super) fn each_key<'a>(value: &'a Value, visit: &mut impl FnMut(&'a str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_key(item, visit)),
        Value::Object(map) => {
            for (key, value) in map {
                visit(key);
                each_key(value, visit);
            }
        }
        _ => {}
    }
}
