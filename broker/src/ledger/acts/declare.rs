//! Somebody declares people, services, connections and agents: the host, or a person from a page (`declare_as`).

use super::{Acting, Credentials, Why};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer, revoke},
    store::{
        agents::{self, Agent},
        connections::Connection,
        people::{self, Person},
        services, watermarks,
    },
};
use domain::watermark::keys as watermark_keys;
use protocol::{Slug, record::Actor, revoke::Subject, services::ServiceDefinition};
use serde_json::json;

/// One declaration.
#[derive(Debug, Clone)]
pub enum Declaration {
    /// A person with these roles.
    Person(Person),
    /// Whether somebody or something is blocked. Blocking ends what exists too, which is a revocation: this only lifts.
    Unblock(Subject),
    /// An agent may ask again: the denials so far no longer count.
    LiftCoolDown(Slug),
    /// A service. A changed definition takes the service away from every session that holds it.
    Service(ServiceDefinition),
    /// A connection with its sealed secret.
    Connection(Connection),
    /// A connection goes, with its secret.
    RemoveConnection(Slug),
    /// An agent, and the HMAC of its new secret if it gets one.
    Agent {
        /// The agent.
        agent: Agent,
        /// The HMAC of a new secret.
        secret_mac: Option<String>,
        /// What becomes of its keys, and whether it loses its secret; none if nothing does.
        credentials: Option<Credentials>,
    },
}

impl Declaration {
    /// Whether it ends something that is alive: what is made of a changed service, or asked with a lost credential.
    pub(super) fn is_alone(&self) -> bool {
        matches!(
            self,
            Self::Service(_) | Self::RemoveConnection(_) | Self::Agent { credentials: Some(_), .. }
        )
    }
}

impl Acting<'_> {
    pub(super) async fn declare(mut self, declaration: &Declaration, by: &Actor) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        let (kind, facts) = match declaration {
            Declaration::Person(person) => {
                people::save(self.conn, person, now).await?;
                (
                    "person.saved",
                    json!({"person": person.id, "roles": person.roles, "decides_for": person.scope}),
                )
            }
            Declaration::Unblock(subject) => {
                if !revoke::exists(self.conn, subject).await? {
                    return Ok(Err(Why::Missing(revoke::kind(subject))));
                }
                self.unblock(subject).await?;
                ("unblocked", json!({"subject": subject}))
            }
            Declaration::LiftCoolDown(agent) => {
                if !agents::cool(self.conn, agent, now).await? {
                    return Ok(Err(Why::Missing("agent")));
                }
                ("agent.cool_down_lifted", json!({"agent": agent}))
            }
            Declaration::Service(definition) => return self.service(definition, by).await,
            Declaration::Connection(it) => return self.connection(it, by).await,
            Declaration::RemoveConnection(id) => return self.remove_connection(id, by).await,
            Declaration::Agent { agent, secret_mac, credentials } => {
                agents::save(self.conn, agent, now).await?;
                if let Some(mac) = secret_mac {
                    agents::set_secret(self.conn, &agent.id, mac).await?;
                }
                let facts = facts_of(agent_facts(agent, secret_mac.is_some()));
                self.pen.write("agent.saved", by.clone(), None, None, facts);
                return match credentials {
                    Some(wanted) => self.credentials(wanted, by).await,
                    None => Ok(Ok(Answer::Done)),
                };
            }
        };
        self.pen.write(kind, by.clone(), None, None, facts_of(facts));
        Ok(Ok(Answer::Done))
    }

    async fn unblock(&mut self, subject: &Subject) -> sqlx::Result<()> {
        match subject {
            Subject::Service { service } => services::block(self.conn, service, false).await,
            Subject::Agent { agent } => agents::block(self.conn, agent, false).await,
            Subject::Person { person } => people::block(self.conn, person, false).await,
            Subject::Session { .. } | Subject::SessionService { .. } | Subject::All => Ok(()),
        }
    }

    async fn service(&mut self, definition: &ServiceDefinition, by: &Actor) -> sqlx::Result<Outcome> {
        let before = services::find(self.conn, &definition.id).await?;
        let definition = &services::as_declared(definition);
        if before.as_ref().is_some_and(|it| it.declared() == *definition) {
            return Ok(Ok(Answer::Done)); // a new version would outdate what was asked of this one
        }
        services::save(self.conn, definition, self.pen.now).await?;
        let changes = before.is_some();
        let facts = json!({
            "service": definition.id,
            "origin": definition.origin,
            "actions": definition.actions.iter().map(|it| &it.name).collect::<Vec<_>>(),
            "sessions_lose_it": changes,
            "definition_digest": domain::digest::of_json(definition),
        });
        self.pen.write("service.saved", by.clone(), None, None, facts_of(facts));
        if changes {
            self.suspend(&definition.id).await?;
        }
        Ok(Ok::<_, Why>(Answer::Done))
    }

    /// Live grants use the definition they were granted with; a changed one takes the service away from them.
    async fn suspend(&mut self, service: &Slug) -> sqlx::Result<()> {
        let subject = Subject::Service { service: service.clone() };
        let counted = watermarks::count(self.conn, &subject, self.pen.now).await?;
        let number = watermarks::next(self.conn).await?;
        for key in watermark_keys(&subject) {
            watermarks::add(self.conn, number, &key, self.pen.now).await?;
        }
        let facts = json!({
            "number": number,
            "subject": subject,
            "block": false,
            "sessions": counted.sessions,
            "narrowed": counted.narrowed,
            "requests": counted.requests,
            "tokens": counted.tokens,
            "reason": "its definition changed",
        });
        self.pen.write("revoked", Actor::Broker, None, None, facts_of(facts));
        self.pen.events.push(crate::events::Event::Revoked { number, agent: None });
        Ok(())
    }
}

fn agent_facts(agent: &Agent, new_secret: bool) -> serde_json::Value {
    json!({"agent": agent.id, "owner": agent.owner, "direct": agent.direct, "new_secret": new_secret})
}

pub(super) fn facts_of(value: serde_json::Value) -> Facts {
    match value {
        serde_json::Value::Object(facts) => facts,
        _ => Facts::new(),
    }
}
