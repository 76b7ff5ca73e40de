//! `/oauth/token`: RFC 8693 token exchange, and a token for asking by client credentials (RFC 6749 section 4.4).

use super::{
    super::{address::Address, client, input::Form},
    OAuthError, Refusal, check_form, code,
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
use http::HeaderMap;
use protocol::{Slug, access::Redeemed};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};

const CODE: &str = "authorization_code";
const CREDENTIALS: &str = "client_credentials";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What may be had here; the metadata says the same.
pub(super) const GRANT_TYPES: [&str; 3] = [CODE, EXCHANGE, CREDENTIALS];

/// The parameters beside those of the client (RFC 8693 section 2.1).
const KNOWN: &[&str] = &[
    "grant_type",
    "subject_token",
    "subject_token_type",
    "audience",
    "resource",
    "scope",
    "requested_token_type",
];

pub(in crate::http) async fn token(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Refusal> {
    if form.get("grant_type")? == Some(CODE) {
        let client = client::authenticated_client(&app, from, &headers, &form).await?.known(&app).await?;
        return code::redeem(&app, &client, &Params::read(form.0)?).await;
    }
    if form.0.iter().any(|(name, _)| name.starts_with("actor_token")) {
        let why = "actor tokens are not taken: the agent authenticates as the client";
        return Err(OAuthError::invalid(why).into());
    }
    check_form(&form, KNOWN)?;
    let mut client = acting(&app, from, &headers, &form).await?;
    match form.get("grant_type")? {
        Some(EXCHANGE) => loop {
            match exchange(&app, &client, &form).await {
                // What is declared has changed in between: once more, from what is so now.
                Err(Refusal::Fault(Fault::Ledger(LedgerError::Refused(Why::Stale)))) => {
                    app.directories.newest().await.map_err(Fault::from)?;
                    client = acting(&app, from, &headers, &form).await?;
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

/// The agent that authenticates, or as which a client acts on the subject token.
async fn acting(app: &App, from: IpAddr, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
    let Some(subject) = form.get("subject_token")? else {
        return client::authenticated(app, from, headers, form).await;
    };
    let client = client::on_token(app, from, headers, form, (subject, false)).await?;
    client.ok_or_else(|| Fault::from(TokenError::WrongAudience).into())
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
fn unacceptable(fault: Fault) -> Refusal {
    match fault {
        Fault::Ledger(LedgerError::Refused(Why::Foreign)) => Fault::from(TokenError::WrongAudience).into(),
        Fault::OtherResource => {
            let why = "the subject token is bound to other resources. Nothing was granted";
            OAuthError::new("invalid_target", why).into()
        }
        fault => fault.into(),
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
