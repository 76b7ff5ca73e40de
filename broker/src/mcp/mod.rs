//! The MCP gateway: any MCP client, any MCP server, only the granted tools, every call on the record.
//!
//! `requests` answers what clients ask, in both eras of the protocol; what a grant must hold goes through `call`:
//! admit → record → inject → send → relay. `upstream` faces the servers, `import` takes in what they offer.

mod arguments;
mod beside;
mod call;
pub(crate) mod era;
pub mod import;
mod link;
mod listen;
pub(crate) mod message;
mod offer;
mod relay;
mod repeats;
pub(crate) mod reply;
mod requests;
mod results;
mod schemas;
mod sessions;
pub(crate) mod upstream;

pub(crate) use requests::{Door, delete, get, post};

use crate::{app::App, store::history};
use import::Freshness;
use protocol::{GrantId, Slug};
use repeats::Repeats;
use schemas::Schemas;
use sessions::Sessions;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Opening, broadcast};
use upstream::session::Session as Upstream;

/// Sessions with servers, by service.
type Open = Opening<HashMap<Slug, Arc<Upstream>>>;

/// What the gateway remembers. None of it says that a call is allowed.
#[derive(Debug, Default)]
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
