//! `serve`: the broker itself.

use super::{Context, given, say};
use crate::{
    app::App,
    config::{Flags, keys},
    host::{self, HostSocket, Lock, SetUpCode, notify},
    http::{self, AdminListener},
    mcp,
    net::{self, Certificate, Network},
    sweeper,
};
use anyhow::Context as _;
use std::{
    ffi::{OsStr, OsString},
    process::ExitCode,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::timeout,
};

/// How long each of the broker's own tasks may take to end.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address to listen on [default: 127.0.0.1:8420; env: COUNTERSIGN_LISTEN]
    #[arg(long, value_name = "ADDR", help_heading = "Settings")]
    listen: Option<OsString>,
    /// The name of the environment, on every page [default: local; env: COUNTERSIGN_ENVIRONMENT]
    #[arg(long, value_name = "NAME", help_heading = "Settings")]
    environment: Option<OsString>,
    /// Its colour: red, amber, green, blue, violet or grey [default: by the name; env: COUNTERSIGN_ENVIRONMENT_COLOUR]
    #[arg(long, value_name = "COLOUR", help_heading = "Settings")]
    environment_colour: Option<OsString>,
    /// The directory of the pages' wasm half, as `cargo xtask ui` makes it [env: COUNTERSIGN_SITE]
    #[arg(long, value_name = "DIR", help_heading = "Settings")]
    site: Option<OsString>,
    /// The certificate, with those that lead to its authority, in PEM [env: COUNTERSIGN_TLS_CERT]
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    tls_cert: Option<OsString>,
    /// The certificate's private key, in PEM [env: COUNTERSIGN_TLS_KEY]
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    tls_key: Option<OsString>,
    /// A proxy whose X-Forwarded-… headers are believed; may be repeated [env: COUNTERSIGN_TRUSTED_PROXY]
    #[arg(long, value_name = "ADDR|NETWORK", help_heading = "Network")]
    trusted_proxy: Vec<OsString>,
    /// Speak plain http with other machines, too [env: COUNTERSIGN_PLAIN_HTTP=allowed]
    #[arg(long, help_heading = "Network")]
    plain_http: bool,
    /// Where numbers and health can be looked at, as 127.0.0.1:9464 or unix:PATH [env: COUNTERSIGN_ADMIN_LISTEN]
    #[arg(long, value_name = "ADDR|unix:PATH", help_heading = "Network")]
    admin_listen: Option<OsString>,
    /// Let other machines look there [env: COUNTERSIGN_ADMIN_EXPOSED=allowed]
    #[arg(long, help_heading = "Network")]
    admin_exposed: bool,
    /// How long a service may take to begin its answer [default: 30s; env: COUNTERSIGN_UPSTREAM_FIRST_BYTE]
    #[arg(long, value_name = "TIME", help_heading = "Services")]
    upstream_first_byte: Option<OsString>,
    /// How long a service may be silent within its answer [default: 30s; env: COUNTERSIGN_UPSTREAM_IDLE]
    #[arg(long, value_name = "TIME", help_heading = "Services")]
    upstream_idle: Option<OsString>,
    /// How long an MCP server may be silent while a tool of it works [default: 10m; env: COUNTERSIGN_UPSTREAM_TOOL]
    #[arg(long, value_name = "TIME", help_heading = "Services")]
    upstream_tool: Option<OsString>,
    /// How long one call may take altogether [default: 1h; env: COUNTERSIGN_UPSTREAM_TOTAL]
    #[arg(long, value_name = "TIME", help_heading = "Services")]
    upstream_total: Option<OsString>,
    /// Certificate authorities of services beside the machine's, in PEM [env: COUNTERSIGN_UPSTREAM_CA]
    #[arg(long, value_name = "FILE", help_heading = "Services")]
    upstream_ca: Option<OsString>,
    /// How much anybody may ask, as requests=60,calls=100; see docs/agents.md [env: COUNTERSIGN_LIMITS]
    #[arg(long, value_name = "LIMITS", help_heading = "Settings")]
    limits: Option<OsString>,
    /// How many people and which proof a decision takes, as high=2,four_eyes=high; see docs/decisions.md
    /// [env: COUNTERSIGN_DECISIONS]
    #[arg(long, value_name = "DECISIONS", help_heading = "Settings")]
    decisions: Option<OsString>,
    /// Which OAuth clients people may bring along, as registration=off,documents=claude.ai; see docs/oauth.md
    /// [default: registration=on, documents=any; env: COUNTERSIGN_CLIENTS]
    #[arg(long, value_name = "CLIENTS", help_heading = "Settings")]
    clients: Option<OsString>,
    /// How long the record is kept, as 90d; what is older is dropped [default: forever; env: COUNTERSIGN_RETENTION]
    #[arg(long, value_name = "DAYS", help_heading = "Settings")]
    retention: Option<OsString>,
    /// A folder in which what is dropped is written first [env: COUNTERSIGN_RETENTION_ARCHIVE]
    #[arg(long, value_name = "DIR", help_heading = "Settings")]
    retention_archive: Option<OsString>,
}

impl Args {
    pub fn flags(&self) -> Flags {
        let proxies = (!self.trusted_proxy.is_empty()).then(|| self.trusted_proxy.join(OsStr::new(",")));
        let switch = |thrown: bool| thrown.then(|| OsString::from(keys::ALLOWED));
        let (plain_http, admin_exposed) = (switch(self.plain_http), switch(self.admin_exposed));
        given(&[
            (keys::LISTEN, self.listen.as_ref()),
            (keys::ENVIRONMENT, self.environment.as_ref()),
            (keys::ENVIRONMENT_COLOUR, self.environment_colour.as_ref()),
            (keys::SITE, self.site.as_ref()),
            (keys::TLS_CERT, self.tls_cert.as_ref()),
            (keys::TLS_KEY, self.tls_key.as_ref()),
            (keys::TRUSTED_PROXY, proxies.as_ref()),
            (keys::PLAIN_HTTP, plain_http.as_ref()),
            (keys::ADMIN_LISTEN, self.admin_listen.as_ref()),
            (keys::ADMIN_EXPOSED, admin_exposed.as_ref()),
            (keys::UPSTREAM_FIRST_BYTE, self.upstream_first_byte.as_ref()),
            (keys::UPSTREAM_IDLE, self.upstream_idle.as_ref()),
            (keys::UPSTREAM_TOOL, self.upstream_tool.as_ref()),
            (keys::UPSTREAM_TOTAL, self.upstream_total.as_ref()),
            (keys::UPSTREAM_CA, self.upstream_ca.as_ref()),
            (keys::LIMITS, self.limits.as_ref()),
            (keys::DECISIONS, self.decisions.as_ref()),
            (keys::CLIENTS, self.clients.as_ref()),
            (keys::RETENTION, self.retention.as_ref()),
            (keys::RETENTION_ARCHIVE, self.retention_archive.as_ref()),
        ])
    }
}

/// Starts, says so, serves until it is told to stop, ends in good order.
pub async fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let Context { config, .. } = context;
    let lookup = context.lookup();
    config.server.check_site()?;
    config.network.check(&config.server)?;
    let certificate = config.network.tls.as_ref().map(Certificate::open).transpose().context("TLS")?;
    let network = Network::new(&config.network, certificate.as_ref())?;
    let lock = Lock::take(&config.storage, true)?;
    let listen = config.server.listen.value;
    let listener = TcpListener::bind(listen).await;
    let listener =
        listener.with_context(|| format!("cannot listen on {listen}; --listen names another address"))?;
    let admin = match &config.admin.listen {
        Some(at) => Some(AdminListener::open(&at.value).await.with_context(|| at.source.to_string())?),
        None => None,
    };
    if let Some(warning) = config.server.warning() {
        tracing::warn!("{warning}");
    }
    let store = host::open(config, &lock).await?;
    let code = host::set_up_code(&store).await?;
    let socket = HostSocket::open(&lock.data, &lookup).context("the socket for host commands")?;
    let started = host::start(config, store, lock, &lookup).await?;
    let app = started.app.clone();
    let stop = stop_on_signal(&app)?;
    let mut tasks = vec![tokio::spawn(socket.run(app.clone())), tokio::spawn(sweeper::run(app.clone()))];
    tasks.push(tokio::spawn(mcp::import::keep(app.clone())));
    let programs = app.clone();
    tasks.push(tokio::spawn(async move { programs.mcp.keep_programs(&programs).await }));
    tasks.push(tokio::spawn(notify::watchdog(app.stopping.clone())));
    tasks.extend(certificate.map(|it| tokio::spawn(net::watch(it, app.stopping.clone()))));
    if let Some(admin) = admin {
        say(format_args!("numbers and health at {}", admin.place()));
        let (connections, exposed) = (network.connections.clone(), config.admin.exposed.value);
        tasks.push(tokio::spawn(http::serve_admin(app.clone(), admin, connections, exposed)));
    }
    greet(&app, &network, &listener, code.as_ref())?;
    let served = http::serve_on(app, listener, network).await;
    started.app.stopping.cancel();
    stop.abort();
    for task in tasks {
        let _ = timeout(DRAIN, task).await;
    }
    started.end().await;
    tracing::info!("stopped");
    served.map(|()| ExitCode::SUCCESS)
}

/// SIGTERM and SIGINT end the broker in good order.
fn stop_on_signal(app: &App) -> anyhow::Result<JoinHandle<()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopping = app.stopping.clone();
    Ok(tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        notify::stopping();
        stopping.cancel();
    }))
}

fn greet(
    app: &App,
    network: &Network,
    listener: &TcpListener,
    code: Option<&SetUpCode>,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    if network.plain_http && network.tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!("plain http with other machines: tokens and cookies can be read on the way");
    }
    if let Some(banner) = &app.banner {
        tracing::warn!("{banner}");
    }
    if app.vault.is_sealed() {
        tracing::warn!("the vault is sealed");
    }
    if let Some(code) = code {
        say(format_args!("Open {}/set-up and enter {} (once, within 30 minutes)", app.public_url, code.text));
    }
    let scheme = if network.tls.is_some() { "https" } else { "http" };
    say(format_args!("listening on {scheme}://{address}"));
    notify::ready(&format!("listening on {scheme}://{address}"));
    Ok(())
}
