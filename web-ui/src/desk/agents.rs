//! What the pages of agents and of connecting may ask.

use chrono::{DateTime, Utc};
use protocol::{
    agents::AgentSummary,
    clients::{Came, ClientRef, Twin},
    ids::Slug,
    problem::Problem,
    sessions::SessionSummary,
};

/// What the pages of agents may ask.
#[async_trait::async_trait]
pub trait AgentDesk: Send + Sync {
    /// The agents that the viewer may see.
    async fn agent_views(&self) -> Result<Vec<AgentView>, Problem>;
    /// One of them, with its credentials and sessions.
    async fn agent_view(&self, id: &Slug) -> Result<AgentView, Problem>;
    /// Where agents reach the broker, without a slash at the end.
    fn public_url(&self) -> String;
    /// What the API can do, as its document says.
    fn operations(&self) -> Vec<OperationView>;
}

/// An operation of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationView {
    /// The method; `ANY` for all.
    pub method: String,
    /// The path, with names in braces.
    pub path: String,
    /// What it does. In English, as the document is.
    pub says: String,
    /// Whose it is: `agent`, `person`, `call`, or empty.
    pub whose: String,
    /// The shape that is sent.
    pub takes: Option<String>,
    /// The shape that is answered.
    pub gives: Option<String>,
}

/// An agent with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// What everybody sees of it who sees it at all.
    pub summary: AgentSummary,
    /// Since when it is registered.
    pub registered_at: DateTime<Utc>,
    /// When it first asked.
    pub first_seen: Option<DateTime<Utc>>,
    /// When it last asked or called.
    pub last_seen: Option<DateTime<Utc>>,
    /// When it last called a service.
    pub last_call: Option<DateTime<Utc>>,
    /// The number of its secret; none if it has no secret.
    pub secret: Option<i64>,
    /// Its public keys.
    pub keys: Vec<KeyView>,
    /// The OAuth client that it is, where a person brought one along or a browser is sent back to it.
    pub client: Option<ClientRef>,
    /// What else has a name like its; only on its own page.
    pub twins: Vec<Twin>,
    /// Where a browser is sent back to with a code for it, if it was registered here.
    pub redirect_uris: Vec<String>,
    /// How it is trusted.
    pub trust: Trust,
    /// Requests that wait.
    pub pending: i64,
    /// What it asked lately, newest first; only on its own page.
    pub recent: Vec<RecentSession>,
    /// Whether the viewer may change it.
    pub may_change: bool,
    /// Whether the viewer may let it ask again.
    pub may_lift: bool,
    /// What a form carries, so that a change of something else meanwhile is noticed.
    pub seen: String,
}

impl AgentView {
    /// Whether it is a client that its owner brought along: it says itself what it is.
    pub fn is_brought(&self) -> bool {
        self.client.as_ref().is_some_and(|it| it.came != Came::Declared)
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// Its name.
    pub kid: String,
    /// Its thumbprint (RFC 7638).
    pub thumbprint: String,
}

/// How an agent is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing was ever granted to it.
    New,
    /// Something was.
    Known,
    /// Its requests are refused.
    Paused,
    /// People denied it again and again.
    CoolingDown {
        /// Until when it has to wait.
        until: DateTime<Utc>,
    },
}

/// A session, with how much of it was asked, granted and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentSession {
    /// The session.
    pub session: SessionSummary,
    /// Actions that were asked for.
    pub asked: usize,
    /// Actions that were granted.
    pub granted: usize,
}
