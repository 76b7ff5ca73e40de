//! The same question for an MCP server, whose tools rest one by one: a tool that is not as it was granted takes nothing
//! away from the others.

use super::{Admission, Refusal, choose};
use crate::{definition::Declared, mcp::arguments};
use protocol::{Action, Condition, Line};
use serde_json::Value;

/// A request to an MCP server that a grant must hold, as policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct McpCall<'a> {
    /// What is called: the name of a tool, or one of [`MCP_METHODS`](crate::definition::MCP_METHODS).
    pub action: &'a str,
    /// The arguments, as they were read from the bytes that are sent on.
    pub arguments: &'a Value,
}

/// Judges a call to an MCP server under granted lines. `service` is the server as it is declared now.
pub fn admit_mcp(lines: &[Line], service: Declared<'_>, call: &McpCall<'_>) -> Result<Admission, Refusal> {
    let definition = service.definition;
    let Some(action) = definition.actions.iter().find(|it| it.name == call.action) else {
        return Err(Refusal::NotRecognised { service: definition.id.clone() });
    };
    let not_granted = Refusal::NotGranted { action: action.name.clone(), resource: None };
    let of_service: Vec<&Line> = lines.iter().filter(|line| line.service.id == definition.id).collect();
    if of_service.is_empty() {
        return Err(not_granted);
    }
    let current: Vec<&Line> = of_service.into_iter().filter(|line| is_there(line, service)).collect();
    if current.is_empty() {
        return Err(Refusal::Suspended { service: definition.id.clone() });
    }
    let before = current.iter().any(|line| line.actions.iter().any(|it| it.name == action.name));
    let holding = current.into_iter().filter(|line| line.actions.contains(action));
    let refusal = if before { Refusal::ToolChanged { action: action.name.clone() } } else { not_granted };
    let meets = |condition: &Condition| arguments::meets(condition, call.arguments);
    choose(holding, action, None, meets, refusal)
}

/// The actions of an MCP server that these lines hold and that are today as they were granted, in the order in which it
/// declares them.
pub fn held<'a>(lines: &[Line], service: Declared<'a>) -> Vec<&'a Action> {
    let lines: Vec<&Line> = lines.iter().filter(|line| is_there(line, service)).collect();
    let holds = |action: &&Action| {
        lines.iter().any(|line| line.connection.is_some() && line.actions.contains(action))
    };
    service.definition.actions.iter().filter(holds).collect()
}

/// Whether a line is for this server as its operator declares it now. What the server says of its tools is no part of
/// that version.
fn is_there(line: &Line, service: Declared<'_>) -> bool {
    line.service.id == service.definition.id && line.service.version == service.version
}
