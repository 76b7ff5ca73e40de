//! Sessions of clients that begin with a handshake. An id is no proof of anything: every request brings its token, and a
//! session answers only whoever began it. They live in this broker alone; another one answers 404, and the client begins anew,
//! as the protocol has it.

use super::{Open, link::Link, upstream::session::Session as Upstream};
use protocol::{GrantId, Slug};
use serde_json::Value;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Sessions at once, and of one grant.
const MOST: usize = 10_000;
const MOST_OF_GRANT: usize = 100;
/// Requests of a server that wait for a client's answer at once.
const MOST_ASKED: usize = 100;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: Mutex<HashMap<String, Arc<Session>>>,
    begun: AtomicU64,
}

/// One.
#[derive(Debug)]
pub(crate) struct Session {
    pub id: String,
    /// How many were begun before it.
    after: u64,
    pub grant: GrantId,
    agent: Slug,
    /// For which door it was begun: a service, or all.
    door: Option<Slug>,
    /// What the client can do, as it said.
    pub capabilities: Value,
    /// The sessions with servers that belong to it, opened by its first call to each.
    pub(super) upstream: Arc<Open>,
    /// What servers asked of the client, by the id that it was asked under.
    asked: Mutex<HashMap<u64, Asked>>,
    next: AtomicU64,
    /// Its requests that are being answered, by their ids as they were written.
    running: Mutex<HashMap<String, CancellationToken>>,
    /// The level of the log that the client wants.
    level: Mutex<Option<String>>,
    /// Fires when the session is over.
    pub ended: CancellationToken,
    /// What is said beside the answers.
    pub said: broadcast::Sender<Arc<str>>,
}

/// A request of a server to a client, made while a call of the client's is answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The way to the server, as long as that call lasts.
    pub link: Weak<Link>,
    /// The session there.
    pub upstream: Arc<Upstream>,
    /// Its id there, as it was written.
    pub id: Value,
}

/// There are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Sessions {
    /// Begins one.
    pub fn begin(
        &self,
        id: String,
        (grant, agent): (GrantId, Slug),
        door: Option<Slug>,
        capabilities: Value,
    ) -> Result<Arc<Session>, TooMany> {
        let mut all = self.lock();
        let of_grant = || all.values().filter(|it| it.grant == grant);
        if of_grant().count() >= MOST_OF_GRANT {
            // Clients that went without a word leave the oldest; one that is still there begins anew.
            let oldest = of_grant().min_by_key(|it| it.after).map(|it| it.id.clone());
            if let Some(oldest) = oldest.and_then(|id| all.remove(&id)) {
                oldest.cancel_all();
            }
        }
        if all.len() >= MOST {
            return Err(TooMany);
        }
        let session = Arc::new(Session {
            id: id.clone(),
            after: self.begun.fetch_add(1, Ordering::Relaxed),
            grant,
            agent,
            door,
            capabilities,
            upstream: Arc::default(),
            asked: Mutex::default(),
            next: AtomicU64::new(1),
            running: Mutex::default(),
            level: Mutex::default(),
            ended: CancellationToken::new(),
            said: broadcast::channel(64).0,
        });
        all.insert(id, session.clone());
        Ok(session)
    }

    /// The session of this id, for whoever began it at this door; anybody else is told that there is none.
    pub fn find(&self, id: &str, grant: &GrantId, agent: &Slug, door: Option<&Slug>) -> Option<Arc<Session>> {
        let session = self.lock().get(id).cloned()?;
        let own = session.grant == *grant && session.agent == *agent && session.door.as_ref() == door;
        own.then_some(session)
    }

    /// Ends one.
    pub fn end(&self, id: &str) {
        if let Some(session) = self.lock().remove(id) {
            session.cancel_all();
        }
    }

    /// Ends those of grants that are over.
    pub fn keep(&self, live: impl Fn(&GrantId) -> bool) {
        let ended: Vec<_> = self.lock().extract_if(|_, session| !live(&session.grant)).collect();
        for (_, session) in ended {
            session.cancel_all();
        }
    }

    /// Tells every session of a service's door that its tools are others now.
    pub fn tools_changed(&self, service: &Slug) {
        let text: Arc<str> = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#.into();
        for session in self.lock().values() {
            if session.door.as_ref().is_none_or(|door| door == service) {
                let _ = session.said.send(text.clone());
            }
        }
    }

    /// Whose they are.
    pub fn grants(&self) -> Vec<GrantId> {
        self.lock().values().map(|it| it.grant.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Remembers what a server asks, and gives the id to ask the client under; none if too much is open already.
    pub(super) fn ask(&self, asked: Asked) -> Option<u64> {
        let mut open = lock(&self.asked);
        if open.len() >= MOST_ASKED {
            return None;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        open.insert(id, asked);
        Some(id)
    }

    /// What was asked under this id; it is answered once.
    pub(super) fn answered(&self, id: &str) -> Option<Asked> {
        lock(&self.asked).remove(&id.parse().ok()?)
    }

    /// Which level of the log the client wants from now on.
    pub fn wants(&self, level: &str) {
        *lock(&self.level) = Some(level.to_owned());
    }

    /// Which it wants, if it said so.
    pub fn wanted(&self) -> Option<String> {
        lock(&self.level).clone()
    }

    /// Notes a request that is being answered; false if one of this id is already.
    pub fn run(&self, id: &str, cancel: CancellationToken) -> bool {
        match lock(&self.running).entry(id.to_owned()) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(cancel);
                true
            }
        }
    }

    /// It is answered.
    pub fn done(&self, id: &str) {
        lock(&self.running).remove(id);
    }

    /// The client no longer wants an answer.
    pub fn cancel(&self, id: &str) {
        if let Some(running) = lock(&self.running).remove(id) {
            running.cancel();
        }
    }

    fn cancel_all(&self) {
        self.ended.cancel();
        lock(&self.running).drain().for_each(|(_, running)| running.cancel());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
