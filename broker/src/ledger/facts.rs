//! What a record says beside who, when and in which session. Rare records are put together from names and values; those
//! that every call writes have a shape of their own, which is written down once and never read again.

use domain::{digest, text::is_forbidden};
use protocol::{Digest, Slug, terms::LineId};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The facts of a rare record.
pub type Facts = Map<String, Value>;

/// What is called, or what a call token is minted for. The fields stand in the order of canonical JSON.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CallFacts {
    /// The action.
    pub action: String,
    /// The arguments of a tool, cleaned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// The digest of method, path and query, or of method and parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<Digest>,
    /// How long the agent said that its body is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<u64>,
    /// The connection whose secret is injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Slug>,
    /// The digest of the tool's definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Digest>,
    /// Whether the grant token itself was the bearer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The named segments of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<BTreeMap<String, String>>,
    /// How long the query is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_bytes: Option<usize>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The version of the connection's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_version: Option<i64>,
    /// The version of the service's definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_version: Option<i64>,
    /// The path template of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// Whose agent it is that calls, and who approved it.
pub(super) type Parties<'a> = (&'a Slug, &'a Slug);

/// The same with what the ledger itself knows, whatever the caller gave: by this the record is verified.
#[derive(Serialize)]
pub(super) struct Judged<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_digest: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<bool>,
    line: LineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_version: Option<i64>,
    service: &'a Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl CallFacts {
    /// What the record of this call says: who owns and who approved where it was allowed, why where it was not.
    pub(super) fn judged<'a>(
        &'a self,
        service: &'a Slug,
        line: LineId,
        verdict: Result<Parties<'a>, String>,
    ) -> Judged<'a> {
        let parties = verdict.as_ref().ok();
        Judged {
            action: &self.action,
            arguments: self.arguments.as_ref(),
            arguments_digest: self.arguments_digest.as_ref(),
            body_bytes: self.body_bytes,
            connection: self.connection.as_ref(),
            definition: self.definition.as_ref(),
            direct: self.direct,
            line,
            method: self.method.as_deref(),
            names: self.names.as_ref(),
            owner: parties.map(|(owner, _)| *owner),
            person: parties.map(|(_, person)| *person),
            query_bytes: self.query_bytes,
            resource: self.resource.as_deref(),
            secret_version: self.secret_version,
            service,
            service_version: self.service_version,
            template: self.template.as_deref(),
            why: verdict.err(),
        }
    }
}

/// Facts in canonical JSON (RFC 8785).
#[derive(Debug, Clone)]
pub struct CanonicalFacts(String);

impl CanonicalFacts {
    /// Writes down something whose fields are declared in the order of canonical JSON, with numbers that are whole.
    pub fn of(facts: &impl Serialize) -> Self {
        let text = serde_json::to_string(facts).unwrap_or_default();
        if is_plain(&text) { Self(text) } else { Self::visible(&text) }
    }

    /// What an agent named in a call may hold anything. The record is exported as it was hashed, so nothing in it may
    /// act on whoever reads it.
    fn visible(text: &str) -> Self {
        let facts: Facts = serde_json::from_str(text).unwrap_or_default();
        facts.into()
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl From<Facts> for CanonicalFacts {
    fn from(mut facts: Facts) -> Self {
        facts.values_mut().for_each(make_visible);
        Self(digest::canonical_object(&facts))
    }
}

/// Whether a text surely holds nothing that would have to be made visible, and is as canonical as its fields' order.
/// What is escaped is looked at more closely.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\')
}

fn make_visible(fact: &mut Value) {
    match fact {
        Value::String(text) if text.chars().any(is_forbidden) => *text = crate::grants::visible(text),
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(map) => map.values_mut().for_each(make_visible),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> CallFacts {
        let slug = |name: &str| Some(name.parse().unwrap());
        CallFacts {
            action: "items.read".to_owned(),
            arguments: Some(serde_json::json!({"b": text, "a": [1, true, null]})),
            arguments_digest: Some(Digest::from_bytes(&[7; 32])),
            body_bytes: Some(3),
            connection: slug("tracker-paul"),
            definition: Some(Digest::from_bytes(&[8; 32])),
            direct: Some(false),
            method: Some("GET".to_owned()),
            names: Some(BTreeMap::from([
                ("item".to_owned(), text.to_owned()),
                ("a".to_owned(), String::new()),
            ])),
            query_bytes: Some(0),
            resource: Some("acme/site".to_owned()),
            secret_version: Some(1),
            service_version: Some(2),
            template: Some("/items/{item}".to_owned()),
        }
    }

    #[test]
    fn what_calls_write_is_canonical_whatever_they_name() {
        let parties = ("paul".parse().unwrap(), "ana".parse().unwrap());
        let service = "tracker".parse().unwrap();
        for text in ["7", "é", "a\"b\\", "\u{202e}x\u{0}\n", "\u{1f600}"] {
            let facts = facts(text);
            for verdict in [Ok((&parties.0, &parties.1)), Err(format!("no {text}"))] {
                let judged = facts.judged(&service, 3, verdict);
                let mut map = serde_json::to_value(&judged).unwrap().as_object().unwrap().clone();
                map.values_mut().for_each(make_visible);
                let text = CanonicalFacts::of(&judged).into_text();
                assert_eq!(text, digest::canonical(&map));
                assert!(!text.chars().any(is_forbidden), "{text}");
            }
        }
    }
}
