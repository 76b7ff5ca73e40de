//! `bench upstream ADDRESS`: a service with large bodies, events, and answers that never come.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::sleep;

/// What the broker and every proxy injects here.
pub const KEY: &str = "the-services-own-key-0123456789";
/// A chunk of a large body.
const CHUNK: usize = 64 * 1024;
/// How often a slow answer gives a byte.
const DRIP: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub struct Args {
    address: SocketAddr,
}

#[expect(clippy::disallowed_methods, reason = "the one table is the broker's; this is not the broker")]
pub fn run(args: &Args) -> Result<()> {
    let routes = Router::new()
        .route("/projects/{owner}/{project}/items/{item}", get(async || "{\"ok\":true}"))
        .route("/projects/{owner}/{project}/bytes/{megabytes}", get(bytes))
        .route("/projects/{owner}/{project}/events", get(events))
        .route("/projects/{owner}/{project}/hang", get(hang))
        .route("/projects/{owner}/{project}/drip", get(drip));
    super::serve(args.address, routes)
}

async fn bytes(Path((_, _, megabytes)): Path<(String, String, usize)>) -> Body {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let chunks = stream::iter(std::iter::repeat_n(chunk, megabytes * (1 << 20) / CHUNK));
    Body::from_stream(chunks.map(Ok::<_, Infallible>))
}

/// One event at once, then none.
async fn events() -> impl IntoResponse {
    let first = stream::once(async { Ok::<_, Infallible>(Event::default().data("first")) });
    Sse::new(first.chain(stream::pending()))
}

async fn hang() {
    std::future::pending::<()>().await;
}

async fn drip() -> Body {
    let drops = stream::repeat(()).then(async |()| {
        sleep(DRIP).await;
        Ok::<_, Infallible>("x")
    });
    Body::from_stream(drops)
}
