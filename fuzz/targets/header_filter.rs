//! Whatever headers arrive: only what is listed goes on, what `Connection` names does not, and no address that comes
//! back leads anywhere but through the proxy.
#![no_main]

use fuzz::{
    calls::{
        headers::{
            request::to_upstream,
            response::{Answered, to_agent},
        },
        scrub::Scrubber,
    },
    egress::Origin,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const SECRET: &str = "canary-secret-0123456789";
static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(|| Scrubber::new(&[SECRET]).unwrap());

/// What may reach an upstream, once more.
const LISTED: &[&str] = &[
    "accept",
    "accept-encoding",
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
/// Some of what must never come back.
const NEVER_BACK: &[&str] = &[
    "set-cookie",
    "clear-site-data",
    "refresh",
    "www-authenticate",
    "strict-transport-security",
    "alt-svc",
    "transfer-encoding",
    "content-encoding",
    "content-length",
    "connection",
    "upgrade",
    "x-accel-redirect",
    "access-control-allow-origin",
    "countersign-refused",
    "proxy-authenticate",
    "service-worker-allowed",
];

fuzz_target!(|data: &[u8]| {
    let headers = headers(data);
    let named: Vec<String> = headers
        .get_all("connection")
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .map(|it| it.trim().to_ascii_lowercase())
        .collect();
    if let Ok(sent) = to_upstream(&headers, &[], None) {
        for (name, value) in &sent {
            let name = name.as_str();
            assert!(LISTED.contains(&name), "{name}");
            assert!(name == "accept-encoding" || !named.iter().any(|it| it == name), "{name} was named");
            let from = name == "accept-encoding" || headers.get_all(name).iter().any(|it| it == value);
            assert!(from && !value.as_bytes().contains(&b'\n') && !value.as_bytes().contains(&b'\r'));
        }
        assert_eq!(sent["accept-encoding"], "identity");
        assert!(sent.get_all("content-type").iter().count() <= 1);
    }
    let origin = Origin::parse("https://api.example.com").unwrap();
    let answered = Answered { service: "git", origin: &origin, path: "/v1/issues", scrubber: &SCRUBBER };
    if let Ok(back) = to_agent(&headers, &answered) {
        assert_eq!(back["content-security-policy"], "sandbox");
        assert_eq!(
            (&back["x-content-type-options"], &back["cache-control"]),
            (&"nosniff".parse().unwrap(), &"no-store".parse().unwrap())
        );
        for (name, value) in &back {
            assert!(!NEVER_BACK.contains(&name.as_str()), "{name}");
            let text = String::from_utf8_lossy(value.as_bytes());
            assert!(!text.contains(SECRET) && !name.as_str().contains(SECRET), "{name}: {text}");
            match name.as_str() {
                "location" => assert!(leads_through_the_proxy(&text), "{text}"),
                "link" => assert!(
                    text.split(", <").all(|it| leads_through_the_proxy(it.trim_start_matches('<'))),
                    "{text}"
                ),
                _ => {}
            }
        }
    }
});

fn leads_through_the_proxy(address: &str) -> bool {
    // Of a link, only what stands between the angle brackets.
    let address = address.split('>').next().unwrap_or_default();
    let path = address.split('?').next().unwrap_or_default();
    let steps = path.split('/').skip(1).any(|segment| [".", ".."].contains(&segment));
    path.starts_with("/proxy/git/") && !steps && !path.contains("//") && !path.contains('\\')
}

/// A header a line; what is none is left out. `@` stands for the secret.
fn headers(data: &[u8]) -> HeaderMap {
    let text = String::from_utf8_lossy(data).replace('@', SECRET);
    let mut headers = HeaderMap::new();
    for (name, value) in text.split('\n').filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.trim().as_bytes()))
        {
            headers.append(name, value);
        }
    }
    headers
}
