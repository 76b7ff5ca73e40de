//! What agents and their developers read: a start page, the API, and where both are. Public, and without the name of
//! anything that is here: what is specific comes from `GET /v1/me`, to whoever it concerns.

pub(super) mod openapi;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

fn text(words: &'static str, media_type: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, words).into_response()
}

/// `/docs/agent`: how to ask, to call, and to take a refusal.
pub(super) async fn agent() -> Response {
    text(include_str!("agent.md"), "text/markdown; charset=utf-8")
}

/// `/llms.txt`: where to begin.
pub(super) async fn llms() -> Response {
    text(include_str!("llms.txt"), "text/plain; charset=utf-8")
}

/// `/openapi.json`: the API.
pub(super) async fn api() -> Response {
    text(&openapi::TEXT, "application/json")
}
