//! A person tries a connection's credential with one harmless call. As with any call, it is on the record before the
//! secret is opened.

use super::{Acting, Why};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        connections::{self, Test},
        people, services,
    },
};
use protocol::{Slug, record::Actor, sessions::Role};
use serde_json::json;

/// The two ends of a trial.
#[derive(Debug, Clone)]
pub enum Trial {
    /// Before the secret is opened: whether this person may, and whether it is still the connection they looked at.
    Begin {
        /// Which.
        connection: Slug,
        /// The version of its secret.
        secret_version: i64,
        /// The version of its service's definition.
        service_version: i64,
        /// The call, as `GET /user`.
        call: String,
        /// Who.
        person: Slug,
        /// How they are signed in.
        via: String,
    },
    /// What it came to.
    End {
        /// It.
        test: Test,
        /// Who.
        person: Slug,
        /// How they are signed in.
        via: String,
    },
}

impl Acting<'_> {
    pub(super) async fn trial(mut self, trial: &Trial) -> sqlx::Result<Outcome> {
        match trial {
            Trial::Begin { connection, secret_version, service_version, call, person, via } => {
                let versions = (*secret_version, *service_version);
                if let Err(why) = self.may_try(connection, versions, person).await? {
                    return Ok(Err(why));
                }
                let facts = json!({"connection": connection, "call": call, "secret_version": secret_version});
                self.note_trial("connection.test_authorised", person, via, facts);
            }
            Trial::End { test, person, via } => {
                connections::tested(self.conn, test).await?;
                let facts = json!({
                    "connection": test.connection,
                    "call": test.call,
                    "secret_version": test.version,
                    "status": test.status,
                    "outcome": test.outcome,
                    "ms": test.ms,
                });
                self.note_trial("connection.tested", person, via, facts);
            }
        }
        Ok(Ok(Answer::Done))
    }

    async fn may_try(
        &mut self,
        connection: &Slug,
        versions: (i64, i64),
        person: &Slug,
    ) -> sqlx::Result<Result<(), Why>> {
        if self.marks.sealed().is_some() {
            return Ok(Err(Why::Sealed));
        }
        let Some(it) = connections::find(self.conn, connection).await? else {
            return Ok(Err(Why::Missing("connection")));
        };
        let service = services::find(self.conn, &it.service).await?.map(|it| it.version);
        if it.version != versions.0 || service != Some(versions.1) {
            return Ok(Err(Why::Changed));
        }
        let person = people::find(self.conn, person).await?;
        Ok(match person {
            Some(person) if may_try(&person, it.owner.as_ref()) => Ok(()),
            _ => Err(Why::NotPermitted(
                "only its owner can test a personal connection, and only an admin a shared one".to_owned(),
            )),
        })
    }

    fn note_trial(&mut self, kind: &str, person: &Slug, via: &str, facts: serde_json::Value) {
        let actor = Actor::Person { person: person.clone(), via: via.to_owned() };
        let facts = match facts {
            serde_json::Value::Object(facts) => facts.into_iter().filter(|(_, it)| !it.is_null()).collect(),
            _ => Facts::new(),
        };
        self.pen.write(kind, actor, None, None, facts);
    }
}

/// A personal connection is used for nobody but its owner; a shared one is tried by those who keep it.
pub fn may_try(person: &people::Person, owner: Option<&Slug>) -> bool {
    match owner {
        Some(owner) => !person.blocked && *owner == person.id,
        None => person.is(Role::Admin),
    }
}
