//! An agent's connection to a broker.

use crate::{
    error::Error,
    events::Events,
    http::{
        Ask, Auth, Http,
        retry::{Pauser, Retry},
    },
    requests::Pending,
    secret::Secret,
    session::Session,
};
use protocol::{
    AccessRequest, RequestId, RequestView, Slug,
    access::{Me, Redeemed},
};
use std::sync::Arc;

/// An agent at a broker. Cheap to clone; all clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) agent: Slug,
    secret: Secret,
}

impl Client {
    /// An agent with its secret (`csn_a_…`) at the broker at `base_url`: https, or http on this machine.
    pub fn new(base_url: &str, agent: &str, secret: impl Into<Secret>) -> Result<Self, Error> {
        let agent = agent.parse().map_err(|why| Error::invalid(format!("the agent's name: {why}")))?;
        Ok(Self { http: Http::new(base_url)?, agent, secret: secret.into() })
    }

    /// Changes how often things are tried again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.http.retry = retry;
        self
    }

    /// Changes how time passes between two tries; for tests.
    #[must_use]
    pub fn with_pauser(mut self, pauser: Arc<dyn Pauser>) -> Self {
        self.http.pauser = pauser;
        self
    }

    /// The broker's address.
    pub fn base_url(&self) -> &str {
        self.http.base.as_str()
    }

    /// The agent's name.
    pub fn agent(&self) -> &Slug {
        &self.agent
    }

    /// Asks for access. The same request while it is pending comes back as the same request. It is sent again
    /// after a lost answer only if it has an `idempotency_key`.
    pub async fn request(&self, asked: &AccessRequest) -> Result<Pending, Error> {
        let safe = asked.idempotency_key.is_some();
        let ask = Ask::post(&["v1", "requests"]).json(asked)?.safe(safe);
        let view = self.http.ask(&self.bearer(), &ask).await?;
        Ok(Pending::new(self.clone(), view))
    }

    /// Takes up a request that was made earlier.
    pub async fn pending(&self, id: &RequestId) -> Result<Pending, Error> {
        Ok(Pending::new(self.clone(), self.view(id).await?))
    }

    /// Takes up a session that was redeemed earlier.
    pub fn session(&self, redeemed: Redeemed) -> Session {
        Session::new(self.clone(), redeemed)
    }

    /// What may I do now: open requests, live sessions, services to ask for.
    pub async fn me(&self) -> Result<Me, Error> {
        self.http.ask(&self.bearer(), &Ask::get(&["v1", "me"])).await
    }

    /// The public keys that call tokens are signed with, as a JWK set.
    pub async fn keys(&self) -> Result<serde_json::Value, Error> {
        self.http.ask(&Auth::Nobody, &Ask::get(&[".well-known", "jwks.json"])).await
    }

    /// Listens to what changes, over one WebSocket. It ends when the connection does.
    pub async fn events(&self) -> Result<Events, Error> {
        Events::connect(&self.http, &self.bearer()).await
    }

    /// Ends the session of this request.
    pub async fn end(&self, id: &RequestId) -> Result<RequestView, Error> {
        let path = ["v1", "requests", id.as_str(), "end"];
        self.http.ask(&self.bearer(), &Ask::post(&path)).await
    }

    pub(crate) async fn view(&self, id: &RequestId) -> Result<RequestView, Error> {
        let path = ["v1", "requests", id.as_str()];
        self.http.ask(&self.bearer(), &Ask::get(&path)).await
    }

    pub(crate) fn bearer(&self) -> Auth {
        Auth::Bearer(self.secret.clone())
    }

    pub(crate) fn basic(&self) -> Auth {
        Auth::Basic { name: self.agent.to_string(), secret: self.secret.clone() }
    }
}
