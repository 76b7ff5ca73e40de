//! What admins declared, remembered for the data plane, so that a call reads nothing before the ledger judges it.
//!
//! A [`Directory`] holds everything as it stood at one revision. Whoever acts on one names that revision in the
//! intent; the ledger reads the revision in the very transaction that records the call, and refuses an intent that was
//! made from an older one as [`Why::Stale`](crate::ledger::Why::Stale): nothing is recorded, and it is made again from a
//! newer directory. So nothing is ever allowed, or injected, by what was remembered alone.

use super::context::{SecretPlace, context};
use crate::{
    egress::{Destination, Origin},
    store::{
        Conn, Store,
        agents::{self, Agent},
        connections::{self, Connection},
        people, revision,
        services::{self, Service},
    },
};
use protocol::Slug;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::Mutex;

/// A connection, with where its secret belongs and where its calls go as its service is declared now.
#[derive(Debug)]
pub struct Reachable {
    /// The connection.
    pub connection: Connection,
    /// What its secret is bound to.
    pub place: SecretPlace,
    /// Where calls through it go.
    pub destination: Destination,
}

/// What was declared, as it stood at one revision.
#[derive(Debug, Default)]
pub struct Directory {
    revision: i64,
    services: HashMap<Slug, Arc<Service>>,
    connections: HashMap<Slug, Arc<Reachable>>,
    agents: HashMap<Slug, Arc<Agent>>,
    by_mac: HashMap<String, Slug>,
    blocked: HashSet<Slug>,
}

impl Directory {
    /// Which revision.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// A service.
    pub fn service(&self, id: &Slug) -> Option<&Arc<Service>> {
        self.services.get(id)
    }

    /// A connection whose service has an origin that can be called.
    pub fn connection(&self, id: &Slug) -> Option<&Arc<Reachable>> {
        self.connections.get(id)
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values()
    }

    /// All connections that can be called.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Reachable>> {
        self.connections.values()
    }

    /// An agent, blocked or not.
    pub fn agent(&self, id: &Slug) -> Option<&Arc<Agent>> {
        self.agents.get(id)
    }

    /// The agent whose secret has this HMAC, if neither it nor its owner is blocked.
    pub fn agent_by_mac(&self, mac: &str) -> Option<&Arc<Agent>> {
        let agent = self.agent(self.by_mac.get(mac)?)?;
        (!agent.blocked && !self.blocked.contains(&agent.owner)).then_some(agent)
    }

    async fn read(conn: &mut Conn, revision: i64) -> sqlx::Result<Self> {
        let services = services::list(conn).await?.into_iter();
        let services: HashMap<_, _> = services.map(|it| (it.definition.id.clone(), Arc::new(it))).collect();
        let connections = connections::list(conn).await?.into_iter();
        let connections = connections.filter_map(|it| Some((it.id.clone(), reach(&services, it)?))).collect();
        let agents = agents::list(conn).await?.into_iter();
        let by_mac = agents::macs(conn).await?.into_iter();
        let people = people::list(conn).await?.into_iter();
        Ok(Self {
            revision,
            connections,
            services,
            agents: agents.map(|it| (it.id.clone(), Arc::new(it))).collect(),
            by_mac: by_mac.filter_map(|(mac, id)| Some((mac, id.parse().ok()?))).collect(),
            blocked: people.filter(|it| it.blocked).map(|it| it.id).collect(),
        })
    }
}

fn reach(services: &HashMap<Slug, Arc<Service>>, connection: Connection) -> Option<Arc<Reachable>> {
    let definition = &services.get(&connection.service)?.definition;
    let (place, origin) = match (context(definition, &connection), Origin::parse(&definition.origin)) {
        (Ok(place), Ok(origin)) => (place, origin),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(service = %definition.id, %error, "a service has no origin that can be called");
            return None;
        }
    };
    let name = format!("{}/{}", connection.id, connection.version);
    let destination = Destination { origin, allow_private: definition.allow_private, connection: name };
    Some(Arc::new(Reachable { connection, place, destination }))
}

/// The directory that was read last.
#[derive(Debug)]
pub struct Directories {
    store: Store,
    /// Held for a pointer's copy, never across an await.
    current: RwLock<Arc<Directory>>,
    /// Held while reading: a crowd that finds it stale reads it once.
    reading: Mutex<()>,
}

impl Directories {
    /// Nothing is read until somebody asks.
    pub fn new(store: Store) -> Self {
        Self { store, current: RwLock::default(), reading: Mutex::default() }
    }

    /// The directory as it was read last; good for an intent that names its revision.
    pub async fn current(&self) -> sqlx::Result<Arc<Directory>> {
        let remembered = self.remembered();
        if remembered.revision > 0 { Ok(remembered) } else { self.newest().await }
    }

    /// The directory as it stands now; for a refusal that the ledger does not judge.
    pub async fn newest(&self) -> sqlx::Result<Arc<Directory>> {
        let mut conn = self.store.read().await?;
        if revision::number(&mut conn).await? == self.remembered().revision {
            return Ok(self.remembered());
        }
        drop(conn);
        let _one_reads = self.reading.lock().await;
        let mut conn = self.store.read().await?;
        let mut before = revision::number(&mut conn).await?;
        while before != self.remembered().revision {
            let read = Directory::read(&mut conn, before).await?;
            // What changed while it was read would be half in it.
            let after = revision::number(&mut conn).await?;
            if before == after {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
            }
            before = after;
        }
        Ok(self.remembered())
    }

    fn remembered(&self) -> Arc<Directory> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
