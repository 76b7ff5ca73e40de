//! How the broker stands on the network: TLS of its own, proxies in front of it, or neither.

use super::{
    ConfigError, Layers, ServerConfig, Setting,
    keys::{self, Key, PLAIN_HTTP, TLS_CERT, TLS_KEY, TRUSTED_PROXY},
};
use ipnet::IpNet;
use std::{net::IpAddr, path::PathBuf};

/// How the broker stands on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Certificate and key; without them the broker speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// The proxies whose forwarded headers are believed.
    pub trusted_proxies: Setting<Vec<IpNet>>,
    /// Whether plain HTTP may be spoken with other machines.
    pub plain_http: Setting<bool>,
}

/// The files of the broker's own TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that lead to its authority, in PEM.
    pub cert: Setting<PathBuf>,
    /// Its private key, in PEM.
    pub key: Setting<PathBuf>,
}

impl NetworkConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let path = |key: Key| {
            layers.get(key).map(|it| Setting { value: PathBuf::from(it.value), source: it.source })
        };
        let tls = match (path(TLS_CERT), path(TLS_KEY)) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => {
                let why =
                    format!("{} and {} belong together: set both or neither", TLS_CERT.flag, TLS_KEY.flag);
                return Err(ConfigError::Invalid { origin: one.source, why });
            }
        };
        let trusted_proxies = match layers.get(TRUSTED_PROXY) {
            Some(given) => given.parse(|text| networks(&text))?,
            None => Setting::by_default(Vec::new()),
        };
        Ok(Self { tls, trusted_proxies, plain_http: allowed(layers, PLAIN_HTTP)? })
    }

    /// Refuses to speak plain HTTP with other machines. Only `serve` needs it.
    pub fn check(&self, server: &ServerConfig) -> Result<(), ConfigError> {
        let listen = &server.listen;
        let guarded = self.tls.is_some() || !self.trusted_proxies.value.is_empty() || self.plain_http.value;
        if guarded || listen.value.ip().is_loopback() {
            return Ok(());
        }
        let why = format!(
            "{} can be reached from other machines, and this would be plain http. Give {} and {}, or name the proxy \
             that speaks TLS in front with {}, or listen on 127.0.0.1 ({} forces it)",
            listen.value, TLS_CERT.flag, TLS_KEY.flag, TRUSTED_PROXY.flag, PLAIN_HTTP.flag
        );
        Err(ConfigError::Invalid { origin: listen.source.clone(), why })
    }
}

/// A switch that has to be thrown with a word.
pub(super) fn allowed(layers: &Layers, key: Key) -> Result<Setting<bool>, ConfigError> {
    match layers.get(key) {
        Some(given) => given.parse(|text| match text.as_str() {
            keys::ALLOWED => Ok(true),
            _ => Err(format!("must be {:?} or not set, not {text:?}", keys::ALLOWED)),
        }),
        None => Ok(Setting::by_default(false)),
    }
}

/// Addresses and networks with commas in between.
fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    let parsed = parts.map(|part| {
        let address = part.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| part.parse::<IpNet>()).map_err(|_| {
            format!(
                "{part:?} is neither an address nor a network, as 10.0.0.7 or 10.0.0.0/24 (no host names)"
            )
        })
    });
    let networks = parsed.collect::<Result<Vec<_>, _>>()?;
    match networks.iter().find(|it| it.prefix_len() == 0) {
        Some(all) => Err(format!("{all} is every address: whoever connects could say who they are")),
        None if networks.is_empty() => Err("names no address".to_owned()),
        None => Ok(networks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_networks() {
        for (text, count) in [("10.0.0.7", 1), ("10.0.0.7,::1", 2), ("10.0.0.0/8, fd00::/8", 2)] {
            assert_eq!(networks(text).map(|it| it.len()), Ok(count), "{text}");
        }
        for bad in ["", ",", "proxy", "10.0.0.7:80", "10.0.0.0/33", "0.0.0.0/0", "10.0.0.1,::/0", "10.0.0"] {
            assert!(networks(bad).is_err(), "{bad}");
        }
    }
}
