//! `POST /v1/requests` and what comes back.

use crate::{
    ids::{GrantId, RequestId, Slug},
    lines::AskedLine,
    terms::LineId,
    usage::AskedGrantedUsed,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an agent asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// What for: one to ten lines.
    pub authorization_details: Vec<AskedLine>,
    /// Why, in plain words, at most 280 characters. Shown to the person as the agent's words.
    pub purpose: String,
    /// For how long from the approval, in seconds, from 5 up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// Whether the agent can wait for hours: then the request stays open for 3 h instead of 10 min.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asynchronous: bool,
    /// A repeat with the same key gets the same request back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Where a request or the grant that came of it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Waits for a person.
    Pending,
    /// Granted, waits to be redeemed by the agent.
    Approved,
    /// Redeemed: calls are possible.
    Active,
    /// A person said no.
    Denied,
    /// The agent took it back.
    Withdrawn,
    /// Nobody decided in time.
    Lapsed,
    /// The grant is over.
    Ended,
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its time was up.
    Expired,
    /// A person or admin ended it.
    Revoked,
    /// The agent closed it.
    Closed,
    /// Every limit is used up.
    Exhausted,
    /// Nothing was called for too long.
    Idle,
    /// The agent never redeemed it.
    NotRedeemed,
}

/// How to wait for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Poll {
    /// Ask at most this often, in seconds.
    pub interval: u32,
    /// Where; takes `?wait=25` to be answered as soon as something changes.
    pub url: String,
}

/// A request as its agent sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestView {
    /// Its id.
    pub id: RequestId,
    /// Grows with every change.
    pub version: i64,
    /// Where it stands.
    pub status: RequestStatus,
    /// Where the person decides. Useless without signing in.
    pub approve_url: String,
    /// Shown on the person's card too: print it so that they can compare.
    pub matching_code: String,
    /// When it lapses if nobody decides.
    pub expires_at: DateTime<Utc>,
    /// How to wait.
    pub poll: Poll,
    /// What was asked.
    pub asked: Vec<AskedLine>,
    /// What was granted, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Granted>,
    /// Asked beside granted, line by line, with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<LineDiff>,
    /// What the person said, with a denial or an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why the grant is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<EndReason>,
    /// Invisible or control characters that were removed from the purpose.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed_characters: u32,
    /// Once it is over: how much of what was asked was granted and used. Ask for less next time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<AskedGrantedUsed>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Granted {
    /// The session.
    pub grant: GrantId,
    /// Its lines, in the form they were asked.
    pub authorization_details: Vec<AskedLine>,
    /// When it ends, at the latest. Never later.
    pub ends_at: DateTime<Utc>,
    /// When it must be redeemed.
    pub redeem_by: DateTime<Utc>,
}

/// One line, asked beside granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineDiff {
    /// The line's number.
    pub line: LineId,
    /// What was asked.
    pub asked: AskedLine,
    /// What was granted; none if nothing of it.
    pub granted: Option<AskedLine>,
    /// In words, what is missing and why.
    pub why: Vec<String>,
}

/// The answer to `POST /v1/requests/{id}/redeem`: once, ever.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeemed {
    /// The session.
    pub grant: GrantId,
    /// The grant token: exchange it at `/oauth/token` for call tokens. Never shown again.
    pub grant_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the grant ends.
    pub expires_in: i64,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What was granted.
    pub authorization_details: Vec<AskedLine>,
}

/// Without the token: what is printed ends up in logs.
impl std::fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redeemed")
            .field("grant", &self.grant)
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

/// The answer to `GET /v1/me`: what may I do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The agent.
    pub agent: Slug,
    /// Whose it is.
    pub owner: Slug,
    /// Its open requests.
    pub pending: Vec<RequestId>,
    /// Its live sessions.
    pub grants: Vec<LiveGrant>,
    /// What it may ask for.
    pub services: Vec<AskableService>,
    /// Where it reads how to ask and call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guide: String,
}

/// A live session with what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveGrant {
    /// The session.
    pub grant: GrantId,
    /// Approved or active.
    pub status: RequestStatus,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What is granted.
    pub authorization_details: Vec<AskedLine>,
    /// What is left of each limited line.
    pub left: Vec<LineLeft>,
}

/// What is left of a limited line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineLeft {
    /// The line's number.
    pub line: LineId,
    /// Calls left.
    pub calls: i64,
}

/// A service that this agent may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskableService {
    /// Its name.
    pub service: Slug,
    /// Its name for people.
    pub title: String,
    /// How resources are named, as `{owner}/{repo}`.
    pub resource: Option<String>,
    /// Names and meanings of its actions.
    pub actions: Vec<AskableAction>,
}

/// An action that this agent may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskableAction {
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub does: String,
    /// How it is called, as `POST /projects/{project}/issues/{issue}/comments`.
    pub call: String,
    /// What to be careful about, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
}
