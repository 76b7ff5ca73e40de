//! An issue tracker on loopback that demands its key.

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{net::TcpListener, task::JoinHandle};

pub const KEY: &str = "tracker-key-5f1c90b2e4";

type Calls = Arc<Mutex<Vec<String>>>;

/// The running tracker.
pub struct Tracker {
    pub origin: String,
    calls: Calls,
    server: JoinHandle<()>,
}

impl Tracker {
    pub async fn start() -> Self {
        let calls = Calls::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(calls.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, calls, server }
    }

    /// The calls that came with the key, as `GET /path`.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(calls): State<Calls>, request: Request) -> Response {
    if request.headers().get("x-api-key").is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    calls.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
    let issue: Value = json!({"number": 42, "title": "The footer overlaps on phones", "open": true});
    Json(issue).into_response()
}
