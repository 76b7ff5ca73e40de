//! The people's API: what the pages do, for programs and for the command.

use crate::{
    error::Error,
    http::{
        Ask, Auth, Http,
        retry::{Pauser, Retry},
    },
    secret::Secret,
};
use protocol::{
    Card, GrantId, Narrowing, RequestId,
    card::{Approve, Deny},
    revoke::{RevokeRequest, Stopped, Subject},
    services::ServiceSummary,
    sessions::{Inbox, Session, SessionSummary},
};
use std::sync::Arc;

/// A person at a broker, by a person token (`csn_p_…`).
#[derive(Debug, Clone)]
pub struct PeopleClient {
    http: Http,
    auth: Auth,
}

impl PeopleClient {
    /// A person with their token at the broker at `base_url`: https, or http on this machine.
    pub fn new(base_url: &str, token: impl Into<Secret>) -> Result<Self, Error> {
        Ok(Self { http: Http::new(base_url)?, auth: Auth::Bearer(token.into()) })
    }

    /// Changes how often reads are tried again.
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

    /// What waits, what is live, what was decided.
    pub async fn inbox(&self) -> Result<Inbox, Error> {
        self.http.ask(&self.auth, &Ask::get(&["v1", "inbox"])).await
    }

    /// A request, as it would be granted by default.
    pub async fn card(&self, request: &RequestId) -> Result<Card, Error> {
        self.http.ask(&self.auth, &Ask::get(&["v1", "inbox", request.as_str()])).await
    }

    /// A request, as it would be granted after this narrowing, with the digests that an approval of that carries.
    pub async fn preview(&self, request: &RequestId, narrowing: &Narrowing) -> Result<Card, Error> {
        let path = ["v1", "inbox", request.as_str(), "preview"];
        self.http.ask(&self.auth, &Ask::post(&path).json(narrowing)?.safe(true)).await
    }

    /// Grants exactly what the two digests stand for.
    pub async fn approve(&self, request: &RequestId, approval: &Approve) -> Result<Card, Error> {
        let path = ["v1", "inbox", request.as_str(), "approve"];
        self.http.ask(&self.auth, &Ask::post(&path).json(approval)?).await
    }

    /// Says no.
    pub async fn deny(&self, request: &RequestId, denial: &Deny) -> Result<Card, Error> {
        let path = ["v1", "inbox", request.as_str(), "deny"];
        self.http.ask(&self.auth, &Ask::post(&path).json(denial)?).await
    }

    /// Live sessions, with `ended` those that are over too.
    pub async fn sessions(&self, ended: bool) -> Result<Vec<SessionSummary>, Error> {
        let ask = Ask::get(&["v1", "sessions"]);
        let ask = if ended { ask.query("ended", "1".to_owned()) } else { ask };
        self.http.ask(&self.auth, &ask).await
    }

    /// One session with its timeline.
    pub async fn session(&self, grant: &GrantId) -> Result<Session, Error> {
        self.http.ask(&self.auth, &Ask::get(&["v1", "sessions", grant.as_str()])).await
    }

    /// Services with their connections and actions.
    pub async fn services(&self) -> Result<Vec<ServiceSummary>, Error> {
        self.http.ask(&self.auth, &Ask::get(&["v1", "services"])).await
    }

    /// Ends things early. The answer says what stopped, counted when it was recorded. Revoking again ends what came
    /// to be since, so it is safe to repeat.
    pub async fn revoke(&self, subject: &Subject, revocation: &RevokeRequest) -> Result<Stopped, Error> {
        let path = match subject {
            Subject::Session { grant } => vec!["v1", "sessions", grant.as_str(), "stop"],
            Subject::SessionService { grant, service } => {
                vec!["v1", "sessions", grant.as_str(), "services", service.as_str(), "take-away"]
            }
            Subject::Service { service } => vec!["v1", "services", service.as_str(), "revoke"],
            Subject::Agent { agent } => vec!["v1", "agents", agent.as_str(), "revoke"],
            Subject::Person { person } => vec!["v1", "people", person.as_str(), "revoke"],
            Subject::All => vec!["v1", "stop-all"],
        };
        self.http.ask(&self.auth, &Ask::post(&path).json(revocation)?).await
    }
}
