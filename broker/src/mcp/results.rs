//! What a server says is untrusted: every text of it is cleaned before a client reads it, and where something was taken out, the
//! answer says so. The secret is gone already: it never got past the scrubber.

use domain::mcp::results::{self, Changes, Cleaned, Limits, Refused};
use protocol::{Slug, mcp::ResultRule};
use serde_json::{Value, json};

/// In `_meta`: where a result came from, and what was taken out of it.
const ORIGIN: &str = "dev.countersign/origin";
const CHANGED: &str = "dev.countersign/changed";

/// Cleans what a server said, except by the rules that are switched off.
pub(crate) fn cleaned(value: Value, kept: &[ResultRule]) -> Result<Cleaned, Refused> {
    results::clean(value, kept, Limits::default())
}

/// Marks a result with where it came from.
pub(crate) fn marked(mut result: Value, service: &Slug, changes: &Changes) -> Value {
    let Some(object) = result.as_object_mut() else { return result };
    let meta = object.entry("_meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        meta.insert(ORIGIN.to_owned(), json!(service));
        meta.remove(CHANGED);
        if !changes.is_empty() {
            meta.insert(CHANGED.to_owned(), json!(changes));
        }
    }
    result
}

/// A result of ours that a model reads: nothing was executed, or not to its end.
pub(crate) fn refusal(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": true})
}
