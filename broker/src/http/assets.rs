//! The stylesheet, the icon, and the wasm half where it was built. The pages work without the latter.

use super::input::Named;
use crate::{app::App, fault::Fault};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header};
use std::sync::Arc;

/// Revalidated at each page: a new broker may bring new ones.
const CACHE: HeaderValue = HeaderValue::from_static("no-cache");

fn file(bytes: impl Into<axum::body::Body>, media_type: &'static str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CACHE_CONTROL, CACHE)];
    (headers, bytes.into()).into_response()
}

pub(super) async fn asset(Named(name): Named<String>) -> Result<Response, Fault> {
    match name.as_str() {
        "style.css" => Ok(file(web_ui::STYLE, "text/css; charset=utf-8")),
        "favicon.svg" => Ok(file(web_ui::FAVICON, "image/svg+xml")),
        _ => Err(Fault::NotFound("file")),
    }
}

pub(super) async fn package(
    State(app): State<Arc<App>>,
    Named(name): Named<String>,
) -> Result<Response, Fault> {
    let media_type = match name.as_str() {
        "ui.js" => "text/javascript; charset=utf-8",
        "ui_bg.wasm" => "application/wasm",
        _ => return Err(Fault::NotFound("file")),
    };
    let path = app.site.as_ref().ok_or(Fault::NotFound("file"))?.join("pkg").join(&name);
    let bytes = tokio::fs::read(path).await.map_err(|_| Fault::NotFound("file"))?;
    Ok(file(bytes, media_type))
}
