//! Services and their actions, as admins declare them and pages show them.

use crate::{digest::Digest, ids::Slug, mcp::McpServer};
use serde::{Deserialize, Serialize};

/// What kind of thing a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// An HTTP API that the broker calls with a credential from the vault.
    Http,
    /// An MCP server that the broker stands before.
    Mcp,
}

/// What an action does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks, changes nothing.
    Read,
    /// Changes data.
    Write,
    /// Sends something to others.
    Send,
    /// Spends money or quota.
    Spend,
    /// Removes data.
    Delete,
    /// Changes permissions, credentials or policy, or returns credentials.
    Admin,
}

/// How much friction a grant of an action needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// One approver, one click.
    Low,
    /// One approver; a passkey if the person has one.
    Medium,
    /// One approver with a passkey.
    High,
    /// A passkey and a second person.
    Critical,
}

/// How a call of an action is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Recogniser {
    /// By HTTP method and path template, as `/projects/{project}/issues/{issue}`.
    Http {
        /// The method, in capitals.
        method: String,
        /// The path template.
        path: String,
    },
    /// By the name of an MCP tool, as long as its definition is this one.
    Tool {
        /// The tool's name at its server.
        tool: String,
        /// SHA-256 over the RFC 8785 form of its definition.
        digest: Digest,
    },
    /// By an MCP method that is no tool: `resources/read` or `prompts/get`, each with all that lists or completes the same.
    Method {
        /// The method.
        method: String,
    },
}

/// One named thing that a service can do, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The name agents use, as `issues.comment`.
    pub name: String,
    /// The verb of the sentence, as `comment on`.
    pub verb: String,
    /// The object of the sentence, as `issues`.
    pub object: String,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether what it does can be undone.
    pub reversible: bool,
    /// Whether each call of it is to be approved by itself: no session can hold it as long as that cannot be asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// How a call of it is recognised.
    pub recogniser: Recogniser,
}

/// How a credential is put on a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "style", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthStyle {
    /// `Authorization: Bearer SECRET`.
    Bearer,
    /// `NAME: PREFIX SECRET` in a header of its own.
    Header {
        /// The header's name.
        name: String,
        /// What stands before the secret, with its separator, as `token `.
        #[serde(default)]
        prefix: String,
    },
    /// `Authorization: Basic base64(USER:SECRET)`.
    Basic {
        /// The user name.
        user: String,
    },
    /// Nothing: the server asks for no credential. Only for MCP servers.
    None,
}

/// One service as it stands, with all that a request pins of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceDefinition {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// What kind of thing it is.
    pub kind: ServiceKind,
    /// Scheme, host and port, as `https://api.example.com`; no path.
    pub origin: String,
    /// How the credential is put on a call.
    pub auth: AuthStyle,
    /// Whether addresses of a private network may be called.
    #[serde(default)]
    pub allow_private: bool,
    /// Whether what it lets an agent read is sensitive.
    #[serde(default)]
    pub sensitive: bool,
    /// How a call names its resource from the names of the path template, as `{owner}/{repo}`.
    #[serde(default)]
    pub resource: Option<String>,
    /// How many people must approve what is granted of it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub approvals: u8,
    /// Whether somebody else than the agent's owner has to decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub four_eyes: bool,
    /// The read actions that are offered to a client which asks for this service and names none, as a client of OAuth
    /// that knows nothing of Countersign does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_actions: Vec<String>,
    /// Where an MCP server is and what the operator says of it; there exactly for the kind `mcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp: Option<McpServer>,
    /// What it can do. Those of an MCP server are its tools.
    pub actions: Vec<Action>,
}

pub(crate) fn one() -> u8 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
pub(crate) fn is_one(approvals: &u8) -> bool {
    *approvals == 1
}

/// A service on the Services page and in `GET /v1/services`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceSummary {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The version of its definition.
    pub version: i64,
    /// Whether new requests for it are refused.
    pub blocked: bool,
    /// Its accounts.
    pub connections: Vec<ConnectionSummary>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// How many live sessions hold it right now.
    pub live_sessions: i64,
}

/// A connection, without its secret: nothing can show that again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionSummary {
    /// Its name.
    pub id: Slug,
    /// Whose account it is at the service, as `@paul`.
    pub account: String,
    /// The owner of a personal connection; none for a shared one.
    pub owner: Option<Slug>,
}
