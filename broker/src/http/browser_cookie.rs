//! A cookie that says which browser it is, whoever is signed in: the one that asked for a client is the one that goes back
//! to it, also when its session was renewed in between.

use super::{access::Browser, cookies};
use crate::{
    app::App,
    fault::Fault,
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::response::Response;
use http::HeaderMap;

/// As long as a request may wait for people.
const SECONDS: u32 = 24 * 60 * 60;

/// The cookie that a browser has, or gets.
pub(super) struct BrowserCookie {
    mac: String,
    fresh: Option<OpaqueToken>,
}

impl BrowserCookie {
    /// The one that came, or a new one.
    pub fn of(app: &App, who: &Browser) -> Result<Self, Fault> {
        if let Some(mac) = &who.machine {
            return Ok(Self { mac: mac.clone(), fresh: None });
        }
        let fresh = OpaqueToken::mint(OpaqueKind::Browser, app.rng.source());
        let fresh = fresh.map_err(|error| Fault::Internal(error.to_string()))?;
        Ok(Self { mac: fresh.mac(&app.mac_key), fresh: Some(fresh) })
    }

    /// Its HMAC.
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// Gives the browser its cookie, if it has none yet.
    pub fn carry(&self, response: Response) -> Response {
        match &self.fresh {
            Some(fresh) => cookies::with(response, cookies::BROWSER, fresh.expose(), SECONDS),
            None => response,
        }
    }
}

/// The HMAC of the cookie that came; none if there is none of ours.
pub(super) fn mac(app: &App, headers: &HeaderMap) -> Option<String> {
    let token = OpaqueToken::parse(OpaqueKind::Browser, &cookies::read(headers, cookies::BROWSER)?).ok()?;
    Some(token.mac(&app.mac_key))
}
