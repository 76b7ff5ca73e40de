//! What an MCP server offers, as actions of its service.

use super::tool::Tool;
use crate::definition::MCP_METHODS;
use protocol::{
    Action, Effect,
    mcp::ToolWord,
    services::{Recogniser, ServiceDefinition},
};

/// The action of something that a server offers under this name: a method, or a tool with its definition. None if it cannot
/// be granted.
pub fn action(name: &str, definition: &str, word: Option<&ToolWord>) -> Option<Action> {
    if MCP_METHODS.contains(&name) {
        return Some(method(name));
    }
    let tool = Tool::read(&serde_json::from_str(definition).ok()?).ok()?;
    let words = tool.words(word);
    Some(Action {
        name: words.name.clone(),
        verb: words.verb,
        object: words.object,
        effect: words.effect,
        reversible: words.reversible,
        ask: words.ask,
        recogniser: Recogniser::Tool { tool: words.name, digest: words.digest },
    })
}

/// Reading resources, or using prompts: what a server shows whoever asks. Both only look.
fn method(name: &str) -> Action {
    let (verb, object) = if name == "prompts/get" { ("use", "prompts") } else { ("read", "resources") };
    Action {
        name: name.to_owned(),
        verb: verb.to_owned(),
        object: object.to_owned(),
        effect: Effect::Read,
        reversible: true,
        ask: false,
        recogniser: Recogniser::Method { method: name.to_owned() },
    }
}

/// Leaves of what is offered unasked only what there is and what only reads.
pub fn keep_defaults(definition: &mut ServiceDefinition) {
    let ServiceDefinition { default_actions, actions, .. } = definition;
    default_actions.retain(|name| actions.iter().any(|it| it.name == *name && it.effect == Effect::Read));
}
