//! `/proxy/{service}/{path}`: hands a call to the data plane as it arrived.

use crate::{
    app::App,
    calls::{self, Incoming},
    fault::Fault,
};
use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use protocol::Slug;
use std::sync::Arc;

pub(super) async fn call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let (service, path) = split(parts.uri.path())?;
    let named = service.clone();
    // On the heap: it is large, and would be moved through every layer around it.
    let call = Box::pin(calls::call(&app, Incoming { parts, service, path, body }));
    app.metrics.call(&named, call).await
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
