//! `/oauth/token`: RFC 8693 token exchange (of a session's token, by its agent, for a call token), and a token for asking by client credentials (RFC 6749 section 4.4).

use super::{
    super::{
        address::Address,
        client::{self, Known},
        input::Form,
    },
    OAuthError, Refusal,
    asked_call::AskedCall,
    checked,
    ciba::{self, CIBA},
    code,
    params::Params,
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
use protocol::access::Redeemed;
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};

const CODE: &str = "authorization_code";
const CREDENTIALS: &str = "client_credentials";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What may be had here; the metadata says the same.
pub(super) const GRANT_TYPES: [&str; 4] = [CODE, CIBA, EXCHANGE, CREDENTIALS];

pub(in crate::http) async fn token(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Refusal> {
    let form = checked(form)?;
    match form.get("grant_type")? {
        Some(CODE) => {
            let client = client::authenticated_client(&app, from, &headers, &form).await?;
            let (client, via) = client.known(&app).await?;
            code::redeem(&app, &client, via, &Params::read(form.0)?).await
        }
        Some(CIBA) => {
            let client = client::authenticated(&app, from, &headers, &form).await?;
            ciba::poll(&app, &client.agent, &headers, &Params::read(form.0)?).await
        }
        Some(EXCHANGE) => loop {
            let client = acting(&app, from, &headers, &form).await?;
            match exchange(&app, &client, &form).await {
                // What is declared has changed in between: once more, from what is so now.
                Err(Refusal::Fault(Fault::Ledger(LedgerError::Refused(Why::Stale)))) => {
                    app.directories.newest().await.map_err(Fault::from)?;
                }
                answer => break answer,
            }
        },
        Some(CREDENTIALS) => {
            let client = client::authenticated(&app, from, &headers, &form).await?;
            ask_token(&app, &client.agent, &form)
        }
        other => {
            client::authenticated_client(&app, from, &headers, &form).await?;
            Err(no_such_grant(other).into())
        }
    }
}

fn no_such_grant(named: Option<&str>) -> OAuthError {
    match named {
        Some("refresh_token") => {
            let why = "Countersign never renews: ask for a new session, a person approves it";
            OAuthError::new("unsupported_grant_type", why)
        }
        Some(_) => {
            let why = format!("grant_type must be one of {}", GRANT_TYPES.join(", "));
            OAuthError::new("unsupported_grant_type", why)
        }
        None => OAuthError::invalid("grant_type is missing"),
    }
}

/// The agent that authenticates, or as which a client acts on the subject token.
async fn acting(app: &App, from: IpAddr, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
    let Some(subject) = form.get("subject_token")? else {
        return client::authenticated(app, from, headers, form).await;
    };
    let client = client::on_token(app, from, headers, form, (subject, false), Known::ByRevision).await?;
    client.ok_or_else(|| Refusal::As("invalid_request", TokenError::WrongAudience.into()))
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

/// The answer with which an access token is given (RFC 6749 section 5.1, RFC 9396 section 7). Never a refresh token.
pub(super) fn granted(redeemed: &Redeemed) -> Value {
    json!({
        "access_token": redeemed.grant_token,
        "token_type": redeemed.token_type,
        "expires_in": redeemed.expires_in,
        "scope": grants::scope_of(&redeemed.authorization_details),
        "authorization_details": redeemed.authorization_details,
    })
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
    let asked = AskedCall::read(app, form)?;
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
