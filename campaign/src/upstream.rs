//! The service behind the broker: it notes every call that reaches it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use tokio::net::TcpListener;

/// The service's own key: it must never be found anywhere but here.
pub const KEY: &str = "the-services-own-key-9fK2vQ7xT1-never-in-the-clear";
/// In which header it is injected.
pub const HEADER: &str = "x-api-key";

/// Clones share the notes.
#[derive(Clone)]
pub struct Upstream {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// Serves for as long as the program runs.
    #[expect(clippy::disallowed_methods, reason = "the one table is the broker's; this is not the broker")]
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let it = Self { address: listener.local_addr()?, received: Arc::default() };
        let routes =
            Router::new().route("/projects/{owner}/{project}/items/{item}", get(item)).with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(it)
    }

    /// The items that were asked for, in order.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn item(
    State(upstream): State<Upstream>,
    Path((_, _, item)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> (StatusCode, String) {
    upstream.received.lock().unwrap_or_else(PoisonError::into_inner).push(item.clone());
    if headers.get(HEADER).is_some_and(|key| key == KEY) {
        (StatusCode::OK, format!("{{\"item\":\"{item}\"}}"))
    } else {
        (StatusCode::FORBIDDEN, "{\"error\":\"wrong key\"}".to_owned())
    }
}
