//! What the record says of a call: names, digests and sizes; never bodies, never secrets.

use super::admit::Admitted;
use crate::ledger::{CallFacts, Facts};
use domain::{
    admit::{Admission, Refusal},
    path::CanonicalPath,
};
use http::{header::CONTENT_LENGTH, request::Parts};
use protocol::Slug;
use serde_json::{Value, json};

/// A refused path is recorded as far as this.
const SHOWN_PATH: usize = 200;

/// The length that the request says its body has.
pub(crate) fn declared_body(parts: &Parts) -> Option<u64> {
    parts.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(super) fn authorised(admitted: &Admitted) -> CallFacts {
    let Admission { action, template, names, resource, .. } = &admitted.admission;
    let arguments = (&admitted.method, admitted.path.as_str(), admitted.query.as_str());
    let connection = &admitted.through.connection;
    CallFacts {
        action: action.name.clone(),
        arguments: None,
        arguments_digest: Some(domain::digest::of_json(&arguments)),
        body_bytes: admitted.declared_body,
        connection: Some(connection.id.clone()),
        definition: None,
        direct: Some(admitted.token.is_none()),
        method: Some(admitted.method.clone()),
        names: Some(names.clone()),
        query_bytes: Some(admitted.query.as_str().len()),
        resource: resource.clone(),
        secret_version: Some(connection.version),
        service_version: Some(admitted.service.version),
        template: Some(template.clone()),
    }
}

pub(crate) fn refused(service: &Slug, method: &str, path: &CanonicalPath, refusal: &Refusal) -> Facts {
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
pub(crate) fn object(value: Value) -> Facts {
    match value {
        Value::Object(facts) => facts.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Facts::new(),
    }
}
