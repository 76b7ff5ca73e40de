//! The fake desk as a site. Words in the query of a page ask for its states: `?empty&de`. What a page asks for later
//! (`/events`, the preview of a card) is answered as the words of that page say.

use super::fake::{self, Fake, Standing, sample};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, REFERER},
    },
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use protocol::{card::Card, digest::Digest, ids::RequestId};
use std::{convert::Infallible, path::Path};
use tower::ServiceExt;
use tower_http::services::ServeDir;
use web_ui::{Language, NoticeKind, PageNotice, Said, WayBack};

/// The pages, with what they load. `package` is where the wasm half is, if it was built.
pub fn site(package: &Path) -> Router {
    let islands = package.join("ui.js").exists();
    Router::new()
        .nest_service("/pkg", ServeDir::new(package))
        .fallback(move |request: Request| serve(islands, request))
}

/// The words of a query.
struct Words(String);

impl Words {
    /// Of the page from which this was asked.
    fn of_page(request: &Request) -> Self {
        let page = request.headers().get(REFERER).and_then(|it| it.to_str().ok()).unwrap_or_default();
        Self(page.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default())
    }

    fn has(&self, word: &str) -> bool {
        self.0.split('&').any(|part| part == word)
    }

    fn fake(&self) -> Fake {
        Fake {
            signed_out: self.has("out"),
            empty: self.has("empty"),
            broken: self.has("broken"),
            standing: match () {
                () if self.has("proved") => Standing::Proved,
                () if self.has("codes") => Standing::MadeCodes,
                () if self.has("recovers") => Standing::Recovers,
                () => Standing::Usual,
            },
            language: if self.has("de") { Language::German } else { Language::English },
            banner: self
                .has("sealed")
                .then(|| "The vault is sealed: no call can be made until it is opened.".to_owned()),
            notice: self.notice(),
            plain: self.has("plain"),
            filled: self.0.split('&').find_map(fake::keep::filled),
            way_back: self.way_back(),
        }
    }

    /// A client sent the browser here; it is decided, or not yet.
    fn way_back(&self) -> Option<WayBack> {
        let goes = self.has("goes");
        (goes || self.has("sent")).then(|| WayBack {
            client: fake::sample::hostile(),
            host: "localhost".to_owned(),
            // Where nothing is, so that the page stays to be looked at.
            address: "#way-back".to_owned(),
            goes,
            waits: false,
        })
    }

    fn notice(&self) -> Option<PageNotice> {
        let (kind, said) = match () {
            () if self.has("refused") => (
                NoticeKind::Problem,
                Said::English("Nothing was granted: it was changed meanwhile.".to_owned()),
            ),
            () if self.has("done") => (NoticeKind::Done, Said::new("done-language")),
            () => return None,
        };
        Some(PageNotice { kind, said, request_id: Some("0193a5".to_owned()) })
    }
}

async fn serve(islands: bool, request: Request) -> Response {
    let (path, query) =
        (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
    match path.as_str() {
        "/assets/style.css" => return ([(CONTENT_TYPE, "text/css")], web_ui::STYLE).into_response(),
        "/assets/favicon.svg" => return ([(CONTENT_TYPE, "image/svg+xml")], web_ui::FAVICON).into_response(),
        "/events" => return events(&Words::of_page(&request)),
        _ => (),
    }
    if let Some(id) = path.strip_prefix("/requests/").and_then(|rest| rest.strip_suffix("/preview")) {
        return preview(id, &query, &Words::of_page(&request));
    }
    let words = Words(query);
    let (fake, islands) = (words.fake(), islands && !words.has("noscript"));
    let answer = fake::pages(islands, move || fake.clone()).oneshot(request).await;
    answer.unwrap_or_else(|never| match never {})
}

/// An event stream on which nothing ever happens; none for a page that is to be offline.
fn events(page: &Words) -> Response {
    if page.has("offline") {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let opened = stream::iter([Ok::<_, Infallible>(": open\n\n")]).chain(stream::pending());
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(opened)).into_response()
}

fn preview(id: &str, query: &str, page: &Words) -> Response {
    let card = |id: &RequestId| {
        let fields = query.split('&').filter_map(|pair| pair.split_once('='));
        let fields: Vec<_> =
            fields.map(|(name, value)| (name.to_owned(), value.replace("%2F", "/"))).collect();
        let narrowing = domain::narrowing::from_pairs(&web_ui::narrowing_fields(fields)).ok();
        sample::card(id, narrowing.as_ref(), sample::now())
    };
    let card = id.parse().ok().filter(|_| !page.has("failing")).and_then(|id| card(&id));
    match card.map(|card| serde_json::to_string(&meanwhile(card, page))) {
        Some(Ok(json)) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What became of the request while it was looked at.
fn meanwhile(card: Card, page: &Words) -> Card {
    if page.has("changed") {
        return Card { request_digest: Digest::from_bytes(&[9; 32]), ..card };
    }
    if page.has("elsewhere") {
        let denied = sample::card(&RequestId::from_u128(3), None, sample::now()).expect("a denied one");
        return Card { status: denied.status, outcome: denied.outcome, ..card };
    }
    card
}
