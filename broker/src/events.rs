//! Fan-out: who waits is woken; nothing is decided by an event.

use protocol::{GrantId, RequestId, Slug};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// Events that a slow listener may fall behind before it is told to read everything again.
const BACKLOG: usize = 4096;

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

/// The fan-out of one broker.
#[derive(Debug, Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Events {
    /// Tells everybody who listens.
    pub fn publish(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.0.send(event);
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// One who listens.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Event>);

impl Listener {
    /// The next event. One who fell behind gets [`Event::Resync`]; none comes any more after the broker stopped.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
