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
    ledger::{
        LedgerError, Why,
        acts::{Act, Authorizing},
    },
    limits::Written,
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
/// What is kept of what is sent: what the authorization endpoint knows. Neither what says who the client is, nor what
/// nobody would ever read.
const KNOWN: [&str; 14] = [
    "response_type",
    "response_mode",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "scope",
    "resource",
    "authorization_details",
    "purpose",
    "duration",
];
/// As many bytes of it as may be kept.
const LARGEST: usize = 32 * 1024;
/// Requests of one client that wait at once: more than the rate of one address allows in their lifetime.
const MOST: i64 = 1_000;

pub(in crate::http) async fn push(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<(StatusCode, Answer<Value>), Refusal> {
    let client = client::authenticated_client(&app, from, &headers, &form).await?;
    let (client, via) = client.known(&app).await?;
    let mut pairs = Params::read(form.0)?.into_pairs();
    if pairs.iter().any(|(name, _)| name == "request_uri") {
        return Err(OAuthError::invalid("request_uri cannot be pushed (RFC 9126 section 2.1)").into());
    }
    Wanted::read(&Params::read(pairs.clone())?)?;
    pairs.retain(|(name, _)| KNOWN.contains(&name.as_str()));
    if pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > LARGEST {
        let why = format!("what is pushed must be at most {} KiB", LARGEST / 1024);
        return Err(OAuthError::invalid(why).into());
    }
    let redirect_uri = pairs.iter().find(|(name, _)| name == "redirect_uri").map(|(_, uri)| uri.as_str());
    if redirect_uri.is_some_and(|uri| !redirect::permits(&client.redirect_uris, uri)) {
        return Err(OAuthError::invalid("redirect_uri is none that this client registered").into());
    }
    let proven = client.is_confidential().then_some(client.id.as_str());
    app.limits.written(Written::Pushed, from, proven)?;
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
        most: MOST,
    };
    app.ledger.act(Act::Authorize(Box::new(push))).await.map_err(full)?;
    let answer = json!({
        "request_uri": format!("{PREFIX}{}", token.expose()),
        "expires_in": LIFETIME.num_seconds(),
    });
    Ok((StatusCode::CREATED, Answer(answer)))
}

/// As many wait as may: some will have lapsed in a minute.
fn full(error: LedgerError) -> Fault {
    match error {
        LedgerError::Refused(Why::NotPermitted(_)) => {
            Fault::TooMany { what: "this client pushes requests", after: 60 }
        }
        error => error.into(),
    }
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
