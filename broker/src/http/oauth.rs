//! `/oauth/token`: RFC 8693 token exchange, a token for asking by client credentials (RFC 6749 section 4.4), and the
//! keys that tokens are checked with.

use super::{address::Address, client, guard::json, input::Form};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Client, Exchange},
    ledger::{LedgerError, Why},
    store::agents::Agent,
    tokens::{AskToken, AssertionError, TokenError},
    vault::VaultError,
};
use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use protocol::{Code, Problem, Slug};
use serde_json::{Value, json};
use std::sync::Arc;

const CREDENTIALS: &str = "client_credentials";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Every parameter that the door knows (RFC 8693 section 2.1, RFC 6749 section 2.3.1, RFC 7523 section 2.2).
const KNOWN: &[&str] = &[
    "grant_type",
    "subject_token",
    "subject_token_type",
    "audience",
    "resource",
    "scope",
    "requested_token_type",
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
];

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
        Code::RateLimited => (429, "temporarily_unavailable"),
        Code::Sealed | Code::NotAccepted | Code::AuditUnavailable | Code::Busy | Code::OutcomeUnknown => {
            (503, "temporarily_unavailable")
        }
        Code::Internal => (500, "server_error"),
        _ => (400, "invalid_request"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    written(status, error, &problem.detail, Some(problem))
}

pub(super) async fn token(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Refusal> {
    check_form(&form)?;
    let mut client = client::authenticated(&app, from, &headers, &form).await?;
    match form.get("grant_type")? {
        Some(EXCHANGE) => loop {
            match exchange(&app, &client, &form).await {
                // What is declared has changed in between: once more, from what is so now.
                Err(Refusal::Fault(Fault::Ledger(LedgerError::Refused(Why::Stale)))) => {
                    app.directories.newest().await.map_err(Fault::from)?;
                    client = client::authenticated(&app, from, &headers, &form).await?;
                }
                answer => break answer,
            }
        },
        Some(CREDENTIALS) => ask_token(&app, &client.agent, &form),
        Some("refresh_token") => {
            let why = "Countersign never renews: ask for a new session, a person approves it";
            Err(OAuthError::new("unsupported_grant_type", why).into())
        }
        Some(_) => {
            Err(OAuthError::new("unsupported_grant_type", format!("only {EXCHANGE} and {CREDENTIALS}"))
                .into())
        }
        None => Err(OAuthError::invalid("grant_type is missing").into()),
    }
}

/// No parameter twice (RFC 6749 section 3.2), none that the door does not know.
fn check_form(form: &Form) -> Result<(), OAuthError> {
    for (at, (name, _)) in form.0.iter().enumerate() {
        if form.0[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(OAuthError::invalid("a parameter stands there twice"));
        }
        if name.starts_with("actor_token") {
            return Err(OAuthError::invalid(
                "actor tokens are not taken: the agent authenticates as the client",
            ));
        }
        if !KNOWN.contains(&name.as_str()) {
            return Err(OAuthError::invalid("there is a parameter that this door does not know"));
        }
    }
    Ok(())
}

/// A token that works at the agents' API for some minutes, and nowhere else: it may ask, it cannot call.
fn ask_token(app: &App, agent: &Agent, form: &Form) -> Result<Response, Refusal> {
    let signer = app.signer().ok_or(Fault::from(VaultError::Sealed))?;
    if form.get("scope")?.is_some_and(|scope| scope != "ask") {
        return Err(OAuthError::new("invalid_scope", "scope must be ask, or left out").into());
    }
    for name in ["audience", "resource"] {
        if form.get(name)?.is_some_and(|it| it != signer.ask_audience()) {
            let why = format!("{name} must be {}, or left out", signer.ask_audience());
            return Err(OAuthError::new("invalid_target", why).into());
        }
    }
    let now = app.clock.now();
    let id = app.rng.name(now).map_err(Fault::from)?;
    // What is asked with a key does not hang on the secret.
    let key = if agent.via.is_some() { 0 } else { agent.key };
    let ask = AskToken { id, agent: &agent.id, key, thumbprint: agent.via.as_deref() };
    let token = signer.ask_token(ask, now).map_err(Fault::from)?;
    Ok(Answer(json!({
        "access_token": token.expose(),
        "token_type": "Bearer",
        "expires_in": (token.expires_at() - now).num_seconds(),
        "scope": "ask",
    }))
    .into_response())
}

async fn exchange(app: &App, client: &Client, form: &Form) -> Result<Response, Refusal> {
    let subject =
        form.get("subject_token")?.ok_or_else(|| OAuthError::invalid("subject_token is missing"))?;
    match form.get("subject_token_type")? {
        Some(ACCESS_TOKEN | JWT) => {}
        Some(_) => {
            return Err(OAuthError::invalid(format!("subject_token_type must be {ACCESS_TOKEN}")).into());
        }
        None => return Err(OAuthError::invalid("subject_token_type is missing").into()),
    }
    if form.get("requested_token_type")?.is_some_and(|it| it != ACCESS_TOKEN && it != JWT) {
        return Err(OAuthError::invalid(format!("requested_token_type must be {ACCESS_TOKEN}")).into());
    }
    let service = target(app, form)?;
    let action = form.get("scope")?.unwrap_or_default().trim();
    if action.is_empty() || action.contains(' ') {
        let why = "scope must name exactly one action: a call token is for one call of it";
        return Err(OAuthError::new("invalid_scope", why).into());
    }
    let wanted = Exchange { subject_token: subject, service: &service, action };
    let exchanged = grants::exchange(app, client, &wanted).await.map_err(unacceptable)?;
    let left = (exchanged.token.expires_at() - app.clock.now()).num_seconds();
    Ok(Answer(json!({
        "access_token": exchanged.token.expose(),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": left,
        "scope": exchanged.action,
    }))
    .into_response())
}

/// RFC 8693 section 2.2.2: a subject token that is somebody else's is no better than one that is not valid.
fn unacceptable(fault: Fault) -> Fault {
    match fault {
        Fault::Ledger(LedgerError::Refused(Why::Foreign)) => TokenError::WrongAudience.into(),
        fault => fault,
    }
}

/// The one service that the token is for: by name in `audience`, or by its proxy address in `resource` or `audience`.
fn target(app: &App, form: &Form) -> Result<Slug, OAuthError> {
    let prefix = format!("{}/proxy/", app.public_url);
    let named = |text: &str| {
        let name = text.strip_prefix(&prefix).map_or(text, |rest| rest.trim_end_matches('/'));
        name.parse::<Slug>().map_err(|_| OAuthError::new("invalid_target", "there is no such service"))
    };
    let get = |name: &str| form.get(name).map_err(|_| OAuthError::invalid("a parameter stands there twice"));
    match (get("audience")?, get("resource")?) {
        (Some(audience), None) => named(audience),
        (None, Some(resource)) if resource.starts_with(&prefix) => named(resource),
        (Some(audience), Some(resource)) if named(audience)? == named(resource)? => named(audience),
        (None, None) => Err(OAuthError::invalid("audience is missing: name the service")),
        _ => Err(OAuthError::new("invalid_target", "audience and resource must name one service")),
    }
}

pub(super) async fn jwks(State(app): State<Arc<App>>) -> Result<Answer<Value>, Fault> {
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    Ok(Answer(signer.jwks()))
}
