//! Who a request comes from when a proxy stands in front: forwarded headers count only from an address that the
//! operator named.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// A chain of proxies longer than this is not looked through.
const HOPS: usize = 32;

/// The proxies whose forwarded headers are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether an address is one of them.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who a request is from: the connection's peer, or if that is a trusted proxy, the right-most address of
    /// `X-Forwarded-For` that is none. What stands further left was written by whoever that is.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in hops(headers) {
            if !self.holds(client) {
                break;
            }
            // What is no address was not written by a proxy that does its work: the last one known stands.
            let Some(hop) = hop else { break };
            client = hop;
        }
        client
    }
}

/// The addresses of `X-Forwarded-For`, from right to left.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let values = headers.get_all(FORWARDED_FOR).iter().rev().take(HOPS);
    let words = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    words.take(HOPS).map(|word| address(word.trim()))
}

/// An address, alone or with a port.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(word);
    let alone = bare.parse::<IpAddr>();
    alone.or_else(|_| word.parse::<SocketAddr>().map(|it| it.ip())).ok().map(|it| it.to_canonical())
}

/// What the nearest proxy says of the scheme: whether it was https, if it says so.
pub(super) fn said_https(headers: &HeaderMap) -> Option<bool> {
    Some(last(headers, &FORWARDED_PROTO)?.eq_ignore_ascii_case("https"))
}

/// What the nearest proxy says of the host.
pub(super) fn said_host(headers: &HeaderMap) -> Option<&str> {
    last(headers, &FORWARDED_HOST)
}

fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let networks = proxies.split(' ').filter(|it| !it.is_empty());
        let proxies = TrustedProxies::new(networks.map(|it| it.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        assert_eq!(client("", "203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.1.1.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client("10.0.0.0/8", "10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.1.1.1", &["::ffff:1.2.3.4"]), "1.2.3.4");
        assert_eq!(client("fd00::/8", "fd00::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn the_right_most_untrusted_hop_counts() {
        let through = |forwarded: &[&str]| client("10.0.0.0/8", "10.1.1.1", forwarded);
        assert_eq!(through(&["6.6.6.6, 1.2.3.4, 10.2.2.2"]), "1.2.3.4");
        assert_eq!(through(&["6.6.6.6", "1.2.3.4", "10.2.2.2"]), "1.2.3.4");
        assert_eq!(through(&["10.3.3.3, 10.2.2.2"]), "10.3.3.3");
        assert_eq!(through(&["1.2.3.4:5678"]), "1.2.3.4");
        assert_eq!(through(&["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(through(&["[2001:db8::7]"]), "2001:db8::7");
        for garbage in ["unknown", "", "1.2.3", "1.2.3.4 5.6.7.8", "<script>"] {
            assert_eq!(through(&[&format!("6.6.6.6, {garbage}")]), "10.1.1.1", "{garbage}");
            assert_eq!(through(&[&format!("6.6.6.6, {garbage}, 10.2.2.2")]), "10.2.2.2", "{garbage}");
        }
        assert_eq!(through(&[&"10.2.2.2,".repeat(10_000)]), "10.1.1.1");
        assert_eq!(through(&[&vec!["10.2.2.2"; 10_000].join(",")]), "10.2.2.2");
    }
}
