//! Which headers pass, in both directions.
//!
//! Towards the upstream little passes and everything else is dropped: a short list, and what the service's definition
//! adds to it within [`request::may_be_added`]. Towards the agent most passes: what is dropped there would act on the
//! broker's own origin, which pages of people share, or on a proxy in front of it.
//!
//! In both directions the hop-by-hop headers go first, those named in `Connection` included, and only then the
//! broker's own headers are added: nobody can name those in `Connection` and have them removed.

mod link;
pub mod request;
pub mod response;

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName};

/// Meant for the next hop only.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A copy without what is meant for this hop only.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in named_in_connection(headers) {
        kept.remove(name);
    }
    for name in HOP_BY_HOP {
        kept.remove(*name);
    }
    kept
}

fn named_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    tokens(headers, &CONNECTION).filter_map(|token| HeaderName::from_bytes(token.as_bytes()).ok()).collect()
}

/// The comma-separated tokens of all lines of a header, in lower case. A line that is not text is one empty token,
/// which matches nothing that is expected.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> + use<'a> {
    let lines = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(|token| token.trim().to_ascii_lowercase())
}
