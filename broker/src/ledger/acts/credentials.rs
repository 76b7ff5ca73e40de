//! The credentials of an agent beside a fresh secret: its public keys, and whether it has a secret at all. What was
//! asked with a credential ends with it, in the same transaction.

use super::Acting;
use crate::{
    ledger::{
        batch::Outcome,
        facts::Facts,
        intent::{Answer, Revocation},
        revoke,
    },
    store::{
        agent_keys::{self, Key},
        agents, grants,
    },
};
use domain::state::State;
use protocol::{Slug, access::EndReason, record::Actor, revoke::Subject};
use serde_json::json;

/// Why something ends with its credential.
const REMOVED: &str = "the credential that it was asked with was removed";

/// What becomes of an agent's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub agent: Slug,
    /// Keys that it gets, or that get another name.
    pub added: Vec<Key>,
    /// Thumbprints of keys that it loses.
    pub removed: Vec<String>,
    /// Whether it loses its secret.
    pub no_secret: bool,
    /// Whether all that it holds ends, whichever credential it was asked with.
    pub end_sessions: bool,
}

impl Credentials {
    /// Whether nothing becomes of them.
    pub fn is_nothing(&self) -> bool {
        let Self { added, removed, no_secret, end_sessions, agent: _ } = self;
        added.is_empty() && removed.is_empty() && !no_secret && !end_sessions
    }
}

impl Acting<'_> {
    pub(super) async fn credentials(mut self, wanted: &Credentials, by: &Actor) -> sqlx::Result<Outcome> {
        let agent = &wanted.agent;
        for key in &wanted.added {
            agent_keys::save(self.conn, agent, key, self.pen.now).await?;
        }
        for thumbprint in &wanted.removed {
            agent_keys::remove(self.conn, agent, thumbprint).await?;
        }
        if wanted.no_secret {
            agents::remove_secret(self.conn, agent).await?;
        }
        let facts = Facts::from_iter([
            ("agent".to_owned(), json!(agent)),
            ("added".to_owned(), json!(wanted.added.iter().map(|it| &it.thumbprint).collect::<Vec<_>>())),
            ("removed".to_owned(), json!(wanted.removed)),
            ("no_secret".to_owned(), json!(wanted.no_secret)),
        ]);
        self.pen.write("agent.credentials", by.clone(), None, None, facts);
        if wanted.end_sessions {
            let subject = Subject::Agent { agent: agent.clone() };
            self.revoke(subject, "its credentials were replaced", by).await?;
            return Ok(Ok(Answer::Done));
        }
        for stored in grants::held_by(self.conn, agent).await? {
            let lost = match &stored.grant.asked.agent.thumbprint {
                Some(thumbprint) => wanted.removed.contains(thumbprint),
                None => wanted.no_secret,
            };
            if lost && matches!(stored.grant.state, State::Pending { .. }) {
                if let Ok(transition) = stored.grant.clone().withdraw(self.pen.now) {
                    let facts = Facts::from_iter([("why".to_owned(), json!(REMOVED))]);
                    self.advance(&stored, transition, "request.withdrawn", by.clone(), facts).await?.ok();
                }
            } else if lost {
                let subject = Subject::Session { grant: stored.grant.grant_id() };
                self.revoke(subject, REMOVED, by).await?;
            }
        }
        Ok(Ok(Answer::Done))
    }

    /// Ends something as a revocation does: this act runs alone under the same lock.
    pub(super) async fn revoke(&mut self, subject: Subject, reason: &str, by: &Actor) -> sqlx::Result<()> {
        let (reason, actor) = (Some(reason.to_owned()), by.clone());
        let revocation = Revocation { subject, actor, reason, block: false, end: EndReason::Revoked };
        revoke::apply(self.conn, self.active, self.pen, &revocation).await.map(drop)
    }
}
