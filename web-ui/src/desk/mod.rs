//! All that the pages may ask. The broker implements it; this crate never sees the broker.

mod agents;
mod services;

pub use agents::{AgentDesk, AgentView, KeyView, RecentSession, Trust};
pub use services::{
    ActionUsage, CatalogueEntry, ConnectionView, FormOf, FormView, Once, PersonChoice, Review, ServiceDesk,
    ServiceView, Tested, Tried,
};

use chrono::{DateTime, Utc};
use protocol::{
    card::{Card, Narrowing},
    ids::{GrantId, RequestId},
    problem::Problem,
    services::ServiceSummary,
    sessions::{Inbox, Session, SessionSummary, Viewer},
};

/// The desk of one viewer. The broker makes one for every HTTP request and provides it as `Arc<dyn Desk>` in Leptos'
/// context. It only reads: every act is a form post that goes to the broker's own handlers.
#[async_trait::async_trait]
pub trait Desk: ServiceDesk + AgentDesk + Send + Sync {
    /// Who looks; none before signing in.
    fn viewer(&self) -> Option<Viewer>;
    /// The server's clock.
    fn now(&self) -> DateTime<Utc>;
    /// The name of this installation, as `production`.
    fn environment(&self) -> String;
    /// What every form carries so that only this page, rendered now, can post it.
    fn form_token(&self) -> String;
    /// What waits, runs and was decided.
    async fn inbox(&self) -> Result<Inbox, Problem>;
    /// A request as it would be granted; without a narrowing as it is offered by default.
    async fn card(&self, request: &RequestId, narrowing: Option<Narrowing>) -> Result<Card, Problem>;
    /// Live sessions, or ended ones.
    async fn sessions(&self, ended: bool) -> Result<Vec<SessionSummary>, Problem>;
    /// One session with its timeline.
    async fn session(&self, grant: &GrantId) -> Result<Session, Problem>;
    /// The services that the viewer may see.
    async fn services(&self) -> Result<Vec<ServiceSummary>, Problem>;
    /// A permanent warning, as that the vault is sealed.
    fn banner(&self) -> Option<String>;
    /// What came of a form that was just posted.
    fn notice(&self) -> Option<PageNotice>;
}

/// What stands at the top of a page after a form was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageNotice {
    /// How it went.
    pub kind: NoticeKind,
    /// What is now true, and whether anything was granted.
    pub text: String,
    /// The id of the exchange in the broker's log, for a problem.
    pub request_id: Option<String>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// It is done.
    Done,
    /// It is not.
    Problem,
}
