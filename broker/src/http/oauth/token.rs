//! `/oauth/token`: RFC 8693 token exchange (of a session's token, by its agent, for a call token), and a token for asking by client credentials (RFC 6749 section 4.4).

use super::{
    super::{address::Address, client, input::Form},
    OAuthError, Refusal,
    asked::Asked,
    check_form,
};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Client, Exchange},
    ledger::{LedgerError, Why},
    store::agents::Agent,
    tokens::{AskToken, TokenError},
    vault::VaultError,
};
use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::admit::Refusal as NotHeld;
use http::HeaderMap;
use serde_json::json;
use std::sync::Arc;

const CREDENTIALS: &str = "client_credentials";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What may be had here; the metadata says the same.
pub(super) const GRANT_TYPES: [&str; 2] = [EXCHANGE, CREDENTIALS];

/// The parameters beside those of the client (RFC 8693 section 2.1, RFC 9396 section 6).
const KNOWN: &[&str] = &[
    "grant_type",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "audience",
    "resource",
    "scope",
    "authorization_details",
    "requested_token_type",
];

pub(in crate::http) async fn token(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Refusal> {
    let form = check_form(form, KNOWN)?;
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

/// A token that works at the agents' API for some minutes, and nowhere else: it may ask, it cannot call.
fn ask_token(app: &App, agent: &Agent, form: &Form) -> Result<Response, Refusal> {
    let signer = app.signer().ok_or(Fault::from(VaultError::Sealed))?;
    if form.get("scope")?.is_some_and(|scope| scope != "ask") {
        return Err(OAuthError::new("invalid_scope", "scope must be ask, or left out").into());
    }
    for name in ["audience", "resource"] {
        if form.all(name).any(|it| it != signer.ask_audience()) {
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
    let subject = of_type(form, "subject_token")?;
    let subject = subject.ok_or_else(|| OAuthError::invalid("subject_token is missing"))?;
    let actor = of_type(form, "actor_token")?;
    let issued = match form.get("requested_token_type")? {
        None | Some(ACCESS_TOKEN) => ACCESS_TOKEN,
        Some(JWT) => JWT,
        Some(_) => {
            return Err(
                OAuthError::invalid(format!("requested_token_type must be {ACCESS_TOKEN} or {JWT}")).into()
            );
        }
    };
    let asked = Asked::read(app, form)?;
    let wanted = Exchange {
        subject_token: subject,
        actor_token: actor,
        service: &asked.service,
        action: &asked.action,
        resources: &asked.resources,
    };
    let token = grants::exchange(app, client, &wanted).await.map_err(unacceptable)?;
    let mut answer = json!({
        "access_token": token.expose(),
        "issued_token_type": issued,
        "token_type": "Bearer",
        "expires_in": (token.expires_at() - app.clock.now()).num_seconds(),
        "scope": asked.action,
    });
    if asked.in_detail {
        answer["authorization_details"] = json!(asked.details());
    }
    Ok(Answer(answer).into_response())
}

/// A token and what it is said to be: both or neither (RFC 8693 section 2.1).
fn of_type<'a>(form: &'a Form, name: &str) -> Result<Option<&'a str>, Refusal> {
    let kind = format!("{name}_type");
    let why = match (form.get(name)?, form.get(&kind)?) {
        (None, None) => return Ok(None),
        (Some(token), Some(ACCESS_TOKEN | JWT)) => return Ok(Some(token)),
        (Some(_), Some(_)) => format!("{kind} must be {ACCESS_TOKEN}"),
        (Some(_), None) => format!("{kind} is missing"),
        (None, Some(_)) => format!("{name} is missing"),
    };
    Err(OAuthError::invalid(why).into())
}

/// RFC 8693 section 2.2.2, RFC 9396 section 5. A token that is somebody else's is no better than one that is not valid.
fn unacceptable(fault: Fault) -> Refusal {
    let error = match &fault {
        Fault::Ledger(LedgerError::Refused(Why::Foreign)) => {
            return Refusal::As("invalid_request", TokenError::WrongAudience.into());
        }
        Fault::Token(_) => "invalid_request",
        Fault::OtherResource | Fault::NotGranted { refusal: NotHeld::ServiceOutside { .. }, .. } => {
            "invalid_target"
        }
        Fault::NotGranted { refusal: NotHeld::ResourceOutside { .. }, .. } => "invalid_authorization_details",
        _ => return fault.into(),
    };
    Refusal::As(error, fault)
}
