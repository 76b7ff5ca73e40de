//! OAuth clients come, change and go; and the agents that people make of them.

use super::{Acting, Why};
use crate::{
    clients::redirect,
    ledger::{
        batch::Outcome,
        facts::Facts,
        intent::{Answer, Revocation},
        revoke,
    },
    store::{
        agents::{self, Agent},
        oauth_clients::{self, Kind, Stored},
        people,
    },
};
use chrono::TimeDelta;
use protocol::{Slug, access::EndReason, record::Actor, revoke::Subject};
use serde_json::json;

/// Names that are tried before giving up.
const NAMES: u32 = 1_000;

/// Where as many are registered as may be, one that nobody brought along goes after this time.
const UNUSED_WHEN_FULL: TimeDelta = TimeDelta::hours(1);

/// What becomes of a client.
#[derive(Debug, Clone)]
pub enum ClientAct {
    /// It registers itself.
    Register {
        /// The client.
        client: Box<Stored>,
        /// How many may be registered at once.
        most: i64,
    },
    /// It changes its registration.
    Change {
        /// As it is from now on.
        client: Box<Stored>,
    },
    /// Its registration is removed: the sessions of its agents end, and they may ask for nothing more.
    Remove {
        /// Its id.
        id: String,
        /// Whether it may have agents. If not, and it has some, nothing is done.
        agents: bool,
    },
    /// A document that somebody brought along was fetched again.
    Fetched {
        /// As it is now.
        client: Box<Stored>,
    },
    /// A person brings it along: an agent of theirs comes into being.
    Bring {
        /// The client.
        client: Box<Stored>,
        /// The agent, under the name that is tried first.
        agent: Box<Agent>,
        /// How many such agents one person may have.
        most: i64,
        /// Who brings it.
        by: Actor,
    },
}

impl ClientAct {
    /// Whether it ends something that is alive.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Self::Remove { agents: true, .. })
    }

    /// Whether a client does it, by itself: anybody can be one, so it does not wait among what people do.
    pub(super) fn is_an_agents(&self) -> bool {
        !matches!(self, Self::Bring { .. })
    }

    /// What takes something away goes on.
    pub(super) fn goes_while_suspended(&self) -> bool {
        matches!(self, Self::Remove { .. })
    }
}

impl Acting<'_> {
    pub(super) async fn client(mut self, act: &ClientAct) -> sqlx::Result<Outcome> {
        match act {
            ClientAct::Register { client, most } => self.register(client, *most).await,
            ClientAct::Change { client } => self.change(client, "client.changed").await,
            ClientAct::Fetched { client } => self.change(client, "client.document_changed").await,
            ClientAct::Remove { id, agents } => self.remove(id, *agents).await,
            ClientAct::Bring { client, agent, most, by } => self.bring(client, agent, *most, by).await,
        }
    }

    async fn register(&mut self, client: &Stored, most: i64) -> sqlx::Result<Outcome> {
        if oauth_clients::count(self.conn).await? >= most {
            // Strangers who register many keep others out for an hour, not for a day.
            oauth_clients::sweep(self.conn, self.pen.now - UNUSED_WHEN_FULL).await?;
        }
        if oauth_clients::count(self.conn).await? >= most {
            let why =
                "as many clients as may be are registered already; those that nobody uses go after an hour";
            return Ok(Err(Why::NotPermitted(why.to_owned())));
        }
        oauth_clients::save(self.conn, client).await?;
        self.note_client("client.registered", client);
        Ok(Ok(Answer::Done))
    }

    /// What says the same again is saved, since its time is new, and leaves no record.
    async fn change(&mut self, client: &Stored, kind: &str) -> sqlx::Result<Outcome> {
        let Some(before) = oauth_clients::find(self.conn, &client.id).await? else {
            return Ok(Err(Why::Missing("client")));
        };
        if before.removed_at.is_some() {
            return Ok(Err(Why::Missing("client")));
        }
        oauth_clients::save(self.conn, client).await?;
        let same = before.body == client.body
            && before.secret_mac == client.secret_mac
            && before.registration_mac == client.registration_mac;
        if !same {
            self.note_client(kind, client);
        }
        Ok(Ok(Answer::Done))
    }

    async fn remove(&mut self, id: &str, may_have_agents: bool) -> sqlx::Result<Outcome> {
        if !oauth_clients::remove(self.conn, id, self.pen.now).await? {
            return Ok(Err(Why::Missing("client")));
        }
        // Only after the removal, which whoever brings it along waits for.
        let agents = agents::all_of_client(self.conn, id).await?;
        if !may_have_agents && !agents.is_empty() {
            return Ok(Err(Why::Changed));
        }
        let facts =
            Facts::from_iter([("client".to_owned(), json!(id)), ("agents".to_owned(), json!(agents))]);
        self.pen.write("client.removed", Actor::Broker, None, None, facts);
        for agent in agents {
            let revocation = Revocation {
                subject: Subject::Agent { agent },
                actor: Actor::Broker,
                reason: Some("its client was removed".to_owned()),
                block: true,
                end: EndReason::Revoked,
            };
            revoke::apply(self.conn, self.active, self.pen, &revocation).await?.ok();
        }
        Ok(Ok(Answer::Done))
    }

    async fn bring(
        &mut self,
        client: &Stored,
        agent: &Agent,
        most: i64,
        by: &Actor,
    ) -> sqlx::Result<Outcome> {
        let owner = people::find(self.conn, &agent.owner).await?;
        if owner.is_none_or(|it| it.blocked) {
            return Ok(Err(Why::Blocked("person")));
        }
        if agents::of_client(self.conn, &client.id, &agent.owner).await?.is_some() {
            return Ok(Ok(Answer::Done));
        }
        // Held until this is done: nobody takes the client away meanwhile without seeing its new agent.
        if !oauth_clients::hold(self.conn, &client.id).await? {
            let is_known = oauth_clients::find(self.conn, &client.id).await?.is_some();
            if is_known || client.kind == Kind::Registered {
                return Ok(Err(Why::Missing("client")));
            }
            oauth_clients::save(self.conn, client).await?;
        }
        if agents::brought_by(self.conn, &agent.owner).await? >= most {
            let why = format!("you brought {most} clients along already, which is the most");
            return Ok(Err(Why::NotPermitted(why)));
        }
        let Some(id) = self.add_under_a_free_name(agent).await? else {
            return Ok(Ok(Answer::Done)); // another broker was faster
        };
        let facts = Facts::from_iter([
            ("agent".to_owned(), json!(id)),
            ("title".to_owned(), json!(agent.title)),
            ("owner".to_owned(), json!(agent.owner)),
            ("client".to_owned(), json!(client.id)),
            ("came".to_owned(), json!(client.kind.word())),
            ("direct".to_owned(), json!(true)),
        ]);
        self.pen.write("agent.brought", by.clone(), None, None, facts);
        Ok(Ok(Answer::Done))
    }

    /// The name that it got; none if the pair is there already.
    async fn add_under_a_free_name(&mut self, agent: &Agent) -> sqlx::Result<Option<Slug>> {
        let client = agent.client.as_deref().unwrap_or_default();
        for number in 1..NAMES {
            let name = if number == 1 { agent.id.to_string() } else { format!("{}-{number}", agent.id) };
            let Ok(id) = name.parse::<Slug>() else { break };
            let named = Agent { id: id.clone(), ..agent.clone() };
            if agents::add_of_client(self.conn, &named, self.pen.now).await? {
                return Ok(Some(id));
            }
            if agents::of_client(self.conn, client, &agent.owner).await?.is_some() {
                return Ok(None);
            }
        }
        Err(sqlx::Error::Protocol(format!("no name is free for an agent like {}", agent.id)))
    }

    /// What it says of itself is in the record as a digest, its name, and the hosts that browsers are sent to: strangers
    /// choose how much that is, and the record is kept for years.
    fn note_client(&mut self, kind: &str, client: &Stored) {
        let body: serde_json::Value = serde_json::from_str(&client.body).unwrap_or_default();
        let uris: Vec<String> = serde_json::from_value(body["redirect_uris"].clone()).unwrap_or_default();
        let facts = Facts::from_iter([
            ("client".to_owned(), json!(client.id)),
            ("came".to_owned(), json!(client.kind.word())),
            ("name".to_owned(), body["client_name"].clone()),
            ("redirect_hosts".to_owned(), json!(redirect::hosts(&uris))),
            ("metadata_digest".to_owned(), json!(domain::digest::sha256_hex(client.body.as_bytes()))),
        ]);
        self.pen.write(kind, Actor::Broker, None, None, facts);
    }
}
