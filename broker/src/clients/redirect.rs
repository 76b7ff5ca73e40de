//! Where a browser may be sent back to: registered addresses, compared as texts.
//!
//! What can be registered is https, or http on this machine (`127.0.0.1`, `[::1]`, `localhost`: RFC 8252 section 7.3), in
//! the one spelling that every browser reads alike. Of the latter the port may differ when it is used, since a program
//! takes whichever is free; nothing else ever may.

use url::Url;

/// The longest address.
const LONGEST: usize = 2_000;
/// The longest host, as names in the DNS may be.
const LONGEST_HOST: usize = 253;
/// What stands for this machine.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Whether an address can be registered; if not, why not.
pub fn check(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LONGEST {
        return Err("must be at most 2,000 characters");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains(['\\', '"', '<', '>', '`', '{', '}'])
    {
        return Err("must hold visible ASCII characters only, and none that an address cannot hold");
    }
    if uri.contains('#') {
        return Err("must not have a fragment");
    }
    let url =
        Url::parse(uri).map_err(|_| "must be an absolute address such as https://app.example/callback")?;
    match url.scheme() {
        "https" => {}
        "http" if loopback(uri).is_some() => {}
        "http" => {
            return Err("must be https, or http on 127.0.0.1, [::1] or localhost");
        }
        _ => return Err("must be https, or http on this machine; other schemes are not taken"),
    }
    let authority = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must not name a user");
    }
    let host = url.host_str().unwrap_or_default();
    if host.contains('*') || host.ends_with('.') || host.is_empty() {
        return Err("must name one host, without * and without a dot at its end");
    }
    if host.len() > LONGEST_HOST {
        return Err("must name a host of at most 253 characters");
    }
    // One spelling: without dot segments, capital letters in the host, numbers for letters, the scheme's own port.
    let usual = url.as_str();
    if usual != uri && usual.strip_suffix('/') != Some(uri) && !is_port_80(uri, usual) {
        return Err(
            "must be in its usual spelling: no . or .. segments, a host in small letters, no default port",
        );
    }
    Ok(())
}

/// `http://localhost:80/x`: on this machine any port may stand there, also that of the scheme.
fn is_port_80(uri: &str, usual: &str) -> bool {
    let same = |(host, rest): (&str, &str)| loopback(usual).is_some_and(|it| it == (host, rest));
    loopback(uri).is_some_and(same)
}

/// Whether a browser may be sent to `presented`, by what was registered.
pub fn permits(registered: &[String], presented: &str) -> bool {
    registered.iter().any(|it| same(it, presented))
}

fn same(registered: &str, presented: &str) -> bool {
    registered == presented
        || loopback(registered).is_some_and(|(host, rest)| loopback(presented) == Some((host, rest)))
}

/// The host and what follows the port, of an address on this machine.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let after = uri.strip_prefix("http://")?;
    let host = LOOPBACK.into_iter().find(|host| after.starts_with(host))?;
    let rest = &after[host.len()..];
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(port_and_rest) => {
            let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = port_and_rest.split_at(digits);
            let plain = !port.starts_with('0') && port.parse::<u16>().is_ok();
            if !plain {
                return None;
            }
            rest
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Whether it is an address on this machine.
pub fn is_on_this_machine(uri: &str) -> bool {
    loopback(uri).is_some()
}

/// The host that the browser is sent to, as people may read it.
pub fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

/// The hosts of these addresses, each once, in order.
pub fn hosts(uris: &[String]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for host in uris.iter().filter_map(|it| host(it)) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTERED: [&str; 5] = [
        "https://app.example/callback",
        "https://app.example/other?tenant=a",
        "http://127.0.0.1:3334/cb",
        "http://[::1]/cb",
        "http://localhost:8123/cb?x=1",
    ];

    fn permitted(presented: &str) -> bool {
        permits(&REGISTERED.map(str::to_owned), presented)
    }

    #[test]
    fn as6_what_was_registered_is_matched_exactly_and_loopback_on_any_port() {
        for registered in REGISTERED {
            assert_eq!(check(registered), Ok(()), "{registered}");
            assert!(permitted(registered), "{registered}");
        }
        for good in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:65535/cb",
            "http://[::1]:49152/cb",
            "http://localhost/cb?x=1",
            "http://localhost:1/cb?x=1",
        ] {
            assert!(permitted(good), "{good}");
        }
    }

    /// Addresses that are nearly what was registered; they are tried at the door, too.
    const NEAR_MISSES: &str = include_str!("../../tests/data/near_misses.json");

    #[test]
    fn as6_near_misses_are_refused() {
        let all: Vec<String> = serde_json::from_str(NEAR_MISSES).unwrap();
        assert!(all.len() >= 40);
        for near in all {
            assert!(!permitted(&near), "{near:?}");
        }
    }

    #[test]
    fn as6_only_https_and_loopback_can_be_registered() {
        for bad in [
            "",
            "callback",
            "/callback",
            "//app.example/callback",
            "http://app.example/callback",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://10.0.0.1/cb",
            "http://0.0.0.0/cb",
            "javascript:alert(1)",
            "javascript://app.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "com.example.app:/callback",
            "myapp://callback",
            "https://app.example/cb#fragment",
            "https://app.example/cb#",
            "https://user:pass@app.example/cb",
            "https://@app.example/cb",
            "https://app.example/a/../cb",
            "https://app.example/a/%2e%2e/cb",
            "https://APP.example/cb",
            "https://app.example:443/cb",
            "https://app.example./cb",
            "https://*.example/cb",
            "https://app.example\\cb",
            "https://app.example/c b",
            "https://b\u{fc}cher.example/cb",
            "https:/app.example/cb",
            "https://",
            "https://2130706433/cb",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&format!("https://app.example/{}", "a".repeat(2_000))).is_err());
        assert!(check(&format!("https://{}example/", "a.".repeat(124))).is_err(), "no name is so long");
        for good in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://app.example",
            "https://app.example/",
            "https://app.example:8443/cb?a=b&c=%20d",
            "https://xn--bcher-kva.example/cb",
            "http://localhost/",
            "http://localhost:80/cb",
            "http://localhost:3334/oauth/callback",
            "http://127.0.0.1:6276/oauth/callback",
            "http://[::1]:1/cb",
        ] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn the_host_is_told() {
        assert_eq!(host("https://claude.ai/api").as_deref(), Some("claude.ai"));
        assert_eq!(host("http://[::1]:7/cb").as_deref(), Some("[::1]"));
        assert!(is_on_this_machine("http://localhost:1/cb") && !is_on_this_machine("https://localhost/cb"));
    }

    #[test]
    fn each_host_is_told_once() {
        let uris =
            ["http://localhost:1/a", "http://localhost/b", "https://app.example/cb"].map(str::to_owned);
        assert_eq!(hosts(&uris), ["localhost", "app.example"]);
    }
}
