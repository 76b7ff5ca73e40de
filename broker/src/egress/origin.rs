//! The fixed origin of a service.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Scheme, host and port in one spelling: lower case, punycode, numbers in their usual form.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum OriginError {
    /// It is no URL.
    #[error("the origin is not a URL such as https://api.example.com")]
    NotAUrl,
    /// Another scheme.
    #[error("the origin must start with https:// or http://")]
    Scheme,
    /// More than an origin.
    #[error("the origin must be scheme, host and port only: no user, path, query or fragment")]
    TooMuch,
    /// A host with a dot at its end is another name for the same.
    #[error("the host must not end with a dot")]
    TrailingDot,
}

impl Origin {
    /// Reads an origin.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::NotAUrl)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        // `Url` cannot tell `https://@host` from `https://host`; nobody writes that by accident.
        if !bare || text.contains('@') {
            return Err(OriginError::TooMuch);
        }
        Self::of(&url)
    }

    /// The origin of a URL, whatever else the URL says.
    pub fn of(url: &Url) -> Result<Self, OriginError> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(OriginError::Scheme),
        };
        let host = url.host().ok_or(OriginError::NotAUrl)?;
        if matches!(host, Host::Domain(name) if name.ends_with('.')) {
            return Err(OriginError::TrailingDot);
        }
        Ok(Self { scheme, host: host.to_string(), port: url.port().unwrap_or(scheme.default_port()) })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, explicit or by default of the scheme.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host, and the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling() {
        let cases = [
            ("https://API.Example.com", "https://api.example.com"),
            ("https://api.example.com:443/", "https://api.example.com"),
            ("http://localhost:8420", "http://localhost:8420"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
            ("http://0x7f.1", "http://127.0.0.1"),
            ("http://2130706433", "http://127.0.0.1"),
            ("http://0177.0.0.1:80", "http://127.0.0.1"),
            ("http://[::FFFF:127.0.0.1]:81", "http://[::ffff:7f00:1]:81"),
        ];
        for (text, expected) in cases {
            assert_eq!(Origin::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn more_or_less_than_an_origin_is_refused() {
        let cases = [
            ("api.example.com", OriginError::NotAUrl),
            ("https://", OriginError::NotAUrl),
            ("ftp://example.com/", OriginError::Scheme),
            ("file:///", OriginError::Scheme),
            ("https://example.com/v1", OriginError::TooMuch),
            ("https://example.com?x", OriginError::TooMuch),
            ("https://example.com#x", OriginError::TooMuch),
            ("https://user@example.com", OriginError::TooMuch),
            ("https://@example.com", OriginError::TooMuch),
            ("https://example.com.", OriginError::TrailingDot),
        ];
        for (text, error) in cases {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }
}
