//! The OAuth doors: tokens, what they are worth, giving them back, and where all this is. They hold no rule of their own.

mod asked;
mod backchannel;
mod ciba;
mod introspect;
mod metadata;
mod params;
mod revoke;
mod token;

pub(super) use {
    backchannel::backchannel,
    introspect::introspect,
    metadata::{jwks, resource, server},
    revoke::revoke,
    token::token,
};

use super::{guard::json, input::Form};
use crate::{fault::Fault, tokens::AssertionError};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use protocol::{Code, Problem};
use serde_json::json;

/// The parameters by which a client says who it is (RFC 6749 section 2.3.1, RFC 7523 section 2.2).
const CLIENT: &[&str] = &["client_id", "client_secret", "client_assertion_type", "client_assertion"];

/// An OAuth error (RFC 6749 section 5.2).
pub(super) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl OAuthError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(super) fn invalid(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }
}

impl OAuthError {
    /// An assertion that proves nothing.
    pub(super) fn client(why: &AssertionError) -> Self {
        let description = format!("{why}. Nothing was done");
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description }
    }
}

/// A door's refusal: its own errors, or a fault that the guard writes as an OAuth error.
pub(super) enum Refusal {
    OAuth(OAuthError),
    Fault(Fault),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::OAuth(error) => written(error.status, error.error, &error.description, None),
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

fn written(status: StatusCode, error: &str, description: &str, extra: Option<&Problem>) -> Response {
    let mut body = json!({"error": error, "error_description": description});
    if let (Some(problem), Some(body)) = (extra, body.as_object_mut()) {
        body.insert("code".to_owned(), json!(problem.code));
        body.insert("request_id".to_owned(), json!(problem.request_id));
        body.extend(problem.hint.as_ref().map(|hint| ("hint".to_owned(), json!(hint))));
    }
    let mut response = json(&body, status, "application/json");
    if status == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"countersign\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}

impl Refusal {
    /// Whether it is about who the client is.
    pub(super) fn is_of_client(&self) -> bool {
        match self {
            Self::OAuth(error) => error.error == "invalid_client",
            Self::Fault(fault) => matches!(fault, Fault::Unauthenticated),
        }
    }
}

/// A fault at an OAuth door.
pub(super) fn refusal(problem: &Problem) -> Response {
    let (status, error) = match problem.code {
        Code::Unauthenticated if problem.detail.contains("token") => (400, "invalid_request"),
        Code::Unauthenticated => (401, "invalid_client"),
        Code::NotGranted => (400, "invalid_scope"),
        Code::NotFound => (400, "invalid_target"),
        Code::RateLimited | Code::TooManyPending | Code::CoolingDown => (429, "temporarily_unavailable"),
        Code::Sealed | Code::NotAccepted | Code::AuditUnavailable | Code::Busy | Code::OutcomeUnknown => {
            (503, "temporarily_unavailable")
        }
        Code::Internal => (500, "server_error"),
        _ => (400, "invalid_request"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    written(status, error, &problem.detail, Some(problem))
}

/// No parameter twice (RFC 6749 section 3.2), none that the door does not know.
fn check_form(form: &Form, known: &[&str]) -> Result<(), OAuthError> {
    for (at, (name, _)) in form.0.iter().enumerate() {
        if form.0[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(OAuthError::invalid("a parameter stands there twice"));
        }
        if !known.contains(&name.as_str()) && !CLIENT.contains(&name.as_str()) {
            return Err(OAuthError::invalid("there is a parameter that this door does not know"));
        }
    }
    Ok(())
}
