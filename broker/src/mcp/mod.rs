//! The MCP gateway: any MCP client, any MCP server, only the granted tools, every call on the record.
//!
//! `requests` answers what clients ask, in both eras of the protocol; what a grant must hold goes through `call`:
//! admit → record → inject → send → relay. `upstream` faces the servers, `import` takes in what they offer.

mod admit;
mod arguments;
mod beside;
mod call;
mod enter;
pub(crate) mod era;
pub mod import;
mod link;
mod listen;
pub(crate) mod message;
mod offer;
mod probe;
mod relay;
mod repeats;
pub(crate) mod reply;
mod requests;
mod results;
mod schemas;
mod sessions;
pub mod upstream;

pub(crate) use era::{LEGACY, MODERN};
pub(crate) use probe::{Probe, ToolCall};
pub(crate) use requests::{Door, delete, get, post};

use crate::{app::App, store::history};
use import::Freshness;
use protocol::{GrantId, Slug, mcp::McpTransport};
use repeats::Repeats;
use schemas::Schemas;
use sessions::Sessions;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Opening, broadcast};
use upstream::{UpstreamError, program::Conversation, session::Session as Upstream, stdio::Programs};

/// Sessions with servers, by service.
type Open = Opening<HashMap<Slug, Arc<Upstream>>>;

/// What the gateway remembers. None of it says that a call is allowed.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// Sessions of clients.
    sessions: Sessions,
    /// Sessions with servers for clients that have none, by grant: what one grant's calls leave there is no other's to see.
    shared: Mutex<HashMap<GrantId, Arc<Open>>>,
    schemas: Schemas,
    repeats: Repeats,
    fresh: Freshness,
    /// Services whose tools are others now.
    changes: Changes,
    /// The programs of this host that may be servers.
    programs: Programs,
    /// The conversations with those that run.
    conversations: Opening<HashMap<Slug, Arc<Conversation>>>,
}

/// Tells who listens.
#[derive(Debug)]
struct Changes(broadcast::Sender<Slug>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(64).0)
    }
}

impl Changes {
    fn subscribe(&self) -> broadcast::Receiver<Slug> {
        self.0.subscribe()
    }
}

impl Gateway {
    /// Nothing is remembered yet, and none of the programs runs.
    pub(crate) fn new(programs: Programs) -> Self {
        Self {
            sessions: Sessions::default(),
            shared: Mutex::default(),
            schemas: Schemas::default(),
            repeats: Repeats::default(),
            fresh: Freshness::default(),
            changes: Changes::default(),
            programs,
            conversations: Opening::default(),
        }
    }

    /// Ends programs that are idle, and all when the broker stops.
    pub(crate) async fn keep_programs(&self, app: &App) {
        self.programs.keep(app.stopping.clone()).await;
    }

    /// The conversation with a program, which is started if it does not run.
    async fn conversation(&self, app: &Arc<App>, program: &Slug) -> Result<Arc<Conversation>, UpstreamError> {
        let server = self.programs.running(program).await?;
        let mut all = self.conversations.lock().await;
        if let Some(known) = all.get(program).filter(|it| it.is_with(&server)) {
            return Ok(known.clone());
        }
        let (weak, named) = (Arc::downgrade(app), program.clone());
        let changed = move || {
            if let Some(app) = weak.upgrade() {
                program_changed(&app, named.clone());
            }
        };
        let begun = Conversation::begin(server, changed);
        let begun =
            Arc::new(begun.ok_or_else(|| UpstreamError::Program("somebody else listens".to_owned()))?);
        all.insert(program.clone(), begun.clone());
        Ok(begun)
    }

    /// Tells every client that may want to know.
    fn tools_changed(&self, service: &Slug) {
        self.sessions.tools_changed(service);
        let _ = self.changes.0.send(service.clone());
    }

    /// The sessions with servers of one grant.
    fn shared(&self, grant: &GrantId) -> Arc<Open> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.entry(grant.clone()).or_default().clone()
    }

    /// A server says that its tools are others now.
    fn changed(&self, app: &Arc<App>, service: &Slug) {
        self.fresh.outdate(service);
        import::soon(app, service.clone());
    }

    /// What came of asking a server last, if this broker has asked it.
    pub(crate) fn report(&self, service: &Slug) -> Option<import::Report> {
        self.fresh.report(service)
    }

    /// The grants that something is remembered of.
    fn grants(&self) -> BTreeSet<GrantId> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.keys().cloned().chain(self.sessions.grants()).collect()
    }

    /// Forgets what belongs to grants that are over.
    pub(crate) async fn sweep(&self, app: &App) -> sqlx::Result<()> {
        let known = self.grants();
        if known.is_empty() {
            return Ok(());
        }
        let digits: Vec<&str> = known.iter().map(GrantId::digits).collect();
        let live = history::live_among(&mut app.store.read().await?, &digits, app.clock.now()).await?;
        let is_live = |grant: &GrantId| live.contains(grant.digits());
        self.sessions.keep(is_live);
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).retain(|grant, _| is_live(grant));
        Ok(())
    }
}

/// A program says that its tools are others now: those of every service that it is.
fn program_changed(app: &Arc<App>, program: Slug) {
    let app = app.clone();
    tokio::spawn(async move {
        let Ok(directory) = app.directories.current().await else { return };
        let transport = McpTransport::Stdio { program };
        for service in directory.services() {
            if service.definition.mcp.as_ref().is_some_and(|it| it.transport == transport) {
                app.mcp.changed(&app, &service.definition.id);
            }
        }
    });
}
