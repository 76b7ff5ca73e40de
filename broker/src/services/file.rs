//! How a service stands in a file: in the catalogue, and in what `apply` reads.

use protocol::{
    Action, Slug,
    mcp::{McpServer, McpTransport},
    services::{AuthStyle, Effect, Recogniser, ServiceDefinition, ServiceKind},
};
use serde::Deserialize;

/// The services that a text declares, and nothing beside them.
pub fn services_of(text: &str) -> Result<Vec<ServiceDefinition>, toml::de::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        service: Vec<DeclaredService>,
    }
    toml::from_str::<File>(text).map(|it| it.service.into_iter().map(Into::into).collect())
}

/// A service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredService {
    name: Slug,
    title: String,
    #[serde(default = "http")]
    kind: ServiceKind,
    /// Left out where the server is a program of the broker's host.
    origin: Option<String>,
    #[serde(default = "none")]
    auth: AuthStyle,
    #[serde(default)]
    allow_private: bool,
    #[serde(default)]
    sensitive: bool,
    resource: Option<String>,
    #[serde(default = "one")]
    approvals: u8,
    #[serde(default)]
    four_eyes: bool,
    /// Of an MCP server: where it is and what the operator says of its tools.
    mcp: Option<McpServer>,
    /// The tools and methods of an MCP server that are offered to a client which names none.
    #[serde(default)]
    default_actions: Vec<String>,
    #[serde(default)]
    action: Vec<DeclaredAction>,
}

fn one() -> u8 {
    1
}

fn none() -> AuthStyle {
    AuthStyle::None
}

fn http() -> ServiceKind {
    ServiceKind::Http
}

fn program(server: &McpServer) -> Option<String> {
    match &server.transport {
        McpTransport::Stdio { program } => Some(domain::definition::program_origin(program)),
        McpTransport::Http { .. } => None,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredAction {
    name: String,
    verb: String,
    object: String,
    effect: Effect,
    reversible: bool,
    #[serde(default)]
    default: bool,
    method: String,
    path: String,
}

impl From<DeclaredService> for ServiceDefinition {
    fn from(it: DeclaredService) -> Self {
        let action = |it: DeclaredAction| Action {
            name: it.name,
            verb: it.verb,
            object: it.object,
            effect: it.effect,
            reversible: it.reversible,
            ask: false,
            recogniser: Recogniser::Http { method: it.method, path: it.path },
        };
        Self {
            id: it.name,
            title: it.title,
            kind: it.kind,
            origin: it.origin.or_else(|| program(it.mcp.as_ref()?)).unwrap_or_default(),
            auth: it.auth,
            allow_private: it.allow_private,
            sensitive: it.sensitive,
            resource: it.resource,
            approvals: it.approvals,
            four_eyes: it.four_eyes,
            default_actions: it
                .action
                .iter()
                .filter(|it| it.default)
                .map(|it| it.name.clone())
                .chain(it.default_actions)
                .collect(),
            mcp: it.mcp,
            actions: it.action.into_iter().map(action).collect(),
        }
    }
}
