//! What is pushed: that something changed, never what, never a token.

use crate::{
    access::RequestStatus,
    ids::{GrantId, RequestId},
};
use serde::{Deserialize, Serialize};

/// What an agent's WebSocket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AgentEvent {
    /// A request of this agent changed: read it again.
    RequestChanged {
        /// Which.
        request: RequestId,
        /// Its version now.
        version: i64,
        /// Where it stands now.
        status: RequestStatus,
    },
    /// Events may have been missed: read everything again.
    Resync,
}

/// What a person's event stream says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PersonEvent {
    /// A request or the grant that came of it changed.
    RequestChanged {
        /// Which.
        request: RequestId,
        /// Its version now.
        version: i64,
    },
    /// Something was added to a session's record.
    CallRecorded {
        /// Which session.
        grant: GrantId,
    },
    /// Events may have been missed, or very much changed: read everything again.
    Resync,
}
