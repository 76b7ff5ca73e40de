//! Why a call has no answer, and whether the upstream may have seen it.

use std::error::Error as StdError;

use hyper_util::client::legacy;
use thiserror::Error;

use super::connect::ConnectError;

/// Why a call has no answer.
#[derive(Debug, Error)]
pub enum EgressError {
    /// No connection came about: nothing was sent.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Method, path or headers that cannot be sent.
    #[error("the request cannot be sent upstream")]
    InvalidRequest,
    /// It was silent for longer than the limit.
    #[error("the upstream did not begin to answer in time")]
    FirstByteTimeout,
    /// The whole call took longer than the limit.
    #[error("the upstream took too long altogether")]
    TotalTimeout,
    /// Its head is larger than the limit.
    #[error("the upstream's answer has too large a head")]
    HeadTooLarge,
    /// It answered 101.
    #[error("the upstream switched protocols without being asked")]
    UnexpectedUpgrade,
    /// The agent's body ended with an error.
    #[error("the request's body broke off")]
    RequestBody,
    /// The connection broke, or the answer is not HTTP. The text is for the log.
    #[error("the upstream broke off: {0}")]
    Broken(String),
}

impl EgressError {
    /// True if certainly nothing was sent upstream; otherwise the outcome is unknown.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::InvalidRequest)
    }

    /// A stable code for problems and records.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Connect(ConnectError::Refused(_)) => "upstream_address_refused",
            Self::Connect(ConnectError::PlainHttp) => "upstream_plain_http",
            Self::Connect(ConnectError::Tls(_)) => "upstream_tls_failed",
            Self::Connect(_) => "upstream_unreachable",
            Self::InvalidRequest => "upstream_request_invalid",
            Self::FirstByteTimeout => "upstream_timeout",
            Self::TotalTimeout => "upstream_total_timeout",
            Self::HeadTooLarge => "upstream_head_too_large",
            Self::UnexpectedUpgrade => "upstream_switched_protocols",
            Self::RequestBody => "request_body_broken",
            Self::Broken(_) => "upstream_broken",
        }
    }

    pub(super) fn from_client(error: &legacy::Error) -> Self {
        let causes = || std::iter::successors(error.source(), |cause| (*cause).source());
        if let Some(connect) = causes().find_map(|cause| cause.downcast_ref::<ConnectError>()) {
            return Self::Connect(connect.clone());
        }
        match causes().find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
            Some(http) if http.is_parse_too_large() => Self::HeadTooLarge,
            Some(http) if http.is_user() => Self::RequestBody,
            Some(http) => Self::Broken(http.to_string()),
            None => Self::Broken(error.to_string()),
        }
    }
}
