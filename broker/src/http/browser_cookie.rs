//! A cookie that says which browser it is, whoever is signed in: the one that asked for a client is the one that goes back
//! to it, also when its session was renewed in between.

use super::cookies;
use crate::{
    app::App,
    fault::Fault,
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::response::Response;
use http::HeaderMap;

/// As long as a request may wait for people.
const SECONDS: u32 = 24 * 60 * 60;

/// The cookie that a browser has, or gets. It is given again each time, so that it lasts as long as what was asked last.
pub(super) struct BrowserCookie {
    mac: String,
    token: OpaqueToken,
}

impl BrowserCookie {
    /// The one that came, or a new one.
    pub fn of(app: &App, headers: &HeaderMap) -> Result<Self, Fault> {
        let token = match came(headers) {
            Some(token) => token,
            None => OpaqueToken::mint(OpaqueKind::Browser, app.rng.source())
                .map_err(|error| Fault::Internal(error.to_string()))?,
        };
        Ok(Self { mac: token.mac(&app.mac_key), token })
    }

    /// Its HMAC.
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// Gives the browser its cookie.
    pub fn carry(&self, response: Response) -> Response {
        cookies::with(response, cookies::BROWSER, self.token.expose(), SECONDS)
    }
}

fn came(headers: &HeaderMap) -> Option<OpaqueToken> {
    OpaqueToken::parse(OpaqueKind::Browser, &cookies::read(headers, cookies::BROWSER)?).ok()
}

/// The HMAC of the cookie that came; none if there is none of ours.
pub(super) fn mac(app: &App, headers: &HeaderMap) -> Option<String> {
    came(headers).map(|token| token.mac(&app.mac_key))
}
