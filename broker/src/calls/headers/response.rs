//! From the upstream to the agent.

use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, LINK,
    LOCATION, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use thiserror::Error;

use super::super::scrub::Scrubber;
use super::{end_to_end, link, tokens};
use crate::egress::Origin;

/// What would act on the broker's origin in a browser, on a cache, or on a proxy in front of the broker. The answer
/// of an upstream has no say in any of them.
const DROPPED: &[&str] = &[
    "accept-ranges",
    "age",
    "alt-svc",
    "authentication-info",
    "cache-control",
    "clear-site-data",
    "content-location",
    "content-security-policy",
    "content-security-policy-report-only",
    "document-policy",
    "expect-ct",
    "expires",
    "feature-policy",
    "nel",
    "origin-agent-cluster",
    "origin-trial",
    "permissions-policy",
    "pragma",
    "public-key-pins",
    "public-key-pins-report-only",
    "referrer-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "server-timing",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "set-login",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "supports-loading-mode",
    "timing-allow-origin",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-lighttpd-send-file",
    "x-reproxy-url",
    "x-sendfile",
    "x-sourcemap",
    "x-xss-protection",
];

/// `countersign-` is how the broker's own refusals are told from the service's answers.
const DROPPED_PREFIXES: &[&str] = &[
    "access-control-",
    "countersign-",
    "cross-origin-",
    "proxy-",
    "sec-",
    "x-accel-",
    "x-forwarded",
    "x-permitted-",
];

/// Why an answer is not passed on. The upstream has done what it was asked, only its answer cannot be read.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum AnswerRefusal {
    /// A secret could hide in it. `Accept-Encoding: identity` was sent.
    #[error("the upstream compressed its answer although it was asked not to")]
    ContentEncoding,
}

impl AnswerRefusal {
    /// A stable code for problems and records.
    pub fn code(self) -> &'static str {
        match self {
            Self::ContentEncoding => "upstream_content_encoding",
        }
    }
}

/// What an answer belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The service as it stands in `/proxy/{service}/…`.
    pub service: &'a str,
    /// The service's origin.
    pub origin: &'a Origin,
    /// The canonical path that was called.
    pub path: &'a str,
    /// Knows every form of the credential.
    pub scrubber: &'a Scrubber,
}

/// The headers of the answer as the agent receives it.
pub fn to_agent(upstream: &HeaderMap, answered: &Answered<'_>) -> Result<HeaderMap, AnswerRefusal> {
    let plain = |coding: &str| matches!(coding, "identity" | "");
    if tokens(upstream, &CONTENT_ENCODING).any(|coding| !plain(&coding))
        || tokens(upstream, &TRANSFER_ENCODING).any(|coding| coding != "chunked" && !plain(&coding))
    {
        return Err(AnswerRefusal::ContentEncoding);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &end_to_end(upstream) {
        if let Some(value) = answered.passing(name, value) {
            headers.append(name, value);
        }
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(headers)
}

impl Answered<'_> {
    fn passing(&self, name: &HeaderName, value: &HeaderValue) -> Option<HeaderValue> {
        let text = name.as_str();
        if DROPPED.contains(&text)
            || DROPPED_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            || self.scrubber.finds_in_name(text)
        {
            return None;
        }
        let rewrite = |reference: &str| link::through_proxy(reference, self.service, self.origin, self.path);
        let rewritten = match *name {
            CONTENT_ENCODING => return None,
            // A scrubbed address leads nowhere, and rewriting might spell the secret in a way that nobody looks for.
            LOCATION | LINK if self.scrubber.finds(value.as_bytes()) => return None,
            // Removing a secret changes the length.
            CONTENT_LENGTH if !self.scrubber.is_empty() => return None,
            LOCATION => HeaderValue::try_from(rewrite(value.to_str().ok()?)?).ok()?,
            LINK => HeaderValue::try_from(link::paging(value.to_str().ok()?, rewrite)?).ok()?,
            _ => value.clone(),
        };
        HeaderValue::from_bytes(&self.scrubber.scrub(rewritten.as_bytes())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn passed(secrets: &[&str], list: &[(&str, &str)]) -> Result<HeaderMap, AnswerRefusal> {
        let scrubber = Scrubber::new(secrets).unwrap();
        let origin = Origin::parse("https://api.example.com").unwrap();
        let answered =
            Answered { service: "tracker", origin: &origin, path: "/v1/issues", scrubber: &scrubber };
        to_agent(&headers(list), &answered)
    }

    /// What is left beside the broker's own three.
    fn kept(list: &[(&str, &str)]) -> HeaderMap {
        let mut headers = passed(&[SECRET], list).unwrap();
        assert_eq!(headers.remove("content-security-policy").unwrap(), "sandbox");
        assert_eq!(headers.remove("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(headers.remove("cache-control").unwrap(), "no-store");
        headers
    }

    #[test]
    fn an_answer_keeps_what_it_says_about_itself() {
        let all = [
            ("content-type", "application/json"),
            ("etag", "\"x\""),
            ("last-modified", "x"),
            ("retry-after", "1"),
            ("x-ratelimit-remaining", "1"),
            ("content-disposition", "attachment"),
            ("vary", "a"),
            ("vary", "b"),
        ];
        assert_eq!(kept(&all), headers(&all));
    }

    #[test]
    fn nothing_acts_on_the_brokers_origin_or_on_a_proxy_in_front() {
        let names = [
            "set-cookie",
            "set-cookie2",
            "clear-site-data",
            "refresh",
            "alt-svc",
            "strict-transport-security",
            "content-security-policy",
            "content-security-policy-report-only",
            "access-control-allow-origin",
            "access-control-allow-credentials",
            "server-timing",
            "timing-allow-origin",
            "service-worker-allowed",
            "report-to",
            "nel",
            "x-frame-options",
            "x-accel-redirect",
            "x-sendfile",
            "www-authenticate",
            "cross-origin-opener-policy",
            "sourcemap",
            "connection",
            "keep-alive",
            "upgrade",
            "trailer",
            "proxy-authenticate",
            "content-location",
            "cache-control",
            "expires",
            "content-length",
            "accept-ranges",
        ];
        let all: Vec<_> = names.iter().map(|name| (*name, "x")).collect();
        assert_eq!(kept(&all), HeaderMap::new());
    }

    #[test]
    fn what_connection_names_goes_but_never_ours() {
        let named = "x-hop, content-security-policy, x-content-type-options, cache-control";
        assert_eq!(kept(&[("connection", named), ("x-hop", "x")]), HeaderMap::new());
    }

    #[test]
    fn location_and_link_stay_inside_or_go() {
        let inside =
            kept(&[("location", "https://api.example.com/v1/issues/8"), ("link", "</v1?page=2>; rel=next")]);
        let expected = [
            ("location", "/proxy/tracker/v1/issues/8"),
            ("link", "</proxy/tracker/v1?page=2>; rel=\"next\""),
        ];
        assert_eq!(inside, headers(&expected));
        for outside in ["https://evil.example/", "//evil.example", "javascript:1", "/a/%2e%2e%2fb"] {
            assert_eq!(kept(&[("location", outside)]), HeaderMap::new(), "{outside}");
        }
    }

    #[test]
    fn other_codings_are_refused() {
        for coding in ["gzip", "br", "identity, gzip", "GZIP", "x"] {
            let refused = Err(AnswerRefusal::ContentEncoding);
            assert_eq!(passed(&[], &[("content-encoding", coding)]), refused, "{coding}");
            assert_eq!(
                passed(&[], &[("content-encoding", "identity"), ("content-encoding", coding)]),
                refused
            );
            assert_eq!(passed(&[], &[("transfer-encoding", &format!("{coding}, chunked"))]), refused);
        }
        assert_eq!(
            kept(&[("content-encoding", "Identity"), ("transfer-encoding", "chunked")]),
            HeaderMap::new()
        );
    }

    #[test]
    fn a_secret_in_a_name_or_value_does_not_pass() {
        let echoed = [
            ("x-echo", &*format!("Bearer {SECRET}!")),
            (&*format!("x-{}", SECRET.to_lowercase()), "1"),
            ("location", &*format!("/login?key={SECRET}&x=1")),
            ("x-cut", &SECRET[..39]),
        ];
        let expected =
            [("x-echo", "Bearer [removed by countersign]!"), ("x-cut", "[removed by countersign]")];
        assert_eq!(kept(&echoed), headers(&expected));
    }

    #[test]
    fn without_a_secret_the_length_stays() {
        assert_eq!(passed(&[], &[("content-length", "4")]).unwrap()["content-length"], "4");
    }
}
