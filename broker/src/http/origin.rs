//! What pages of others may ask for, by what browsers say of each request: Fetch Metadata (W3C), or `Origin` where that
//! is missing.
//!
//! Another port of localhost is the same *site*: it gets our cookie along. So nothing here is content with `same-site`.

use crate::{app::App, fault::Fault};
use axum::extract::Request;
use http::{HeaderMap, Method, header::ORIGIN};

/// Another page may lead here, and nothing else: it posts nothing, and neither frames nor reads nor loads any of it.
pub(super) fn own_page(app: &App, request: &Request) -> Result<(), Fault> {
    let headers = request.headers();
    let safe = request.method() == Method::GET || request.method() == Method::HEAD;
    let (site, from) = (said(headers, "sec-fetch-site"), said(headers, ORIGIN.as_str()));
    let own = match site {
        Some("same-origin") => true,
        // The person typed it, or opened it from outside the browser.
        Some("none") => safe,
        Some(_) => safe && leads_here(headers),
        // A browser too old to say it. A link says nothing at all there; a post always names its origin.
        None => from.map_or(safe, |origin| origin == app.public_url),
    };
    if own {
        return Ok(());
    }
    Err(Fault::Forbidden(
        if safe {
            "a page of another site asked for this: it may link here, but neither load nor frame it"
        } else {
            "this form was not sent from Countersign's own page"
        }
        .into(),
    ))
}

/// Whether it is a link that was followed: the answer becomes a page of its own, which whoever linked cannot read.
fn leads_here(headers: &HeaderMap) -> bool {
    said(headers, "sec-fetch-mode") == Some("navigate") && said(headers, "sec-fetch-dest") == Some("document")
}

/// A browser lets any page open a WebSocket anywhere, and says only in `Origin` whose page it is. Agents are no pages.
pub(super) fn no_other_page(app: &App, headers: &HeaderMap) -> Result<(), Fault> {
    if said(headers, ORIGIN.as_str()).is_none_or(|origin| origin == app.public_url) {
        return Ok(());
    }
    Err(Fault::Forbidden("a page of another site asked for this WebSocket".into()))
}

/// What a header says that may stand once; nothing sensible where it stands twice.
fn said<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { "" } else { first.to_str().unwrap_or_default() })
}
