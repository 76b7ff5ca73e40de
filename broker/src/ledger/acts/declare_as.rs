//! A person declares something from a page. Whether they may, and whether it still is what they looked at, is judged in
//! the transaction that makes the change: neither a role nor a definition can move in between.

use super::{Acting, Declaration, Why};
use crate::{
    ledger::batch::Outcome,
    store::{
        agent_keys::{self, Key},
        agents::{self, Agent},
        connections::{self, Connection},
        people::{self, Person},
        services::{self, Service},
    },
};
use protocol::{Slug, record::Actor, revoke::Subject, services::ServiceDefinition, sessions::Role};

/// A declaration by somebody, made from what they saw.
#[derive(Debug, Clone)]
pub struct Declaring {
    /// What is declared.
    pub declaration: Declaration,
    /// Who declares it: the host may do everything, a person what their roles let them.
    pub by: By,
    /// How the thing stood when the change was worked out; none if that does not matter.
    pub before: Option<Before>,
}

/// Who declares something.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The HMAC of a person's web session: whoever has a passkey must have used it there lately.
    pub session: Option<String>,
}

impl By {
    /// The host, which needs no session.
    pub const HOST: Self = Self { actor: Actor::Host, session: None };
}

/// How something stood; none: it was not there.
#[derive(Debug, Clone)]
pub enum Before {
    /// A service.
    Service(Option<Service>),
    /// A connection.
    Connection(Option<Connection>),
    /// An agent, with its public keys.
    Agent(Option<Agent>, Vec<Key>),
}

/// What a declaration is about, as far as persons may declare it by themselves.
enum Thing<'a> {
    Service(&'a ServiceDefinition),
    Connection(&'a Connection),
    Gone(&'a Slug),
    Agent(&'a Slug, Option<&'a Slug>),
    Other,
}

impl Declaration {
    fn thing(&self) -> Thing<'_> {
        match self {
            Self::Service(definition) => Thing::Service(definition),
            Self::Connection(connection) => Thing::Connection(connection),
            Self::RemoveConnection(id) => Thing::Gone(id),
            Self::Agent { agent, .. } => Thing::Agent(&agent.id, Some(&agent.owner)),
            Self::Person(_) | Self::Unblock(_) | Self::LiftCoolDown(_) => Thing::Other,
        }
    }
}

impl Acting<'_> {
    pub(super) async fn declare_as(mut self, it: &Declaring) -> sqlx::Result<Outcome> {
        if let Actor::Person { person, .. } = &it.by.actor {
            let person = people::find(self.conn, person).await?.filter(|person| !person.blocked);
            let Some(person) = person else { return Ok(Err(Why::Missing("person"))) };
            if let Err(why) = self.permitted(&person, &it.declaration).await? {
                return Ok(Err(why));
            }
            if !self.has_proved(&person.id, it.by.session.as_deref()).await? {
                return Ok(Err(Why::NeedsProof));
            }
        }
        if self.moved(it).await? {
            return Ok(Err(Why::Changed));
        }
        if let Declaration::Unblock(Subject::Session { .. } | Subject::SessionService { .. } | Subject::All) =
            &it.declaration
        {
            return Ok(Err(Why::Missing("thing")));
        }
        self.declare(&it.declaration, &it.by.actor).await
    }

    async fn permitted(
        &mut self,
        person: &Person,
        declaration: &Declaration,
    ) -> sqlx::Result<Result<(), Why>> {
        if person.is(Role::Admin) {
            return Ok(Ok(()));
        }
        let refuse = |why: &str| Ok(Err(Why::NotPermitted(why.to_owned())));
        match declaration.thing() {
            // Who owns a personal connection may replace its secret; making one is an admin's.
            Thing::Connection(wanted) => {
                let stored = connections::find(self.conn, &wanted.id).await?;
                match stored {
                    Some(it) if it.owner.as_ref() == Some(&person.id) => Ok(Ok(())),
                    _ => refuse("only an admin, or the owner of a personal connection, can connect it"),
                }
            }
            Thing::Agent(id, owner) => {
                let stored = agents::find(self.conn, id).await?.map(|it| it.owner);
                let owners = stored.iter().chain(owner);
                let own = person.is(Role::Developer) && owners.clone().count() > 0;
                if own && owners.into_iter().all(|it| *it == person.id) {
                    return Ok(Ok(()));
                }
                refuse("only an admin, or a developer who owns it, can change an agent")
            }
            Thing::Service(_) | Thing::Gone(_) | Thing::Other => refuse("this needs the admin role"),
        }
    }

    /// Whether it is no longer as it was when the change was worked out.
    async fn moved(&mut self, it: &Declaring) -> sqlx::Result<bool> {
        Ok(match (&it.before, it.declaration.thing()) {
            (Some(Before::Service(before)), Thing::Service(wanted)) => {
                let stands = |it: Option<&Service>| it.map(|it| (it.declared(), it.version, it.blocked));
                stands(services::find(self.conn, &wanted.id).await?.as_ref()) != stands(before.as_ref())
            }
            (Some(Before::Connection(before)), Thing::Connection(wanted)) => {
                connections::find(self.conn, &wanted.id).await? != *before
            }
            (Some(Before::Connection(before)), Thing::Gone(id)) => {
                connections::find(self.conn, id).await? != *before
            }
            (Some(Before::Agent(before, keys)), Thing::Agent(id, _)) => {
                agents::find(self.conn, id).await? != *before
                    || agent_keys::of_agent(self.conn, id).await? != *keys
            }
            _ => false,
        })
    }
}
