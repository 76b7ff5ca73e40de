//! How things are.

use super::context;
use crate::{
    app::App,
    store::{
        agents::{self, Agent},
        connections::{self, Connection},
        people::{self, Person},
        services::{self, Service},
        watermarks,
    },
};
use protocol::{Slug, revoke::Subject, services::ServiceDefinition};
use std::collections::BTreeMap;

/// All that is stored of what can be declared.
#[derive(Debug, Default)]
pub struct Found {
    /// People.
    pub people: BTreeMap<Slug, Person>,
    /// Services.
    pub services: BTreeMap<Slug, Service>,
    /// Connections.
    pub connections: BTreeMap<Slug, Connection>,
    /// Agents.
    pub agents: BTreeMap<Slug, Agent>,
    /// How many live sessions hold each service.
    pub live: BTreeMap<Slug, i64>,
    /// Connections whose stored secret does not open at the place where their service is now: an earlier run was
    /// interrupted. None is known while the vault is sealed.
    pub unusable: Vec<Slug>,
    /// Whether the vault is sealed, so that no secret can be stored.
    pub sealed: bool,
}

impl Found {
    /// Reads it.
    pub async fn read(app: &App) -> sqlx::Result<Self> {
        let mut conn = app.store.read().await?;
        let people = people::list(&mut conn).await?;
        let services = services::list(&mut conn).await?;
        let connections = connections::list(&mut conn).await?;
        let agents = agents::list(&mut conn).await?;
        let mut live = BTreeMap::new();
        for service in &services {
            let id = service.definition.id.clone();
            let subject = Subject::Service { service: id.clone() };
            let counted = watermarks::count(&mut conn, &subject, app.clock.now()).await?;
            live.insert(id, counted.sessions + counted.narrowed);
        }
        let mut found = Self {
            people: people.into_iter().map(|it| (it.id.clone(), it)).collect(),
            services: services.into_iter().map(|it| (it.definition.id.clone(), it)).collect(),
            connections: connections.into_iter().map(|it| (it.id.clone(), it)).collect(),
            agents: agents.into_iter().map(|it| (it.id.clone(), it)).collect(),
            live,
            unusable: Vec::new(),
            sealed: app.vault.is_sealed(),
        };
        if !found.sealed {
            let opens = |it: &&Connection| {
                let service = found.services.get(&it.service);
                service.is_some_and(|service| opens(app, &service.definition, it))
            };
            let unusable = found.connections.values().filter(|it| !opens(it));
            found.unusable = unusable.map(|it| it.id.clone()).collect();
        }
        Ok(found)
    }
}

/// Whether the secret is sealed for exactly this place. What it holds is overwritten at once.
fn opens(app: &App, service: &ServiceDefinition, connection: &Connection) -> bool {
    context(service, connection)
        .is_ok_and(|place| app.vault.open_secret(&place.bound(), &connection.record).is_ok())
}
