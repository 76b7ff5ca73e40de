//! How things are.

use super::{Step, Wanted, context};
use crate::{
    app::App,
    ledger::acts::Before,
    store::{
        Conn,
        agent_keys::{self, Key},
        agents::{self, Agent},
        connections::{self, Connection},
        grants, history,
        people::{self, Person},
        services::{self, Service},
        watermarks,
    },
};
use protocol::{Slug, revoke::Subject, services::ServiceDefinition};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The public keys of agents.
    pub keys: Vec<(Slug, Key)>,
    /// Agents that have a secret.
    pub secrets: BTreeSet<Slug>,
    /// How many live sessions agents hold, by the thumbprint of the key that they were asked with; none: a secret.
    /// Only of agents that may lose a credential.
    pub held: BTreeMap<Slug, BTreeMap<Option<String>, i64>>,
    /// How many live sessions hold each service.
    pub live: BTreeMap<Slug, i64>,
    /// Connections whose stored secret does not open at the place where their service is now: an earlier run was
    /// interrupted. None is known while the vault is sealed.
    pub unusable: Vec<Slug>,
    /// Whether the vault is sealed, so that no secret can be stored.
    pub sealed: bool,
}

impl Found {
    /// Reads it, as far as what is wanted could change it.
    pub async fn read(app: &App, wanted: &Wanted) -> sqlx::Result<Self> {
        let mut conn = app.store.read().await?;
        let people = people::list(&mut conn).await?;
        let services = services::list(&mut conn).await?;
        let connections = connections::list(&mut conn).await?;
        let agents = agents::list(&mut conn).await?;
        let mut held = BTreeMap::new();
        let may_lose = |it: &&super::WantedAgent| {
            it.keys.is_some() || it.secret == Some(false) || wanted.new_secrets.contains(&it.name)
        };
        for agent in wanted.agents.iter().filter(may_lose) {
            held.insert(agent.name.clone(), held_by(app, &mut conn, &agent.name).await?);
        }
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
            keys: agent_keys::list(&mut conn).await?,
            secrets: agents::with_secret(&mut conn).await?.into_iter().collect(),
            held,
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

impl Found {
    /// How what a step changes must still stand; none if it does not matter.
    pub fn before(&self, step: &Step, wanted: &Wanted) -> Option<Before> {
        match step {
            Step::Person(_) => None,
            Step::Service(it) => Some(Before::Service(self.services.get(&it.id).cloned())),
            Step::Connection { connection: it, .. } => {
                Some(Before::Connection(self.connections.get(&it.id).cloned()))
            }
            Step::Agent { agent: it, .. } => Some(match &wanted.agent_as_seen {
                Some((seen, keys)) if seen.id == it.id => Before::Agent(Some(seen.clone()), keys.clone()),
                _ => Before::Agent(self.agents.get(&it.id).cloned(), self.keys_of(&it.id)),
            }),
        }
    }

    /// The public keys of an agent.
    pub fn keys_of(&self, agent: &Slug) -> Vec<Key> {
        self.keys.iter().filter(|(owner, _)| owner == agent).map(|(_, key)| key.clone()).collect()
    }
}

/// The live sessions of an agent, by credential.
async fn held_by(app: &App, conn: &mut Conn, agent: &Slug) -> sqlx::Result<BTreeMap<Option<String>, i64>> {
    let mut held = BTreeMap::new();
    for stored in grants::held_by(conn, agent).await? {
        if history::is_live(conn, &stored.grant.grant_id(), app.clock.now()).await? {
            *held.entry(stored.grant.asked.agent.thumbprint).or_default() += 1;
        }
    }
    Ok(held)
}

/// Whether the secret is sealed for exactly this place. What it holds is overwritten at once.
fn opens(app: &App, service: &ServiceDefinition, connection: &Connection) -> bool {
    context(service, connection)
        .is_ok_and(|place| app.vault.open_secret(&place.bound(), &connection.record).is_ok())
}
