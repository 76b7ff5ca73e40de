//! The frame of the forms that people post from pages of their own session: that it is theirs is checked first, then the
//! work is done, and what came of it is a page.

use super::{
    access::Browser,
    forms::rendered_at,
    guard::ExchangeId,
    input::Form,
    language,
    pages::{looking, posted, refilled},
};
use crate::{app::App, fault::Fault};
use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use http::StatusCode;
use std::sync::Arc;
use web_ui::{FormView, Language, Said};

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
    language: Language,
    exchange: String,
}

impl FromRequest<Arc<App>> for FormPost {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let who = parts.extensions.get::<Browser>().cloned().ok_or(Fault::Unauthenticated)?;
        let exchange = parts.extensions.get::<ExchangeId>().map(|id| id.0.clone()).unwrap_or_default();
        let language = language::of(&parts.headers);
        let form = Form::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { app: app.clone(), who, form, language, exchange })
    }
}

impl FormPost {
    /// Does what the form asks, if it is from a page of this session. What is refused is said on `page`.
    pub async fn then(self, page: &str, work: impl AsyncFnOnce(&Self) -> Result<Done, Fault>) -> Response {
        let done = match rendered_at(&self.app, &self.who, &self.form) {
            Ok(_) => work(&self).await,
            Err(fault) => Err(fault),
        };
        self.answered(page, done).await
    }

    async fn answered(self, page: &str, done: Result<Done, Fault>) -> Response {
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
}
