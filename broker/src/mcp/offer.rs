//! What a holder of a grant sees of an MCP server: what was granted and is today as it was then, and nothing else.

use super::{
    era::{Era, LEGACY, MODERN, WITH_HANDSHAKE},
    results,
    upstream::modern,
};
use crate::{
    calls::holder::Holder,
    services::directory::Directory,
    store::{
        services::Service,
        tools::{SERVER, Tool},
    },
};
use domain::{admit::held, definition::Declared, mcp::results::Cleaned};
use protocol::{
    Line, Slug,
    services::{Recogniser, ServiceKind},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Between the name of a service and that of its tool, where several services are behind one door. No name of a service has
/// an underscore, so the first of them ends it.
const BETWEEN: &str = "__";
/// The longest name of a tool for a client.
const LONGEST: usize = 128;

/// One server with what is held of it.
pub(super) struct Offer {
    pub service: Arc<Service>,
    /// Names of tools and methods.
    pub held: Vec<String>,
}

/// What is behind a door: one service, or all MCP servers that these lines of the session and its token are for.
pub(super) fn behind(
    door: Option<&Slug>,
    holder: &Holder,
    lines: &[Line],
    directory: &Directory,
) -> Vec<Offer> {
    let mut ids: Vec<&Slug> = lines.iter().map(|line| &line.service.id).collect();
    ids.sort();
    ids.dedup();
    let meant = |id: &&Slug| door.is_none_or(|door| door == *id) && holder.is_for(id);
    let offer = |id: &Slug| {
        let service = directory.service(id).filter(|it| it.definition.kind == ServiceKind::Mcp)?;
        let declared = Declared { definition: &service.definition, version: service.version };
        let held = held(lines, declared).into_iter().map(|it| it.name.clone()).collect();
        Some(Offer { service: service.clone(), held })
    };
    ids.into_iter().filter(meant).filter_map(offer).collect()
}

/// How a server introduced itself.
pub(super) fn server(service: &Service) -> Arc<Value> {
    service.tools.iter().find(|it| it.name == SERVER).map(|it| it.value.clone()).unwrap_or_default()
}

/// What is offered under this name.
pub(super) fn tool<'a>(service: &'a Service, name: &str) -> Option<&'a Tool> {
    service.tools.iter().find(|it| it.name == name)
}

/// The name of a tool behind a door.
pub(super) fn name(door: Option<&Slug>, service: &Slug, tool: &str) -> Option<String> {
    let name = if door.is_some() { tool.to_owned() } else { format!("{service}{BETWEEN}{tool}") };
    (name.len() <= LONGEST).then_some(name)
}

/// Which service and tool a name means behind a door.
pub(super) fn meant(door: Option<&Slug>, name: &str) -> Option<(Slug, String)> {
    if let Some(service) = door {
        return Some((service.clone(), name.to_owned()));
    }
    let (service, tool) = name.split_once(BETWEEN)?;
    Some((service.parse().ok()?, tool.to_owned()))
}

/// `tools/list`: the granted tools in the order of their names, whoever asks and however often.
pub(super) fn tools(door: Option<&Slug>, offers: &[Offer], era: Era) -> Value {
    let mut tools = Vec::new();
    for offer in offers {
        let kept = offer.service.definition.mcp.as_ref().map(|it| it.kept.as_slice()).unwrap_or_default();
        for action in &offer.service.definition.actions {
            let Recogniser::Tool { tool: named, .. } = &action.recogniser else { continue };
            if !offer.held.contains(named) {
                continue;
            }
            let shown = name(door, &offer.service.definition.id, named);
            let (Some(shown), Some(tool)) = (shown, tool(&offer.service, named)) else { continue };
            // What cannot be cleaned is shown to nobody.
            let definition = Value::clone(&tool.value);
            let Ok(Cleaned { value: mut cleaned, .. }) = results::cleaned(definition, kept) else { continue };
            if let Some(object) = cleaned.as_object_mut() {
                object.insert("name".to_owned(), json!(shown));
            }
            tools.push(cleaned);
        }
    }
    let mut result = Map::from_iter([("tools".to_owned(), Value::Array(tools))]);
    if era == Era::Modern {
        modern::complete(&mut result, true);
    }
    Value::Object(result)
}

/// An empty list, for what a session does not hold.
pub(super) fn nothing(member: &str, era: Era) -> Value {
    let mut result = Map::from_iter([(member.to_owned(), json!([]))]);
    if era == Era::Modern {
        modern::complete(&mut result, true);
    }
    Value::Object(result)
}

/// What can be done behind a door: of what its servers can, what was granted.
fn capabilities(offers: &[Offer]) -> Value {
    let mut capabilities = Map::from_iter([("tools".to_owned(), json!({"listChanged": true}))]);
    for offer in offers {
        let of_server = server(&offer.service)["capabilities"].clone();
        let holds = |name: &str| offer.held.iter().any(|it| it == name);
        for (name, needs) in [("resources", "resources/read"), ("prompts", "prompts/get")] {
            if let Some(said) = of_server.get(name).filter(|_| holds(needs)) {
                capabilities.insert(name.to_owned(), said.clone());
            }
        }
        if let Some(said) =
            of_server.get("completions").filter(|_| holds("resources/read") || holds("prompts/get"))
        {
            capabilities.insert("completions".to_owned(), said.clone());
        }
        if let Some(said) = of_server.get("logging") {
            capabilities.insert("logging".to_owned(), said.clone());
        }
    }
    Value::Object(capabilities)
}

/// How the door introduces itself.
fn introduction(offers: &[Offer]) -> (Value, Option<String>) {
    let mut info = modern::client();
    let mut instructions = Vec::new();
    for offer in offers {
        let kept = offer.service.definition.mcp.as_ref().map(|it| it.kept.as_slice()).unwrap_or_default();
        let said = results::cleaned(server(&offer.service)["instructions"].clone(), kept);
        if let Some(said) = said.as_ref().ok().and_then(|it| it.value.as_str()).filter(|it| !it.is_empty()) {
            instructions.push(if offers.len() == 1 {
                said.to_owned()
            } else {
                format!("{}: {said}", offer.service.definition.id)
            });
        }
    }
    if let [only] = offers {
        info["title"] = json!(only.service.definition.title);
    }
    (info, (!instructions.is_empty()).then(|| instructions.join("\n\n")))
}

/// The answer to `initialize`.
pub(super) fn initialized(offers: &[Offer], requested: Option<&str>) -> Value {
    let version = WITH_HANDSHAKE.into_iter().find(|it| Some(*it) == requested).unwrap_or(LEGACY);
    let (info, instructions) = introduction(offers);
    let mut result =
        json!({"protocolVersion": version, "capabilities": capabilities(offers), "serverInfo": info});
    if let Some(instructions) = instructions {
        result["instructions"] = json!(instructions);
    }
    result
}

/// The answer to `server/discover`.
pub(super) fn discovered(offers: &[Offer]) -> Value {
    let versions: Vec<&str> = [MODERN].into_iter().chain(WITH_HANDSHAKE).collect();
    let (info, instructions) = introduction(offers);
    let mut result = json!({
        "resultType": "complete",
        "supportedVersions": versions,
        "capabilities": capabilities(offers),
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": info},
    });
    if let Some(instructions) = instructions {
        result["instructions"] = json!(instructions);
    }
    result
}
