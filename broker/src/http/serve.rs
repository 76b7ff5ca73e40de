//! The listener: HTTP/1.1 with a limit on how long a request's head may take, drained at the end.

use super::{address::ClientAddress, router};
use crate::app::App;
use axum::Router;
use http::Request;
use hyper::{body::Incoming, server::conn::http1::Builder};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::util::MapRequest;

/// A request's head must be complete within this time.
const HEAD: Duration = Duration::from_secs(10);
/// The largest head.
const HEAD_BYTES: usize = 64 * 1024;
/// Requests in flight have this long when the broker stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until the broker is told to stop, then lets requests in flight finish.
pub async fn serve(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    let router = router(&app);
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES).half_close(false);
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = app.stopping.cancelled() => break,
        };
        let _ = stream.set_nodelay(true);
        connections.spawn(connection(http.clone(), stream, router.clone(), peer.ip(), app.stopping.clone()));
    }
    drop(listener);
    connections.close();
    if timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut");
    }
    Ok(())
}

async fn connection(
    http: Builder,
    stream: TcpStream,
    router: Router,
    peer: IpAddr,
    stopping: CancellationToken,
) {
    let from_there = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddress(peer));
        request
    };
    let service = TowerToHyperService::new(MapRequest::new(router, from_there));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
