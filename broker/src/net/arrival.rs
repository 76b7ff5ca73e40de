//! How a request arrived, and whether it may come in like this: over TLS or from this machine, and to the broker's own
//! name. A page on somebody else's name that resolves to the broker (DNS rebinding) gets nothing.

use super::{
    TrustedProxies,
    proxies::{said_host, said_https},
};
use http::{HeaderMap, Uri, header};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// How a request arrived; the listener says so with every one.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Over the broker's own TLS.
    pub tls: bool,
    /// Whether plain HTTP may be spoken with other machines.
    pub plain_http: bool,
    /// Whose forwarded headers are believed.
    pub proxies: Arc<TrustedProxies>,
}

/// Whom a request is from, as far as it can be known: for the log and for limits, never for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// Why a request may not come in as it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// It names a host that is not the broker's.
    Host,
    /// Somebody on the way could read it.
    Plain,
}

impl Arrival {
    /// A request that came over no network: from this machine.
    pub fn inside() -> Self {
        Self { peer: Ipv4Addr::LOCALHOST.into(), tls: false, plain_http: false, proxies: Arc::default() }
    }

    /// Whom the request is from.
    pub fn client(&self, headers: &HeaderMap) -> ClientAddress {
        ClientAddress(self.proxies.client(self.peer, headers))
    }

    /// Whether the request may come in.
    pub fn check(&self, public_url: &str, uri: &Uri, headers: &HeaderMap) -> Result<(), Misplaced> {
        let (scheme, public) = public_url.split_once("://").unwrap_or_default();
        let near = self.peer.to_canonical().is_loopback();
        let trusted = self.proxies.holds(self.peer);
        let was_https = if trusted { said_https(headers) } else { None };
        let open = match was_https {
            // A proxy that says nothing of the scheme is taken to be the one that speaks TLS.
            Some(https) => !https && scheme == "https",
            None => !self.tls && !near && !trusted,
        };
        if open && !self.plain_http {
            return Err(Misplaced::Plain);
        }
        let forwarded = if trusted { said_host(headers) } else { None };
        let named = forwarded.or_else(|| named(uri, headers)).map(name).ok_or(Misplaced::Host)?;
        let own = named.eq_ignore_ascii_case(name(public)) || (near && is_loopback(named));
        if own { Ok(()) } else { Err(Misplaced::Host) }
    }
}

/// The one host that a request names, with its port.
pub fn named<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().ok()?),
        (Some(_), Some(_)) => return None,
        (None, _) => None,
    };
    // RFC 9112 section 3.2.2: what stands in the request line counts.
    uri.authority().map(http::uri::Authority::as_str).or(host)
}

/// A host without its port: a port may be another one on the way here, and says nothing about who asks.
fn name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// Whether a host is written as a number or as `localhost`, which no other machine's name service can point to us.
pub fn is_number_or_localhost(authority: &str) -> bool {
    let name = name(authority);
    let bare = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

fn is_loopback(name: &str) -> bool {
    let bare = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://sign.example";

    fn arrival(peer: &str, tls: bool, plain_http: bool) -> Arrival {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Arrival { peer: peer.parse().unwrap(), tls, plain_http, proxies: Arc::new(proxies) }
    }

    fn check(arrival: &Arrival, public: &str, uri: &str, headers: &[(&str, &str)]) -> Option<Misplaced> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        arrival.check(public, &uri.parse().unwrap(), &map).err()
    }

    #[test]
    fn only_the_public_host_is_answered() {
        let far = arrival("203.0.113.9", true, false);
        for good in ["sign.example", "SIGN.example", "sign.example:443", "sign.example:8443"] {
            assert_eq!(check(&far, PUBLIC, "/", &[("host", good)]), None, "{good}");
        }
        for bad in [
            "evil.example",
            "sign.example.evil.example",
            "xsign.example",
            "sign.example.",
            "localhost",
            "127.0.0.1",
            "",
            ":443",
            "sign.example@evil.example",
            "evil.example:sign.example",
        ] {
            assert_eq!(check(&far, PUBLIC, "/", &[("host", bad)]), Some(Misplaced::Host), "{bad}");
        }
        assert_eq!(check(&far, PUBLIC, "/", &[]), Some(Misplaced::Host));
        let twice = [("host", "sign.example"), ("host", "sign.example")];
        assert_eq!(check(&far, PUBLIC, "/", &twice), Some(Misplaced::Host));
        let absolute = "https://evil.example/";
        assert_eq!(check(&far, PUBLIC, absolute, &[("host", "sign.example")]), Some(Misplaced::Host));
    }

    #[test]
    fn loopback_names_are_for_this_machine() {
        for name in ["localhost:8420", "127.0.0.1:8420", "[::1]:8420", "[::1]", "LOCALHOST"] {
            for public in [PUBLIC, "http://localhost:8420"] {
                assert_eq!(check(&Arrival::inside(), public, "/", &[("host", name)]), None, "{name}");
            }
        }
        // Rebinding: the name is the attacker's, the address is ours.
        let rebound = [("host", "evil.example:8420")];
        let local = "http://localhost:8420";
        assert_eq!(check(&Arrival::inside(), local, "/", &rebound), Some(Misplaced::Host));
        assert_eq!(
            check(&Arrival::inside(), local, "/", &[("host", "localhost.evil.example")]),
            Some(Misplaced::Host)
        );
        assert_eq!(check(&Arrival::inside(), "http://[::1]:1", "/", &[("host", "[::1]:1")]), None);
    }

    #[test]
    fn plain_http_is_for_this_machine_and_for_proxies() {
        let own = ("host", "sign.example");
        let (http, https) = (("x-forwarded-proto", "http"), ("x-forwarded-proto", "https"));
        let plain = Some(Misplaced::Plain);
        assert_eq!(check(&arrival("203.0.113.9", false, false), PUBLIC, "/", &[own]), plain);
        assert_eq!(check(&arrival("203.0.113.9", false, false), PUBLIC, "/", &[own, https]), plain);
        assert_eq!(check(&arrival("203.0.113.9", false, true), PUBLIC, "/", &[own]), None);
        assert_eq!(check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[own]), None);
        assert_eq!(check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[own, https]), None);
        assert_eq!(check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[own, http]), plain);
        // The nearest proxy has the last word.
        assert_eq!(check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[own, https, http]), plain);
        assert_eq!(check(&arrival("127.0.0.1", false, false), PUBLIC, "/", &[own, http]), None);
    }

    #[test]
    fn a_forwarded_host_counts_from_a_proxy_only() {
        let (inner, outer) = (("host", "10.0.0.2:8420"), ("x-forwarded-host", "sign.example"));
        assert_eq!(check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[inner, outer]), None);
        assert_eq!(
            check(&arrival("203.0.113.9", true, false), PUBLIC, "/", &[inner, outer]),
            Some(Misplaced::Host)
        );
        let evil = ("x-forwarded-host", "evil.example");
        let own = ("host", "sign.example");
        assert_eq!(check(&arrival("203.0.113.9", true, false), PUBLIC, "/", &[own, evil]), None);
        assert_eq!(
            check(&arrival("10.0.0.1", false, false), PUBLIC, "/", &[own, evil]),
            Some(Misplaced::Host)
        );
    }
}
