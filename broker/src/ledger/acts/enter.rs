//! A person comes in or goes out: links, tokens, web sessions. Each one-time thing is used up in the statement that
//! grants it.

use super::{Acting, Why};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        agent_keys, authorizations, calls, chains,
        ciba::{self, Handle},
        grants, meta, oauth_clients, passkeys, people, watermarks,
        web::{self, NewSession},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{RequestId, Slug, record::Actor, sessions::Role};
use serde_json::json;

/// A revocation's row is kept so long at least: longer than any grant that may still be in some broker's memory.
const REVOCATIONS: TimeDelta = TimeDelta::days(2);
/// A client that registered itself and that nobody brought along is forgotten after this time.
const REGISTRATIONS: TimeDelta = TimeDelta::days(1);

/// One way in or out. Only HMACs come here.
#[derive(Debug, Clone)]
pub enum Entering {
    /// A sign-in link is made on the host.
    Link {
        /// Its HMAC.
        mac: String,
        /// For whom.
        person: Slug,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// A sign-in link is used: a web session begins.
    UseLink {
        /// The link's HMAC.
        mac: String,
        /// The new session.
        session: NewSession,
    },
    /// The set-up code of an empty installation is used: the first person, an admin, and their web session begin.
    SetUp {
        /// The code's HMAC.
        mac: String,
        /// The first person.
        person: Box<people::Person>,
        /// The new session.
        session: NewSession,
    },
    /// A person's API token is made on the host.
    Token {
        /// Its HMAC.
        mac: String,
        /// Whose.
        person: Slug,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// A person signs out.
    SignOut {
        /// The session's HMAC.
        session: String,
        /// Who.
        person: Slug,
        /// How they signed in.
        via: String,
    },
    /// A client assertion is used up: once. Leaves no record; what the agent does with it has its own.
    Assertion {
        /// The digest of the agent and the `jti`.
        digest: String,
        /// From when on nobody accepts it any more.
        expires_at: DateTime<Utc>,
    },
    /// An agent can fetch by this what becomes of its request (CIBA). Leaves no record; the request has its own.
    Handle {
        /// Its HMAC.
        mac: String,
        /// What it is for.
        handle: Handle,
    },
    /// Sessions and grants that were in use, for the idle limits. Leaves no record.
    Seen {
        /// HMACs of web sessions.
        sessions: Vec<(String, DateTime<Utc>)>,
        /// Grants that were called.
        grants: Vec<(RequestId, DateTime<Utc>)>,
    },
    /// What is long over is forgotten, and this broker says that it is alive. Leaves no record.
    Sweep,
    /// Some of the calls that are long over are forgotten; the answer says whether there may be more. Leaves no record.
    SweepCalls,
}

impl Entering {
    /// Whether it is done in a database that nobody has accepted yet: whoever the host sends a link may look.
    pub(super) fn goes_while_suspended(&self) -> bool {
        !matches!(
            self,
            Self::SetUp { .. } | Self::Token { .. } | Self::Assertion { .. } | Self::Handle { .. }
        )
    }
}

impl Acting<'_> {
    pub(super) async fn enter(mut self, entering: &Entering) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        match entering {
            Entering::Link { mac, person, expires_at } => {
                if !self.may_enter(person).await? {
                    return Ok(Err(Why::Missing("person")));
                }
                web::add_link(self.conn, mac, person, &[], *expires_at).await?;
                self.note("link.issued", Actor::Host, person);
            }
            Entering::UseLink { mac, session } => return self.use_link(mac, session).await,
            Entering::SetUp { mac, person, session } => return self.set_up(mac, person, session).await,
            Entering::Token { mac, person, expires_at } => {
                if !self.may_enter(person).await? {
                    return Ok(Err(Why::Missing("person")));
                }
                web::add_token(self.conn, mac, person, *expires_at).await?;
                self.note("person_token.issued", Actor::Host, person);
            }
            Entering::SignOut { session, person, via } => {
                if web::end_session(self.conn, session, now).await? {
                    self.note("session.ended", person_by(person, via), person);
                    self.sessions_ended(person);
                }
            }
            Entering::Seen { sessions, grants } => {
                for (mac, at) in sessions {
                    web::see_session(self.conn, mac, *at).await?;
                }
                for (request, at) in grants {
                    grants::touch(self.conn, request, *at).await?;
                }
            }
            Entering::Assertion { digest, expires_at } => {
                if !agent_keys::use_assertion(self.conn, digest, *expires_at).await? {
                    return Ok(Err(Why::Spent));
                }
            }
            Entering::Handle { mac, handle } => ciba::add(self.conn, mac, handle).await?,
            Entering::Sweep => self.sweep().await?,
            Entering::SweepCalls => {
                let swept = calls::sweep(self.conn, now - TimeDelta::seconds(60)).await?;
                return Ok(Ok(if swept == 0 { Answer::Done } else { Answer::More }));
            }
        }
        Ok(Ok(Answer::Done))
    }

    async fn may_enter(&mut self, person: &Slug) -> sqlx::Result<bool> {
        Ok(people::find(self.conn, person).await?.is_some_and(|it| !it.blocked))
    }

    async fn use_link(&mut self, mac: &str, session: &NewSession) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        let Some((person, by)) = web::use_link(self.conn, mac, now).await? else {
            return Ok(Err(Why::Spent));
        };
        if !self.may_enter(&person).await? {
            return Ok(Err(Why::Blocked("person")));
        }
        if passkeys::count(self.conn, &person).await? > 0 {
            let why =
                "whoever has a passkey signs in with it; a link only starts recovery, with a recovery code";
            return Ok(Err(Why::NotPermitted(why.to_owned())));
        }
        let via = by.first().map_or_else(|| "link".to_owned(), |by| format!("link by {by}"));
        web::add_session(self.conn, session, &person, &via, &by, now).await?;
        self.note("session.started", person_by(&person, &via), &person);
        Ok(Ok(Answer::Person(person)))
    }

    async fn set_up(
        &mut self,
        mac: &str,
        person: &people::Person,
        session: &NewSession,
    ) -> sqlx::Result<Outcome> {
        let expected = meta::get(self.conn, meta::SETUP_CODE).await?;
        let empty = people::list(self.conn).await?.is_empty();
        if !empty || expected.as_deref() != Some(mac) || !meta::remove(self.conn, meta::SETUP_CODE).await? {
            return Ok(Err(Why::Spent));
        }
        let first = people::Person { roles: vec![Role::Admin, Role::Approver], ..person.clone() };
        people::save(self.conn, &first, self.pen.now).await?;
        web::add_session(self.conn, session, &first.id, "set-up code", &[], self.pen.now).await?;
        self.note("set_up", person_by(&first.id, "set-up code"), &first.id);
        Ok(Ok(Answer::Person(first.id)))
    }

    async fn sweep(&mut self) -> sqlx::Result<()> {
        let now = self.pen.now;
        chains::alive(self.conn, &self.pen.chain.name, now).await?;
        self.pen.forgotten = watermarks::forget(self.conn, self.marks.seen(), now - REVOCATIONS).await?;
        // Longer than they are accepted: another broker's clock may be behind.
        agent_keys::sweep(self.conn, now - TimeDelta::minutes(5)).await?;
        authorizations::sweep_pushed(self.conn, now - TimeDelta::minutes(5)).await?;
        // Long enough to be told that it is over.
        ciba::sweep(self.conn, now - TimeDelta::days(1)).await?;
        authorizations::sweep(self.conn, now - TimeDelta::days(1)).await?;
        oauth_clients::sweep(self.conn, now - REGISTRATIONS).await?;
        web::sweep(self.conn, now - TimeDelta::days(1)).await
    }

    fn note(&mut self, kind: &str, actor: Actor, person: &Slug) {
        let facts = Facts::from_iter([("person".to_owned(), json!(person))]);
        self.pen.write(kind, actor, None, None, facts);
    }
}

fn person_by(person: &Slug, via: &str) -> Actor {
    Actor::Person { person: person.clone(), via: via.to_owned() }
}
