//! `serve`: the broker itself.

use super::{Context, given, say};
use crate::{
    app::App,
    config::{Flags, keys},
    host::{self, HostSocket, Lock, SetUpCode},
    http, sweeper,
};
use anyhow::Context as _;
use std::{ffi::OsString, process::ExitCode, time::Duration};
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
    /// The directory of the pages' wasm half, as `cargo xtask ui` makes it [env: COUNTERSIGN_SITE]
    #[arg(long, value_name = "DIR", help_heading = "Settings")]
    site: Option<OsString>,
    /// How much anybody may ask, as requests=60,calls=100; see docs/agents.md [env: COUNTERSIGN_LIMITS]
    #[arg(long, value_name = "LIMITS", help_heading = "Settings")]
    limits: Option<OsString>,
}

impl Args {
    pub fn flags(&self) -> Flags {
        given(&[
            (keys::LISTEN, self.listen.as_ref()),
            (keys::ENVIRONMENT, self.environment.as_ref()),
            (keys::SITE, self.site.as_ref()),
            (keys::LIMITS, self.limits.as_ref()),
        ])
    }
}

/// Starts, says so, serves until it is told to stop, ends in good order.
pub async fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let Context { config, .. } = context;
    let lookup = context.lookup();
    config.server.check_site()?;
    let lock = Lock::take(&config.storage, true)?;
    let listen = config.server.listen.value;
    let listener = TcpListener::bind(listen).await;
    let listener =
        listener.with_context(|| format!("cannot listen on {listen}; --listen names another address"))?;
    if let Some(warning) = config.server.warning() {
        tracing::warn!("{warning}");
    }
    let code = host::set_up_code(config, &lock).await?;
    let socket = HostSocket::open(&lock.data, &lookup).context("the socket for host commands")?;
    let started = host::start(config, lock, &lookup).await?;
    let app = started.app.clone();
    let stop = stop_on_signal(&app)?;
    let tasks = [tokio::spawn(socket.run(app.clone())), tokio::spawn(sweeper::run(app.clone()))];
    greet(&app, &listener, code.as_ref())?;
    let served = http::serve(app, listener).await;
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
        stopping.cancel();
    }))
}

fn greet(app: &App, listener: &TcpListener, code: Option<&SetUpCode>) -> anyhow::Result<()> {
    if let Some(banner) = &app.banner {
        tracing::warn!("{banner}");
    }
    if app.vault.is_sealed() {
        tracing::warn!("the vault is sealed");
    }
    if let Some(code) = code {
        say(format_args!("Open {}/set-up and enter {} (once, within 30 minutes)", app.public_url, code.text));
    }
    say(format_args!("listening on http://{}", listener.local_addr()?));
    Ok(())
}
