//! What happened in a session, as facts: pages say it in the language of whoever reads.

use crate::{access::EndReason, ids::CallId, mcp::ResultRule, record::Actor};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One thing that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineItem {
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of thing, for its dot.
    pub kind: TimelineKind,
    /// What.
    pub happened: Happened,
    /// Who did it.
    pub by: Actor,
    /// What exactly, as `POST /projects/acme/site/issues/42/comments`.
    pub detail: String,
    /// The call.
    pub call: Option<CallId>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Happened {
    /// A call was authorised.
    Called {
        /// In words, as `Comment on issues`.
        does: String,
        /// What became of it.
        result: CallResult,
    },
    /// A call was refused.
    Refused {
        /// In words, as `Delete issues`, or its method where it is no known action.
        does: String,
        /// Why, in English.
        why: String,
    },
    /// The agent asked.
    Asked,
    /// The last approval that was needed.
    Approved,
    /// An approval of which more are needed.
    Consented,
    /// A denial.
    Denied,
    /// The agent took its request back.
    Withdrawn,
    /// Nobody decided in time.
    Lapsed,
    /// The agent redeemed the grant.
    Started,
    /// It ended.
    Ended {
        /// Why, if that is known.
        why: Option<EndReason>,
    },
    /// It was stopped, alone or with others.
    Stopped,
    /// A service was taken out of it.
    ServiceTaken,
    /// Something of another kind.
    Other {
        /// The kind of the record.
        kind: String,
    },
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CallResult {
    /// It runs.
    OnItsWay,
    /// The service answered.
    Answered {
        /// The status of its answer.
        status: u16,
        /// How long it took, in milliseconds.
        ms: u64,
        /// Why the answer did not get through whole, as a stable word: `cut`, `broken`, `agent_left`, `answer_refused`.
        trouble: Option<String>,
        /// Whether a tool says of itself that it failed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        failed: bool,
        /// What the rules changed in the answer of an MCP server.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cleaned: Vec<Cleaned>,
    },
    /// Nothing of it left the broker.
    NotSent {
        /// Why, as a stable word.
        why: String,
    },
    /// It may have reached the service.
    Unknown {
        /// Why, as a stable word.
        why: String,
    },
}

/// How much a rule changed in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cleaned {
    /// The rule.
    pub rule: ResultRule,
    /// In how many places.
    pub places: u64,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A call that was made.
    Call,
    /// A call that was refused.
    Refused,
    /// A call whose outcome is not known, or that failed.
    Trouble,
    /// A person did something.
    Person,
    /// The agent did something else.
    Agent,
    /// The broker did something by itself.
    Broker,
}
