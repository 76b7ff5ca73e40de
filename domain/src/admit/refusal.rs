//! Why a call is not permitted.

use protocol::{Slug, problem::Code};

/// Why a call is not permitted. Nothing was spent and nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service declares no such action: nobody could be granted this call.
    #[error("this call is none of the actions of {service}")]
    NotRecognised {
        /// Which service.
        service: Slug,
    },
    /// The service was declared anew since: its lines rest.
    #[error("{service} was changed since this session was approved: ask for a new session")]
    Suspended {
        /// Which service.
        service: Slug,
    },
    /// The tool that was granted is not the one of today: it rests.
    #[error(
        "the tool {action} was changed since this session was approved: ask for it anew, a person sees what changed"
    )]
    ToolChanged {
        /// Which.
        action: String,
    },
    /// The session holds nothing at this service.
    #[error("this session was granted nothing at {service}")]
    ServiceOutside {
        /// Which service.
        service: Slug,
        /// Which action was meant there.
        action: String,
    },
    /// The token was made for some of the session's resources only.
    #[error("this call token is for other resources: exchange the grant token for one that is for this")]
    TokenOutside {
        /// Which action.
        action: String,
    },
    /// The session does not hold this action.
    #[error("this session was not granted {action}")]
    NotGranted {
        /// Which action.
        action: String,
        /// Which resource it was to act in.
        resource: Option<String>,
    },
    /// The session holds the action, but not here.
    #[error("{}", outside(action, resource.as_deref()))]
    ResourceOutside {
        /// Which action.
        action: String,
        /// Which resource it was to act in; none if the call names none.
        resource: Option<String>,
    },
    /// An argument is not as it was granted.
    #[error("{at} {why}")]
    ConditionFailed {
        /// Which argument, as `query.state`.
        at: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two lines permit it, through two accounts.
    #[error("this session holds {action} through several accounts, and the call does not say through which")]
    SeveralAccounts {
        /// Which action.
        action: String,
    },
}

impl Refusal {
    /// The word for programs.
    pub fn code(&self) -> Code {
        Code::NotGranted
    }

    /// The word for the record.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotRecognised { .. } => "not_recognised",
            Self::Suspended { .. } => "suspended",
            Self::ToolChanged { .. } => "tool_changed",
            Self::ServiceOutside { .. } => "service_outside",
            Self::TokenOutside { .. } => "token_outside",
            Self::NotGranted { .. } => "not_granted",
            Self::ResourceOutside { .. } => "resource_outside",
            Self::ConditionFailed { .. } => "condition_failed",
            Self::SeveralAccounts { .. } => "several_accounts",
        }
    }

    /// The action that was meant, where it is known and asking for it could help.
    pub fn action(&self) -> Option<&str> {
        match self {
            Self::NotGranted { action, .. }
            | Self::ResourceOutside { action, .. }
            | Self::ToolChanged { action }
            | Self::ServiceOutside { action, .. } => Some(action),
            _ => None,
        }
    }

    /// The resource that was meant.
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::NotGranted { resource, .. } | Self::ResourceOutside { resource, .. } => resource.as_deref(),
            _ => None,
        }
    }
}

fn outside(action: &str, resource: Option<&str>) -> String {
    match resource {
        Some(resource) => format!("this session was not granted {action} in {resource}"),
        None => {
            format!("this session was granted {action} in named resources only, and this call names none")
        }
    }
}
