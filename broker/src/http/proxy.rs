//! `/proxy/{service}/{path}`: hands a call to the data plane as it arrived.

use crate::{
    app::App,
    calls::{self, Incoming},
    fault::Fault,
};
use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header::WWW_AUTHENTICATE};
use protocol::{Hint, Slug};
use std::sync::Arc;

pub(super) async fn call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let (service, path) = split(parts.uri.path())?;
    let named = service.clone();
    // On the heap: it is large, and would be moved through every layer around it.
    let call = Box::pin(calls::call(&app, Incoming { parts, service, path, body }));
    let answer = app.metrics.call(&named, call).await;
    Ok(answer.unwrap_or_else(|fault| challenged(&app, &named, fault)))
}

/// A refusal, with where to get what is missing: a token, or one for more (RFC 6750 section 3, RFC 9728 section 5.1).
fn challenged(app: &App, service: &Slug, fault: Fault) -> Response {
    let error = match &fault {
        Fault::Unauthenticated => String::new(),
        Fault::Token(_) => ", error=\"invalid_token\"".to_owned(),
        Fault::NotGranted { hint: Some(Hint::RequestAccess { example }), .. } => {
            let lines = example.authorization_details.iter();
            let actions: Vec<&str> = lines.flat_map(|line| line.actions.iter().map(String::as_str)).collect();
            format!(", error=\"insufficient_scope\", scope=\"{}\"", actions.join(" "))
        }
        _ => return fault.into_response(),
    };
    let known = format!("{}/.well-known/oauth-protected-resource/proxy/{service}", app.public_url);
    let mut response = fault.into_response();
    let challenge = format!("Bearer realm=\"countersign\"{error}, resource_metadata=\"{known}\"");
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

pub(super) async fn call_root(state: State<Arc<App>>, request: Request) -> Result<Response<Body>, Fault> {
    call(state, request).await
}

/// The raw path, as it was written: the router's own decoding must not get between it and the one parser.
fn split(raw: &str) -> Result<(Slug, String), Fault> {
    let rest = raw.strip_prefix("/proxy/").ok_or(Fault::NotFound("service"))?;
    let (service, path) = rest.split_once('/').ok_or(Fault::NotFound("service"))?;
    let service = service.parse().map_err(|_| Fault::NotFound("service"))?;
    Ok((service, format!("/{path}")))
}
