//! What the pages may ask, for one viewer.

mod accounts;
mod agents;
mod me;
mod operator;
mod people;
mod record;
mod services;
mod tools;

pub(in crate::http) use accounts::account_seen;
pub(in crate::http) use agents::{agent_to_change, seen_of};
pub(in crate::http) use people::scope_of;
pub(in crate::http) use services::admins;

use crate::http::{access::Browser, error::problem};
use crate::{app::App, fault::Fault, grants, recovery};
use chrono::{DateTime, Utc};
use protocol::{
    Card, GrantId, Narrowing, Problem, RequestId,
    services::ServiceSummary,
    sessions::{Inbox, Session, SessionSummary, Viewer},
};
use std::sync::Arc;
use web_ui::{Colour, Desk, FormView, Language, PageNotice, WayBack};

/// What every form of a session carries: when its page was rendered, and an HMAC over that and the session.
pub(in crate::http) fn form_token(app: &App, session: &str, rendered_millis: i64) -> String {
    let tag = app.mac_key.tag("form", &format!("{session}|{rendered_millis}"));
    format!("{rendered_millis}.{tag}")
}

/// The desk of one viewer and one page.
pub(in crate::http) struct HttpDesk {
    pub app: Arc<App>,
    pub who: Option<Browser>,
    pub language: Language,
    pub notice: Option<PageNotice>,
    /// Recovery codes that were made just now.
    pub codes: Vec<String>,
    /// The id of this exchange in the log.
    pub exchange: String,
    /// The form that was just posted and is not done yet.
    pub filled: Option<FormView>,
    /// Where this browser goes once its request is decided.
    pub way_back: Option<WayBack>,
}

impl HttpDesk {
    fn who(&self) -> Result<&grants::Visitor, Fault> {
        self.who.as_ref().map(|browser| &browser.visitor).ok_or(Fault::Unauthenticated)
    }

    #[expect(clippy::result_large_err, reason = "the pages are told a whole problem, once per page")]
    fn told<T>(&self, answer: Result<T, Fault>) -> Result<T, Problem> {
        answer.map_err(|fault| self.problem(&fault))
    }

    fn problem(&self, fault: &Fault) -> Problem {
        if !matches!(fault, Fault::NotFound(_) | Fault::Unauthenticated) {
            tracing::warn!(error = %fault, "a page could not be shown");
        }
        Problem { request_id: self.exchange.clone(), ..problem(fault) }
    }
}

#[async_trait::async_trait]
impl Desk for HttpDesk {
    fn viewer(&self) -> Option<Viewer> {
        let visitor = &self.who.as_ref()?.visitor;
        let person = &visitor.person;
        Some(Viewer {
            person: person.id.clone(),
            title: person.title.clone(),
            roles: person.roles.clone(),
            via: visitor.via.clone(),
        })
    }

    fn language(&self) -> Language {
        self.language
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    fn environment(&self) -> String {
        self.app.environment.clone()
    }

    fn environment_colour(&self) -> Colour {
        self.app.environment_colour
    }

    fn form_token(&self) -> String {
        let session = self.who.as_ref().map(|browser| browser.session.as_str()).unwrap_or_default();
        form_token(&self.app, session, self.app.clock.now().timestamp_millis())
    }

    async fn inbox(&self) -> Result<Inbox, Problem> {
        self.told(async { grants::inbox(&self.app, self.who()?).await }.await)
    }

    async fn card(&self, request: &RequestId, narrowing: Option<Narrowing>) -> Result<Card, Problem> {
        self.told(async { grants::card(&self.app, self.who()?, request, narrowing).await }.await)
    }

    async fn sessions(&self, ended: bool) -> Result<Vec<SessionSummary>, Problem> {
        self.told(async { grants::sessions(&self.app, self.who()?, ended).await }.await)
    }

    async fn session(&self, grant: &GrantId) -> Result<Session, Problem> {
        self.told(async { grants::session(&self.app, self.who()?, grant).await }.await)
    }

    async fn services(&self) -> Result<Vec<ServiceSummary>, Problem> {
        self.told(async { grants::services(&self.app, self.who()?).await }.await)
    }

    fn banner(&self) -> Option<String> {
        let sealed = self.app.vault.is_sealed().then(|| {
            "The vault is sealed: no calls are possible. Looking, revoking and the record work.".to_owned()
        });
        let copy = self.app.recovering.is_suspended().then(|| recovery::BANNER.to_owned());
        let warnings: Vec<String> = copy.into_iter().chain(sealed).chain(self.app.banner.clone()).collect();
        (!warnings.is_empty()).then(|| warnings.join(" "))
    }

    fn way_back(&self) -> Option<WayBack> {
        self.way_back.clone()
    }

    fn notice(&self) -> Option<PageNotice> {
        self.notice.clone()
    }
}
