//! What servers offer becomes the actions of their services: when a service is connected, when a server says that something
//! changed, and every minute in which it is called.

use super::{
    link,
    upstream::{
        UpstreamError,
        learn::learn,
        wire::{Address, Wire},
    },
};
use crate::{
    app::App,
    calls,
    egress::Silence,
    fault::Fault,
    ledger::acts::{Act, Asking, Offered, Offering, Tooling},
    services::directory::{Directory, Reachable},
    store::tools::{SERVER, Tool},
};
use protocol::{Slug, record::Actor, services::ServiceKind};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Mutex as Reading,
    time::{Instant, timeout},
};

/// For how long what a server said is taken as what it says now.
const FRESH: Duration = Duration::from_mins(1);
/// How long a server that is not called is left in peace.
const IDLE: Duration = Duration::from_mins(10);
/// How often the broker looks for servers that it has not asked yet.
const TICK: Duration = Duration::from_secs(1);
/// How long a server may take to say what it offers.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a call waits for that, and for how long a server that did not say is not asked before another.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(10);

/// When each server was asked last.
#[derive(Debug, Default)]
pub(crate) struct Freshness(Mutex<HashMap<Slug, Asked>>);

#[derive(Debug, Clone, Default)]
struct Asked {
    /// The version of the declaration under which it was, and when.
    last: Option<(i64, Instant)>,
    /// What came of it when it was asked last.
    report: Option<Report>,
    /// When it was asked in vain last.
    failed: Option<Instant>,
    /// One asks, a crowd waits.
    reading: Arc<Reading<()>>,
}

/// What came of asking a server, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many tools are new.
    pub added: usize,
    /// How many are not as they were.
    pub changed: usize,
    /// How many are gone.
    pub gone: usize,
    /// How many cannot be granted by their names or definitions, and are left out.
    pub left_out: usize,
    /// Why nothing was taken in, if nothing was.
    pub failed: Option<String>,
}

impl Report {
    fn of(before: &[Tool], after: &[Offered], left_out: usize) -> Self {
        let tool = |name: &String| name != SERVER;
        let known = |name: &str| before.iter().find(|it| it.name == name);
        let offered = || after.iter().filter(|it| tool(&it.name));
        let changed = |it: &&Offered| known(&it.name).is_some_and(|before| before.digest != it.digest);
        let gone = |it: &&Tool| tool(&it.name) && !after.iter().any(|after| after.name == it.name);
        Self {
            added: offered().filter(|it| known(&it.name).is_none()).count(),
            changed: offered().filter(changed).count(),
            gone: before.iter().filter(gone).count(),
            left_out,
            failed: None,
        }
    }
}

impl Freshness {
    /// What came of asking this server last, if this broker has asked it.
    pub fn report(&self, service: &Slug) -> Option<Report> {
        self.of(service).report
    }

    /// What was known is not so any more.
    pub fn outdate(&self, service: &Slug) {
        if let Some(asked) = self.lock().get_mut(service) {
            (asked.last, asked.failed) = (None, None);
        }
    }

    fn of(&self, service: &Slug) -> Asked {
        self.lock().entry(service.clone()).or_default().clone()
    }

    fn came(&self, service: &Slug, report: Report) {
        let mut all = self.lock();
        let asked = all.entry(service.clone()).or_default();
        asked.failed = report.failed.is_some().then(Instant::now);
        asked.report = Some(report);
    }

    fn note(&self, service: &Slug, version: i64) {
        self.lock().entry(service.clone()).or_default().last = Some((version, Instant::now()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Slug, Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn within(&self, version: i64, age: Duration) -> bool {
        self.last.is_some_and(|(of, at)| of == version && at.elapsed() < age)
    }

    /// Whether it was asked under this version since then, or in vain.
    fn since(&self, version: i64, then: Instant) -> bool {
        let answered = self.last.is_some_and(|(of, at)| of == version && at >= then);
        answered || self.failed.is_some_and(|at| at >= then)
    }
}

/// Why nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such MCP server.
    #[error("there is no MCP server of this name")]
    Missing,
    /// No account is connected.
    #[error("no account of it is connected, so there is nothing to ask it with")]
    NoConnection,
    /// It did not say.
    #[error("{0}")]
    Upstream(String),
    /// It took too long.
    #[error("the MCP server took more than 30 seconds to say what it offers")]
    TooSlow,
    /// What it said could not be taken in.
    #[error("{0}")]
    Fault(String),
}

/// Whether a server said within the last minute what it offers.
pub(crate) async fn is_fresh(app: &App, service: &Slug) -> Result<bool, Fault> {
    is_within(app, service, FRESH).await
}

/// A call must not read anything to know that its server was asked a moment ago.
async fn is_within(app: &App, service: &Slug, age: Duration) -> Result<bool, Fault> {
    let remembered = app.directories.current().await?;
    Ok(remembered.service(service).is_some_and(|it| app.mcp.fresh.of(service).within(it.version, age)))
}

/// What a server offers, as of the last minute, for whoever is about to call it or to look. A server that does not say leaves
/// what it said before; it is not waited for long, and not again for a while.
pub(crate) async fn fresh(app: &Arc<App>, service: &Slug) {
    if app.mcp.fresh.of(service).failed.is_some_and(|at| at.elapsed() < AGAIN) {
        return;
    }
    let came = timeout(PATIENCE, within(app, service, FRESH, Actor::Broker)).await.unwrap_or_else(|_| {
        failed(app, service, &ImportError::TooSlow);
        Err(ImportError::TooSlow)
    });
    if let Err(error) = came {
        tracing::warn!(%service, %error, "an MCP server did not say what it offers");
    }
}

/// Asks a server what it offers, now. If somebody else is asking it at this moment, theirs is the answer.
pub async fn now(app: &Arc<App>, service: &Slug, by: Actor) -> Result<Report, ImportError> {
    within(app, service, Duration::ZERO, by).await?;
    Ok(app.mcp.fresh.report(service).unwrap_or_default())
}

/// The same in the background; what goes wrong is for the log.
pub(crate) fn soon(app: &Arc<App>, service: Slug) {
    let app = app.clone();
    tokio::spawn(async move { fresh(&app, &service).await });
}

async fn within(app: &Arc<App>, service: &Slug, age: Duration, by: Actor) -> Result<(), ImportError> {
    let came = ask(app, service, age, by).await;
    if let Err(error) = &came
        && !matches!(error, ImportError::Missing | ImportError::NoConnection)
    {
        failed(app, service, error);
    }
    came
}

fn failed(app: &App, service: &Slug, error: &ImportError) {
    let left_out = app.mcp.fresh.report(service).unwrap_or_default().left_out;
    app.mcp.fresh.came(service, Report { failed: Some(error.to_string()), left_out, ..Report::default() });
}

async fn ask(app: &Arc<App>, service: &Slug, age: Duration, by: Actor) -> Result<(), ImportError> {
    if is_within(app, service, age).await.map_err(inside)? {
        return Ok(());
    }
    let directory = app.directories.newest().await.map_err(inside)?;
    let known = directory.service(service).filter(|it| it.definition.kind == ServiceKind::Mcp);
    let known = known.ok_or(ImportError::Missing)?;
    if app.mcp.fresh.of(service).within(known.version, age) {
        return Ok(());
    }
    let begun = Instant::now();
    let reading = app.mcp.fresh.of(service).reading;
    let _one_reads = reading.lock().await;
    if app.mcp.fresh.of(service).since(known.version, begun) {
        return Ok(()); // somebody asked while this waited
    }
    let through = account(&directory, service).ok_or(ImportError::NoConnection)?;
    let asking = Asking {
        service: service.clone(),
        version: known.version,
        connection: through.connection.id.clone(),
        secret_version: through.connection.version,
        by: by.clone(),
    };
    app.ledger.act(Act::Tools(Box::new(Tooling::Ask(asking)))).await.map_err(inside)?;
    let path = known.definition.mcp.as_ref().and_then(|it| link::path(&it.transport)).unwrap_or("/");
    let injected = calls::inject(app, &known.definition, through).await.map_err(inside)?;
    let learning = async {
        if let Some(program) = link::program(app, &known.definition).await? {
            return learn(Wire::Program(&program, LONGEST), Some(program.session(LONGEST).await?)).await;
        }
        let counted = Some((&**app, service));
        let (egress, to, silence) = (&app.egress, &through.destination, Silence::Usual);
        let at = Address { egress, counted, to, path, injected: &injected, silence };
        learn(Wire::Http(at), None).await
    };
    let learned = timeout(LONGEST, learning).await.map_err(|_| ImportError::TooSlow)?;
    let learned = learned.map_err(|error: UpstreamError| ImportError::Upstream(error.to_string()))?;
    let before: Vec<_> = known.tools.iter().map(|it| (&it.name, &it.digest)).collect();
    let report = Report::of(&known.tools, &learned.offered, learned.left_out);
    let same = learned.offered.iter().map(|it| (&it.name, &it.digest)).eq(before);
    if !same {
        let (version, left_out) = (known.version, learned.left_out);
        let offering = Offering { service: service.clone(), version, tools: learned.offered, left_out, by };
        app.ledger.act(Act::Tools(Box::new(Tooling::Take(offering)))).await.map_err(inside)?;
        app.mcp.tools_changed(service);
    }
    app.mcp.fresh.came(service, report);
    app.mcp.fresh.note(service, known.version);
    Ok(())
}

/// The account that a server is asked with: a shared one where there is one, the first by name.
fn account<'a>(directory: &'a Directory, service: &Slug) -> Option<&'a Arc<Reachable>> {
    let mut all: Vec<_> = directory.connections().filter(|it| it.connection.service == *service).collect();
    all.sort_by_key(|it| (it.connection.owner.is_some(), it.connection.id.clone()));
    all.first().copied()
}

fn inside(error: impl Into<Fault>) -> ImportError {
    ImportError::Fault(error.into().to_string())
}

/// Looks after the servers until the broker stops.
pub(crate) async fn keep(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        if app.vault.is_sealed() {
            continue;
        }
        let Ok(directory) = app.directories.newest().await else { continue };
        for service in directory.services().filter(|it| it.definition.kind == ServiceKind::Mcp) {
            let id = &service.definition.id;
            let asked = app.mcp.fresh.of(id);
            if service.blocked || asked.within(service.version, IDLE) || account(&directory, id).is_none() {
                continue;
            }
            if let Err(error) = within(&app, id, IDLE, Actor::Broker).await {
                tracing::warn!(service = %id, %error, "an MCP server did not say what it offers");
                // Noted all the same: one that is not there is not asked every second.
                app.mcp.fresh.note(id, service.version);
            }
        }
    }
}
