//! In which language a browser reads: what was chosen there, else what it asks for.

use super::{access::Browser, cookies, forms::rendered_at, input::Form, next::is_page};
use crate::{app::App, fault::Fault};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_LANGUAGE, COOKIE},
};
use std::sync::Arc;
use web_ui::{Language, Said};

const CHOICE: &str = "__Host-countersign-language";
const ONE_YEAR: u32 = 365 * 24 * 3600;

/// The language of whoever sent this.
pub(super) fn of(headers: &HeaderMap) -> Language {
    let all = |name| headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let pairs = all(COOKIE).flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let chosen = pairs.filter(|(name, _)| *name == CHOICE).find_map(|(_, tag)| Language::of_tag(tag));
    chosen.unwrap_or_else(|| all(ACCEPT_LANGUAGE).next().map(Language::accepted).unwrap_or_default())
}

/// Remembers a choice in the browser where it was made. It is no secret and decides nothing.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
    form: Form,
) -> Result<Response, Fault> {
    rendered_at(&app, &who, &form)?;
    let chosen = form.get("language")?.and_then(Language::of_tag);
    let chosen = chosen.ok_or_else(|| Fault::invalid("language", "is none of the pages' languages"))?;
    let back = form.get("back")?.filter(|page| is_page(page)).unwrap_or("/");
    app.notices.leave(&who.session, Said::new("done-language"));
    Ok(cookies::with(Redirect::to(back).into_response(), CHOICE, chosen.tag(), ONE_YEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_wins_over_what_the_browser_asks_for() {
        let of = |cookie: &str, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().unwrap());
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            super::of(&headers)
        };
        assert_eq!(of("a=b", "de-DE,de;q=0.9"), Language::German);
        assert_eq!(of("a=b; __Host-countersign-language=en", "de"), Language::English);
        assert_eq!(of("__Host-countersign-language=xx", "de"), Language::German);
        assert_eq!(super::of(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (address, ours) in [
            ("/", true),
            ("/sessions?ended=1", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example/", false),
            ("/\n/evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_page(address), ours, "{address:?}");
        }
    }
}
