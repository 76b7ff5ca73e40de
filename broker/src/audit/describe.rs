//! A record in a line of a list: how it went, and its most telling facts.

use crate::grants::visible;
use protocol::{
    audit::{AuditEntry, Outcome},
    record::Record,
};
use serde_json::Value;

/// Facts that tell most, in the order in which they are read.
const TELLING: [&str; 19] = [
    "person",
    "agent",
    "client",
    "name",
    "service",
    "connection",
    "action",
    "resource",
    "method",
    "template",
    "status",
    "ms",
    "outcome",
    "why",
    "reason",
    "purpose",
    "binding_message",
    "key",
    "kid",
];
/// So many of them are shown.
const SHOWN: usize = 6;

pub(super) fn entry(record: &Record) -> AuditEntry {
    AuditEntry {
        chain: record.chain.clone(),
        seq: record.seq,
        at: record.at,
        actor: record.actor.clone(),
        kind: record.kind.clone(),
        outcome: outcome(record),
        grant: record.grant.clone(),
        gist: gist(record),
    }
}

/// How it went, as its kind and its facts say.
pub(super) fn outcome(record: &Record) -> Outcome {
    match record.kind.as_str() {
        "call.refused" | "token.refused" | "request.denied" => Outcome::Refused,
        "call.not_sent" | "call.outcome_unknown" | "database.suspended" => Outcome::Trouble,
        "call.finished" => {
            let whole = record.facts.get("outcome").and_then(Value::as_str).is_none_or(|it| it == "complete");
            let failed = record.facts.get("status").and_then(Value::as_i64).is_some_and(|it| it >= 400);
            if whole && !failed { Outcome::Done } else { Outcome::Trouble }
        }
        _ => Outcome::Done,
    }
}

fn gist(record: &Record) -> String {
    let subject = record.facts.get("subject").and_then(Value::as_object);
    let subject = subject.into_iter().flat_map(|it| it.values()).filter_map(plain);
    let services = record.facts.get("lines").and_then(Value::as_array).into_iter().flatten();
    let services = services.filter_map(|line| plain(line.get("service")?));
    let told = TELLING.iter().filter_map(|name| plain(record.facts.get(*name)?));
    let parts: Vec<String> = subject.chain(services).chain(told).take(SHOWN).collect();
    parts.join(" · ")
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(visible(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
