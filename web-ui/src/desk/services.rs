//! What the pages of services may ask: how each stands, and the forms of those who keep them.

use super::{Said, ServerView};
use chrono::{DateTime, Utc};
use protocol::{
    ids::Slug,
    problem::Problem,
    services::{ServiceDefinition, ServiceSummary},
};

/// What the pages of services may ask.
#[async_trait::async_trait]
pub trait ServiceDesk: Send + Sync {
    /// The services that the viewer may see, with how each stands.
    async fn service_views(&self) -> Result<Vec<ServiceView>, Problem>;
    /// One of them.
    async fn service_view(&self, id: &Slug) -> Result<ServiceView, Problem>;
    /// The services that are ready to be declared.
    fn catalogue(&self) -> Vec<CatalogueEntry>;
    /// The fields of the form for a service: as it stands, or from the catalogue, or empty.
    async fn service_form(&self, of: FormOf) -> Result<FormView, Problem>;
    /// Those who may own a connection or approve for it.
    async fn people_to_choose(&self) -> Result<Vec<PersonChoice>, Problem>;
    /// The form that was just posted and is not done yet, as it was filled in.
    fn filled(&self) -> Option<FormView>;
}

/// Which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormOf {
    /// A service that is there.
    Service(Slug),
    /// A new one, perhaps as the catalogue has it.
    NewService(Option<String>),
    /// A new MCP server.
    NewServer,
}

/// A service with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceView {
    /// What everybody sees of it.
    pub summary: ServiceSummary,
    /// Its definition.
    pub definition: ServiceDefinition,
    /// The connections that the viewer may see.
    pub connections: Vec<ConnectionView>,
    /// When it was last called, as far as that is known.
    pub last_used: Option<DateTime<Utc>>,
    /// Granted against used, in the order of the definition; only on the page of one service.
    pub usage: Vec<ActionUsage>,
    /// What an MCP server offers; only on the page of one service.
    pub server: Option<ServerView>,
    /// Whether the viewer keeps services.
    pub may_keep: bool,
}

/// A connection with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// Its name.
    pub id: Slug,
    /// Whose account it is at the service.
    pub account: String,
    /// The owner of a personal one.
    pub owner: Option<Slug>,
    /// Who approves for a shared one; empty means everybody with the role.
    pub approvers: Vec<Slug>,
    /// The version of its secret.
    pub secret_version: i64,
    /// When the secret was entered.
    pub entered_at: DateTime<Utc>,
    /// Whether the secret opens where the service is now; none while the vault is sealed.
    pub opens: Option<bool>,
    /// The last call that an agent made, among the newest records.
    pub last_call: Option<Tried>,
    /// The last test.
    pub last_test: Option<Tested>,
    /// Whether the viewer may test it.
    pub may_test: bool,
    /// Whether the viewer may enter its secret again.
    pub may_reconnect: bool,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: DateTime<Utc>,
    /// What the service answered, if it did.
    pub status: Option<u16>,
    /// `complete`, `answered`, or a word for why not.
    pub outcome: String,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// What it came to.
    pub tried: Tried,
    /// Who made it.
    pub by: String,
    /// The call, as `GET /user`.
    pub call: String,
    /// How long it took.
    pub ms: i64,
    /// Whether the secret was entered anew since.
    pub outdated: bool,
}

/// An action, granted against used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionUsage {
    /// Its name.
    pub action: String,
    /// How many sessions of the last 30 days were granted it.
    pub granted: i64,
    /// How many calls of the last 30 days used it.
    pub calls: i64,
    /// How many were refused.
    pub refused: i64,
}

/// A service of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Its name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Where it is.
    pub origin: String,
    /// How many actions it has.
    pub actions: usize,
}

/// Somebody who may be named in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChoice {
    /// Their name.
    pub id: Slug,
    /// Their name for people.
    pub title: String,
    /// Whether they have the role to approve.
    pub approver: bool,
}

/// A form as it is filled in, with what is wrong and what would come of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormView {
    /// Its fields. Never a secret.
    pub fields: Vec<(String, String)>,
    /// What is wrong: the name of the field (empty for the form as a whole), and why.
    pub errors: Vec<(String, Said)>,
    /// Somebody else changed it meanwhile: how it differs from this form now.
    pub overtaken: Option<Vec<String>>,
    /// What saving it would do, to be agreed to.
    pub review: Option<Review>,
    /// A secret that is shown this once.
    pub once: Option<Once>,
    /// Whoever filled it in must use their passkey before it goes on.
    pub proof: Option<Proof>,
    /// The id under which the log tells more of what was refused.
    pub log: String,
}

impl FormView {
    /// The first value of a field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Whether a field is there.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Option<&Said> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, why)| why)
    }
}

/// What a form that waits for a passkey goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Where it is posted to.
    pub action: String,
    /// Whether a secret was typed, which is not kept.
    pub secret_again: bool,
}

/// What saving would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The digest of exactly this, to be sent back with the agreement.
    pub shown: String,
    /// Each thing that changes, with how.
    pub changes: Vec<(String, Vec<String>)>,
    /// How many live sessions lose the service; none where none can.
    pub sessions_lose_it: Option<i64>,
    /// What else comes of it.
    pub effects: Vec<Said>,
    /// The connections whose secrets are needed again: name and account.
    pub secrets: Vec<(Slug, String)>,
}

/// A secret that is shown once, on the page that answers the form.
#[derive(Clone, PartialEq, Eq)]
pub struct Once {
    /// Whose it is.
    pub agent: Slug,
    /// It.
    pub secret: String,
    /// What else is now true.
    pub says: Said,
}

/// Without the secret: what is printed ends up in logs.
impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("agent", &self.agent).finish_non_exhaustive()
    }
}
