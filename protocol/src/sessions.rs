//! The inbox, sessions and a session's timeline, as pages and the people's API show them.

use crate::{
    access::{EndReason, RequestStatus},
    card::{CleanText, Span},
    ids::{GrantId, RequestId, Slug},
    services::Tier,
    terms::{AgentRef, LineId},
    timeline::TimelineItem,
    usage::AskedGrantedUsed,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who looks at a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Viewer {
    /// Their name.
    pub person: Slug,
    /// Their name for people.
    pub title: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// How they signed in: `link`, `token`.
    pub via: String,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides on requests for shared connections.
    Approver,
    /// Keeps services, agents and people; revokes anything.
    Admin,
    /// Reads the whole record.
    Auditor,
    /// Owns agents.
    Developer,
}

/// The inbox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Inbox {
    /// What waits for the viewer, soonest expiry first.
    pub waiting: Vec<Waiting>,
    /// Live sessions that the viewer may stop.
    pub active: Vec<SessionSummary>,
    /// What was decided or lapsed in the last 24 hours.
    pub decided: Vec<SessionSummary>,
    /// How the viewer decided in the last week, if that looks like routine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routine: Option<Routine>,
}

/// How a person decided in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Routine {
    /// Decisions.
    pub decisions: i64,
    /// Approvals among them.
    pub approved: i64,
    /// How long the page stood before them for half of those made on a page, in milliseconds.
    pub median_ms: Option<i64>,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// Which.
    pub request: RequestId,
    /// Who asks.
    pub agent: AgentRef,
    /// What, in one sentence.
    pub sentence: Vec<Span>,
    /// The agent's words.
    pub purpose: CleanText,
    /// The highest tier that could be granted.
    pub tier: Tier,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// Whether the viewer may decide.
    pub may_decide: bool,
}

/// A session (or what became of a request) in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionSummary {
    /// The session.
    pub grant: GrantId,
    /// Its agent.
    pub agent: AgentRef,
    /// Whose agent it is.
    pub owner: Slug,
    /// Where it stands.
    pub status: RequestStatus,
    /// Why it is over.
    pub end_reason: Option<EndReason>,
    /// What it may do, in one sentence.
    pub sentence: Vec<Span>,
    /// Its services.
    pub services: Vec<SessionService>,
    /// Who decided.
    pub decided_by: Option<Slug>,
    /// When it was decided, or lapsed.
    pub decided_at: Option<DateTime<Utc>>,
    /// What the person gave as a reason.
    pub reason: Option<String>,
    /// When it ends, or ended.
    pub ends_at: Option<DateTime<Utc>>,
    /// Calls that were authorised.
    pub calls: i64,
    /// Calls that were refused.
    pub refused: i64,
    /// When the last call was.
    pub last_call_at: Option<DateTime<Utc>>,
    /// Where old parts of the record were dropped since it was asked for: records up to then may be missing, and
    /// may not be counted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_until: Option<DateTime<Utc>>,
}

/// A service of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionService {
    /// Its name.
    pub service: Slug,
    /// Its name for people.
    pub title: String,
    /// Whether it was taken away since.
    pub taken_away: bool,
}

/// One session with its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The head of the page.
    pub summary: SessionSummary,
    /// When it was approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// What is left of limited lines.
    pub limits: Vec<LimitState>,
    /// What happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// Whether the record has more of it, older than what is here.
    #[serde(default)]
    pub more: bool,
    /// How much was asked, granted and used; none before it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<AskedGrantedUsed>,
    /// Whether it is live and the viewer may stop it.
    pub may_stop: bool,
    /// The server's clock when this was read.
    pub now: DateTime<Utc>,
}

/// What is used of a limited line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitState {
    /// Its number.
    pub line: LineId,
    /// Calls of what, as `Issue tracker`.
    pub of: String,
    /// Used.
    pub used: i64,
    /// At most.
    pub max: i64,
}
