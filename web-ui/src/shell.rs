//! The document around every page, its stylesheet and its content security policy.

use crate::{
    App,
    components::Sprite,
    texts::{IslandTexts, language},
};
use http::header::CONTENT_SECURITY_POLICY;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;
use leptos_router::location::RequestUrl;

/// The stylesheet: the look, then a file per family of pages. Served at `/assets/style.css`.
pub const STYLE: &str = concat!(
    include_str!("../style/base.css"),
    include_str!("../style/decision.css"),
    include_str!("../style/client.css"),
    include_str!("../style/step_up.css"),
    include_str!("../style/keep.css"),
    include_str!("../style/me.css"),
    include_str!("../style/record.css"),
    include_str!("../style/people.css"),
    include_str!("../style/operator.css"),
    include_str!("../style/activity.css"),
    include_str!("../style/tools.css")
);

/// The icon of the site, served at `/assets/favicon.svg`.
pub const FAVICON: &str = include_str!("../assets/favicon.svg");

/// The policy of a page: nothing from elsewhere, no inline styles, scripts only with the nonce of this page.
pub struct ContentSecurityPolicy<'a> {
    /// The nonce of the page's own scripts; none for what is no page.
    pub nonce: Option<&'a str>,
    /// Whether the islands run: they need WebAssembly and connections to the broker itself.
    pub islands: bool,
}

impl std::fmt::Display for ContentSecurityPolicy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; ")?;
        f.write_str("style-src 'self'; img-src 'self'")?;
        match (self.nonce, self.islands) {
            (None, _) => Ok(()),
            (Some(nonce), false) => write!(f, "; script-src 'nonce-{nonce}'"),
            (Some(nonce), true) => {
                write!(f, "; connect-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'")
            }
        }
    }
}

/// The document. Without `islands` (the wasm half was not built) nothing is loaded into it: pages are plain forms.
pub fn shell(options: LeptosOptions, islands: bool) -> impl IntoView {
    set_policy(islands);
    view! {
        <!DOCTYPE html>
        <html lang=language().tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href="/assets/style.css" />
                <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
                {islands.then(|| view! { <HydrationScripts options islands=true /> })}
                <MetaTags />
            </head>
            <body data-at=address()>
                <Sprite />
                {islands.then(|| view! { <IslandTexts /> })}
                <App />
            </body>
        </html>
    }
}

/// Where this page can be read again. A form's answer stands at an address of its own that may be one for forms only, and a
/// problem without a page stands wherever it happened.
fn address() -> Option<String> {
    let url = use_context::<RequestUrl>()?.parse().ok()?;
    let query = Some(url.search()).filter(|it| !it.is_empty()).map(|it| format!("?{it}")).unwrap_or_default();
    (url.path() != "/problem").then(|| format!("{}{query}", url.path()))
}

fn set_policy(islands: bool) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    let nonce = use_nonce();
    let policy = ContentSecurityPolicy { nonce: nonce.as_deref(), islands };
    if let Ok(value) = policy.to_string().parse() {
        response.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}
