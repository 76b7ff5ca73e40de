//! Whether a grant permits a call: the only question that the data plane asks of the terms.
//!
//! 1. The call is recognised among *all* actions of the service as it is declared. A more specific action that was
//!    not granted is therefore never reached through a granted one whose path happens to match it too.
//! 2. A line permits it that holds exactly this action of exactly this version of the service, names its resource (or
//!    names none), and whose conditions it meets.
//! 3. Of several such lines one without a limit is taken first, then the lowest number; the rest are named too, so
//!    that a used-up line does not hide another. If they would use different accounts the call is refused: an account
//!    is never chosen for anybody.

mod hint;
mod mcp;
mod refusal;
mod test;

pub use hint::smallest_request;
pub use mcp::{McpCall, admit_mcp, held};
pub use refusal::Refusal;
pub(crate) use test::meets_names;

use crate::{
    definition::{Declared, Recognised, ResourceTemplate, recognise, template_of},
    path::{CanonicalPath, CanonicalQuery},
};
use protocol::{Action, Condition, Line, LineId, terms::ConnectionRef};
use std::collections::BTreeMap;

/// A call, as policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// Its path.
    pub path: &'a CanonicalPath,
    /// Its query.
    pub query: &'a CanonicalQuery,
}

/// That a call is permitted, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The line that is spent.
    pub line: LineId,
    /// Other lines that permit it too, in the order in which they should be tried when the first is used up.
    pub others: Vec<LineId>,
    /// The account it goes through.
    pub connection: ConnectionRef,
    /// The action that it is.
    pub action: Action,
    /// The path template of that action; empty for what is not called by HTTP.
    pub template: String,
    /// The named, decoded segments of the path.
    pub names: BTreeMap<String, String>,
    /// The resource it names; none if the service or the action names none.
    pub resource: Option<String>,
}

/// Judges a call to a service under granted lines. `service` is the service as it is declared now.
pub fn admit(lines: &[Line], service: Declared<'_>, call: &Call<'_>) -> Result<Admission, Refusal> {
    let of_service: Vec<&Line> =
        lines.iter().filter(|line| line.service.id == service.definition.id).collect();
    let recognised = recognise(&service.definition.actions, call.method, call.path);
    let Some(Recognised { action, names }) = recognised else {
        return Err(Refusal::NotRecognised { service: service.definition.id.clone() });
    };
    let resource = resource_of(service, &names);
    let not_granted = Refusal::NotGranted { action: action.name.clone(), resource: resource.clone() };
    if of_service.is_empty() {
        return Err(not_granted);
    }
    let current: Vec<&Line> =
        of_service.into_iter().filter(|line| line.service.version == service.version).collect();
    if current.is_empty() {
        return Err(Refusal::Suspended { service: service.definition.id.clone() });
    }
    let holding = current.into_iter().filter(|line| line.actions.contains(action));
    let meets = |condition: &Condition| test::meets(condition, &names, call.query);
    let admission = choose(holding, action, resource, meets, not_granted)?;
    Ok(Admission { template: template_of(action).unwrap_or_default().to_owned(), names, ..admission })
}

/// Of the lines that hold an action those that permit the call, and which of them is spent.
fn choose<'a>(
    holding: impl Iterator<Item = &'a Line>,
    action: &Action,
    resource: Option<String>,
    meets: impl Fn(&Condition) -> Result<(), &'static str>,
    mut refusal: Refusal,
) -> Result<Admission, Refusal> {
    let mut permitting = Vec::new();
    for line in holding {
        match permits(line, action, resource.as_deref(), &meets) {
            Ok(connection) => permitting.push((line, connection)),
            Err(why) => refusal = why,
        }
    }
    permitting.sort_by_key(|(line, _)| (line.limits.max_calls.is_some(), line.id));
    let Some(((line, connection), others)) = permitting.split_first() else { return Err(refusal) };
    if others.iter().any(|(_, other)| other != connection) {
        return Err(Refusal::SeveralAccounts { action: action.name.clone() });
    }
    Ok(Admission {
        line: line.id,
        others: others.iter().map(|(line, _)| line.id).collect(),
        connection: (*connection).clone(),
        template: String::new(),
        action: action.clone(),
        names: BTreeMap::new(),
        resource,
    })
}

fn resource_of(service: Declared<'_>, names: &BTreeMap<String, String>) -> Option<String> {
    let template = service.definition.resource.as_deref()?;
    ResourceTemplate::parse(template).ok()?.fill(names)
}

/// Whether this line, which holds the action, permits the call; if so, through which account.
fn permits<'a>(
    line: &'a Line,
    action: &Action,
    resource: Option<&str>,
    meets: &impl Fn(&Condition) -> Result<(), &'static str>,
) -> Result<&'a ConnectionRef, Refusal> {
    let inside = |resource: &str| line.resources.iter().any(|of_line| of_line == resource);
    if !line.resources.is_empty() && !resource.is_some_and(inside) {
        return Err(Refusal::ResourceOutside {
            action: action.name.clone(),
            resource: resource.map(str::to_owned),
        });
    }
    for condition in &line.conditions {
        meets(condition).map_err(|why| Refusal::ConditionFailed { at: condition.at.clone(), why })?;
    }
    // Terms that were granted always have one; those that were only asked permit nothing.
    line.connection.as_ref().ok_or_else(|| Refusal::NotGranted {
        action: action.name.clone(),
        resource: resource.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
