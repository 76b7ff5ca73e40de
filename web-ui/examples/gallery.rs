//! The pages with sample data, to look at: `cargo run -p web-ui --features ssr --example gallery`, then
//! `http://localhost:8421` (or the port given as its argument). Add `?sealed`, `?empty`, `?out`, `?plain`, `?proved`,
//! `?codes`, `?recovers` or `?de` for other states.

#[path = "../tests/fake/mod.rs"]
mod fake;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use fake::{Fake, Standing, sample};
use futures::{StreamExt, stream};
use protocol::ids::RequestId;
use std::{convert::Infallible, path::Path};
use tower::ServiceExt;
use tower_http::services::ServeDir;
use web_ui::Language;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let islands = Path::new("target/site/pkg/ui.js").exists();
    let site = Router::new()
        .nest_service("/pkg", ServeDir::new("target/site/pkg"))
        .fallback(move |request: Request| serve(islands, request));
    let port = std::env::args().nth(1).unwrap_or_else(|| "8421".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, site).await
}

async fn serve(islands: bool, request: Request<Body>) -> Response {
    let (path, query) =
        (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
    match path.as_str() {
        "/assets/style.css" => return ([(CONTENT_TYPE, "text/css")], web_ui::STYLE).into_response(),
        "/assets/favicon.svg" => return ([(CONTENT_TYPE, "image/svg+xml")], web_ui::FAVICON).into_response(),
        "/events" => return events(),
        _ => (),
    }
    if let Some(request) = path.strip_prefix("/requests/").and_then(|rest| rest.strip_suffix("/preview")) {
        return preview(request, &query);
    }
    let asks = |state: &str| query.split('&').any(|part| part == state);
    let fake = Fake {
        signed_out: asks("out"),
        empty: asks("empty"),
        standing: match () {
            () if asks("proved") => Standing::Proved,
            () if asks("codes") => Standing::MadeCodes,
            () if asks("recovers") => Standing::Recovers,
            () => Standing::Usual,
        },
        language: if asks("de") { Language::German } else { Language::English },
        banner: asks("sealed")
            .then(|| "The vault is sealed: no call can be made until it is opened.".to_owned()),
        plain: asks("plain"),
        filled: query.split('&').find_map(fake::keep::filled),
        ..Fake::default()
    };
    let answer = fake::pages(islands, move || fake.clone()).oneshot(request).await;
    answer.unwrap_or_else(|never| match never {})
}

/// An event stream on which nothing ever happens.
fn events() -> Response {
    let opened = stream::iter([Ok::<_, Infallible>(": open\n\n")]).chain(stream::pending());
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(opened)).into_response()
}

fn preview(request: &str, query: &str) -> Response {
    let fields = query.split('&').filter_map(|pair| pair.split_once('='));
    let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.replace("%2F", "/"))).collect();
    let narrowing = domain::narrowing::from_pairs(&web_ui::narrowing_fields(fields)).ok();
    let request = request.parse::<RequestId>().ok();
    let card = request.and_then(|request| sample::card(&request, narrowing.as_ref(), sample::now()));
    match card.map(|card| serde_json::to_string(&card)) {
        Some(Ok(json)) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
