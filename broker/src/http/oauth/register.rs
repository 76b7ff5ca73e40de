//! `/oauth/register` (RFC 7591): a client that a person will bring along says who it is. It gets nothing by that but an id:
//! what it may do, a person decides. `/oauth/register/{client}` (RFC 7592): it keeps what it said.

use super::{
    super::{
        address::Address,
        input::{Json, Named},
    },
    OAuthError, Refusal,
};
use crate::{
    app::App,
    clients::{self, Metadata, Registration, Said, Unfit},
    fault::Fault,
    ledger::{LedgerError, Why},
    limits::Written,
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};

/// A client registers itself.
pub(in crate::http) async fn register(
    State(app): State<Arc<App>>,
    Address(from): Address,
    said: Result<Json<Said>, Fault>,
) -> Result<Response, Refusal> {
    if !app.clients.registration {
        let why = "clients do not register themselves here: an admin registers them, or they are known by a document";
        return Err(OAuthError::switched_off(why).into());
    }
    app.limits.written(Written::Registered, from, None)?;
    let metadata = taken(read(said)?)?;
    let registration = clients::register(&app, metadata).await.map_err(full)?;
    Ok((StatusCode::CREATED, Answer(view(&app, &registration)?)).into_response())
}

/// What a client registered.
pub(in crate::http) async fn registered(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Named(client): Named<String>,
    headers: HeaderMap,
) -> Result<Answer<Value>, Refusal> {
    let found = kept(&app, from, &client, &headers).await?;
    Ok(Answer(view(&app, &found)?))
}

/// A client says anew who it is.
pub(in crate::http) async fn reregister(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Named(client): Named<String>,
    headers: HeaderMap,
    said: Result<Json<Said>, Fault>,
) -> Result<Answer<Value>, Refusal> {
    let found = kept(&app, from, &client, &headers).await?;
    let said = read(said)?;
    if said.client_id.as_deref() != Some(client.as_str()) {
        return Err(OAuthError::metadata("client_id must be the client's own").into());
    }
    if said.client_secret.as_ref().is_some_and(|it| !is_own(&app, &found, it)) {
        return Err(OAuthError::metadata("client_secret must be the client's own, or be left out").into());
    }
    let metadata = taken(said)?;
    app.limits.written(Written::Changed, from, Some(&client))?;
    let token = found_token(&headers);
    let changed = clients::change(&app, found, metadata).await?;
    Ok(Answer(view(&app, &Registration { token, ..changed })?))
}

/// A client goes.
pub(in crate::http) async fn unregister(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Named(client): Named<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let found = kept(&app, from, &client, &headers).await?;
    app.limits.written(Written::Removed, from, Some(&client))?;
    clients::remove(&app, &found).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The registration that the token in the request keeps. Who tries too often is refused unseen.
async fn kept(app: &App, from: IpAddr, client: &str, headers: &HeaderMap) -> Result<Registration, Refusal> {
    app.limits.client(from, client)?;
    let found = match found_token(headers) {
        Some(token) => {
            let found = clients::kept_by(app, client, &token).await?;
            found.map(|it| Registration { token: Some(token), ..it })
        }
        None => None,
    };
    found.ok_or_else(|| {
        app.limits.failed(from, client);
        OAuthError::no_registration().into()
    })
}

fn found_token(headers: &HeaderMap) -> Option<OpaqueToken> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    bearer.then(|| OpaqueToken::parse(OpaqueKind::Registration, token).ok()).flatten()
}

fn is_own(app: &App, found: &Registration, secret: &Value) -> bool {
    secret.as_str().is_some_and(|text| clients::is_secret_of(app, found, text))
}

/// A body that is none is metadata that is none.
fn read(said: Result<Json<Said>, Fault>) -> Result<Said, Refusal> {
    match said {
        Ok(Json(said)) => Ok(said),
        Err(Fault::Invalid { field, detail }) if field.starts_with("redirect_uris") => {
            Err(OAuthError::redirect(&format!("{field}: {detail}")).into())
        }
        Err(Fault::Invalid { field, detail }) => {
            Err(OAuthError::metadata(&format!("{field}: {detail}")).into())
        }
        Err(fault) => Err(fault.into()),
    }
}

fn taken(said: Said) -> Result<Metadata, OAuthError> {
    said.registered().map_err(|why| match why {
        Unfit::Redirect(_) => OAuthError::redirect(&why.to_string()),
        Unfit::Metadata(_) => OAuthError::metadata(&why.to_string()),
    })
}

fn full(fault: Fault) -> Refusal {
    match fault {
        Fault::Ledger(LedgerError::Refused(Why::NotPermitted(why))) => OAuthError::full(&why).into(),
        fault => fault.into(),
    }
}

/// What the client is told: what was taken, and what it has to keep, this once.
fn view(app: &App, registration: &Registration) -> Result<Value, Fault> {
    let Registration { stored, metadata, secret, token } = registration;
    let broken = |why: serde_json::Error| Fault::Internal(why.to_string());
    let mut all = serde_json::to_value(metadata).map_err(broken)?;
    all["client_id"] = json!(stored.id);
    all["client_id_issued_at"] = json!(stored.first_seen_at.timestamp());
    all["registration_client_uri"] = json!(format!("{}/oauth/register/{}", app.public_url, stored.id));
    if let Some(token) = token {
        all["registration_access_token"] = json!(token.expose());
    }
    if let Some(secret) = secret {
        all["client_secret"] = json!(secret.expose());
    }
    if stored.secret_mac.is_some() {
        all["client_secret_expires_at"] = json!(0);
    }
    Ok(all)
}
