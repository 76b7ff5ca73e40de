//! Somebody else's site, and what its pages do. It is served at another port of localhost, which is the same *site* to
//! browsers and gets our cookies along, and under another name, which is another site.

use crate::browser::{stage::Stage, webdriver::Browser};
use axum::{
    Router,
    response::{Html, IntoResponse as _, Response},
};
use http::{StatusCode, Uri, header::X_FRAME_OPTIONS};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// A site of an empty page.
pub struct Attacker {
    port: u16,
    server: JoinHandle<()>,
}

impl Attacker {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(page);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, server }
    }

    /// Where its pages are: beside us, and elsewhere.
    pub fn origins(&self) -> [String; 2] {
        ["localhost", "attacker.localhost"].map(|host| format!("http://{host}:{}", self.port))
    }
}

/// An empty page; two that nobody may frame.
async fn page(uri: Uri) -> Response {
    let page = Html("<!doctype html><title>Elsewhere</title><link rel=icon href=data:,><body>");
    match uri.path() {
        "/blocked" => ([(X_FRAME_OPTIONS, "DENY")], page).into_response(),
        "/refused" => (StatusCode::FORBIDDEN, [(X_FRAME_OPTIONS, "DENY")], page).into_response(),
        _ => page.into_response(),
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Runs the body of an async function in the page that is open, with the broker's address as `broker`.
pub async fn does(browser: &Browser, stage: &Stage, body: &str) -> Value {
    let run = format!("(async broker => {{ {body} }})('{}')", stage.url);
    browser.value(&run).await.unwrap_or_else(|why| panic!("{body}: {why}"))
}
