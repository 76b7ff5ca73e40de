//! Fetching a client's document: through the one way out, which refuses private addresses and follows no redirect.

use super::{Metadata, Said};
use crate::{
    app::App,
    egress::{Destination, EgressError, Origin, Outgoing, Silence},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt as _, Empty, Limited};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The largest document.
const LARGEST: usize = 8 * 1024;
/// The longest that fetching one may take.
const LONGEST: Duration = Duration::from_secs(5);
/// How long a document is believed, if its host says nothing.
const USUAL: TimeDelta = TimeDelta::hours(1);
/// And whatever its host says.
const FRESH: (TimeDelta, TimeDelta) = (TimeDelta::minutes(1), TimeDelta::hours(24));

/// The document at an address, and for how long it is believed; or why it is not taken.
pub(super) async fn fetch(app: &App, url: &str) -> Result<(Metadata, TimeDelta), String> {
    let (headers, body) = timeout(LONGEST, get(app, url))
        .await
        .map_err(|_| format!("its host took longer than {} seconds", LONGEST.as_secs()))??;
    let said: Said =
        serde_json::from_slice(&body).map_err(|why| format!("it is not as it must be: {why}"))?;
    let metadata = said.documented(url).map_err(|why| why.to_string())?;
    Ok((metadata, fresh(&headers)))
}

async fn get(app: &App, url: &str) -> Result<(HeaderMap, Bytes), String> {
    let url = Url::parse(url).map_err(|why| why.to_string())?;
    let origin = Origin::of(&url).map_err(|why| why.to_string())?;
    // A host that the operator named may be on a private network; link-local addresses stay refused.
    let allow_private = !app.clients.hosts.is_empty();
    let connection = format!("the document of a client at {}", origin.authority());
    let to = Destination { origin, allow_private, connection };
    let answer = app.egress.send(&to, asking(&url)).await;
    let read = match answer {
        Ok(answer) => read(answer).await,
        Err(why) => Err(unreachable(&why)),
    };
    app.egress.forget(&to.connection);
    read
}

fn asking(url: &Url) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("countersign"));
    let path_and_query = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    Outgoing { method: Method::GET, path_and_query, headers, body, silence: Silence::Usual }
}

/// What is told of a failure: nothing that would make the broker a scanner of its own network.
fn unreachable(why: &EgressError) -> String {
    match why.code() {
        "upstream_address_refused" => "its host has no public address".to_owned(),
        "upstream_tls_failed" => "its host shows no certificate that is trusted here".to_owned(),
        _ => "its host could not be reached, or does not answer as a web server does".to_owned(),
    }
}

async fn read<B>(answer: Response<B>) -> Result<(HeaderMap, Bytes), String>
where
    B: Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static>,
{
    let (head, body) = answer.into_parts();
    if head.status.is_redirection() {
        return Err("its host answers with a redirect, which is not followed".to_owned());
    }
    if head.status != StatusCode::OK {
        return Err(format!("its host answers {}", head.status.as_u16()));
    }
    if !is_json(&head.headers) {
        return Err("it must be sent as application/json, and not compressed".to_owned());
    }
    let body = Limited::new(body, LARGEST).collect().await.map_err(|why| {
        let large = why.is::<http_body_util::LengthLimitError>();
        if large { format!("it is larger than {LARGEST} bytes") } else { "it broke off".to_owned() }
    })?;
    Ok((head.headers, body.to_bytes()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json");
    json && matches!(text(header::CONTENT_ENCODING), None | Some("identity"))
}

/// For how long the document is believed, as its host says (RFC 9111), within bounds of ours.
fn fresh(headers: &HeaderMap) -> TimeDelta {
    let said = control(headers).or_else(|| expires(headers)).unwrap_or(USUAL);
    said.clamp(FRESH.0, FRESH.1)
}

fn control(headers: &HeaderMap) -> Option<TimeDelta> {
    let lines = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let directives: Vec<String> =
        lines.flat_map(|line| line.split(',')).map(|it| it.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|it| it == "no-store" || it.starts_with("no-cache")) {
        return Some(TimeDelta::zero());
    }
    let age = directives.iter().find_map(|it| it.strip_prefix("max-age="))?;
    let seconds = age.trim_matches('"').parse::<u32>().ok()?;
    let spent = headers.get(header::AGE).and_then(|it| it.to_str().ok()?.trim().parse::<u32>().ok());
    Some(TimeDelta::seconds(i64::from(seconds) - i64::from(spent.unwrap_or_default())))
}

/// By the host's own clock.
fn expires(headers: &HeaderMap) -> Option<TimeDelta> {
    let date = |name| -> Option<DateTime<Utc>> {
        let text = headers.get(name)?.to_str().ok()?;
        DateTime::parse_from_rfc2822(text).ok().map(|it| it.to_utc())
    };
    Some(date(header::EXPIRES)? - date(header::DATE)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn as4_cache_headers_are_honoured_within_bounds() {
        use header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
        let cases: [(&[(HeaderName, &str)], i64); 11] = [
            (&[], 3_600),
            (&[(CACHE_CONTROL, "max-age=600")], 600),
            (&[(CACHE_CONTROL, "public, max-age=600")], 600),
            (&[(CACHE_CONTROL, "max-age=600"), (AGE, "500")], 100),
            (&[(CACHE_CONTROL, "max-age=1")], 60),
            (&[(CACHE_CONTROL, "max-age=31536000")], 86_400),
            (&[(CACHE_CONTROL, "no-store, max-age=600")], 60),
            (&[(CACHE_CONTROL, "no-cache")], 60),
            (&[(CACHE_CONTROL, "max-age=99999999999999")], 3_600),
            (&[(DATE, "Fri, 27 Nov 2026 20:00:00 GMT"), (EXPIRES, "Fri, 27 Nov 2026 20:30:00 GMT")], 1_800),
            (&[(DATE, "Fri, 27 Nov 2026 20:00:00 GMT"), (EXPIRES, "0")], 3_600),
        ];
        for (pairs, seconds) in cases {
            assert_eq!(fresh(&headers(pairs)).num_seconds(), seconds, "{pairs:?}");
        }
    }

    #[test]
    fn as4_only_plain_json_is_read() {
        use header::{CONTENT_ENCODING, CONTENT_TYPE};
        for good in ["application/json", "application/JSON; charset=utf-8", "application/oauth-client+json"] {
            assert!(is_json(&headers(&[(CONTENT_TYPE, good)])), "{good}");
        }
        for bad in ["text/html", "text/json", "application/jsonp", "json", ""] {
            assert!(!is_json(&headers(&[(CONTENT_TYPE, bad)])), "{bad}");
        }
        assert!(!is_json(&headers(&[(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip")])));
    }
}
