//! How the command ends. The codes are a promise: scripts depend on them.

use agent_client::{
    Error,
    protocol::{Code, Hint, RequestStatus},
};
use serde_json::{Value, json};
use std::{io, process::ExitCode};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Denied = 3,
    Pending = 4,
    Expired = 5,
    Unreachable = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the codes.
        Self::from(exit as u8)
    }
}

impl From<RequestStatus> for Exit {
    fn from(status: RequestStatus) -> Self {
        match status {
            RequestStatus::Approved | RequestStatus::Active => Self::Done,
            RequestStatus::Pending => Self::Pending,
            RequestStatus::Denied => Self::Denied,
            RequestStatus::Lapsed | RequestStatus::Ended => Self::Expired,
            RequestStatus::Withdrawn => Self::Failed,
        }
    }
}

/// Why the command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Other(String),
    #[error(transparent)]
    Client(#[from] Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Other(_) | Self::Io(_) => Exit::Failed,
            Self::Client(error) => of_error(error),
        }
    }

    /// What else to say, as the smallest request that would pass.
    pub fn advice(&self) -> Option<String> {
        let Self::Client(error) = self else { return None };
        match error.hint()? {
            Hint::RequestAccess { example } => {
                let example = serde_json::to_string(example).ok()?;
                Some(format!(
                    "The smallest request that would pass, for `countersign request --file -`: {example}"
                ))
            }
            Hint::Retry { after } => Some(format!("Try again in {after} s.")),
            Hint::Wait { request } => Some(format!("Wait for it: countersign wait {request}")),
            Hint::Stop => None,
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let mut value = json!({"error": self.word(), "exit": self.exit() as u8, "detail": self.to_string()});
        if let Self::Client(error) = self {
            match error {
                Error::Denied { reason, .. } => value["reason"] = json!(reason),
                Error::Ended { why, .. } => value["end_reason"] = json!(why),
                Error::StillPending { view } => value["request"] = json!(view),
                Error::Refused { refusal } => value["problem"] = json!(refusal.problem),
                Error::OAuth { hint: Some(hint), .. } => value["hint"] = json!(hint),
                _ => {}
            }
        }
        value
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Client(Error::OutcomeUnknown { .. }) => "outcome_unknown",
            _ => match self.exit() {
                Exit::Done | Exit::Failed => "failed",
                Exit::Usage => "usage",
                Exit::Denied => "denied",
                Exit::Pending => "pending",
                Exit::Expired => "expired",
                Exit::Unreachable => "unreachable",
            },
        }
    }
}

fn of_error(error: &Error) -> Exit {
    match error {
        Error::Denied { .. } => Exit::Denied,
        Error::StillPending { .. } => Exit::Pending,
        Error::Lapsed { .. } | Error::Ended { .. } => Exit::Expired,
        Error::Unreachable { .. } => Exit::Unreachable,
        Error::Invalid { .. } | Error::NoSuchAction { .. } => Exit::Usage,
        Error::Refused { refusal } => match refusal.problem.code {
            Code::Expired | Code::GrantEnded => Exit::Expired,
            _ => Exit::Failed,
        },
        _ => Exit::Failed,
    }
}
