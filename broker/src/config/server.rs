//! Where the broker listens and how it is reached.

use super::{
    ConfigError, Layers, Setting,
    keys::{ENVIRONMENT, ENVIRONMENT_COLOUR, LISTEN, PUBLIC_URL, SITE},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};
use url::{Host, Url};
use web_ui::Colour;

const PORT: u16 = 8420;

/// Where the broker listens and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The address to listen on.
    pub listen: Setting<SocketAddr>,
    /// Where people and agents reach it: scheme, host and port.
    pub public_url: Setting<String>,
    /// The name of the environment, shown on every page.
    pub environment: Setting<String>,
    /// Its colour.
    pub environment_colour: Setting<Colour>,
    /// The directory of the wasm half, with `pkg/ui.js` in it. Without one, pages work as plain forms.
    pub site: Option<Setting<PathBuf>>,
}

impl ServerConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let listen = match layers.get(LISTEN) {
            Some(given) => given.parse(|text| {
                text.parse().map_err(|_| format!("{text:?} is not an address and port, as 127.0.0.1:{PORT}"))
            })?,
            None => Setting::by_default(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
        };
        let public_url = match layers.get(PUBLIC_URL) {
            Some(given) => given.parse(|text| check_public_url(&text).map(|()| text))?,
            None => Setting::by_default(format!("http://localhost:{PORT}")),
        };
        let environment = match layers.get(ENVIRONMENT) {
            Some(given) => given.parse(|text| domain::text::plain_name(&text, 40).map(|()| text))?,
            None => Setting::by_default("local".to_owned()),
        };
        let environment_colour = match layers.get(ENVIRONMENT_COLOUR) {
            Some(given) => given.parse(|text| text.parse())?,
            None => Setting::by_default(Colour::of_environment(&environment.value)),
        };
        let site = layers.get(SITE).map(|it| Setting { value: PathBuf::from(it.value), source: it.source });
        Ok(Self { listen, public_url, environment, environment_colour, site })
    }

    /// Whether a site that was named is one. Only `serve` needs it; a record can be verified without.
    pub fn check_site(&self) -> Result<(), ConfigError> {
        let Some(Setting { value, source }) = &self.site else { return Ok(()) };
        let script = value.join("pkg/ui.js");
        if script.is_file() {
            return Ok(());
        }
        Err(ConfigError::Invalid { origin: source.clone(), why: format!("there is no {}", script.display()) })
    }

    /// What the operator should hear about it at start.
    pub fn warning(&self) -> Option<&'static str> {
        let by_number = ["://127.0.0.1", "://[::1]"].iter().any(|it| self.public_url.value.contains(it));
        by_number.then_some("passkeys need a name: use http://localhost as --public-url instead of a number")
    }
}

/// https, or http on this machine only; written in the one way in which browsers send it as `Origin`.
fn check_public_url(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| format!("{text:?} is not a URL, as https://sign.example.com"))?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        "http" => return Err("must start with https:// (http:// works on localhost only)".to_owned()),
        _ => return Err("must start with https://".to_owned()),
    }
    let origin = url.origin().ascii_serialization();
    if text == origin {
        Ok(())
    } else {
        Err(format!("must be only scheme, host and port: write it as {origin}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls() {
        for good in [
            "https://sign.example.com",
            "https://sign.example.com:8443",
            "http://localhost:8420",
            "http://localhost",
            "http://127.0.0.1:1",
            "http://[::1]:8420",
        ] {
            assert_eq!(check_public_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "sign.example.com",
            "http://sign.example.com",
            "http://localhost.example.com",
            "http://127.0.0.2",
            "https://sign.example.com/",
            "https://sign.example.com/x",
            "https://sign.example.com?x",
            "https://sign.example.com#x",
            "https://u@sign.example.com",
            "https://Sign.example.com",
            "https://sign.example.com:443",
            "ftp://sign.example.com",
            "data:text/plain,x",
        ] {
            assert!(check_public_url(bad).is_err(), "{bad}");
        }
    }
}
