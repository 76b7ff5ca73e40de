//! `/oauth/par`: pushed authorization requests (RFC 9126). A client says beforehand, authenticated, what its person's
//! browser will ask for: `authorization_details` are too long for an address.

use super::{
    super::{address::Address, client, input::Form},
    OAuthError, Refusal,
    authorize::Wanted,
    params::Params,
};
use crate::{
    app::App,
    clients::redirect,
    fault::Fault,
    ledger::acts::{Act, Authorizing},
    store::authorizations,
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{Json as Answer, extract::State};
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// What stands before the random part (RFC 9126 section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long it is good: long enough to sign in.
const LIFETIME: TimeDelta = TimeDelta::seconds(600);
/// What says who the client is, and does not belong to what it asks.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

pub(in crate::http) async fn push(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<(StatusCode, Answer<Value>), Refusal> {
    let client = client::authenticated_client(&app, from, &headers, &form).await?;
    let (client, via) = client.known(&app).await?;
    let mut pairs = Params::read(form.0)?.into_pairs();
    pairs.retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()) && name != "client_id");
    if pairs.iter().any(|(name, _)| name == "request_uri") {
        return Err(OAuthError::invalid("request_uri cannot be pushed (RFC 9126 section 2.1)").into());
    }
    Wanted::read(&Params::read(pairs.clone())?)?;
    let redirect_uri = pairs.iter().find(|(name, _)| name == "redirect_uri").map(|(_, uri)| uri.as_str());
    if redirect_uri.is_some_and(|uri| !redirect::permits(&client.redirect_uris, uri)) {
        return Err(OAuthError::invalid("redirect_uri is none that this client registered").into());
    }
    pairs.push(("client_id".to_owned(), client.id.clone()));
    let token = OpaqueToken::mint(OpaqueKind::Pushed, app.rng.source());
    let token = token.map_err(|error| Fault::Internal(error.to_string()))?;
    let params = serde_json::to_string(&pairs).map_err(|error| Fault::Internal(error.to_string()))?;
    let push = Authorizing::Push {
        mac: token.mac(&app.mac_key),
        client: client.id,
        via,
        params,
        expires_at: app.clock.now() + LIFETIME,
    };
    app.ledger.act(Act::Authorize(Box::new(push))).await.map_err(Fault::from)?;
    let answer = json!({
        "request_uri": format!("{PREFIX}{}", token.expose()),
        "expires_in": LIFETIME.num_seconds(),
    });
    Ok((StatusCode::CREATED, Answer(answer)))
}

/// What a client pushed.
pub(super) struct Pushed {
    pub pairs: Vec<(String, String)>,
    /// The HMAC that uses it up.
    pub mac: String,
    /// The thumbprint of the key that it authenticated with, if it is an agent with a key.
    pub via: Option<String>,
}

/// What this client pushed under this name.
pub(super) async fn pushed(app: &App, client: &str, uri: &str) -> Result<Pushed, Fault> {
    let gone = || {
        let why = "the request_uri was used, is too old, or is none of this client's. Nobody was asked, nothing was \
                   granted: start again in the program that sent you here";
        Fault::invalid("authorization request", why)
    };
    let token = uri.strip_prefix(PREFIX).ok_or_else(gone)?;
    let token = OpaqueToken::parse(OpaqueKind::Pushed, token).map_err(|_| gone())?;
    let mac = token.mac(&app.mac_key);
    let mut conn = app.store.read().await?;
    let found = authorizations::pushed(&mut conn, &mac, client, app.clock.now()).await?;
    let (params, via) = found.ok_or_else(gone)?;
    let pairs = serde_json::from_str(&params).map_err(|error| Fault::Internal(error.to_string()))?;
    Ok(Pushed { pairs, mac, via })
}

/// Another page was faster.
pub(super) fn used() -> OAuthError {
    OAuthError::new("invalid_request_uri", "the request_uri was used already")
}
