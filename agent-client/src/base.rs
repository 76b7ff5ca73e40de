//! Where the broker is.

use crate::error::Error;
use url::{Host, Url};

/// The address of a broker: https, or http on this very machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(Url);

impl Base {
    /// Refuses what would send a secret in the clear.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|why| Error::invalid(format!("{text:?} is no URL: {why}")))?;
        let plain_is_safe = url.scheme() == "http" && is_this_machine(&url);
        if url.scheme() != "https" && !plain_is_safe {
            return Err(Error::invalid("the broker's URL must be https, or http on localhost"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(Error::invalid("the broker's URL must carry no user, password or query"));
        }
        Ok(Self(url))
    }

    pub(crate) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// An address below it; every segment is escaped, so that no id or name can climb out of its place.
    pub(crate) fn join(&self, segments: &[&str]) -> Result<Url, Error> {
        let mut url = self.0.clone();
        url.path_segments_mut()
            .map_err(|()| Error::invalid("the broker's URL cannot carry a path"))?
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "https://broker.example",
            "http://localhost:8420",
            "http://127.0.0.1:1/",
            "http://[::1]:2",
            "http://a.localhost",
        ] {
            assert!(Base::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://broker.example",
            "http://localhost.example",
            "ftp://localhost",
            "https://a:b@broker.example",
            "broker",
            "https://broker.example/?a=b",
        ] {
            assert!(Base::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn segments_stay_in_their_place() {
        let base = Base::parse("https://broker.example/at/").unwrap();
        let url = base.join(&["v1", "a/../b?c"]).unwrap();
        assert_eq!(url.as_str(), "https://broker.example/at/v1/a%2F..%2Fb%3Fc");
    }
}
