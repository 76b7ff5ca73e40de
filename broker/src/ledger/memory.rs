//! What may be remembered of a grant: its content, which does not change once it is active. That a call is allowed
//! is never remembered: time, revocations and limits are judged in every batch.

use crate::{
    remembered::Remembered,
    store::{Conn, Store, grants},
};
use chrono::{DateTime, Utc};
use domain::{
    digest,
    state::State,
    watermark::{Bearings, Parties},
};
use protocol::{
    Digest, GrantId, HalfDigest, Line, Slug,
    access::RequestStatus,
    terms::{AgentRef, LineId, Terms},
};
use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Active grants that are remembered, twice over.
const REMEMBERED: usize = 50_000;
/// Contents that are told apart before it is looked which of them nobody remembers any more.
const CONTENTS: usize = 64;

/// The content of an active grant. An active grant leaves its state only when its time is up or after a revocation,
/// both of which are judged without asking its row; so what is remembered here may lag behind, and nothing comes of it.
#[derive(Debug, Clone)]
pub struct Content {
    granted: Arc<Granted>,
    /// The digest of what the database holds, which tokens are held against: who can only write the database can give
    /// no running session more than its token was made for.
    pub digest: HalfDigest,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The highest revocation at its approval.
    pub watermark: i64,
}

/// What of a grant's content is the same for many: an agent that asks for the same again gets the same.
#[derive(Debug)]
pub struct Granted {
    /// Whose grant it is, as it was when it asked.
    pub agent: AgentRef,
    /// Whose agent it is.
    pub owner: Slug,
    /// Who approved it, or completed what others had approved before.
    pub approver: Slug,
    /// Who had approved it before.
    earlier: Vec<Slug>,
    /// What was granted.
    pub lines: Vec<Line>,
    /// What ends it early, beside a revocation of itself.
    pub parties: Arc<Parties>,
}

impl Deref for Content {
    type Target = Granted;

    fn deref(&self) -> &Granted {
        &self.granted
    }
}

impl Content {
    /// Whether this is what a token was made for, by the digest in it, which is none in tokens of older brokers.
    pub fn is_what_was_granted(&self, digest: Option<HalfDigest>) -> bool {
        digest.is_none_or(|it| it == self.digest)
    }

    /// A line by its number.
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// What ends the grant with this content early.
    pub fn bearings(&self, grant: &GrantId) -> Bearings {
        Bearings::of(grant.clone(), self.parties.clone())
    }
}

/// A grant as it was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// It can be judged.
    Active(Content),
    /// It is not active, for whatever reason.
    Other {
        /// Its agent.
        agent: Slug,
        /// What it is instead.
        status: RequestStatus,
    },
    /// There is none.
    Missing,
}

/// The remembered grants. Clones share one memory.
#[derive(Debug, Clone, Default)]
pub struct ActiveGrants(Arc<Memory>);

#[derive(Debug)]
struct Memory {
    grants: Remembered<u128, Content>,
    /// Every content of a remembered grant, by its digest.
    contents: Mutex<Contents>,
}

#[derive(Debug)]
struct Contents {
    known: HashMap<Digest, Weak<Granted>>,
    /// How many there are when it is looked again.
    look_at: usize,
}

impl Default for Memory {
    fn default() -> Self {
        let contents = Contents { known: HashMap::new(), look_at: CONTENTS };
        Self { grants: Remembered::new(REMEMBERED), contents: Mutex::new(contents) }
    }
}

impl ActiveGrants {
    /// A grant, from memory or from the database.
    pub async fn find(&self, store: &Store, id: &GrantId) -> sqlx::Result<Found> {
        if let Some(content) = self.0.grants.get(&id.number()) {
            return Ok(Found::Active(content));
        }
        let mut found = read(&mut store.read().await?, id).await?;
        if let Found::Active(content) = &mut found {
            content.granted = self.0.share(content.granted.clone());
            self.0.grants.put(id.number(), content.clone());
        }
        Ok(found)
    }

    /// The same inside a transaction. What it reads may have been written by the transaction itself, which may not be
    /// committed, so it is not remembered.
    pub(super) async fn find_within(&self, conn: &mut Conn, id: &GrantId) -> sqlx::Result<Found> {
        match self.0.grants.get(&id.number()) {
            Some(content) => Ok(Found::Active(content)),
            None => read(conn, id).await,
        }
    }

    /// What is remembered of a grant.
    pub(super) fn remembered(&self, id: &GrantId) -> Option<Content> {
        self.0.grants.get(&id.number())
    }

    /// Forgets a grant whose row changed, or is not to be believed.
    pub fn forget(&self, id: &GrantId) {
        self.0.grants.forget(&id.number());
    }
}

impl Memory {
    /// The same, once: what another remembered grant holds already, or this.
    fn share(&self, granted: Arc<Granted>) -> Arc<Granted> {
        let Granted { agent, owner, approver, earlier, lines, .. } = &*granted;
        let digest = digest::of_json(&(agent, owner, approver, earlier, lines));
        // Poisoning is ignored: the map is whole between any two operations.
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = contents.known.get(&digest).and_then(Weak::upgrade) {
            return known;
        }
        if contents.known.len() >= contents.look_at {
            contents.known.retain(|_, it| it.strong_count() > 0);
            contents.look_at = CONTENTS.max(2 * contents.known.len());
        }
        contents.known.insert(digest, Arc::downgrade(&granted));
        granted
    }
}

async fn read(conn: &mut Conn, id: &GrantId) -> sqlx::Result<Found> {
    let Some(stored) = grants::find(conn, &id.request()).await? else {
        return Ok(Found::Missing);
    };
    let status = stored.grant.status();
    let State::Active { approval, .. } = stored.grant.state else {
        return Ok(Found::Other { agent: stored.grant.asked.agent.id, status });
    };
    let (ends_at, watermark) = (approval.ends_at, stored.watermark);
    let earlier = approval.earlier.into_iter().map(|it| it.verdict.by).collect();
    let digest = digest::grant_digest(&approval.terms).half();
    let granted = Granted::new(approval.terms, approval.verdict.by, earlier);
    Ok(Found::Active(Content { granted: Arc::new(granted), digest, ends_at, watermark }))
}

impl Granted {
    fn new(terms: Terms, approver: Slug, earlier: Vec<Slug>) -> Self {
        let Terms { agent, owner, lines, .. } = terms;
        let services = lines.iter().map(|line| &line.service.id);
        let approvers = earlier.iter().chain([&approver]);
        let parties = Arc::new(Parties::new(&agent.id, &owner, approvers, services));
        Self { agent, owner, approver, earlier, lines, parties }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::RequestId;
    use serde_json::json;

    fn granted(change: impl FnOnce(&mut Terms)) -> Arc<Granted> {
        let mut terms = serde_json::from_value(json!({
            "instance": "here", "request": RequestId::from_u128(1), "owner": "paul", "duration": 900,
            "agent": {"id": "bot", "title": "Bot", "key": 1, "direct": false}, "purpose": "Look",
            "lines": [{
                "id": 1,
                "service": {
                    "id": "tracker", "title": "Tracker", "kind": "http", "version": 1,
                    "origin": "https://tracker.example", "sensitive": false, "resource": "{project}",
                },
                "connection": {"id": "tracker-paul", "account": "@paul", "owner": null},
                "actions": [], "resources": ["acme"], "conditions": [], "limits": {},
            }],
        }))
        .unwrap();
        change(&mut terms);
        Arc::new(Granted::new(terms, "ana".parse().unwrap(), Vec::new()))
    }

    #[test]
    fn what_is_the_same_is_held_once_and_what_differs_is_not() {
        let memory = Memory::default();
        let one = memory.share(granted(|_| ()));
        let again = memory.share(granted(|it| it.purpose.push_str(", again")));
        assert!(Arc::ptr_eq(&one, &again), "the purpose is nothing that calls are judged by");
        let others: [fn(&mut Terms); 4] = [
            |it| it.lines[0].resources.push("acme/other".to_owned()),
            |it| it.lines[0].limits.max_calls = Some(77),
            |it| it.agent.direct = !it.agent.direct,
            |it| it.owner = "eve".parse().unwrap(),
        ];
        for change in others {
            assert!(!Arc::ptr_eq(&one, &memory.share(granted(change))));
        }
    }

    #[test]
    fn contents_that_nobody_remembers_are_forgotten() {
        let memory = Memory::default();
        let kept = memory.share(granted(|_| ()));
        for number in 0..10 * CONTENTS {
            memory.share(granted(|it| it.agent.title = format!("Agent {number}")));
            assert!(memory.contents.lock().unwrap().known.len() <= CONTENTS);
        }
        assert!(Arc::ptr_eq(&kept, &memory.share(granted(|_| ()))));
    }
}
