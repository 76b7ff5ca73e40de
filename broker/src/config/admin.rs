//! Where operators' programs look at numbers and health.

use super::{
    ConfigError, Layers, Setting,
    keys::{ADMIN_EXPOSED, ADMIN_LISTEN},
    network::allowed,
};
use std::{net::SocketAddr, path::PathBuf};

/// What a socket's path is written with.
const UNIX: &str = "unix:";

/// Where operators' programs look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConfig {
    /// Nowhere, unless it is set.
    pub listen: Option<Setting<AdminListen>>,
    /// Whether other machines may look.
    pub exposed: Setting<bool>,
}

/// An address or a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminListen {
    /// An address and port.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl AdminConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let listen = layers.get(ADMIN_LISTEN).map(|given| given.parse(|text| parse(&text))).transpose()?;
        let exposed = allowed(layers, ADMIN_EXPOSED)?;
        if let Some(Setting { value: AdminListen::Tcp(address), source }) = &listen
            && !address.ip().is_loopback()
            && !exposed.value
        {
            let why = format!(
                "other machines could look at {address}, without TLS and without signing in. Use 127.0.0.1, [::1] or \
                 unix:PATH; {} forces it",
                ADMIN_EXPOSED.flag
            );
            return Err(ConfigError::Invalid { origin: source.clone(), why });
        }
        Ok(Self { listen, exposed })
    }
}

fn parse(text: &str) -> Result<AdminListen, String> {
    match text.strip_prefix(UNIX) {
        Some(path) if path.starts_with('/') => Ok(AdminListen::Unix(path.into())),
        Some(path) => Err(format!("{path:?} must be a whole path, as unix:/run/countersign/admin.sock")),
        None => text.parse().map(AdminListen::Tcp).map_err(|_| {
            format!("{text:?} is neither an address and port, as 127.0.0.1:9464, nor unix:PATH")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_sockets() {
        assert!(matches!(parse("127.0.0.1:9464"), Ok(AdminListen::Tcp(_))));
        assert!(matches!(parse("[::1]:0"), Ok(AdminListen::Tcp(_))));
        assert_eq!(parse("unix:/run/a.sock"), Ok(AdminListen::Unix("/run/a.sock".into())));
        for bad in ["", "9464", "localhost:9464", "unix:", "unix:a.sock", "/run/a.sock"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
