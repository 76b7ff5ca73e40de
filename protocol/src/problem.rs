//! Errors: RFC 9457 problem details with a stable code and a hint that a program can act on.

use crate::{access::AccessRequest, ids::RequestId};
use serde::{Deserialize, Serialize};

/// The media type of a problem (RFC 9457 section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, as a stable word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body, a field or a parameter is not as it must be.
    InvalidRequest,
    /// No, or no valid, credential.
    Unauthenticated,
    /// Known, but not permitted.
    Forbidden,
    /// Nothing of that name that you may see.
    NotFound,
    /// The path or the method is none of ours.
    NoSuchRoute,
    /// What you decide on is not what stands here now.
    Changed,
    /// Already decided, redeemed or used.
    AlreadyDone,
    /// Too late.
    Expired,
    /// Not granted to this session.
    NotGranted,
    /// The grant is over.
    GrantEnded,
    /// Every unit of the line is used.
    LimitReached,
    /// This call token was used already.
    TokenUsed,
    /// Too many open requests.
    TooManyPending,
    /// More often than a rate allows.
    RateLimited,
    /// People denied this agent again and again: it has to wait before it asks for more.
    CoolingDown,
    /// Nobody could approve this.
    NotApprovable,
    /// This needs a passkey or a second person.
    NeedsStrongerProof,
    /// The decision came faster than a person can read.
    TooFast,
    /// The body or a header is too large.
    TooLarge,
    /// Too slow.
    Timeout,
    /// The path, query or header is ambiguous and was not forwarded.
    AmbiguousCall,
    /// The service could not be reached, or answered what cannot be passed on.
    UpstreamFailed,
    /// The vault is sealed: the secret cannot be opened.
    Sealed,
    /// The database is an older copy that no admin has accepted: nothing is authorised.
    NotAccepted,
    /// The record cannot be written, so nothing may happen.
    AuditUnavailable,
    /// It is not known whether the act was recorded. It may have happened.
    OutcomeUnknown,
    /// Agents hold as many connections as they may: later.
    Busy,
    /// A fault of the broker.
    Internal,
}

/// An error as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A link-like name of the kind of problem: `urn:countersign:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, whether anything was granted or done, and what to do.
    pub detail: String,
    /// The stable word.
    pub code: Code,
    /// The id of this exchange in the broker's log.
    pub request_id: String,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do next, for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Hint {
    /// Ask for access: this request is the smallest that would pass.
    RequestAccess {
        /// Ready to be sent to `POST /v1/requests`.
        example: Box<AccessRequest>,
    },
    /// Wait so many seconds, then try again.
    Retry {
        /// Seconds.
        after: u32,
    },
    /// Wait for the decision on a request that is already open.
    Wait {
        /// That request.
        request: RequestId,
    },
    /// Do not try again.
    Stop,
}
