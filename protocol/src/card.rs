//! The request card: what a person sees, and what they send back.

use crate::{
    access::{EndReason, RequestStatus},
    clients::Twin,
    digest::Digest,
    ids::{RequestId, Slug},
    lines::Condition,
    services::{Effect, Tier},
    terms::{AgentRef, ConnectionRef, LineId},
    tools::CardTool,
    usage::Earlier,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A piece of a generated sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// The words.
    pub text: String,
    /// Whether they stand out.
    pub strong: bool,
}

/// Text that an agent wrote, cleaned for showing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanText {
    /// What is left.
    pub text: String,
    /// How many invisible or control characters were removed.
    pub removed: u32,
}

/// The worst that could come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Worst {
    /// The highest tier among what would be granted.
    pub tier: Tier,
    /// In two or three words, as `Can change data.`
    pub headline: String,
    /// The rest, as `Reversible, and stays inside acme/site.`
    pub detail: String,
}

/// Everything on the request card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// Which request.
    pub request: RequestId,
    /// Its version.
    pub version: i64,
    /// Where it stands.
    pub status: RequestStatus,
    /// Who asks.
    pub agent: AgentRef,
    /// What else has a name like that of the client that it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<Twin>,
    /// Whose agent it is.
    pub owner: Slug,
    /// Whether it is the viewer's own agent.
    pub yours: bool,
    /// When the agent was registered.
    pub agent_since: DateTime<Utc>,
    /// What would be granted as the card stands, as one sentence; what was granted once decided.
    pub sentence: Vec<Span>,
    /// The worst that could come of it.
    pub worst: Worst,
    /// The agent's words.
    pub purpose: CleanText,
    /// What happened before between this agent and these services.
    pub history: History,
    /// What its earlier sessions say about what would be granted.
    #[serde(default)]
    pub earlier: Earlier,
    /// The code that the agent's side shows too, if it asked at a door that tells it.
    pub matching_code: String,
    /// What the agent's own screen shows instead, as it says: this is to be compared then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_message: Option<String>,
    /// The lines.
    pub lines: Vec<CardLine>,
    /// For how long.
    pub duration: DurationChoice,
    /// When it lapses if nobody decides.
    pub expires_at: DateTime<Utc>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// The digest of what was asked.
    pub request_digest: Digest,
    /// The digest of what would be granted as the card stands; none while nothing could be.
    pub grant_digest: Option<Digest>,
    /// Why it cannot be approved as it stands; empty if it can.
    pub blocked_because: Vec<String>,
    /// Whether the viewer may decide, and if not, why.
    pub permission: Permission,
    /// What the Approve button says.
    pub approve_label: String,
    /// How many people it takes, and who has approved exactly this.
    #[serde(default)]
    pub quorum: CardQuorum,
    /// What the viewer's passkey is asked; none where the decision takes none, or it cannot be asked for here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyQuestion>,
    /// What became of it, once it is decided or over.
    pub outcome: Option<Outcome>,
}

/// How many people it takes, and who has approved exactly what the card shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardQuorum {
    /// How many different people.
    pub approvals: u8,
    /// Who has approved exactly this, in order.
    pub given: Vec<Given>,
    /// What is missing besides the viewer's approval, in words; none if that completes it.
    pub missing: Option<String>,
    /// Who approved something else of this request before: approving this instead starts anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Slug>,
}

/// An approval that waits for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Given {
    /// Whose.
    pub by: Slug,
    /// When.
    pub at: DateTime<Utc>,
    /// What they said to the agent.
    pub reason: Option<String>,
    /// By whose sign-in links they were in, the nearest first; none for a link of the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub let_in_by: Vec<Slug>,
}

/// What a passkey is asked: its challenge is bound to the decision as the card shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyQuestion {
    /// What makes the challenge one of a kind; sent back with the answer.
    pub nonce: String,
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON`, as JSON.
    pub options: String,
}

/// What a passkey answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// [`PasskeyQuestion::nonce`] of what was asked.
    pub nonce: String,
    /// The credential's `toJSON()`, as JSON.
    pub answer: String,
}

/// Whether the viewer may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// Whether.
    pub allowed: bool,
    /// If not, why, and who could.
    pub why_not: Option<String>,
    /// Whether the viewer may pause the agent.
    #[serde(default)]
    pub may_pause: bool,
}

/// One line of the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardLine {
    /// Its number.
    pub line: LineId,
    /// The service's name.
    pub service: Slug,
    /// The service's name for people.
    pub title: String,
    /// Its origin, shown in the details.
    pub origin: String,
    /// The account, if it is settled.
    pub connection: Option<ConnectionRef>,
    /// The accounts to choose from, if it is not.
    pub choices: Vec<ConnectionRef>,
    /// The actions.
    pub actions: Vec<CardAction>,
    /// The resources that were asked; none means all.
    pub resources: Vec<CardResource>,
    /// Conditions in words.
    pub conditions: Vec<String>,
    /// The limit that was asked.
    pub max_calls_asked: Option<u32>,
    /// The limit as the card stands.
    pub max_calls: Option<u32>,
}

/// One action of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardAction {
    /// Its name.
    pub name: String,
    /// In words, as `comment on issues`.
    pub label: String,
    /// Its effect.
    pub effect: Effect,
    /// Its tier on this line.
    pub tier: Tier,
    /// Whether it is to be granted as the card stands.
    pub ticked: bool,
    /// Why it cannot be granted now; none if it can.
    pub disabled_because: Option<String>,
    /// The tool that it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Box<CardTool>>,
}

/// One resource of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardResource {
    /// Its name.
    pub name: String,
    /// Whether it is to be granted as the card stands.
    pub ticked: bool,
}

/// For how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DurationChoice {
    /// What was asked, in seconds.
    pub asked: u32,
    /// What would be granted as the card stands, in seconds.
    pub chosen: u32,
    /// What is offered, in seconds, ascending; never more than was asked.
    pub options: Vec<u32>,
    /// When it would end if it were approved at this moment.
    pub ends_at: DateTime<Utc>,
}

/// What happened before between this agent and these services, in the last 14 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct History {
    /// Earlier requests.
    pub asked: i64,
    /// How many of them were approved.
    pub approved: i64,
    /// How many were denied.
    pub denied: i64,
    /// Calls that its sessions made on average.
    pub calls_on_average: i64,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    /// Who decided or ended it; none if time did.
    pub by: Option<String>,
    /// By whose sign-in links they were in, the nearest first; none for a link of the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub let_in_by: Vec<Slug>,
    /// When.
    pub at: DateTime<Utc>,
    /// What is now true, as `Approved. … can read issues until 17:40.`
    pub says: String,
    /// What the person gave as a reason.
    pub reason: Option<String>,
    /// When the grant ends or ended.
    pub ends_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
}

/// What a person changes on a card: only ever less. Lines that are missing are not granted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Narrowing {
    /// What is granted of each line.
    pub lines: Vec<NarrowedLine>,
    /// For how long, in seconds; none means as the card offers by default.
    #[serde(default)]
    pub duration: Option<u32>,
}

/// What is granted of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NarrowedLine {
    /// The line it comes from.
    pub line: LineId,
    /// The actions that stay.
    pub actions: Vec<String>,
    /// The resources that stay; none means those that were asked.
    #[serde(default)]
    pub resources: Option<Vec<String>>,
    /// Conditions that every call must meet besides those that were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// A lower limit.
    #[serde(default)]
    pub max_calls: Option<u32>,
    /// The account, where there was a choice.
    #[serde(default)]
    pub connection: Option<Slug>,
}

/// An approval: exactly what was shown, by its two digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// What stays; none means as the card offers by default.
    #[serde(default)]
    pub narrowing: Option<Narrowing>,
    /// [`Card::request_digest`] of what was shown.
    pub request_digest: Digest,
    /// [`Card::grant_digest`] of what was shown.
    pub grant_digest: Digest,
    /// A word to the agent.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the person's passkey answered, where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyAnswer>,
}

/// A denial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// [`Card::request_digest`] of what was shown.
    pub request_digest: Digest,
    /// Why, and what the agent should ask for instead; reaches the agent.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the agent is paused too: its sessions end, and it may ask for nothing until somebody lets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pause: bool,
}
