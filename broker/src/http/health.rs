//! Whether the process lives, and whether it can serve.

use crate::app::App;
use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Ready to serve pages and revocations; `sealed` says whether calls can be made too.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let database = app.store.read().await.is_ok();
    let stopping = app.stopping.is_cancelled();
    let status = if database && !stopping { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"database": database, "sealed": app.vault.is_sealed(), "stopping": stopping});
    (status, Json(body))
}
