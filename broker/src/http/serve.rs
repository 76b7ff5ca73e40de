//! The listener: HTTP/1.1, over TLS if there is a certificate, with a limit on how long a request's head may take,
//! drained at the end.

use super::router;
use crate::{
    app::App,
    net::{Arrival, Connection, Network},
};
use axum::{Router, body::Body, response::Response};
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::http1::Builder,
    service::{Service, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// The largest head.
const HEAD_BYTES: usize = 64 * 1024;
/// Requests in flight have this long when the broker stops.
const DRAIN: Duration = Duration::from_secs(10);

/// What every connection of a listener shares.
struct Listening {
    router: Router,
    http: Builder,
    network: Network,
    stopping: CancellationToken,
}

/// Serves plain HTTP for this machine until the broker is told to stop, then lets requests in flight finish.
pub async fn serve(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    serve_on(app, listener, Network::default()).await
}

/// Serves on a network until the broker is told to stop, then lets requests in flight finish.
pub async fn serve_on(app: Arc<App>, listener: TcpListener, network: Network) -> anyhow::Result<()> {
    accept_forever(router(&app), listener, network, app.stopping.clone()).await;
    Ok(())
}

/// Serves a router until the broker is told to stop, then lets requests in flight finish.
pub(super) async fn accept_forever(
    router: Router,
    listener: TcpListener,
    network: Network,
    stopping: CancellationToken,
) {
    let mut http = Builder::new();
    let head = network.connections.limits().head;
    http.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_BYTES).half_close(false);
    let listening = Arc::new(Listening { router, http, network, stopping });
    let tasks = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = listening.stopping.cancelled() => break,
        };
        let trusted = listening.network.proxies.holds(peer);
        // Without a place it is closed at once.
        if let Some(connection) = listening.network.connections.admit(peer, trusted) {
            let _ = stream.set_nodelay(true);
            tasks.spawn(take(listening.clone(), stream, peer, connection));
        }
    }
    drop(listener);
    tasks.close();
    if timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut");
    }
}

/// Serves one connection until it ends, or until somebody else needs its place.
async fn take(listening: Arc<Listening>, stream: TcpStream, peer: IpAddr, connection: Connection) {
    let closed = connection.clone();
    tokio::select! {
        () = shake_hands(&listening, stream, peer, connection) => {}
        () = closed.closed() => tracing::debug!(%peer, "an unproven connection made room for others"),
    }
}

async fn shake_hands(listening: &Listening, stream: TcpStream, peer: IpAddr, connection: Connection) {
    let Some(tls) = &listening.network.tls else {
        return speak(listening, stream, peer, connection).await;
    };
    match timeout(listening.network.connections.limits().head, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(listening, stream, peer, connection).await,
        Ok(Err(error)) => tracing::debug!(%error, %peer, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
    }
}

async fn speak<S>(listening: &Listening, stream: S, peer: IpAddr, connection: Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service(listening, peer, connection);
    let served = listening.http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = listening.stopping.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The router, told of every request how it arrived.
fn service(
    listening: &Listening,
    peer: IpAddr,
    connection: Connection,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + use<> {
    let Network { tls, proxies, plain_http, .. } = &listening.network;
    let arrival = Arrival { peer, tls: tls.is_some(), plain_http: *plain_http, proxies: proxies.clone() };
    let router = listening.router.clone();
    service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(arrival.clone());
        request.extensions_mut().insert(connection.clone());
        router.clone().oneshot(request)
    })
}
