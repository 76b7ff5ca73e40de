//! An agent's connection to a broker.

use crate::{
    error::Error,
    events::Events,
    http::{
        Ask, Auth, Http,
        retry::{Pauser, Retry},
    },
    key::Key,
    requests::Pending,
    secret::Secret,
    session::Session,
};
use protocol::{
    AccessRequest, RequestId, RequestView, Slug,
    access::{Me, Redeemed},
};
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// An agent at a broker. Cheap to clone; all clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) agent: Slug,
    credential: Credential,
    /// A token for asking that is still good, where the agent has a key.
    asking: Arc<Mutex<Option<Asking>>>,
}

/// How the agent proves who it is.
#[derive(Debug, Clone)]
enum Credential {
    Secret(Secret),
    Key(Key),
}

/// A token that works at the agents' API.
#[derive(Debug)]
struct Asking {
    token: Secret,
    until: Instant,
}

/// RFC 6749 section 5.1.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: u64,
}

impl Client {
    /// An agent with its secret (`csn_a_…`) at the broker at `base_url`: https, or http on this machine.
    pub fn new(base_url: &str, agent: &str, secret: impl Into<Secret>) -> Result<Self, Error> {
        Self::with(base_url, agent, Credential::Secret(secret.into()))
    }

    /// An agent with its private key, whose public half the broker knows. What the key signs is for
    /// `base_url` and no other: see [`with_audience`](Self::with_audience).
    pub fn with_key(base_url: &str, agent: &str, key: Key) -> Result<Self, Error> {
        Self::with(base_url, agent, Credential::Key(key))
    }

    fn with(base_url: &str, agent: &str, credential: Credential) -> Result<Self, Error> {
        let agent = agent.parse().map_err(|why| Error::invalid(format!("the agent's name: {why}")))?;
        Ok(Self { http: Http::new(base_url)?, agent, credential, asking: Arc::default() })
    }

    /// The broker's public URL, where it is reached by another address: what the agent's key signs is for this one.
    #[must_use]
    pub fn with_audience(mut self, public_url: &str) -> Self {
        public_url.trim_end_matches('/').clone_into(&mut self.http.audience);
        self
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
        let view = self.http.ask(&self.bearer().await?, &ask).await?;
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
        self.http.ask(&self.bearer().await?, &Ask::get(&["v1", "me"])).await
    }

    /// The public keys that call tokens are signed with, as a JWK set.
    pub async fn keys(&self) -> Result<serde_json::Value, Error> {
        self.http.ask(&Auth::Nobody, &Ask::get(&[".well-known", "jwks.json"])).await
    }

    /// Listens to what changes, over one WebSocket. It ends when the connection does.
    pub async fn events(&self) -> Result<Events, Error> {
        Events::connect(&self.http, &self.bearer().await?).await
    }

    /// Ends the session of this request.
    pub async fn end(&self, id: &RequestId) -> Result<RequestView, Error> {
        let path = ["v1", "requests", id.as_str(), "end"];
        self.http.ask(&self.bearer().await?, &Ask::post(&path)).await
    }

    pub(crate) async fn view(&self, id: &RequestId) -> Result<RequestView, Error> {
        let path = ["v1", "requests", id.as_str()];
        self.http.ask(&self.bearer().await?, &Ask::get(&path)).await
    }

    /// For the agents' API: the secret, or a token for asking.
    pub(crate) async fn bearer(&self) -> Result<Auth, Error> {
        if let Credential::Secret(secret) = &self.credential {
            return Ok(Auth::Bearer(secret.clone()));
        }
        // Held while it is fetched: whoever else needs one waits for this one.
        let mut asking = self.asking.lock().await;
        if let Some(kept) = asking.as_ref().filter(|it| Instant::now() < it.until) {
            return Ok(Auth::Bearer(kept.token.clone()));
        }
        let fields = vec![("grant_type", "client_credentials".to_owned())];
        let ask = Ask::post(&["oauth", "token"]).form(fields).safe(true);
        let issued: Issued = self.http.ask(&self.client(), &ask).await?;
        let token = Secret::new(issued.access_token);
        // Used for the first half of its life, so that none expires on its way.
        let until = Instant::now() + Duration::from_secs(issued.expires_in) / 2;
        *asking = Some(Asking { token: token.clone(), until });
        Ok(Auth::Bearer(token))
    }

    /// For the token endpoint.
    pub(crate) fn client(&self) -> Auth {
        let name = self.agent.to_string();
        match &self.credential {
            Credential::Secret(secret) => Auth::Basic { name, secret: secret.clone() },
            Credential::Key(key) => Auth::Key { name, key: key.clone() },
        }
    }
}
