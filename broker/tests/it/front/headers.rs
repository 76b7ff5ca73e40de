//! What the headers of every page say, word for word, with the wasm half and without it.

use super::{
    cast::Heard,
    support::{Front, on_each_front, run_with, wide},
};
use broker::{
    http::{Access, table},
    store::Engine,
};
use std::{collections::BTreeMap, path::PathBuf};

on_each_front!(alone: every_page_says_the_same_of_itself);

async fn every_page_says_the_same_of_itself(engine: Engine) {
    for islands in [false, true] {
        let change = |parts: &mut broker::app::Parts| parts.site = islands.then(|| PathBuf::from("anywhere"));
        run_with(engine, &change, async |front: &Front| {
            let asked = front.ask(&front.agent, &[wide("issues")]).await;
            let mut seen = 0;
            for route in table().into_iter().filter(|it| it.method == "GET") {
                if !matches!(route.access, Access::Browser | Access::Visitor) || route.path == "/events" {
                    continue;
                }
                let id = if route.path.contains("/requests/") { asked.id.as_str() } else { "issues" };
                let path = route.path.replace("{id}", id).replace("{chain}", "none").replace("{seq}", "1");
                // Signed in, and not; a page that is not there, too.
                for who in [
                    front.admin.in_browser(front),
                    super::cast::anonymous(front).header("accept", "text/html"),
                ] {
                    let heard = who.get(&path).await;
                    seen += usize::from(check(&heard, &path, islands));
                }
            }
            assert!(seen > 30, "only {seen} pages");
        })
        .await;
    }
}

/// Whether it was a page; then it says exactly this.
fn check(heard: &Heard, path: &str, islands: bool) -> bool {
    if !heard.header("content-type").starts_with("text/html") {
        return false;
    }
    let mut expected: BTreeMap<&str, String> = [
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let scripts = if islands {
        "; connect-src 'self'; script-src 'self' 'nonce-N' 'wasm-unsafe-eval'"
    } else {
        "; script-src 'nonce-N'"
    };
    let policy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'self'; img-src 'self'";
    expected.insert("content-security-policy", format!("{policy}{scripts}"));
    // What differs from one answer to the next, or says how it went.
    let beside = ["x-request-id", "content-length", "countersign-refused", "www-authenticate", "retry-after"];
    let said = heard.headers.iter().filter(|(name, _)| !beside.contains(&name.as_str()));
    let said: BTreeMap<&str, String> =
        said.map(|(name, value)| (name.as_str(), without_nonce(value.to_str().unwrap()))).collect();
    assert_eq!(said, expected, "{path}");
    true
}

/// A policy with the nonce taken out, which must be long, and new each time.
fn without_nonce(policy: &str) -> String {
    let Some((before, rest)) = policy.split_once("'nonce-") else { return policy.to_owned() };
    let (nonce, after) = rest.split_once('\'').unwrap();
    assert!(nonce.len() >= 22, "{nonce} can be guessed");
    format!("{before}'nonce-N'{after}")
}
