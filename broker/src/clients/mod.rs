//! OAuth clients: who may ask for a code or a token, and whose agent they are.
//!
//! 1. An agent that was declared or registered here is a client by its name, with its secret or key.
//! 2. A client that registered itself (RFC 7591) is one by the id that it got.
//! 3. A client may also be known by a document (draft-ietf-oauth-client-id-metadata-document): its id is the address.
//!
//! What a client of the last two kinds says of itself proves nothing; only the host of a document's address does. So it is
//! no agent by itself: an agent is the pair of such a client and the person who brings it along ([`agent_of`]).

mod agent;
mod document;
mod fetch;
mod known;
mod metadata;
pub mod redirect;
mod register;

pub use self::{
    agent::{agent_of, has_met},
    document::Documents,
    known::{client_of, twins},
    metadata::{AuthMethod, Metadata, Said, Unfit},
    register::{Registration, change, is_secret_of, kept_by, register, remove},
};

use crate::{
    app::App,
    fault::Fault,
    store::{
        agents,
        oauth_clients::{self, Kind, Stored},
        people,
    },
    tokens::{AgentKey, OpaqueKind, OpaqueToken},
};
use chrono::{DateTime, Utc};
use protocol::Slug;

/// The most agents that one person brings along.
pub const MOST_AGENTS: i64 = 100;
/// The most clients that are registered at once.
pub const MOST_REGISTERED: i64 = 10_000;

/// What of all this is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSettings {
    /// Whether clients may register themselves.
    pub registration: bool,
    /// Whether clients may be known by documents.
    pub documents: bool,
    /// The hosts that documents may come from; none: any that is public. A host that is named here may be on a private
    /// network.
    pub hosts: Vec<String>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self { registration: true, documents: true, hosts: Vec::new() }
    }
}

/// How a client came to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is an agent that was declared or registered here.
    Agent(Slug),
    /// It registered itself.
    Registered,
    /// By the document at its address.
    Document,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// Its id.
    pub id: String,
    /// Its name for people: its own word, unless it is an agent of here.
    pub name: String,
    /// How it came to be known.
    pub source: Source,
    /// Where a browser may be sent back to; judged by [`redirect::permits`].
    pub redirect_uris: Vec<String>,
    /// How it authenticates.
    pub auth: AuthMethod,
    /// When it was first seen: the first time that somebody brought it along, or that it registered.
    pub first_seen_at: DateTime<Utc>,
    /// What is stored of it, or would be.
    stored: Option<Stored>,
}

impl OAuthClient {
    /// Whether a browser may be sent back to this address with an answer for it.
    pub fn may_be_sent_to(&self, uri: &str) -> bool {
        redirect::permits(&self.redirect_uris, uri)
    }

    /// Whether it proves who it is.
    pub fn is_confidential(&self) -> bool {
        self.auth != AuthMethod::None
    }

    /// The host that vouches for it, where one does.
    pub fn host(&self) -> Option<String> {
        (self.source == Source::Document).then(|| redirect::host(&self.id)).flatten()
    }

    /// Whether this is its secret; takes the same time whatever the answer.
    pub fn has_secret(&self, app: &App, secret: &OpaqueToken) -> bool {
        let mac = self.stored.as_ref().and_then(|it| it.secret_mac.as_deref());
        secret.matches(&app.mac_key, mac.unwrap_or_default())
    }

    /// The keys that its assertions are signed with.
    pub fn keys(&self) -> Result<Vec<AgentKey>, Fault> {
        let Some(stored) = &self.stored else { return Ok(Vec::new()) };
        let damaged = |why: String| Fault::Internal(format!("the client {} is damaged: {why}", self.id));
        let metadata: Metadata = serde_json::from_str(&stored.body).map_err(|it| damaged(it.to_string()))?;
        metadata.keys().map_err(|it| damaged(it.to_string()))
    }

    /// Of what is stored; none if that was taken away.
    fn of(stored: Stored) -> Result<Option<Self>, Fault> {
        if stored.removed_at.is_some() {
            return Ok(None);
        }
        let metadata: Metadata = serde_json::from_str(&stored.body)
            .map_err(|why| Fault::Internal(format!("the client {} is damaged: {why}", stored.id)))?;
        Ok(Some(Self {
            id: stored.id.clone(),
            name: metadata.client_name,
            source: match stored.kind {
                Kind::Registered => Source::Registered,
                Kind::Document => Source::Document,
            },
            redirect_uris: metadata.redirect_uris,
            auth: metadata.token_endpoint_auth_method,
            first_seen_at: stored.first_seen_at,
            stored: Some(stored),
        }))
    }
}

/// The client of this id; none if there is none, or it may do nothing. A document that nobody here has seen is fetched for
/// this person. What is wrong with it is an error of the field `client_id`.
pub async fn find(app: &App, client_id: &str, person: &Slug) -> Result<Option<OAuthClient>, Fault> {
    look(app, client_id, Some(person)).await
}

/// The same for doors that everybody reaches: nobody makes the broker fetch what no person has brought along.
pub async fn find_known(app: &App, client_id: &str) -> Result<Option<OAuthClient>, Fault> {
    look(app, client_id, None).await
}

async fn look(app: &App, client_id: &str, person: Option<&Slug>) -> Result<Option<OAuthClient>, Fault> {
    if client_id.starts_with("https://") {
        return document::find(app, client_id, person).await;
    }
    if OpaqueToken::parse(OpaqueKind::ClientId, client_id).is_ok() {
        let stored = oauth_clients::find(&mut app.store.read().await?, client_id).await?;
        return stored.map_or(Ok(None), OAuthClient::of);
    }
    match client_id.parse() {
        Ok(slug) => declared(app, &slug).await,
        Err(_) => Ok(None),
    }
}

/// An agent of here is a client by its name; one that is itself the pair of a client and a person is not.
async fn declared(app: &App, id: &Slug) -> Result<Option<OAuthClient>, Fault> {
    let mut conn = app.store.read().await?;
    let agent = agents::find(&mut conn, id).await?;
    let Some(agent) = agent.filter(|it| !it.blocked && it.client.is_none()) else { return Ok(None) };
    let owner = people::find(&mut conn, &agent.owner).await?;
    Ok(owner.filter(|it| !it.blocked).map(|_| OAuthClient {
        id: agent.id.to_string(),
        name: agent.title,
        source: Source::Agent(agent.id),
        redirect_uris: agent.redirect_uris,
        auth: AuthMethod::AsAgent,
        first_seen_at: agent.created_at,
        stored: None,
    }))
}
