//! `/requests/{id}/return`: the browser that asked goes back to its client, with a code or with why there is none.
//! Only that browser, and only with the person who was signed in then.

use super::{
    super::{access::Browser, input::Named},
    OAuthError,
};
use crate::{
    app::App,
    clients::{self, redirect},
    fault::Fault,
    grants,
    ledger::acts::{Act, Authorizing},
    store::{
        authorizations::{self, Authorization},
        grants::{self as rows, Stored},
    },
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::TimeDelta;
use http::{HeaderValue, header};
use protocol::{RequestId, access::RequestStatus};
use std::sync::Arc;
use url::Url;
use web_ui::WayBack;

/// How long a code is good: the client is there and waits for it (OAuth 2.1 section 4.1.2 allows ten minutes).
const CODE: TimeDelta = TimeDelta::seconds(60);

/// What the client is told.
pub(super) enum Outcome {
    /// A code.
    Code(OpaqueToken),
    /// Why there is none.
    Error(OAuthError),
}

impl Outcome {
    /// The redirect URI with the answer in its query (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207).
    pub fn address(&self, app: &App, redirect_uri: &str, state: Option<&str>) -> String {
        let Ok(mut url) = Url::parse(redirect_uri) else { return app.public_url.clone() };
        {
            let mut query = url.query_pairs_mut();
            match self {
                Self::Code(code) => {
                    query.append_pair("code", code.expose());
                }
                Self::Error(error) => {
                    query.append_pair("error", error.error);
                    query.append_pair("error_description", &error.printable());
                }
            }
            if let Some(state) = state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", &app.public_url);
        }
        url.into()
    }
}

/// Sends the browser to its client.
pub(super) fn leave(app: &App, redirect_uri: &str, state: Option<&str>, outcome: &Outcome) -> Response {
    let mut response = Redirect::to(&outcome.address(app, redirect_uri, state)).into_response();
    // Nothing of ours is told to the client's site beside what is in the address.
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The authorization that this browser is on its way with, and the request.
pub(in crate::http) async fn underway(
    app: &App,
    who: &Browser,
    request: &RequestId,
) -> Result<Option<(Authorization, Stored)>, Fault> {
    let Some(browser) = &who.machine else { return Ok(None) };
    let mut conn = app.store.read().await?;
    let found = authorizations::of_browser(&mut conn, request, browser, &who.visitor.person.id).await?;
    let Some(authorization) = found else { return Ok(None) };
    Ok(rows::find(&mut conn, request).await?.map(|stored| (authorization, stored)))
}

/// Where this browser goes once the request is decided.
pub(in crate::http) async fn way_back(
    app: &App,
    who: &Browser,
    request: &RequestId,
) -> Result<Option<WayBack>, Fault> {
    let Some((authorization, stored)) = underway(app, who, request).await? else { return Ok(None) };
    let status = stored.grant.status();
    if authorization.used_at.is_some() || matches!(status, RequestStatus::Active | RequestStatus::Ended) {
        return Ok(None);
    }
    let goes = status != RequestStatus::Pending;
    let waits = !goes && !grants::card(app, &who.visitor, request, None).await?.permission.allowed;
    Ok(Some(WayBack {
        client: stored.grant.asked.agent.title.clone(),
        host: redirect::host(&authorization.redirect_uri).unwrap_or_default(),
        address: format!("/requests/{request}/return"),
        goes,
        waits,
    }))
}

pub(in crate::http) async fn come_back(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
    Named(request): Named<RequestId>,
) -> Result<Response, Fault> {
    let (authorization, stored) =
        underway(&app, &who, &request).await?.ok_or(Fault::NotFound("authorization"))?;
    still_takes_answers(&app, &authorization).await?;
    let refused = |why: &str| Ok(Outcome::Error(OAuthError::new("access_denied", why)));
    let outcome = match stored.grant.status() {
        RequestStatus::Pending => return Ok(Redirect::to(&format!("/requests/{request}")).into_response()),
        RequestStatus::Approved => code(&app, &authorization).await.map(Outcome::Code),
        RequestStatus::Active if authorization.used_at.is_some() => {
            return Ok(Redirect::to(&format!("/sessions/{}", stored.grant.grant_id())).into_response());
        }
        RequestStatus::Active => refused("the session was begun already, from another page"),
        RequestStatus::Denied => refused("a person denied it"),
        RequestStatus::Withdrawn => refused("it was taken back"),
        RequestStatus::Lapsed => refused("nobody decided in time"),
        RequestStatus::Ended => refused("it was stopped"),
    }?;
    Ok(leave(&app, &authorization.redirect_uri, authorization.state.as_deref(), &outcome))
}

/// Nobody is sent to an address that the client does not have any more, whatever it had when it asked.
async fn still_takes_answers(app: &App, authorization: &Authorization) -> Result<(), Fault> {
    let client = clients::find(app, &authorization.client, &authorization.person).await?;
    if client.is_some_and(|it| it.may_be_sent_to(&authorization.redirect_uri)) {
        return Ok(());
    }
    let why = "the program that sent you here is no longer known, or no longer takes answers where it asked for them. \
               Nothing was given to it; start again there";
    Err(Fault::invalid("way back", why))
}

async fn code(app: &App, authorization: &Authorization) -> Result<OpaqueToken, Fault> {
    let code = OpaqueToken::mint(OpaqueKind::Code, app.rng.source());
    let code = code.map_err(|error| Fault::Internal(error.to_string()))?;
    let step = Authorizing::Code {
        id: authorization.id.clone(),
        request: authorization.request.clone(),
        mac: code.mac(&app.mac_key),
        until: app.clock.now() + CODE,
    };
    app.ledger.act(Act::Authorize(Box::new(step))).await?;
    Ok(code)
}
