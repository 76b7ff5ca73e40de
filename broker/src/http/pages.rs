//! Pages: rendered completely by the server, for one viewer, with what came of the last form.

use super::{access::Browser, desk::HttpDesk, guard::ExchangeId, language, oauth};
use crate::{app::App, fault::Fault};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderValue, StatusCode, Uri, header};
use leptos::{config::LeptosOptions, context::provide_context};
use protocol::Problem;
use std::sync::{Arc, Once};
use web_ui::{Desk, FormView, Language, NoticeKind, PageNotice, Said, WayBack, shell};

/// The page that says why there is nothing to decide: only ever an answer, at no address of its own.
pub(super) const NOTHING_ASKED: &str = "/oauth/nothing";
/// The page that says why a client that nobody vouches for cannot ask. The same holds for it.
pub(super) const REFUSED_CLIENT: &str = "/oauth/refused";

/// Makes ready what rendering needs in this process, once: Leptos tells its runtime about tokio when it walks the
/// pages. Without it the first page would panic.
pub(super) fn prepare() {
    static WALKED: Once = Once::new();
    WALKED.call_once(|| drop(leptos_axum::generate_route_list(web_ui::App)));
}

/// Shows the page at this address.
pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let who = request.extensions().get::<Browser>().cloned();
    let exchange = request.extensions().get::<ExchangeId>().cloned();
    let left = who.as_ref().and_then(|browser| app.notices.take(&browser.session));
    let notice = left.map(|said| PageNotice { kind: NoticeKind::Done, said, request_id: None });
    let exchange = exchange.map(|id| id.0).unwrap_or_default();
    let before_sign_in = who.is_none();
    let language = language::of(request.headers());
    let codes = Vec::new();
    let way_back = way_back(&app, who.as_ref(), request.uri()).await;
    let refresh = way_back.as_ref().and_then(refresh);
    let desk = HttpDesk { app, who, language, notice, exchange, codes, filled: None, way_back };
    let mut response = render(desk, request.uri().clone()).await;
    response.headers_mut().extend(refresh.map(|value| (header::REFRESH, value)));
    // Only the pages for signing in are shown to nobody; there, not being signed in is no error.
    if before_sign_in && response.status() == StatusCode::UNAUTHORIZED {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

/// Where the browser goes once the request on this page is decided. What cannot be looked up is not on the page.
async fn way_back(app: &App, who: Option<&Browser>, uri: &Uri) -> Option<WayBack> {
    let id = uri.path().strip_prefix("/requests/")?.parse().ok()?;
    oauth::way_back(app, who?, &id).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the way back to a client could not be looked up");
        None
    })
}

/// What takes the browser there without a script, after a moment in which its person sees what is now true; a form could
/// not: what follows a form stays on this site. While it waits for somebody else, the page looks again by itself.
fn refresh(way_back: &WayBack) -> Option<HeaderValue> {
    let value = match (way_back.goes, way_back.waits) {
        (true, _) => format!("1; url={}", way_back.address),
        (false, true) => "5".to_owned(),
        (false, false) => return None,
    };
    HeaderValue::try_from(value).ok()
}

/// New recovery codes, shown once: they are nowhere but on this page.
pub(super) async fn codes(
    app: Arc<App>,
    who: Browser,
    language: Language,
    exchange: Option<Extension<ExchangeId>>,
    codes: Vec<String>,
) -> Response {
    let exchange = exchange.map(|Extension(id)| id.0).unwrap_or_default();
    let who = Some(who);
    let desk = HttpDesk { app, who, language, notice: None, exchange, codes, filled: None, way_back: None };
    render(desk, Uri::from_static("/me/codes")).await
}

async fn render(desk: HttpDesk, uri: Uri) -> Response {
    let islands = desk.app.site.is_some();
    let desk: Arc<dyn Desk> = Arc::new(desk);
    let options = LeptosOptions::builder().output_name("ui").build();
    let page = leptos_axum::render_app_async_with_context(
        move || provide_context(desk.clone()),
        move || shell(options.clone(), islands),
    );
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    let mut response = page(request).await;
    // Every page depends on who looks and when.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What follows a form: its page anew, or the page with what went wrong.
pub(super) async fn posted(
    app: &Arc<App>,
    who: &Browser,
    page: &str,
    done: Result<Option<Said>, Fault>,
) -> Response {
    match done {
        Ok(said) => {
            if let Some(said) = said {
                app.notices.leave(&who.session, said);
            }
            Redirect::to(page).into_response()
        }
        Err(fault) => {
            // A decision that came too late or on something else is answered with a fresh look at it.
            looking(fault, page, Some(who.clone()))
        }
    }
}

/// A form's page with the form as it was filled in: to be mended, or to be agreed to.
pub(super) async fn refilled(
    app: &Arc<App>,
    who: &Browser,
    (language, exchange): (Language, String),
    page: &str,
    status: StatusCode,
    filled: FormView,
) -> Response {
    let uri = page.parse().unwrap_or_else(|_| Uri::from_static("/"));
    let (app, who) = (app.clone(), Some(who.clone()));
    let filled = Some(FormView { log: exchange.clone(), ..filled });
    let codes = Vec::new();
    let desk = HttpDesk { app, who, language, notice: None, exchange, codes, filled, way_back: None };
    let mut response = render(desk, uri).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// A refusal that is shown on a page of its own choice.
pub(super) fn looking(fault: Fault, page: &str, who: Option<Browser>) -> Response {
    let mut refused = fault.into_response();
    refused.extensions_mut().insert(FreshLook { page: page.to_owned(), who });
    refused
}

/// The page to show a problem on.
#[derive(Debug, Clone)]
pub(super) struct FreshLook {
    page: String,
    who: Option<Browser>,
}

/// A problem as a page.
pub(super) async fn problem(
    app: &Arc<App>,
    problem: Problem,
    look: Option<FreshLook>,
    language: Language,
) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (page, who) = match look {
        Some(look) => (look.page, look.who),
        None => ("/problem".to_owned(), None),
    };
    let exchange = problem.request_id.clone();
    let notice = PageNotice {
        kind: NoticeKind::Problem,
        said: Said::Problem { code: problem.code, detail: problem.detail },
        request_id: Some(problem.request_id),
    };
    let uri = page.parse().unwrap_or_else(|_| Uri::from_static("/problem"));
    let (app, notice, codes) = (app.clone(), Some(notice), Vec::new());
    let desk = HttpDesk { app, who, language, notice, exchange, codes, filled: None, way_back: None };
    let mut response = render(desk, uri).await;
    *response.status_mut() = status;
    response
}
