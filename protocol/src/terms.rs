//! What is asked and what is granted, with everything pinned that a decision must be bound to.

use crate::{
    clients::ClientRef,
    ids::{RequestId, Slug},
    lines::{Condition, Limits},
    services::{Action, ServiceKind},
};
use serde::{Deserialize, Serialize};

/// The number of a line in its request, from 1. A granted line keeps the number of the line it came from.
pub type LineId = u16;

/// The terms of a request or of a grant: what the two digests are computed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Terms {
    /// Which broker installation.
    pub instance: String,
    /// Which request.
    pub request: RequestId,
    /// Who asks.
    pub agent: AgentRef,
    /// Whose agent it is.
    pub owner: Slug,
    /// What it may do.
    pub lines: Vec<Line>,
    /// For how long from the approval, in seconds.
    pub duration: u32,
    /// Why, in the agent's words, cleaned.
    pub purpose: String,
    /// What the agent says that its own screen shows, for the person to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_message: Option<String>,
    /// Whether its client named nothing, and the lines are what is offered then at several services, or all that an MCP server
    /// has: nothing of them is chosen before a person chooses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchosen: bool,
}

/// An agent as it was when it asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRef {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// Which credential it authenticated with: the number of its secret; 0 where it used a key.
    pub key: i64,
    /// The RFC 7638 thumbprint of the key that it authenticated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// Whether the grant token itself may be used at the proxy.
    pub direct: bool,
    /// The OAuth client that it is, where a person brought one along or a browser is sent back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Box<ClientRef>>,
}

/// One row of a request or grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// Its number.
    pub id: LineId,
    /// The service, pinned.
    pub service: ServiceRef,
    /// The account, pinned; none while several are possible and the person has to choose.
    pub connection: Option<ConnectionRef>,
    /// The actions with their recognisers, pinned.
    pub actions: Vec<Action>,
    /// The resources; none means all.
    pub resources: Vec<String>,
    /// The conditions on every call.
    pub conditions: Vec<Condition>,
    /// The limits.
    pub limits: Limits,
}

/// A service as it was when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceRef {
    /// Its name.
    pub id: Slug,
    /// Its name for people.
    pub title: String,
    /// What kind of thing it is.
    pub kind: ServiceKind,
    /// The version of its definition.
    pub version: i64,
    /// Scheme, host and port.
    pub origin: String,
    /// Whether what it lets an agent read is sensitive.
    pub sensitive: bool,
    /// How a call names its resource.
    pub resource: Option<String>,
    /// How many people must approve what is granted of it.
    #[serde(default = "crate::services::one", skip_serializing_if = "crate::services::is_one")]
    pub approvals: u8,
    /// Whether somebody else than the agent's owner has to decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub four_eyes: bool,
}

/// A connection as it was when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionRef {
    /// Its name.
    pub id: Slug,
    /// Whose account it is at the service.
    pub account: String,
    /// The owner of a personal connection.
    pub owner: Option<Slug>,
}
