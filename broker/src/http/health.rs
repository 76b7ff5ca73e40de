//! Whether the process lives, and whether it can serve.

use crate::{
    app::App,
    health::{self, Health},
};
use axum::{Json, extract::State, http::StatusCode};
use std::sync::Arc;

pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Ready to serve pages and revocations; `sealed` says whether calls can be made, too.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let health = health::look(&app).await;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}
