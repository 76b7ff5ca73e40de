//! From an origin to a connected stream: resolve, vet, connect, TLS; all within one limit.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tower::Service;

use super::address::{AddressKind, classify};
use super::body::BoxError;
use super::resolve::{Resolve, vetted};

/// Why there is no connection. Nothing of the request was sent.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ConnectError {
    /// The name could not be resolved.
    #[error("the name of the upstream cannot be resolved ({0})")]
    Resolve(io::ErrorKind),
    /// The name has no address.
    #[error("the name of the upstream has no address")]
    NoAddress,
    /// The guard refused an address of the name.
    #[error("the upstream has a {0} address, which this service may not reach")]
    Refused(AddressKind),
    /// The credential would cross the internet in the clear.
    #[error("plain http is only possible to private addresses")]
    PlainHttp,
    /// No connection came about.
    #[error("the upstream cannot be reached ({0})")]
    Tcp(io::ErrorKind),
    /// The TLS handshake failed.
    #[error("the TLS handshake with the upstream failed: {0}")]
    Tls(String),
    /// It took longer than the limit.
    #[error("the upstream did not accept the connection in time")]
    Timeout,
}

type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Connects to a vetted address of the URI's host, and to nothing else.
#[derive(Clone)]
pub(super) struct VettedTcp {
    resolver: Arc<dyn Resolve>,
    allow_private: bool,
}

impl VettedTcp {
    pub(super) fn new(resolver: Arc<dyn Resolve>, allow_private: bool) -> Self {
        Self { resolver, allow_private }
    }
}

impl Service<Uri> for VettedTcp {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Connecting<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { resolver, allow_private } = self.clone();
        Box::pin(async move {
            let https = uri.scheme_str() == Some("https");
            let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
            let host = uri.host().ok_or(ConnectError::NoAddress)?;
            let addresses = vetted(resolver.as_ref(), host, port, allow_private).await?;
            if !https && addresses.iter().any(|a| classify(a.ip()) == AddressKind::Public) {
                return Err(ConnectError::PlainHttp);
            }
            first_that_answers(&addresses).await
        })
    }
}

/// Tries one address after the other. None may use up the time of those after it, so that a broken IPv6 route does
/// not hide a working IPv4 one.
async fn first_that_answers(addresses: &[SocketAddr]) -> Result<TokioIo<TcpStream>, ConnectError> {
    const SHARE: Duration = Duration::from_millis(1500);
    let mut last = ConnectError::NoAddress;
    for (index, address) in addresses.iter().enumerate() {
        let connecting = TcpStream::connect(address);
        let connected = if index + 1 == addresses.len() {
            connecting.await
        } else {
            timeout(SHARE, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        match connected {
            Ok(stream) => {
                // A failure costs latency, not correctness.
                let _ = stream.set_nodelay(true);
                return Ok(TokioIo::new(stream));
            }
            Err(error) => last = ConnectError::Tcp(error.kind()),
        }
    }
    Err(last)
}

/// Bounds a connector, TLS handshake included, and turns its errors into [`ConnectError`].
#[derive(Clone)]
pub(super) struct WithinLimit<C> {
    connector: C,
    limit: Duration,
}

impl<C> WithinLimit<C> {
    pub(super) fn new(connector: C, limit: Duration) -> Self {
        Self { connector, limit }
    }
}

impl<C> Service<Uri> for WithinLimit<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = ConnectError;
    type Future = Connecting<C::Response, ConnectError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.connector.poll_ready(cx).map_err(own)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let deadline = Instant::now() + self.limit;
        let connecting = self.connector.call(uri);
        Box::pin(async move {
            timeout_at(deadline, connecting).await.map_err(|_| ConnectError::Timeout)?.map_err(own)
        })
    }
}

/// What does not come from [`VettedTcp`] comes from the handshake after it.
fn own(error: BoxError) -> ConnectError {
    error.downcast::<ConnectError>().map_or_else(|other| ConnectError::Tls(other.to_string()), |own| *own)
}

/// TLS 1.2 and 1.3 with the machine's certificate authorities, and these beside them.
pub(super) fn tls_config(authorities: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        || ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let ours = !authorities.is_empty();
    match Verifier::new_with_extra_roots(authorities, provider.clone()) {
        Ok(verifier) => {
            // Of what the builder calls dangerous, this is the way that is not: a verifier that verifies everything.
            let verified = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            Ok(verified.with_no_client_auth())
        }
        Err(error) if ours => Err(error),
        Err(error) => {
            // Upstreams on private addresses may do without TLS, so the broker starts; https then trusts nobody.
            tracing::warn!(%error, "no certificate authorities on this machine: every https upstream will be refused");
            Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        }
    }
}
