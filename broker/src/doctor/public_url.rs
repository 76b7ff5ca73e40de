//! The public URL: whether it leads to this broker, and whether what stands in between tells it what it must know for
//! cookies to come back.

use super::{
    Check, Patient,
    probe::{COOKIE, HEADER, Leaf, Seen},
};
use crate::{
    app::App,
    egress::{Destination, EgressError, Origin, Outgoing, RequestBody, Silence},
    net::arrival::Misplaced,
};
use http::{HeaderMap, HeaderValue, Method, Response, header};
use http_body_util::{BodyExt as _, Empty};
use std::time::Duration;
use tokio::time::timeout;

const NAME: &str = "public url";
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) async fn look(it: &Patient<'_>) -> Vec<Check> {
    let url = &it.config.server.public_url.value;
    let mut checks = vec![cookies(url)];
    let Some(app) = it.app else { return checks };
    let Ok(origin) = Origin::parse(url) else { return checks };
    let to = Destination { origin, allow_private: true, connection: NAME.to_owned() };
    let Ok(number) = app.rng.name(app.clock.now()) else { return checks };
    app.probes.send(&number);
    let answer = timeout(PATIENCE, app.egress.send(&to, probe(&number))).await;
    let seen = app.probes.take();
    if let Ok(Ok(Some(leaf))) = timeout(PATIENCE, it.egress.reach(&to)).await {
        // Our own certificate was looked at where it lies.
        if it.config.network.tls.is_none() {
            checks.push(Leaf::of(&leaf).judge("proxy certificate", url, it.clock.now()));
        }
    }
    app.egress.forget(NAME);
    match (answer, seen) {
        (Ok(Ok(answer)), Some(seen)) => checks.extend(arrived(app, url, &seen, &answer)),
        (Ok(Ok(answer)), None) => {
            let what = format!("{url} answers {}, but not from this broker", answer.status().as_u16());
            let to_do = "right if several brokers share it; else let the name or the proxy lead to this one";
            checks.push(Check::warning(NAME, what, to_do));
        }
        (Ok(Err(error)), _) => checks.push(unreachable(url, &error)),
        (Err(_), _) => {
            checks.push(Check::warning(NAME, format!("{url} does not answer from here"), NOT_FROM_HERE));
        }
    }
    checks
}

const NOT_FROM_HERE: &str = "try it in a browser: it may be reachable for others and not from this machine; else look at \
     the name, the firewall and the proxy";

/// Browsers keep `__Host-` cookies for https only, and for localhost.
fn cookies(url: &str) -> Check {
    if url.starts_with("https://") {
        return Check::ok("cookies", "https: browsers keep the session cookie");
    }
    let to_do = "for other machines, and for phones, give it a name and https (docs/network.md)";
    Check::warning("cookies", format!("{url}: only browsers on this machine keep the session cookie"), to_do)
}

fn probe(number: &str) -> Outgoing {
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    headers.insert(HEADER, value(number));
    headers.insert(header::COOKIE, value(&format!("{COOKIE}={number}")));
    let body = RequestBody::new(Empty::new().map_err(|never| match never {}));
    Outgoing {
        method: Method::GET,
        path_and_query: "/livez".to_owned(),
        headers,
        body,
        silence: Silence::Usual,
    }
}

fn unreachable(url: &str, error: &EgressError) -> Check {
    let text = error.to_string();
    if text.contains("TLS") {
        let to_do = "if browsers warn of it too, the certificate is wrong; if an authority of your own signed it, name that \
                     with upstream_ca to have this checked";
        return Check::warning(NAME, format!("{url}: {text}"), to_do);
    }
    Check::warning(NAME, format!("{url} cannot be reached from here: {text}"), NOT_FROM_HERE)
}

fn arrived<B>(app: &App, url: &str, seen: &Seen, answer: &Response<B>) -> Vec<Check> {
    let mut checks = vec![match seen.misplaced {
        Some(Misplaced::Plain) => {
            let said = seen.proto.as_deref().unwrap_or("nothing");
            let what = format!(
                "requests to {url} arrive as plain http (X-Forwarded-Proto says {said}), and are refused"
            );
            Check::failure(
                NAME,
                what,
                "let the proxy send X-Forwarded-Proto: https, and name it with trusted_proxy",
            )
        }
        Some(Misplaced::Host) => {
            let host = seen.host.as_deref().unwrap_or("nothing");
            let what = format!("requests to {url} arrive for the host {host}, and are refused");
            Check::failure(NAME, what, "let the proxy keep Host, or send X-Forwarded-Host")
        }
        None => Check::ok(NAME, format!("{url} leads here, as {}", seen.host.as_deref().unwrap_or_default())),
    }];
    if seen.forwarded && !seen.trusted {
        let what =
            format!("a proxy at {} is in front and is not trusted: every client seems to be it", seen.peer);
        let to_do =
            format!("name it: --trusted-proxy {}. Until then all clients share its limits", seen.peer);
        checks.push(Check::warning("proxy", what, to_do));
    } else if seen.trusted && !seen.forwarded {
        let what = format!("the proxy at {} does not say for whom it asks", seen.peer);
        checks.push(Check::warning(
            "proxy",
            what,
            "let it send X-Forwarded-For: limits are counted by address",
        ));
    } else if seen.trusted && app.public_url.starts_with("https:") && seen.proto.is_none() {
        let to_do = "let it send X-Forwarded-Proto, so that plain http is sent on to https";
        checks.push(Check::warning("proxy", "the proxy does not say whether it was asked over https", to_do));
    } else if seen.trusted {
        checks.push(Check::ok("proxy", format!("{} says for whom it asks, and how", seen.peer)));
    }
    let set = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|it| it.to_str().ok());
    let whole = set.map(str::to_ascii_lowercase).any(|it| {
        it.starts_with(&COOKIE.to_ascii_lowercase()) && it.contains("secure") && !it.contains("domain=")
    });
    let to_do = "let the proxy pass Cookie and Set-Cookie as they are (no proxy_cookie_flags, no stripping)";
    if seen.cookie && whole {
        checks.push(Check::ok("cookies", "come through there and back"));
    } else {
        let lost = if seen.cookie {
            "is changed on the way to browsers"
        } else {
            "does not come back from browsers"
        };
        checks.push(Check::failure(
            "cookies",
            format!("the session cookie {lost}: nobody stays signed in"),
            to_do,
        ));
    }
    checks
}
