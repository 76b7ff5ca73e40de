//! The browser that somebody signs in with: in a few words, to recognise a session by, and the session that it had.

use super::{cookies, next};
use crate::app::App;
use axum::extract::FromRequestParts;
use http::{header::USER_AGENT, request::Parts};
use std::{convert::Infallible, sync::Arc};

/// A browser.
pub(super) struct Device {
    /// What it is, in a few words; empty where it says nothing known.
    pub words: String,
    /// The cookie of a session that it had before.
    pub cookie: Option<String>,
    /// The page that was wanted, if somebody had to sign in first.
    pub wanted: Option<String>,
}

impl FromRequestParts<Arc<App>> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, Infallible> {
        let agent = parts.headers.get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let cookie = cookies::read(&parts.headers, cookies::SESSION);
        Ok(Self { words: words(agent), cookie, wanted: next::wanted(&parts.headers) })
    }
}

/// Every browser says that it is several others: the more particular stand first.
const BROWSERS: [(&str, &str); 7] = [
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

fn words(agent: &str) -> String {
    let known = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_its_most_particular_name() {
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            ("curl/8.0 <script>", ""),
            ("", ""),
        ];
        for (agent, expected) in cases {
            assert_eq!(words(agent), expected, "{agent}");
        }
    }
}
