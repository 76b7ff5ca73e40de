//! The admin listener: numbers and health, for programs that watch the broker. Not on the public one: what a broker
//! does all day is nobody else's business.

use super::serve::accept_forever;
use crate::{
    app::App,
    config::AdminListen,
    health, metrics,
    net::{Connections, Limits, Network, arrival},
};
use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::{TcpListener, UnixListener};

/// Who watches needs few connections.
const CONNECTIONS: usize = 64;
/// Prometheus' text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The open admin listener.
#[derive(Debug)]
pub struct AdminListener(Socket);

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

#[derive(Clone)]
struct Admin {
    app: Arc<App>,
    public: Connections,
    any_name: bool,
}

impl AdminListener {
    /// Opens it. A socket file that nobody listens on any more is replaced.
    pub async fn open(listen: &AdminListen) -> anyhow::Result<Self> {
        Ok(Self(match listen {
            AdminListen::Tcp(address) => Socket::Tcp(TcpListener::bind(address).await?),
            AdminListen::Unix(path) => {
                remove_left_over(path).with_context(|| path.display().to_string())?;
                let listener = UnixListener::bind(path).with_context(|| path.display().to_string())?;
                fs::set_permissions(path, Permissions::from_mode(0o660))?;
                Socket::Unix(listener, path.clone())
            }
        }))
    }

    /// Where it listens, in words.
    pub fn place(&self) -> String {
        match &self.0 {
            Socket::Tcp(listener) => {
                listener.local_addr().map(|it| format!("http://{it}")).unwrap_or_default()
            }
            Socket::Unix(_, path) => format!("unix:{}", path.display()),
        }
    }
}

fn remove_left_over(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            Err(io::ErrorKind::AddrInUse.into())
        }
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Serves numbers and health until the broker stops; `public` are the connections that people and agents hold. Over
/// TCP only numbers and `localhost` are answered as host names, unless `any_name`: no page can be made to look here.
pub async fn serve_admin(app: Arc<App>, listener: AdminListener, public: Connections, any_name: bool) {
    let stopping = app.stopping.clone();
    let upkeep = tokio::spawn(metrics::upkeep(app.clone()));
    let served = match listener.0 {
        Socket::Tcp(listener) => {
            let router = router(Admin { app, public, any_name });
            let connections = Connections::new(Limits::of(CONNECTIONS));
            let network = Network { connections, plain_http: true, ..Network::default() };
            accept_forever(router, listener, network, stopping).await;
            Ok(())
        }
        Socket::Unix(listener, path) => {
            let router = router(Admin { app, public, any_name: true });
            let served = axum::serve(listener, router);
            let served = served.with_graceful_shutdown(stopping.cancelled_owned()).await;
            // Left-overs harm nobody: the next start removes them.
            let _ = fs::remove_file(path);
            served
        }
    };
    if let Err(error) = served {
        tracing::error!(%error, "the admin listener ended");
    }
    let _ = upkeep.await;
}

fn router(admin: Admin) -> Router {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the admin listener's table; the public one is router.rs"
    )]
    Router::new()
        .route("/metrics", get(numbers))
        .route("/livez", get(super::health::live))
        .route("/readyz", get(ready))
        .layer(middleware::from_fn_with_state(admin.clone(), named))
        .with_state(admin)
}

async fn named(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    let name = arrival::named(request.uri(), request.headers());
    if admin.any_name || name.is_some_and(arrival::is_number_or_localhost) {
        return next.run(request).await;
    }
    let why = "This is not a name of the admin listener: use its address, or localhost.\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

async fn numbers(State(admin): State<Admin>) -> Response {
    let text = metrics::render(&admin.app, &admin.public).await;
    ([(header::CONTENT_TYPE, TEXT)], text).into_response()
}

async fn ready(State(admin): State<Admin>) -> Response {
    let health = health::look(&admin.app).await;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}
