//! The OAuth doors: tokens, what they are worth, giving them back, and where all this is. They hold no rule of their own.

mod asked;
mod asked_call;
mod authorize;
mod backchannel;
mod ciba;
mod code;
mod come_back;
mod introspect;
mod metadata;
mod par;
mod params;
mod register;
mod revoke;
mod token;

pub(super) use {
    authorize::authorize,
    backchannel::backchannel,
    come_back::{come_back, way_back},
    introspect::introspect,
    metadata::{all_mcp_resource, jwks, mcp_resource, resource, server},
    par::push,
    register::{register, registered, reregister, unregister},
    revoke::revoke,
    token::token,
};

use super::{guard::json, input::Form};
use crate::{clients::AuthMethod, fault::Fault, tokens::AssertionError};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use protocol::{Code, Problem};
use serde_json::json;

const INVALID_TOKEN: &str = "invalid_token";
const BASIC: &str = "Basic realm=\"countersign\"";
const BEARER: &str = "Bearer realm=\"countersign\", error=\"invalid_token\"";

/// An OAuth error (RFC 6749 section 5.2).
pub(super) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl OAuthError {
    /// What is said of it where only some characters may stand (RFC 6749 section 4.1.2.1).
    fn printable(&self) -> String {
        let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        self.description.chars().map(|c| if allowed(c) { c } else { '\'' }).collect()
    }

    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(super) fn invalid(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }
}

impl OAuthError {
    /// A client that is known, at a door that it has no business at.
    pub(super) fn not_for_this_client(why: &str) -> Self {
        Self::new("unauthorized_client", format!("{why}. Nothing was done"))
    }

    /// A redirect address that cannot be registered (RFC 7591 section 3.2.2).
    fn redirect(why: &str) -> Self {
        Self::new("invalid_redirect_uri", format!("{why}. Nothing was registered"))
    }

    /// Other metadata that cannot be registered.
    fn metadata(why: &str) -> Self {
        Self::new("invalid_client_metadata", format!("{why}. Nothing was registered"))
    }

    /// As many are registered as may be.
    fn full(why: &str) -> Self {
        let description = format!("{why}. Nothing was registered");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, error: "temporarily_unavailable", description }
    }

    /// What an operator has switched off.
    fn switched_off(why: &str) -> Self {
        let description = format!("{why}. Nothing was registered");
        Self { status: StatusCode::FORBIDDEN, error: "access_denied", description }
    }

    /// No registration that this token keeps, or no such client: nobody learns which (RFC 7592 section 2.1).
    fn no_registration() -> Self {
        let description = "this takes the registration token of the client. Nothing was done".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, error: INVALID_TOKEN, description }
    }

    /// A client that authenticates otherwise than it registered.
    pub(super) fn other_way(registered: AuthMethod) -> Self {
        let way = match registered {
            AuthMethod::None => "by its client_id alone",
            AuthMethod::ClientSecretBasic => "by client_secret_basic",
            AuthMethod::ClientSecretPost => "by client_secret_post",
            AuthMethod::PrivateKeyJwt => "by private_key_jwt",
            AuthMethod::AsAgent => "by its secret or key",
        };
        let description = format!("this client registered to authenticate {way}. Nothing was done");
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description }
    }

    /// An assertion that proves nothing.
    pub(super) fn client(why: &AssertionError) -> Self {
        let description = format!("{why}. Nothing was done");
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description }
    }
}

/// A fault as the authorization endpoint tells a client of it (RFC 6749 section 4.1.2.1, RFC 9396 section 5).
impl From<Fault> for OAuthError {
    fn from(fault: Fault) -> Self {
        let problem = super::error::problem(&fault);
        let error = match problem.code {
            Code::InvalidRequest if problem.detail.starts_with("authorization_details") => {
                "invalid_authorization_details"
            }
            Code::InvalidRequest | Code::TooLarge => "invalid_request",
            Code::RateLimited
            | Code::TooManyPending
            | Code::Sealed
            | Code::NotAccepted
            | Code::AuditUnavailable
            | Code::Busy
            | Code::OutcomeUnknown => "temporarily_unavailable",
            Code::Internal => {
                tracing::error!(error = %fault, "an authorization request could not be answered");
                "server_error"
            }
            _ => "access_denied",
        };
        Self::new(error, problem.detail)
    }
}

/// A door's refusal: its own errors, or a fault that the guard writes as an OAuth error.
pub(super) enum Refusal {
    OAuth(OAuthError),
    Fault(Fault),
    /// A fault that is this error at this door.
    As(&'static str, Fault),
}

/// The error that a fault is, on its way to the guard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word(&'static str);

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
            Self::As(error, fault) => {
                let mut response = fault.into_response();
                response.extensions_mut().insert(Word(error));
                response
            }
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
        let challenge = if error == INVALID_TOKEN { BEARER } else { BASIC };
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

impl Refusal {
    /// Whether it is about who the client is.
    pub(super) fn is_of_client(&self) -> bool {
        match self {
            Self::OAuth(error) => error.error == "invalid_client",
            Self::Fault(fault) => matches!(fault, Fault::Unauthenticated),
            Self::As(..) => false,
        }
    }
}

/// A fault at an OAuth door, by the word that the door has for it, if it has one.
pub(super) fn refusal(problem: &Problem, word: Option<Word>) -> Response {
    if let Some(Word(error)) = word {
        return written(StatusCode::BAD_REQUEST, error, &problem.detail, Some(problem));
    }
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

/// The parameters of a form, by the rules that hold at every door.
fn checked(form: Form) -> Result<Form, OAuthError> {
    Ok(Form(params::Params::read(form.0)?.into_pairs()))
}
