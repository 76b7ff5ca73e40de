//! What can go wrong, as one enum that a program can match on.

use protocol::{Hint, Problem, RequestId, RequestView, access::EndReason};
use std::{fmt, time::Duration};

/// Why something did not happen, or why it is not known whether it did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A person said no. `reason` is their word to the agent.
    #[error("{request} was denied{}", because(reason.as_deref()))]
    Denied {
        /// Which request.
        request: RequestId,
        /// What the person said.
        reason: Option<String>,
    },
    /// Nobody decided in time.
    #[error("{request} lapsed: nobody decided in time")]
    Lapsed {
        /// Which request.
        request: RequestId,
    },
    /// The agent took the request back.
    #[error("{request} was withdrawn")]
    Withdrawn {
        /// Which request.
        request: RequestId,
    },
    /// The session is over.
    #[error("the session of {request} is over{}", why.map(ended).unwrap_or_default())]
    Ended {
        /// Which request it came from.
        request: RequestId,
        /// Why.
        why: Option<EndReason>,
    },
    /// Still waiting for a person when the time to wait was up.
    #[error("{} is still pending", view.id)]
    StillPending {
        /// The request as it stands.
        view: Box<RequestView>,
    },
    /// The broker refused. Nothing was done.
    #[error("{refusal}")]
    Refused {
        /// Its words.
        refusal: Box<Refusal>,
    },
    /// An OAuth door refused (RFC 6749 section 5.2).
    #[error("{error}{}", because(description.as_deref()))]
    OAuth {
        /// The stable word, as `invalid_target`.
        error: String,
        /// The explanation.
        description: Option<String>,
        /// What to do next.
        hint: Option<Box<Hint>>,
    },
    /// The broker could not be reached. Nothing was done.
    #[error("the broker cannot be reached: {why}")]
    Unreachable {
        /// What failed.
        why: String,
    },
    /// It is not known whether the act happened: look before you repeat it.
    #[error("it is not known whether this happened: {why}")]
    OutcomeUnknown {
        /// What failed.
        why: String,
    },
    /// The answer makes no sense, or the other side is no broker.
    #[error("unexpected answer: {what}")]
    Protocol {
        /// What was unexpected.
        what: String,
    },
    /// No action of the service is called like this: name the action.
    #[error("no action of {service} is called as {call}; see `client.me()` for those there are")]
    NoSuchAction {
        /// The service.
        service: String,
        /// Method and path.
        call: String,
    },
    /// What was handed over cannot be used, as a bad URL or header.
    #[error("{what}")]
    Invalid {
        /// What is wrong.
        what: String,
    },
}

/// A problem that the broker sent, with when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The problem.
    pub problem: Problem,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { title, detail, field, .. } = &self.problem;
        write!(f, "{title}: {detail}")?;
        match field {
            Some(field) => write!(f, " (field {field})"),
            None => Ok(()),
        }
    }
}

impl Error {
    /// The problem the broker sent, if that is what this is.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { refusal } => Some(&refusal.problem),
            _ => None,
        }
    }

    /// What the broker says to do next, at whichever door.
    pub fn hint(&self) -> Option<&Hint> {
        match self {
            Self::Refused { refusal } => refusal.problem.hint.as_ref(),
            Self::OAuth { hint, .. } => hint.as_deref(),
            _ => None,
        }
    }

    /// How long the broker asks to wait before the next try.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { refusal } => refusal.retry_after,
            _ => None,
        }
    }

    /// Whether the same read may succeed later without anybody doing anything.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Refused { refusal } => matches!(refusal.problem.status, 429 | 503 | 504),
            _ => false,
        }
    }

    pub(crate) fn protocol(what: impl Into<String>) -> Self {
        Self::Protocol { what: what.into() }
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn ended(why: EndReason) -> &'static str {
    match why {
        EndReason::Expired => ": its time was up",
        EndReason::Revoked => ": it was revoked",
        EndReason::Closed => ": the agent closed it",
        EndReason::Exhausted => ": every limit is used up",
        EndReason::Idle => ": nothing was called for too long",
        EndReason::NotRedeemed => ": it was not redeemed in time",
    }
}
