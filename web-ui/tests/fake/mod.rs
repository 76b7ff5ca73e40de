//! A desk with sample data, and the pages behind a router, for the page tests and the gallery.

mod accounts;
pub mod clients;
pub mod keep;
pub mod me;
mod operator;
mod outcomes;
mod people;
mod record;
pub mod sample;
mod tools;

use axum::Router;
use chrono::{DateTime, Utc};
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use protocol::{
    card::{Card, Narrowing},
    ids::{GrantId, RequestId},
    problem::{Code, Problem},
    services::ServiceSummary,
    sessions::{Inbox, Role, Session, SessionSummary, Viewer},
};
use std::sync::Arc;
use web_ui::{App, Colour, Desk, FormView, Language, PageNotice, WayBack, shell};

/// How far the viewer is with passkeys.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Usual,
    /// A passkey has answered lately.
    Proved,
    /// Recovery codes were made just now.
    MadeCodes,
    /// They came in with a recovery code.
    Recovers,
}

/// What a test or the gallery shows.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, in any mixture")]
pub struct Fake {
    /// Nobody is signed in.
    pub signed_out: bool,
    /// Nothing is there.
    pub empty: bool,
    /// Nothing can be read.
    pub broken: bool,
    pub banner: Option<String>,
    pub notice: Option<PageNotice>,
    /// How far they are with passkeys.
    pub standing: Standing,
    pub language: Language,
    /// Whoever is signed in keeps nothing.
    pub plain: bool,
    /// A form that was just posted.
    pub filled: Option<FormView>,
    /// A client sent the browser here.
    pub way_back: Option<WayBack>,
}

#[async_trait::async_trait]
impl Desk for Fake {
    fn viewer(&self) -> Option<Viewer> {
        let viewer = || Viewer {
            person: sample::slug("paul"),
            title: "Paul".to_owned(),
            roles: if self.plain { vec![Role::Approver] } else { vec![Role::Approver, Role::Admin] },
            via: if self.standing == Standing::Recovers { "recovery" } else { "link" }.to_owned(),
        };
        (!self.signed_out).then(viewer)
    }
    fn language(&self) -> Language {
        self.language
    }
    fn now(&self) -> DateTime<Utc> {
        sample::now()
    }
    fn environment(&self) -> String {
        "production".to_owned()
    }
    fn environment_colour(&self) -> Colour {
        Colour::of_environment("production")
    }
    fn form_token(&self) -> String {
        "form-token".to_owned()
    }
    async fn inbox(&self) -> Result<Inbox, Problem> {
        self.works()?;
        Ok(if self.empty { Inbox::default() } else { sample::inbox(self.now()) })
    }
    async fn card(&self, request: &RequestId, narrowing: Option<Narrowing>) -> Result<Card, Problem> {
        self.works()?;
        sample::card(request, narrowing.as_ref(), self.now()).ok_or_else(not_found)
    }
    async fn sessions(&self, ended: bool) -> Result<Vec<SessionSummary>, Problem> {
        self.works()?;
        let inbox = self.inbox().await?;
        Ok(if ended { inbox.decided } else { inbox.active })
    }
    async fn session(&self, grant: &GrantId) -> Result<Session, Problem> {
        self.works()?;
        sample::session(grant, self.now()).ok_or_else(not_found)
    }
    async fn services(&self) -> Result<Vec<ServiceSummary>, Problem> {
        self.works()?;
        Ok(if self.empty { Vec::new() } else { sample::services() })
    }
    fn banner(&self) -> Option<String> {
        self.banner.clone()
    }
    fn way_back(&self) -> Option<WayBack> {
        self.way_back.clone()
    }

    fn notice(&self) -> Option<PageNotice> {
        self.notice.clone()
    }
}

impl Fake {
    #[expect(clippy::result_large_err, reason = "as the desk itself answers")]
    fn works(&self) -> Result<(), Problem> {
        let gone = Problem {
            kind: "urn:countersign:problem:audit_unavailable".to_owned(),
            title: "The database does not answer".to_owned(),
            status: 503,
            detail: "Try again in a moment.".to_owned(),
            code: Code::AuditUnavailable,
            ..not_found()
        };
        if self.broken { Err(gone) } else { Ok(()) }
    }
}

fn not_found() -> Problem {
    Problem {
        kind: "urn:countersign:problem:not_found".to_owned(),
        title: "Not found".to_owned(),
        status: 404,
        detail: "There is no such request, or it is not yours to see.".to_owned(),
        code: Code::NotFound,
        request_id: "0193a5".to_owned(),
        field: None,
        hint: None,
    }
}

/// The pages; `desk` makes the desk of each request, as the broker does.
pub fn pages(islands: bool, desk: impl Fn() -> Fake + Clone + Send + Sync + 'static) -> Router {
    let options = LeptosOptions::builder().output_name("ui").site_root("target/site").build();
    let shell_options = options.clone();
    let context = move || provide_context::<Arc<dyn Desk>>(Arc::new(desk()));
    let document = move || shell(shell_options.clone(), islands);
    let elsewhere = render_app_async_with_context(context.clone(), document.clone());
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), context, document)
        .fallback(elsewhere)
        .with_state(options)
}
