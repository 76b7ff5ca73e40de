//! The stylesheet, the icon, and the wasm half where it was built. The pages work without the latter.

use super::input::Named;
use crate::{app::App, fault::Fault};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, header};
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
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let media_type = match name.as_str() {
        "ui.js" => "text/javascript; charset=utf-8",
        "ui_bg.wasm" => "application/wasm",
        _ => return Err(Fault::NotFound("file")),
    };
    let folder = app.site.as_ref().ok_or(Fault::NotFound("file"))?.join("pkg");
    if takes_brotli(&headers)
        && let Ok(bytes) = tokio::fs::read(folder.join(format!("{name}.br"))).await
    {
        let mut response = varying(file(bytes, media_type));
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        return Ok(response);
    }
    let bytes = tokio::fs::read(folder.join(&name)).await.map_err(|_| Fault::NotFound("file"))?;
    Ok(varying(file(bytes, media_type)))
}

/// These files hold nobody's secrets. Pages do, and are therefore never compressed: the length of what is compressed
/// tells of what is in it (BREACH).
fn varying(mut response: Response) -> Response {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(',')).map(str::trim);
    // A coding that is refused says so by its weight: `br;q=0`.
    codings.any(|coding| coding.eq_ignore_ascii_case("br"))
}
