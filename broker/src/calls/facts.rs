//! What the record says of a call: names, digests and sizes; never bodies, never secrets.

use super::admit::Admitted;
use crate::ledger::Facts;
use domain::{admit::Refusal, path::CanonicalPath};
use http::{header::CONTENT_LENGTH, request::Parts};
use protocol::{LineId, Slug};
use serde_json::{Value, json};

/// A refused path is recorded as far as this.
const SHOWN_PATH: usize = 200;

/// The length that the request says its body has.
pub(super) fn declared_body(parts: &Parts) -> Option<u64> {
    parts.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(super) fn authorised(admitted: &Admitted, line: LineId) -> Facts {
    let admission = &admitted.admission;
    let arguments = (&admitted.method, admitted.path.as_str(), admitted.query.as_str());
    let value = json!({
        "service": admitted.service.definition.id,
        "service_version": admitted.service.version,
        "action": admission.action.name,
        "connection": admitted.through.connection.id,
        "secret_version": admitted.through.connection.version,
        "line": line,
        "method": admitted.method,
        "template": admission.template,
        "names": admission.names,
        "resource": admission.resource,
        "arguments_digest": domain::digest::of_json(&arguments),
        "query_bytes": admitted.query.as_str().len(),
        "body_bytes": admitted.declared_body,
        "direct": admitted.token.is_none(),
    });
    object(value)
}

pub(super) fn refused(service: &Slug, method: &str, path: &CanonicalPath, refusal: &Refusal) -> Facts {
    let shown: String = path.as_str().chars().take(SHOWN_PATH).collect();
    object(json!({
        "service": service,
        "action": refusal.action(),
        "resource": refusal.resource(),
        "method": method,
        "path": shown,
        "why": refusal.to_string(),
        "code": refusal.reason(),
    }))
}

/// The facts without those that are not there.
pub(super) fn object(value: Value) -> Facts {
    match value {
        Value::Object(facts) => facts.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Facts::new(),
    }
}
