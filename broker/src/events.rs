//! Fan-out: who waits is woken; nothing is decided by an event.

use protocol::{GrantId, RequestId, Slug};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::broadcast;

/// Events that a slow listener may fall behind before it is told to read everything again.
const BACKLOG: usize = 4096;
/// The same where only one agent's events come. There may be thousands of agents, and each backlog takes memory.
const BACKLOG_OF_ONE: usize = 16;

/// Something was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// A request or the grant that came of it changed.
    Request {
        /// Which.
        request: RequestId,
        /// Its version.
        version: i64,
        /// Whose request.
        agent: Slug,
    },
    /// Something was recorded about a call.
    Call {
        /// In which session.
        grant: GrantId,
    },
    /// A revocation: this number is the highest now.
    Revoked {
        /// The number.
        number: i64,
        /// The one agent whose sessions it may end; none if it may end those of many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<Slug>,
    },
    /// A web session of a person ended.
    SignedOut {
        /// Whose.
        person: Slug,
    },
    /// The vault was sealed or opened, or its keys changed.
    Vault,
    /// Events may have been missed.
    Resync,
}

impl Event {
    /// Whether other brokers must hear of it.
    pub fn travels(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::Resync)
    }
}

/// The fan-out of one broker. What concerns one agent wakes those who listen for that agent, and nobody of the
/// thousands who listen for others.
#[derive(Debug, Clone)]
pub struct Events(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: broadcast::Sender<Event>,
    /// Those that somebody listens for.
    agents: Mutex<HashMap<Slug, broadcast::Sender<Event>>>,
}

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Inner { all: broadcast::Sender::new(BACKLOG), agents: Mutex::default() }))
    }
}

impl Events {
    /// Tells everybody who listens and whom it concerns.
    pub fn publish(&self, event: Event) {
        // Nobody listening is no error.
        match &event {
            Event::Request { agent, .. } | Event::Revoked { agent: Some(agent), .. } => {
                let _ = self.0.agents().get(agent).map(|it| it.send(event.clone()));
            }
            Event::Revoked { agent: None, .. } | Event::Resync => {
                for agent in self.0.agents().values() {
                    let _ = agent.send(event.clone());
                }
            }
            Event::Call { .. } | Event::SignedOut { .. } | Event::Vault => {}
        }
        let _ = self.0.all.send(event);
    }

    /// Listens to everything from now on.
    pub fn listen(&self) -> Listener {
        Listener { events: self.0.all.subscribe(), of: None }
    }

    /// Listens from now on to what concerns the requests and sessions of one agent: those that changed, and that
    /// something was revoked or missed. Calls are not told.
    pub fn listen_to(&self, agent: &Slug) -> Listener {
        let mut agents = self.0.agents();
        let events =
            agents.entry(agent.clone()).or_insert_with(|| broadcast::Sender::new(BACKLOG_OF_ONE)).subscribe();
        Listener { events, of: Some((Arc::downgrade(&self.0), agent.clone())) }
    }
}

impl Inner {
    // Poisoning is ignored: the map is whole between any two operations.
    fn agents(&self) -> MutexGuard<'_, HashMap<Slug, broadcast::Sender<Event>>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who listens.
#[derive(Debug)]
pub struct Listener {
    events: broadcast::Receiver<Event>,
    /// The one agent whose events these are.
    of: Option<(Weak<Inner>, Slug)>,
}

impl Listener {
    /// The next event. One who fell behind gets [`Event::Resync`]; none comes any more after the broker stopped.
    pub async fn next(&mut self) -> Option<Event> {
        match self.events.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some((events, agent)) = &self.of else { return };
        let Some(events) = events.upgrade() else { return };
        let mut agents = events.agents();
        // This one still counts.
        if agents.get(agent).is_some_and(|it| it.receiver_count() <= 1) {
            agents.remove(agent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(agent: &str) -> Event {
        let (request, agent) = (RequestId::from_u128(1), agent.parse().unwrap());
        Event::Request { request, version: 1, agent }
    }

    /// Everything that has come so far.
    fn heard(listener: &mut Listener) -> Vec<Event> {
        std::iter::from_fn(|| listener.events.try_recv().ok()).collect()
    }

    #[test]
    fn an_agent_hears_of_its_own_and_of_what_concerns_everybody() {
        let events = Events::default();
        let mut all = events.listen();
        let mut both = ["a", "b"].map(|agent| events.listen_to(&agent.parse().unwrap()));
        let of = |agent: &str| [changed(agent), Event::Revoked { number: 1, agent: agent.parse().ok() }];
        let call = Event::Call { grant: RequestId::from_u128(1).grant() };
        let everybody = [Event::Revoked { number: 2, agent: None }, Event::Resync];
        let told = [of("a").as_slice(), &[call], &of("b"), &everybody].concat();
        for event in &told {
            events.publish(event.clone());
        }
        assert_eq!(heard(&mut all), told);
        for (listener, agent) in both.iter_mut().zip(["a", "b"]) {
            assert_eq!(heard(listener), [of(agent), everybody.clone()].concat());
        }
    }

    #[tokio::test]
    async fn who_falls_behind_is_told_to_read_everything_again() {
        let events = Events::default();
        let mut listener = events.listen_to(&"a".parse().unwrap());
        for _ in 0..=BACKLOG_OF_ONE {
            events.publish(changed("a"));
        }
        assert_eq!(listener.next().await, Some(Event::Resync));
        assert_eq!(listener.next().await, Some(changed("a")));
    }

    #[test]
    fn nobody_is_remembered_who_listens_no_longer() {
        let events = Events::default();
        let agent = "a".parse().unwrap();
        let (one, mut two) = (events.listen_to(&agent), events.listen_to(&agent));
        drop(one);
        events.publish(changed("a"));
        assert_eq!(heard(&mut two), [changed("a")]);
        drop(two);
        assert!(events.0.agents().is_empty());
    }
}
