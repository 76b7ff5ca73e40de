//! All that the pages may ask. The broker implements it; this crate never sees the broker.

mod accounts;
mod agents;
mod colour;
mod me;
mod notice;
mod operator;
mod people;
mod record;
mod services;
mod tools;
mod way_back;

pub use accounts::{AccountDesk, AccountView};
pub use agents::{AgentDesk, AgentView, KeyView, OperationView, RecentSession, Trust};
pub use colour::Colour;
pub use me::MeDesk;
pub use notice::{NoticeKind, PageNotice, Said};
pub use operator::OperatorDesk;
pub use people::{PeopleDesk, ScopeView};
pub use record::RecordDesk;
pub use services::{
    ActionUsage, CatalogueEntry, ConnectionView, FormOf, FormView, Once, PersonChoice, Proof, Review,
    ServiceDesk, ServiceView, Tested, Tried,
};
pub use tools::{Definition, ServerView, ToolDesk, ToolPage, ToolView};
pub use way_back::WayBack;

use crate::Language;
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
pub trait Desk:
    MeDesk
    + ServiceDesk
    + ToolDesk
    + AccountDesk
    + AgentDesk
    + OperatorDesk
    + PeopleDesk
    + RecordDesk
    + Send
    + Sync
{
    /// Who looks; none before signing in.
    fn viewer(&self) -> Option<Viewer>;
    /// The language that they read.
    fn language(&self) -> Language;
    /// The server's clock.
    fn now(&self) -> DateTime<Utc>;
    /// The name of this installation, as `production`.
    fn environment(&self) -> String;
    /// Its colour.
    fn environment_colour(&self) -> Colour;
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
    /// Where this browser goes once the request on this page is decided; none if no client sent it here.
    fn way_back(&self) -> Option<WayBack>;
    /// What came of a form that was just posted.
    fn notice(&self) -> Option<PageNotice>;
}
