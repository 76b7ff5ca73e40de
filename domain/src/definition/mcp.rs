//! What only the definition of an MCP server has.

use super::{BadDefinition, bad};
use protocol::{
    Action, Slug,
    mcp::McpTransport,
    services::{AuthStyle, Recogniser, ServiceDefinition, ServiceKind},
};

/// The longest name of a tool.
pub const LONGEST_NAME: usize = 128;

/// The methods that are actions of their own, as far as a server has them.
pub const METHODS: [&str; 2] = ["resources/read", "prompts/get"];

/// The longest path of an endpoint.
const LONGEST_PATH: usize = 200;

/// Whether a tool can be granted by this name: those that the specification recommends, 1 to 128 of `A-Z a-z 0-9 _ . -`.
/// Any other could pass for something else on a page, in a scope or in a header.
pub fn is_tool_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain)
}

/// What stands for the origin of a program: a name that nobody can have (RFC 2606), so nothing is ever sent there.
pub fn program_origin(program: &Slug) -> String {
    format!("http://{program}.program.invalid")
}

/// Checks how a server is reached and what the operator says of its tools.
pub(super) fn check(definition: &ServiceDefinition) -> Result<(), BadDefinition> {
    let Some(server) = &definition.mcp else {
        if definition.kind == ServiceKind::Mcp {
            return Err(bad("mcp", "must say where the MCP server is"));
        }
        if definition.auth == AuthStyle::None {
            return Err(bad("auth.style", "none is only for MCP servers"));
        }
        return Ok(());
    };
    if definition.kind != ServiceKind::Mcp {
        return Err(bad("mcp", "is only for the kind mcp"));
    }
    if definition.resource.is_some() {
        return Err(bad("resource", "an MCP server has none: what a tool reaches stands in its arguments"));
    }
    match &server.transport {
        McpTransport::Http { path } => check_path(path).map_err(|why| bad("mcp.transport.path", why))?,
        McpTransport::Stdio { .. } if definition.auth != AuthStyle::None => {
            let why = "must be none: a program gets its secrets from the host that declares it";
            return Err(bad("auth.style", why));
        }
        McpTransport::Stdio { program } if definition.origin != program_origin(program) => {
            return Err(bad(
                "origin",
                format!("must be {} or left out: a program has no address", program_origin(program)),
            ));
        }
        McpTransport::Stdio { .. } => {}
    }
    for (number, word) in server.words.iter().enumerate() {
        let field = |part: &str| format!("mcp.words[{number}].{part}");
        if !is_tool_name(&word.tool) {
            return Err(bad(field("tool"), "must be 1 to 128 of A-Z, a-z, 0-9, _, . and -"));
        }
        if server.words[..number].iter().any(|it| it.tool == word.tool) {
            return Err(bad(field("tool"), format!("repeats {}", word.tool)));
        }
        word.verb.as_deref().map_or(Ok(()), |verb| super::plain(&field("verb"), verb, 40))?;
        word.object.as_deref().map_or(Ok(()), |object| super::plain(&field("object"), object, 60))?;
    }
    Ok(())
}

/// An action of an MCP server: a tool under its own name, or one of the methods.
pub(super) fn check_action(
    definition: &ServiceDefinition,
    action: &Action,
    field: &impl Fn(&str) -> String,
) -> Result<(), BadDefinition> {
    if definition.kind != ServiceKind::Mcp {
        return Err(bad(field("recogniser.by"), "must be http"));
    }
    let (named, known) = match &action.recogniser {
        Recogniser::Tool { tool, .. } => (tool, is_tool_name(tool)),
        Recogniser::Method { method } => (method, METHODS.contains(&method.as_str())),
        Recogniser::Http { .. } => return Ok(()),
    };
    if !known {
        return Err(bad(field("recogniser"), "is no tool or method that can be granted"));
    }
    if *named != action.name {
        return Err(bad(field("name"), "must be that of the tool or method"));
    }
    Ok(())
}

/// What is offered unasked is a tool or a method by its name; those that do more than read are left out when it is offered.
pub(super) fn check_default(definition: &ServiceDefinition, number: usize) -> Result<(), BadDefinition> {
    let name = &definition.default_actions[number];
    let field = || format!("default_actions[{number}]");
    if !is_tool_name(name) && !METHODS.contains(&name.as_str()) {
        return Err(bad(field(), "must be the name of a tool, resources/read or prompts/get"));
    }
    if definition.default_actions[..number].contains(name) {
        return Err(bad(field(), format!("repeats {name}")));
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), &'static str> {
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\%\"<>".contains(&b));
    let steps = path.split('/').skip(1).all(|step| step != "." && step != "..");
    if path.starts_with('/') && path.len() <= LONGEST_PATH && plain && steps && !path.contains("//") {
        Ok(())
    } else {
        Err("must be the path of its endpoint, as /mcp: no query, no escapes, no dots as a step")
    }
}
