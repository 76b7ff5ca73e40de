//! Around everything: an id for each exchange, the headers of every answer, and refusals in the form that the route
//! speaks.

use super::{
    access::Style,
    error::Refused,
    pages::{self, FreshLook},
};
use crate::{app::App, fault::Fault};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use protocol::{Code, Problem, problem::MEDIA_TYPE};
use std::sync::Arc;
use tracing::Instrument as _;

/// Only the broker sets this: what the service answered never has it.
pub(crate) const REFUSED_HEADER: HeaderName = HeaderName::from_static("countersign-refused");
const EXCHANGE: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this exchange in the log.
#[derive(Debug, Clone)]
pub(super) struct ExchangeId(pub String);

pub(super) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = app.rng.name(app.clock.now()).unwrap_or_default();
    request.extensions_mut().insert(ExchangeId(id.clone()));
    let span =
        tracing::info_span!("exchange", id = %id, method = %request.method(), path = %request.uri().path());
    let proxied = request.uri().path().starts_with("/proxy/");
    async {
        let mut response = next.run(request).await;
        let refused = response.extensions_mut().remove::<Refused>();
        // What a service answered has headers of its own; what we say instead of it has ours.
        let ours = !proxied || refused.is_some();
        if let Some(refused) = refused {
            response = written(&app, refused, response, &id).await;
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(&id) {
            headers.insert(EXCHANGE, value);
        }
        if ours {
            always(headers);
        }
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// What every answer of our own carries. What a service answered has its own, stricter set.
fn always(headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

async fn written(app: &Arc<App>, refused: Refused, mut bare: Response, id: &str) -> Response {
    let Refused { mut problem, style } = refused;
    let look = bare.extensions_mut().remove::<FreshLook>();
    id.clone_into(&mut problem.request_id);
    let (status, mut headers) = (bare.status(), bare.headers().clone());
    if style == Style::OAuth {
        // A client authenticates in another way there; the door says in which.
        headers.remove(header::WWW_AUTHENTICATE);
    }
    let mut response = match style {
        Style::Problem => json(&problem, status, MEDIA_TYPE),
        Style::OAuth => super::oauth::refusal(&problem),
        Style::Page => pages::problem(app, problem.clone(), look).await,
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
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|value| value.to_str().is_ok_and(|accept| accept.contains("text/html")));
    let style = if wants_page { Style::Page } else { Style::Problem };
    route_refusal(StatusCode::NOT_FOUND, "There is nothing at this address.", style)
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
