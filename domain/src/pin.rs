//! What is asked becomes what can be decided: every name is resolved to the thing it means at this moment, so that
//! nothing that changes later can change what a person saw.

use crate::{
    definition::{Declared, ResourceTemplate, template_of},
    digest::MAX_SAFE_INTEGER,
    mcp::{Glob, arguments::check_pointer},
    path::Template,
    policy::Policy,
    text::plain_name,
};
use protocol::{
    Action, AskedLine, Condition, Line, LineId, Slug, Test,
    lines::LineType,
    services::{Recogniser, ServiceDefinition},
    terms::{ConnectionRef, ServiceRef},
};
use std::collections::{BTreeMap, BTreeSet};

/// A service with what an owner's agents may use of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its definition.
    pub definition: ServiceDefinition,
    /// The version of its definition.
    pub version: i64,
    /// The connections that this owner's agents may use.
    pub connections: Vec<ConnectionRef>,
}

impl Offered {
    /// The definition with its version.
    pub fn declared(&self) -> Declared<'_> {
        Declared { definition: &self.definition, version: self.version }
    }
}

/// Why a request cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct PinRefusal {
    /// Which field, as `authorization_details[0].actions[1]`.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

/// Resolves the lines of a request. `services` holds what this agent's owner may ask for, at least those named.
pub fn pin(
    asked: &[AskedLine],
    services: &BTreeMap<Slug, Offered>,
    policy: &Policy,
) -> Result<Vec<Line>, PinRefusal> {
    if !(1..=policy.max_lines).contains(&asked.len()) {
        return Err(refuse(
            "authorization_details",
            format!("must have 1 to {} lines, has {}", policy.max_lines, asked.len()),
        ));
    }
    let mut lines: Vec<Line> = Vec::with_capacity(asked.len());
    for (index, (line, id)) in asked.iter().zip(1..=LineId::MAX).enumerate() {
        let at = At(index);
        if let Some(earlier) = asked[..index].iter().position(|other| other == line) {
            return Err(refuse(at.whole(), format!("repeats authorization_details[{earlier}]")));
        }
        let offered = services
            .get(&line.service)
            .ok_or_else(|| refuse(at.field("service"), format!("no service {} to ask for", line.service)))?;
        lines.push(pin_line(&at, id, line, offered, policy)?);
    }
    Ok(lines)
}

/// A line in the form in which it is asked.
pub fn unpin(line: &Line) -> AskedLine {
    AskedLine {
        kind: LineType::ServiceAccess,
        service: line.service.id.clone(),
        actions: line.actions.iter().map(|action| action.name.clone()).collect(),
        resources: line.resources.clone(),
        conditions: line.conditions.clone(),
        limits: line.limits,
        connection: line.connection.as_ref().map(|connection| connection.id.clone()),
    }
}

/// Checks the name of a resource: plain, and of the form that calls of this service can have.
pub fn check_resource(name: &str, template: Option<&str>, policy: &Policy) -> Result<(), String> {
    let Some(template) = template else {
        return Err("is of a service that has no resources to choose from: leave resources out".to_owned());
    };
    plain_name(name, policy.max_name_chars).map_err(|why| why.to_string())?;
    let fits = ResourceTemplate::parse(template).is_ok_and(|parsed| parsed.fits(name));
    if fits { Ok(()) } else { Err(format!("must be of the form {template}")) }
}

/// Checks a condition for a line with these actions: on an argument that their calls can have, with a plain value.
pub fn check_condition(condition: &Condition, actions: &[Action], policy: &Policy) -> Result<(), String> {
    let templates: Vec<Template> =
        actions.iter().filter_map(|a| Template::parse(template_of(a)?).ok()).collect();
    let in_a_path: BTreeSet<&str> = templates.iter().flat_map(Template::names).collect();
    check_at(&condition.at, &in_a_path, actions, policy)?;
    check_test(&condition.test, policy)
}

fn pin_line(
    at: &At,
    id: LineId,
    asked: &AskedLine,
    offered: &Offered,
    policy: &Policy,
) -> Result<Line, PinRefusal> {
    let service = service_ref(offered);
    let actions = pin_actions(at, asked, &offered.definition)?;
    if asked.resources.len() > policy.max_resources {
        let why = format!("must name at most {} resources", policy.max_resources);
        return Err(refuse(at.field("resources"), why));
    }
    for (index, name) in asked.resources.iter().enumerate() {
        let field = || at.item("resources", index);
        check_resource(name, service.resource.as_deref(), policy).map_err(|why| refuse(field(), why))?;
        if asked.resources[..index].contains(name) {
            return Err(refuse(field(), "repeats an earlier one"));
        }
    }
    check_conditions(at, &asked.conditions, &actions, policy)?;
    if asked.limits.max_calls == Some(0) {
        return Err(refuse(at.field("limits.max_calls"), "must be at least 1"));
    }
    let connection = pin_connection(at, asked, offered)?;
    Ok(Line {
        id,
        service,
        connection,
        actions,
        resources: asked.resources.clone(),
        conditions: asked.conditions.clone(),
        limits: asked.limits,
    })
}

fn service_ref(offered: &Offered) -> ServiceRef {
    let definition = &offered.definition;
    ServiceRef {
        id: definition.id.clone(),
        title: definition.title.clone(),
        kind: definition.kind,
        version: offered.version,
        origin: definition.origin.clone(),
        sensitive: definition.sensitive,
        resource: definition.resource.clone(),
        approvals: definition.approvals,
        four_eyes: definition.four_eyes,
    }
}

fn pin_actions(
    at: &At,
    asked: &AskedLine,
    definition: &ServiceDefinition,
) -> Result<Vec<Action>, PinRefusal> {
    if asked.actions.is_empty() {
        return Err(refuse(at.field("actions"), "must name at least one action"));
    }
    let mut pinned: Vec<Action> = Vec::with_capacity(asked.actions.len().min(definition.actions.len()));
    for (index, name) in asked.actions.iter().enumerate() {
        let action = definition.actions.iter().find(|action| action.name == *name).ok_or_else(|| {
            let known: Vec<&str> = definition.actions.iter().map(|action| action.name.as_str()).collect();
            let why = if known.is_empty() {
                format!("{} has not said yet what tools it has: ask again in a few seconds", definition.id)
            } else {
                format!("no such action of {}; it has {}", definition.id, known.join(", "))
            };
            refuse(at.item("actions", index), why)
        })?;
        if pinned.contains(action) {
            return Err(refuse(at.item("actions", index), "repeats an earlier one"));
        }
        pinned.push(action.clone());
    }
    Ok(pinned)
}

fn pin_connection(
    at: &At,
    asked: &AskedLine,
    offered: &Offered,
) -> Result<Option<ConnectionRef>, PinRefusal> {
    let none = "no connection that this owner may use";
    match (&asked.connection, offered.connections.as_slice()) {
        (_, []) => Err(refuse(at.field("service"), format!("{none}: an admin has to connect an account"))),
        (Some(name), eligible) => {
            let found = eligible.iter().find(|connection| connection.id == *name);
            found
                .cloned()
                .map(Some)
                .ok_or_else(|| refuse(at.field("connection"), format!("{none} is called {name}")))
        }
        (None, [only]) => Ok(Some(only.clone())),
        (None, _) => Ok(None),
    }
}

fn check_conditions(
    at: &At,
    conditions: &[Condition],
    actions: &[Action],
    policy: &Policy,
) -> Result<(), PinRefusal> {
    if conditions.len() > policy.max_conditions {
        let why = format!("must be at most {} conditions", policy.max_conditions);
        return Err(refuse(at.field("conditions"), why));
    }
    let templates: Vec<Template> =
        actions.iter().filter_map(|a| Template::parse(template_of(a)?).ok()).collect();
    let in_a_path: BTreeSet<&str> = templates.iter().flat_map(Template::names).collect();
    for (index, condition) in conditions.iter().enumerate() {
        let field = |part: &str| format!("{}.{part}", at.item("conditions", index));
        check_at(&condition.at, &in_a_path, actions, policy).map_err(|why| refuse(field("at"), why))?;
        check_test(&condition.test, policy).map_err(|why| refuse(field("test"), why))?;
    }
    Ok(())
}

fn check_at(at: &str, in_a_path: &BTreeSet<&str>, actions: &[Action], policy: &Policy) -> Result<(), String> {
    if actions.iter().any(|it| matches!(it.recogniser, Recogniser::Tool { .. })) {
        return check_pointer(at);
    }
    if let Some(name) = at.strip_prefix("path.") {
        let known = in_a_path.contains(name);
        return if known { Ok(()) } else { Err("names nothing in the path of these actions".to_owned()) };
    }
    let name = at.strip_prefix("query.").ok_or("must be path.NAME or query.NAME")?;
    plain_name(name, policy.max_name_chars).map_err(|why| why.to_string())
}

fn check_test(test: &Test, policy: &Policy) -> Result<(), String> {
    let plain = |value: &String| plain_name(value, policy.max_name_chars).map_err(|why| why.to_string());
    match test {
        Test::Equals(value) | Test::Prefix(value) => plain(value),
        Test::OneOf(values) if values.is_empty() || values.len() > policy.max_resources => {
            Err(format!("must name 1 to {} values", policy.max_resources))
        }
        Test::OneOf(values) => values.iter().try_for_each(plain),
        Test::AtMost(number) | Test::AtLeast(number) => {
            let exact = number.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs();
            if exact {
                Ok(())
            } else {
                Err(format!("must be between -{MAX_SAFE_INTEGER} and {MAX_SAFE_INTEGER}"))
            }
        }
        Test::Glob(pattern) => {
            plain(pattern)?;
            Glob::parse(pattern).map(|_| ()).map_err(|why| why.to_string())
        }
        Test::MaxLength(_) | Test::MinLength(_) => Ok(()),
    }
}

/// Where a line stands in the request, for naming fields.
struct At(usize);

impl At {
    fn whole(&self) -> String {
        format!("authorization_details[{}]", self.0)
    }

    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.whole())
    }

    fn item(&self, name: &str, index: usize) -> String {
        format!("{}.{name}[{index}]", self.whole())
    }
}

fn refuse(field: impl Into<String>, why: impl Into<String>) -> PinRefusal {
    PinRefusal { field: field.into(), why: why.into() }
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;
