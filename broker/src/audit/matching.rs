//! Whether a record is looked for.

use super::describe;
use crate::ledger::export::is_of_kind;
use protocol::{
    Slug,
    audit::AuditQuery,
    record::{Actor, Record},
};
use serde_json::Value;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Matching(AuditQuery);

impl Matching {
    /// The records of a query.
    pub fn of(query: &AuditQuery) -> Self {
        Self(query.clone())
    }

    /// Whether this is one of them.
    pub fn takes(&self, record: &Record) -> bool {
        let AuditQuery { who, agent, service, kind, outcome, session, since, until, before: _ } = &self.0;
        kind.as_ref().is_none_or(|kind| is_of_kind(&record.kind, kind))
            && who.as_ref().is_none_or(|who| did(&record.actor, who))
            && session.as_ref().is_none_or(|session| record.grant.as_ref() == Some(session))
            && since.is_none_or(|since| record.at >= since)
            && until.is_none_or(|until| record.at.timestamp() <= until.timestamp())
            && outcome.is_none_or(|outcome| describe::outcome(record) == outcome)
            && agent
                .as_ref()
                .is_none_or(|agent| is_agent(&record.actor, agent) || names(record, "agent", agent))
            && service.as_ref().is_none_or(|service| names(record, "service", service))
    }
}

fn did(actor: &Actor, who: &Slug) -> bool {
    match actor {
        Actor::Agent { agent } => agent == who,
        Actor::Person { person, .. } => person == who,
        Actor::Host => who.as_str() == "host",
        Actor::Broker => who.as_str() == "broker",
    }
}

fn is_agent(actor: &Actor, wanted: &Slug) -> bool {
    matches!(actor, Actor::Agent { agent } if agent == wanted)
}

/// Whether the facts name this agent or service: themselves, as what is revoked, or in a line.
fn names(record: &Record, fact: &str, wanted: &Slug) -> bool {
    let is = |value: Option<&Value>| value.and_then(Value::as_str) == Some(wanted.as_str());
    let facts = &record.facts;
    let subject = facts.get("subject").and_then(|it| it.get(fact));
    let mut lines = facts.get("lines").and_then(Value::as_array).into_iter().flatten();
    is(facts.get(fact)) || is(subject) || lines.any(|line| is(line.get(fact)))
}
