//! From the agent to the upstream.

use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Method};
use thiserror::Error;

use super::{end_to_end, named_in_connection, tokens};

/// What every agent may say to every upstream: what it wants, in which language, on what condition, in which format
/// it sends.
///
/// Not here on purpose: `Idempotency-Key`, which the broker answers itself (agents that share a credential would
/// share keys); `X-Request-Id` and `traceparent`, which would let agents write into the upstream's logs. A service
/// may add them.
const PASSES: &[&str] = &[
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "prefer",
    "user-agent",
];

/// What no service may add: other people's credentials, claims about the client, what fetches a body in pieces or in
/// another encoding, what makes the upstream see another method or path than policy saw, and framing.
const NEVER: &[&str] = &[
    "accept-charset",
    "accept-encoding",
    "authorization",
    "client-ip",
    "content-encoding",
    "content-length",
    "cookie",
    "cookie2",
    "early-data",
    "expect",
    "forwarded",
    "front-end-https",
    "host",
    "if-range",
    "max-forwards",
    "origin",
    "range",
    "referer",
    "request-range",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-real-ip",
    "x-rewrite-url",
];

const NEVER_PREFIXES: &[&str] = &[
    "access-control-",
    "cf-",
    "fastly-",
    "proxy-",
    "sec-",
    "x-amzn-oidc-",
    "x-envoy-",
    "x-forwarded",
    "x-original-",
];

/// Why a request is not forwarded.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum HeaderRefusal {
    /// It asks to change the protocol.
    #[error("WebSocket and other upgrades are not supported by the proxy")]
    Upgrade,
    /// `CONNECT` opens a tunnel, `TRACE` answers with the credential, others are unknown to policy.
    #[error("the proxy does not forward this method")]
    Method,
    /// Policy must be able to read the body.
    #[error("a request with a Content-Encoding is not forwarded: send the body as it is")]
    ContentEncoding,
    /// Policy and the upstream might each believe another one.
    #[error("the request has more than one Content-Type")]
    RepeatedContentType,
    /// RFC 9112 section 6.3: a length beside a transfer coding is how requests are smuggled. A coding that is not
    /// taken off here would reach the upstream without the header that names it.
    #[error("the body must be framed either by Content-Length or by Transfer-Encoding: chunked alone")]
    Framing,
}

impl HeaderRefusal {
    /// A stable code for problems and records.
    pub fn code(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade_not_supported",
            Self::Method => "method_not_forwarded",
            Self::ContentEncoding => "content_encoding_not_supported",
            Self::RepeatedContentType => "repeated_content_type",
            Self::Framing => "ambiguous_framing",
        }
    }
}

/// Whether a service's definition may let agents send this header.
pub fn may_be_added(name: &HeaderName) -> bool {
    let name = name.as_str();
    // Servers that turn names into variables read `X_Forwarded_For` as `X-Forwarded-For`.
    !name.contains('_')
        && !NEVER.contains(&name)
        && !super::HOP_BY_HOP.contains(&name)
        && !NEVER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the proxy forwards this method.
pub fn check_method(method: &Method) -> Result<(), HeaderRefusal> {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) { Ok(()) } else { Err(HeaderRefusal::Method) }
}

/// The headers of the request as the upstream receives it; the egress client adds `Host` and the framing.
///
/// `added` are the names that the service's definition lets agents send. The credential replaces whatever the agent
/// sent under its name.
pub fn to_upstream(
    agent: &HeaderMap,
    added: &[HeaderName],
    credential: Option<(HeaderName, HeaderValue)>,
) -> Result<HeaderMap, HeaderRefusal> {
    if agent.contains_key(UPGRADE) || named_in_connection(agent).contains(&UPGRADE) {
        return Err(HeaderRefusal::Upgrade);
    }
    if tokens(agent, &CONTENT_ENCODING).any(|coding| coding != "identity") {
        return Err(HeaderRefusal::ContentEncoding);
    }
    if agent.get_all(CONTENT_TYPE).iter().count() > 1 {
        return Err(HeaderRefusal::RepeatedContentType);
    }
    if is_framed_twice(agent) {
        return Err(HeaderRefusal::Framing);
    }
    let passes =
        |name: &HeaderName| PASSES.contains(&name.as_str()) || (added.contains(name) && may_be_added(name));
    let mut headers = HeaderMap::new();
    for (name, value) in &end_to_end(agent) {
        if passes(name) {
            headers.append(name, value.clone());
        }
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some((name, mut value)) = credential {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn is_framed_twice(headers: &HeaderMap) -> bool {
    let codings: Vec<String> = tokens(headers, &TRANSFER_ENCODING).collect();
    !codings.is_empty() && (codings != ["chunked"] || headers.contains_key(CONTENT_LENGTH))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn passed(list: &[(&str, &str)]) -> HeaderMap {
        to_upstream(&headers(list), &[], None).unwrap()
    }

    #[test]
    fn only_the_list_passes() {
        let kept = [
            ("accept", "a/b"),
            ("accept", "c/d"),
            ("accept-language", "de"),
            ("content-type", "a/b"),
            ("if-match", "\"x\""),
            ("if-none-match", "*"),
            ("prefer", "x"),
            ("user-agent", "x"),
        ];
        let mut expected = headers(&kept);
        expected.insert("accept-encoding", HeaderValue::from_static("identity"));
        assert_eq!(passed(&kept), expected);
    }

    #[test]
    fn nothing_that_claims_reroutes_or_frames_passes() {
        let names = [
            "authorization",
            "cookie",
            "host",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-uri",
            "x-real-ip",
            "x-original-url",
            "x-rewrite-url",
            "x-http-method-override",
            "proxy-authorization",
            "proxy-connection",
            "range",
            "if-range",
            "request-range",
            "accept-encoding",
            "te",
            "trailer",
            "expect",
            "content-length",
            "keep-alive",
            "connection",
            "origin",
            "sec-fetch-site",
            "via",
            "x_forwarded_for",
            "user_agent",
            "idempotency-key",
            "x-api-key",
            "x-request-id",
            "http2-settings",
        ];
        let all: Vec<_> = names.iter().map(|name| (*name, "x")).collect();
        assert_eq!(passed(&all), headers(&[("accept-encoding", "identity")]));
    }

    #[test]
    fn a_service_adds_what_it_may() {
        let agent = headers(&[
            ("notion-version", "1"),
            ("range", "bytes=0-1"),
            ("x_y", "1"),
            ("x-forwarded-for", "1"),
        ]);
        let added: Vec<HeaderName> = agent.keys().cloned().collect();
        let kept = to_upstream(&agent, &added, None).unwrap();
        assert_eq!(kept, headers(&[("notion-version", "1"), ("accept-encoding", "identity")]));
        assert!(may_be_added(&"x-github-api-version".parse().unwrap()));
        for name in
            ["te", "host", "if-range", "x-forwarded-proto", "x-original-method", "a_b", "proxy-x", "upgrade"]
        {
            assert!(!may_be_added(&name.parse().unwrap()), "{name}");
        }
    }

    #[test]
    fn what_connection_names_is_stripped_but_never_the_credential() {
        let agent = headers(&[
            ("connection", "close, If-Match"),
            ("connection", "x-key,accept-encoding"),
            ("if-match", "x"),
        ]);
        let credential = ("x-key".parse().unwrap(), HeaderValue::from_static("secret"));
        let kept = to_upstream(&agent, &[], Some(credential)).unwrap();
        assert_eq!(kept, headers(&[("x-key", "secret"), ("accept-encoding", "identity")]));
    }

    #[test]
    fn the_credential_replaces_what_the_agent_sent_and_is_not_printed() {
        for name in ["authorization", "x-api-key", "user-agent"] {
            let name: HeaderName = name.parse().unwrap();
            let mut agent = HeaderMap::new();
            agent.append(&name, HeaderValue::from_static("agent"));
            agent.append(&name, HeaderValue::from_static("again"));
            let credential = Some((name.clone(), HeaderValue::from_static("secret-secret")));
            let kept = to_upstream(&agent, std::slice::from_ref(&name), credential).unwrap();
            assert_eq!(kept.get_all(&name).iter().collect::<Vec<_>>(), ["secret-secret"]);
            assert!(!format!("{kept:?}").contains("secret-secret"));
        }
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let cases = [
            (vec![("upgrade", "websocket"), ("connection", "upgrade")], HeaderRefusal::Upgrade),
            (vec![("upgrade", "h2c")], HeaderRefusal::Upgrade),
            (vec![("connection", "keep-alive, Upgrade")], HeaderRefusal::Upgrade),
            (vec![("content-encoding", "gzip")], HeaderRefusal::ContentEncoding),
            (vec![("content-encoding", "identity, gzip")], HeaderRefusal::ContentEncoding),
            (vec![("content-type", "a/b"), ("content-type", "c/d")], HeaderRefusal::RepeatedContentType),
            (vec![("transfer-encoding", "gzip, chunked")], HeaderRefusal::Framing),
            (
                vec![("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
                HeaderRefusal::Framing,
            ),
            (vec![("transfer-encoding", "chunked"), ("content-length", "3")], HeaderRefusal::Framing),
        ];
        for (list, refusal) in cases {
            assert_eq!(to_upstream(&headers(&list), &[], None), Err(refusal), "{list:?}");
        }
        for fine in
            [("content-encoding", "identity"), ("transfer-encoding", "Chunked"), ("content-length", "3")]
        {
            assert!(to_upstream(&headers(&[fine]), &[], None).is_ok(), "{fine:?}");
        }
    }

    #[test]
    fn methods_that_answer_with_the_request_are_refused() {
        for method in ["TRACE", "CONNECT", "TRACK", "PROPFIND", "get", "X"] {
            assert_eq!(check_method(&method.parse().unwrap()), Err(HeaderRefusal::Method), "{method}");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(check_method(&method.parse().unwrap()), Ok(()), "{method}");
        }
    }

    proptest! {
        #[test]
        fn whatever_arrives_only_the_list_leaves(list in prop::collection::vec(("[a-z_-]{1,12}|accept|prefer|connection", "[ -~]{0,12}"), 0..12)) {
            let mut agent = HeaderMap::new();
            for (name, value) in &list {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                    agent.append(name, value);
                }
            }
            if let Ok(kept) = to_upstream(&agent, &[], None) {
                prop_assert!(kept.keys().all(|name| PASSES.contains(&name.as_str()) || name == ACCEPT_ENCODING));
                prop_assert_eq!(&kept[ACCEPT_ENCODING], "identity");
            }
        }
    }
}
