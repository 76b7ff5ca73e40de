//! Names to addresses that may be connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;

use super::address::{AddressKind, classify};
use super::connect::ConnectError;

/// More addresses of one name are not tried.
const MAX_ADDRESSES: usize = 16;

/// Looks a host name up. Called once for each new TCP connection; the answer is vetted by the caller.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Every address of a host.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// The addresses to try, in order. An IP address in place of a name goes the same way.
pub(super) async fn vetted(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let answers = match host.parse::<IpAddr>() {
        Ok(literal) => vec![SocketAddr::new(literal, port)],
        Err(_) => resolver.resolve(host, port).await.map_err(|e| ConnectError::Resolve(e.kind()))?,
    };
    vet(answers, allow_private)
}

/// One forbidden answer refuses them all: a name that points inside and outside at once is an attack or a mistake.
/// Translated addresses are only left out, because a resolver with DNS64 adds one to every name.
fn vet(answers: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, ConnectError> {
    if answers.is_empty() {
        return Err(ConnectError::NoAddress);
    }
    let mut permitted = Vec::with_capacity(answers.len());
    for answer in answers {
        match classify(answer.ip()) {
            kind if kind.is_permitted(allow_private) => permitted.push(answer),
            AddressKind::Translated => {}
            kind => return Err(ConnectError::Refused(kind)),
        }
    }
    if permitted.is_empty() {
        return Err(ConnectError::Refused(AddressKind::Translated));
    }
    permitted.truncate(MAX_ADDRESSES);
    Ok(permitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect()
    }

    #[test]
    fn one_forbidden_answer_refuses_all() {
        for forbidden in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0", "fe80::1"] {
            for list in [["1.1.1.1", forbidden], [forbidden, "1.1.1.1"]] {
                assert!(matches!(vet(addresses(&list), false), Err(ConnectError::Refused(_))), "{list:?}");
            }
        }
        let mixed = addresses(&["10.0.0.1", "169.254.169.254"]);
        assert_eq!(vet(mixed, true), Err(ConnectError::Refused(AddressKind::Metadata)));
    }

    #[test]
    fn translated_answers_are_left_out() {
        let dns64 = addresses(&["64:ff9b::101:101", "1.1.1.1"]);
        assert_eq!(vet(dns64, false), Ok(addresses(&["1.1.1.1"])));
        for alone in ["64:ff9b::101:101", "::ffff:127.0.0.1", "2002:7f00:1::"] {
            assert_eq!(vet(addresses(&[alone]), true), Err(ConnectError::Refused(AddressKind::Translated)));
        }
    }

    #[test]
    fn no_answer_is_no_address() {
        assert_eq!(vet(Vec::new(), true), Err(ConnectError::NoAddress));
        assert_eq!(vet(addresses(&["1.1.1.1"; 40]), false).unwrap().len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn the_system_reads_odd_spellings_and_the_guard_sees_through_them() {
        for host in
            ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "[::1]", "::1", "127.0.0.1"]
        {
            let found = vetted(&SystemResolver, host, 80, false).await;
            // A system that cannot read the spelling has no way in either.
            let refused = [Err(ConnectError::Refused(AddressKind::Loopback))];
            let unread = matches!(found, Err(ConnectError::Resolve(_)));
            assert!(unread || refused.contains(&found), "{host}: {found:?}");
        }
        let literal = vetted(&SystemResolver, "[::ffff:7f00:1]", 80, true).await;
        assert_eq!(literal, Err(ConnectError::Refused(AddressKind::Translated)));
    }
}
