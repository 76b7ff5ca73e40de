//! Around everything: an id for each exchange, the headers of every answer, and refusals in the form that the route
//! speaks.

use super::{
    access::Style,
    error::Refused,
    language, oauth,
    pages::{self, FreshLook},
};
use crate::{
    app::App,
    fault::Fault,
    net::{Arrival, arrival::Misplaced},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use protocol::{Code, Problem, problem::MEDIA_TYPE};
use std::sync::Arc;
use tracing::Instrument as _;
use web_ui::Language;

/// Only the broker sets this: what the service answered never has it.
pub(crate) const REFUSED_HEADER: HeaderName = HeaderName::from_static("countersign-refused");
const EXCHANGE: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this exchange in the log.
#[derive(Debug, Clone)]
pub(super) struct ExchangeId(pub String);

pub(super) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = app.rng.name(app.clock.now()).unwrap_or_default();
    request.extensions_mut().insert(ExchangeId(id.clone()));
    let arrival = request.extensions_mut().remove::<Arrival>().unwrap_or_else(Arrival::inside);
    let client = arrival.client(request.headers());
    request.extensions_mut().insert(client);
    let probed = app.probes.notice(&arrival, &app.public_url, request.uri(), request.headers());
    let language = language::of(request.headers());
    let (method, path) = (request.method(), request.uri().path());
    let span = tracing::info_span!("exchange", id = %id, client = %client.0, %method, %path);
    let proxied = path.starts_with("/proxy/");
    let page_at_a_door = path.starts_with("/oauth/") && request.headers().contains_key("sec-fetch-site");
    async {
        let arrived = arrived(&app, &arrival, &request);
        let placed = arrived.is_ok();
        let mut response = match arrived {
            Ok(()) => next.run(request).await,
            Err(response) => *response,
        };
        let refused = response.extensions_mut().remove::<Refused>();
        if refused.as_ref().is_some_and(|it| it.problem.code == Code::NoSuchRoute) || !placed {
            app.metrics.unrouted();
        }
        // What a service answered has headers of its own; what we say instead of it has ours.
        let ours = !proxied || refused.is_some();
        if let Some(refused) = refused {
            response = Box::pin(written(&app, refused, response, &id, language)).await;
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(&id) {
            headers.insert(EXCHANGE, value);
        }
        if let Some(cookie) = probed {
            headers.insert(header::SET_COOKIE, cookie);
        }
        if page_at_a_door {
            // The challenge is Basic: a browser would ask its person for a password, on behalf of whichever page.
            headers.remove(header::WWW_AUTHENTICATE);
        }
        if ours {
            always(headers, app.public_url.starts_with("https:"));
        }
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// Refuses what came to another name or in the open. Whether the broker lives is asked by address, from wherever.
fn arrived(app: &App, arrival: &Arrival, request: &Request) -> Result<(), Box<Response>> {
    let path = request.uri().path();
    if matches!(path, "/livez" | "/readyz") {
        return Ok(());
    }
    let Err(misplaced) = arrival.check(&app.public_url, request.uri(), request.headers()) else {
        return Ok(());
    };
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let style = if wants_page(request) { Style::Page } else { Style::Problem };
    if misplaced == Misplaced::Plain && reads && style == Style::Page {
        let rest = request.uri().path_and_query().map_or(path, http::uri::PathAndQuery::as_str);
        return Err(Box::new(Redirect::permanent(&format!("{}{rest}", app.public_url)).into_response()));
    }
    let public_url = app.public_url.clone();
    let mut response = match misplaced {
        Misplaced::Host => Fault::OtherHost { public_url },
        Misplaced::Plain => Fault::InTheOpen { public_url },
    }
    .into_response();
    if let Some(refused) = response.extensions_mut().get_mut::<Refused>() {
        refused.style = style;
    }
    // What follows on this connection would be misplaced, too.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Err(Box::new(response))
}

/// What every answer of our own carries. What a service answered has its own, stricter set.
fn always(headers: &mut HeaderMap, https: bool) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

async fn written(
    app: &Arc<App>,
    refused: Refused,
    mut bare: Response,
    id: &str,
    language: Language,
) -> Response {
    let Refused { mut problem, style } = refused;
    let look = bare.extensions_mut().remove::<FreshLook>();
    let word = bare.extensions_mut().remove::<oauth::Word>();
    id.clone_into(&mut problem.request_id);
    let (status, mut headers) = (bare.status(), bare.headers().clone());
    if style == Style::OAuth {
        // A client authenticates in another way there; the door says in which.
        headers.remove(header::WWW_AUTHENTICATE);
    }
    let mut response = match style {
        Style::Problem => json(&problem, status, MEDIA_TYPE),
        Style::OAuth => oauth::refusal(&problem, word),
        Style::Page => pages::problem(app, problem.clone(), look, language).await,
    };
    response.headers_mut().extend(headers);
    if let Ok(code) = HeaderValue::try_from(super::error::word(problem.code)) {
        response.headers_mut().insert(REFUSED_HEADER, code);
    }
    response
}

/// A JSON answer of a media type of its own.
pub(super) fn json(value: &impl serde::Serialize, status: StatusCode, media_type: &'static str) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

pub(super) async fn no_such_route(request: Request) -> Response {
    let style = if wants_page(&request) { Style::Page } else { Style::Problem };
    route_refusal(StatusCode::NOT_FOUND, "There is nothing at this address.", style)
}

fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

pub(super) async fn no_such_method() -> Response {
    route_refusal(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.", Style::Problem)
}

fn route_refusal(status: StatusCode, detail: &str, style: Style) -> Response {
    let mut problem: Problem = super::error::problem(&Fault::NotFound("address"));
    problem.code = Code::NoSuchRoute;
    "urn:countersign:problem:no_such_route".clone_into(&mut problem.kind);
    "No such address".clone_into(&mut problem.title);
    problem.status = status.as_u16();
    detail.clone_into(&mut problem.detail);
    let mut response = status.into_response();
    response.extensions_mut().insert(Refused { problem, style });
    response
}
