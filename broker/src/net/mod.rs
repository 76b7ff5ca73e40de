//! The broker on the network: its own TLS, the proxies that it trusts, and how many connections it holds.

pub mod arrival;
mod certificate;
pub mod connections;
mod proxies;

pub use arrival::{Arrival, ClientAddress};
pub use certificate::{Certificate, CertificateError, others_can_read, watch};
pub use connections::{Connection, Connections, Limits};
pub use proxies::TrustedProxies;

use crate::config::NetworkConfig;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// How a listener stands on the network. The default is what development on one machine needs.
#[derive(Clone, Default)]
pub struct Network {
    /// The broker's own TLS.
    pub tls: Option<TlsAcceptor>,
    /// Whose forwarded headers are believed.
    pub proxies: Arc<TrustedProxies>,
    /// Whether plain HTTP may be spoken with other machines.
    pub plain_http: bool,
    /// The connections that are open.
    pub connections: Connections,
}

impl Network {
    /// As it is configured, with the certificate if there is one.
    pub fn new(config: &NetworkConfig, certificate: Option<&Arc<Certificate>>) -> anyhow::Result<Self> {
        Ok(Self {
            tls: certificate.map(Certificate::acceptor).transpose()?,
            proxies: Arc::new(TrustedProxies::new(config.trusted_proxies.value.clone())),
            plain_http: config.plain_http.value,
            connections: Connections::new(Limits::of_this_process()),
        })
    }
}
