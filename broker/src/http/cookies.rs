//! Our cookies: read and written in one way.

use axum::response::Response;
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

/// The web session. The prefix, here and below, makes browsers insist on Secure, path `/` and no domain.
pub(super) const SESSION: &str = "__Host-countersign";
/// Which browser it is.
pub(super) const BROWSER: &str = "__Host-countersign-browser";
/// Where signing in leads.
pub(super) const NEXT: &str = "__Host-countersign-next";

/// The value of a cookie of this name.
pub(super) fn read(headers: &HeaderMap, called: &str) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = pairs
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == called);
    // Two cookies of this name: somebody else set one of them.
    match (named.next(), named.next()) {
        (Some((_, value)), None) => Some(value.to_owned()),
        _ => None,
    }
}

/// Gives the browser a cookie for so many seconds; for none, takes it away.
pub(super) fn with(mut response: Response, name: &str, value: &str, seconds: u32) -> Response {
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
