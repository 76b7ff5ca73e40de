//! The frame of the forms that people post from pages of their own session: that it is theirs is checked first, then the
//! work is done, and what came of it is a page.

use super::{
    access::Browser,
    device::Device,
    forms::{not_too_fast, rendered_at},
    guard::ExchangeId,
    input::Form,
    language,
    pages::{looking, posted, refilled},
    web_session::{self, Fresh},
};
use crate::{
    app::App,
    fault::Fault,
    ledger::{LedgerError, Why},
};
use axum::{
    extract::{FromRequest, FromRequestParts as _, Request},
    response::Response,
};
use http::StatusCode;
use std::sync::Arc;
use web_ui::{FormView, Language, Proof, Said};

/// What came of a form.
pub(super) enum Done {
    /// It is done: the next page, and what it says there.
    Gone {
        /// Where to.
        page: String,
        /// What is now true.
        says: Said,
    },
    /// The same form again: to be mended, or to be agreed to.
    Again(StatusCode, Box<FormView>),
    /// Another page, that shows something once.
    Once(String, Box<FormView>),
}

impl Done {
    /// It is done.
    pub fn gone(page: impl Into<String>, says: Said) -> Self {
        Self::Gone { page: page.into(), says }
    }
}

/// A form that somebody posted, with all that answering it needs.
pub(super) struct FormPost {
    pub app: Arc<App>,
    pub who: Browser,
    pub form: Form,
    /// The path that it was posted to.
    path: String,
    device: Device,
    language: Language,
    exchange: String,
}

impl FromRequest<Arc<App>> for FormPost {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let who = parts.extensions.get::<Browser>().cloned().ok_or(Fault::Unauthenticated)?;
        let exchange = parts.extensions.get::<ExchangeId>().map(|id| id.0.clone()).unwrap_or_default();
        let language = language::of(&parts.headers);
        let path = parts.uri.path().to_owned();
        let Ok(device) = Device::from_request_parts(&mut parts, app).await;
        let form = Form::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { app: app.clone(), who, form, path, device, language, exchange })
    }
}

impl FormPost {
    /// Does what the form asks, if it is from a page of this session. What is refused is said on `page`. A passkey's answer
    /// that came with the form takes effect first; where the work needs one and there is none, it is asked for, and the
    /// form goes on from there.
    pub async fn then(
        mut self,
        page: &str,
        work: impl AsyncFnOnce(&Self) -> Result<Done, Fault>,
    ) -> Response {
        let (fresh, done) = match self.begin().await {
            Ok(fresh) => (fresh, work(&self).await),
            Err(fault) => (None, Err(fault)),
        };
        let app = self.app.clone();
        let response = self.answered(page, done).await;
        match fresh {
            Some(fresh) => fresh.carry(&app, response),
            None => response,
        }
    }

    async fn begin(&mut self) -> Result<Option<Fresh>, Fault> {
        let rendered = rendered_at(&self.app, &self.who, &self.form)?;
        if !self.is_no_accident() {
            not_too_fast(&self.app, rendered)?;
        }
        let (app, who) = (&self.app, self.who.clone());
        let (who, fresh) = web_session::answered(app, who, &self.form, &self.device).await?;
        self.who = who;
        Ok(fresh)
    }

    /// Whether it may come as fast as it likes: what only takes away does no harm by accident, and nobody's passkey answers
    /// by one. Everything else could be a click that was meant for another page.
    fn is_no_accident(&self) -> bool {
        let takes_away = ["/pause", "/block"].iter().any(|it| self.path.ends_with(it));
        takes_away || self.form.0.iter().any(|(name, value)| name == "answer" && !value.is_empty())
    }

    /// Whoever has a passkey must have used it lately in this session. The ledger looks again when it writes; here nobody
    /// is led to agree to something that is refused in the end.
    pub async fn must_be_proven(&self) -> Result<(), Fault> {
        web_session::need_proof(&self.app, &self.who).await
    }

    /// The fields that a form shows again: neither what may be secret nor what belongs to one rendering.
    pub fn kept(&self) -> Vec<(String, String)> {
        let once = ["form_token", "do", "remove_row", "shown", "nonce", "answer"];
        let gone = |name: &str| may_be_secret(name) || once.contains(&name);
        self.form.0.iter().filter(|(name, _)| !gone(name)).cloned().collect()
    }

    async fn answered(self, page: &str, done: Result<Done, Fault>) -> Response {
        let to_be_proven = match &done {
            Err(Fault::Ledger(LedgerError::Refused(Why::NeedsProof))) => Some(Vec::new()),
            Err(Fault::Passkey(why)) => Some(vec![(String::new(), Said::English(why.to_string()))]),
            _ => None,
        };
        if let Some(errors) = to_be_proven {
            return self.ask(errors).await;
        }
        let Self { app, who, language, exchange, .. } = self;
        match done {
            Ok(Done::Gone { page, says }) => posted(&app, &who, &page, Ok(Some(says))).await,
            Ok(Done::Again(status, filled)) => {
                refilled(&app, &who, (language, exchange), page, status, *filled).await
            }
            Ok(Done::Once(page, filled)) => {
                refilled(&app, &who, (language, exchange), &page, StatusCode::OK, *filled).await
            }
            Err(fault) => looking(fault, page, Some(who)),
        }
    }

    /// The page that asks for the passkey and then posts the same form again, without its secrets.
    async fn ask(self, errors: Vec<(String, Said)>) -> Response {
        let secret = |(name, value): &(String, String)| may_be_secret(name) && !value.is_empty();
        let proof = Proof { action: self.path.clone(), secret_again: self.form.0.iter().any(secret) };
        let filled = FormView { fields: self.kept(), errors, proof: Some(proof), ..FormView::default() };
        let Self { app, who, language, exchange, .. } = self;
        refilled(&app, &who, (language, exchange), "/me/prove", StatusCode::FORBIDDEN, filled).await
    }
}

fn may_be_secret(name: &str) -> bool {
    name.starts_with("secret") || name == "jwk"
}
