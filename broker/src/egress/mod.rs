//! The one way out: every byte that the broker sends to an upstream leaves through [`Egress::send`].
//!
//! For each new TCP connection the name is resolved once, every answer is judged by [`address::classify`], and the
//! connection goes to exactly an address that was judged; nothing resolves the name a second time in between, so a
//! DNS server that changes its answer gains nothing. `Host` and SNI stay the name. A pooled connection stays with the
//! address it was vetted for, and is only ever reused for the same origin, the same vault connection and the same
//! opt-in to private addresses.
//!
//! There are no redirects, no system proxy, no HTTP/2, no decompression and no cookies here: nothing to switch off.

pub mod address;
mod body;
mod connect;
mod error;
mod origin;
mod resolve;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};
use tower::Service as _;

pub use self::body::{BoxError, RequestBody, ResponseBody, ResponseBodyError};
use self::body::{Progress, Watched};
pub use self::connect::ConnectError;
use self::connect::{VettedTcp, WithinLimit, tls_config};
pub use self::error::EgressError;
pub use self::origin::{Origin, OriginError, Scheme};
pub use self::resolve::{Resolve, SystemResolver};

/// More pools than this are never kept: one for each vault connection in use, so reaching it is unusual.
const MAX_POOLS: usize = 4096;

/// No stream lives longer: no session does.
const LONGEST_STREAM: Duration = Duration::from_hours(12);

/// How long and how large an upstream may be.
#[derive(Clone, Debug)]
pub struct EgressLimits {
    /// For the name, the TCP connection and the TLS handshake together.
    pub connect: Duration,
    /// Without any progress between the start of the request (connecting included) and the head of the answer;
    /// sending a piece of the request's body is progress.
    pub first_byte: Duration,
    /// Between two pieces of the answer's body, while somebody waits for one.
    pub idle_body: Duration,
    /// Instead of `first_byte` and `idle_body`, where a tool of an MCP server works.
    pub tool: Duration,
    /// For the whole call, from its start to the end of the answer's body. A drip is never idle.
    pub total: Duration,
    /// For the whole head of an answer. Hyper reads no further than about this, we count exactly.
    pub max_head_bytes: usize,
    /// The most headers of an answer.
    pub max_headers: usize,
    /// How long an unused connection is kept.
    pub pool_idle: Duration,
    /// The most idle connections to one destination.
    pub pool_max_idle: usize,
}

impl Default for EgressLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            idle_body: Duration::from_secs(30),
            tool: Duration::from_mins(10),
            total: Duration::from_hours(1),
            max_head_bytes: 64 * 1024,
            max_headers: 100,
            pool_idle: Duration::from_secs(30),
            pool_max_idle: 64,
        }
    }
}

/// How long the other side may be silent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Silence {
    /// As long as a service may be.
    #[default]
    Usual,
    /// As long as a tool may work.
    Tool,
    /// Without end: a stream on which something comes when there is something. Whoever asked for it ends it.
    Stream,
}

impl EgressLimits {
    /// Until the head of an answer, between two pieces of its body, and altogether.
    fn of(&self, silence: Silence) -> (Duration, Duration, Duration) {
        match silence {
            Silence::Usual => (self.first_byte, self.idle_body, self.total),
            Silence::Tool => (self.tool, self.tool, self.total),
            Silence::Stream => (LONGEST_STREAM, LONGEST_STREAM, LONGEST_STREAM),
        }
    }
}

/// Where a call goes. Connections are pooled by all of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Destination {
    /// Scheme, host and port.
    pub origin: Origin,
    /// The service opted in to private addresses. Link-local and metadata addresses stay refused.
    pub allow_private: bool,
    /// The id of the vault connection whose credential the request carries. Two credentials never share a TCP
    /// connection: some upstreams authenticate the connection and not the request.
    pub connection: String,
}

/// A call for the upstream: what the caller decided, complete.
#[derive(Debug)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The canonical path and query, starting with a slash.
    pub path_and_query: String,
    /// Sent as they are, with `Host` and the framing headers replaced by our own.
    pub headers: HeaderMap,
    /// The body, streaming.
    pub body: RequestBody,
    /// How long the other side may be silent.
    pub silence: Silence,
}

type Pool = Client<WithinLimit<HttpsConnector<VettedTcp>>, Watched>;

/// The SSRF-guarded client.
pub struct Egress {
    limits: EgressLimits,
    resolver: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    pools: Mutex<HashMap<Destination, Pool>>,
}

impl Egress {
    /// A client that trusts the certificate authorities of the machine, and these beside them.
    pub fn new(
        limits: EgressLimits,
        resolver: Arc<dyn Resolve>,
        authorities: Vec<CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        Ok(Self { limits, resolver, tls: Arc::new(tls_config(authorities)?), pools: Mutex::default() })
    }

    /// Sends one request and returns with the head of the answer; the body streams.
    ///
    /// A request is never sent twice. The one repetition that happens inside is of a request whose pooled connection
    /// turned out to be closed before a byte of it was written.
    pub async fn send(
        &self,
        to: &Destination,
        outgoing: Outgoing,
    ) -> Result<Response<ResponseBody>, EgressError> {
        let progress = Progress::start();
        let (first_byte, idle_body, total) = self.limits.of(outgoing.silence);
        let deadline = progress.last() + total;
        let request = build(&to.origin, outgoing, &progress)?;
        let answer = within(first_byte, &progress, self.pool(to).request(request));
        let answer = timeout_at(deadline, answer).await.map_err(|_| EgressError::TotalTimeout)??;
        let answer = answer.map_err(|error| EgressError::from_client(&error))?;
        if head_bytes(answer.headers()) > self.limits.max_head_bytes {
            return Err(EgressError::HeadTooLarge);
        }
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(EgressError::UnexpectedUpgrade);
        }
        Ok(answer.map(|body| ResponseBody::new(body, idle_body, deadline)))
    }

    /// How long may pass without a sign of life where this much silence is borne.
    pub fn patience(&self, silence: Silence) -> Duration {
        let (_, idle, _) = self.limits.of(silence);
        idle
    }

    /// Closes the idle TCP connections that were made with this vault connection.
    pub fn forget(&self, connection: &str) {
        self.lock().retain(|to, _| to.connection != connection);
    }

    /// Resolves, vets and connects as a call would, TLS included, sends nothing, and hangs up. Gives the certificate
    /// that the other side showed.
    pub async fn reach(&self, to: &Destination) -> Result<Option<CertificateDer<'static>>, ConnectError> {
        let uri = Uri::builder().scheme(to.origin.scheme().as_str()).authority(to.origin.authority());
        let uri = uri.path_and_query("/").build().map_err(|_| ConnectError::NoAddress)?;
        let connected = self.connector(to.allow_private).call(uri).await?;
        Ok(match connected {
            MaybeHttpsStream::Https(stream) => {
                let (_, session) = stream.inner().get_ref();
                session.peer_certificates().and_then(|all| all.first()).map(|it| it.clone().into_owned())
            }
            MaybeHttpsStream::Http(_) => None,
        })
    }

    fn pool(&self, to: &Destination) -> Pool {
        let mut pools = self.lock();
        if let Some(pool) = pools.get(to) {
            return pool.clone();
        }
        if pools.len() >= MAX_POOLS {
            // Calls in flight hold their pool; only idle connections are lost.
            pools.clear();
        }
        let pool = self.new_pool(to.allow_private);
        pools.insert(to.clone(), pool.clone());
        pool
    }

    fn new_pool(&self, allow_private: bool) -> Pool {
        let connector = self.connector(allow_private);
        Client::builder(TokioExecutor::new())
            .http1_max_buf_size(self.limits.max_head_bytes)
            .http1_max_headers(self.limits.max_headers)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.limits.pool_idle)
            .pool_max_idle_per_host(self.limits.pool_max_idle)
            .build(connector)
    }

    fn connector(&self, allow_private: bool) -> WithinLimit<HttpsConnector<VettedTcp>> {
        let tcp = VettedTcp::new(Arc::clone(&self.resolver), allow_private);
        WithinLimit::new(HttpsConnector::from((tcp, Arc::clone(&self.tls))), self.limits.connect)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Destination, Pool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn build(origin: &Origin, outgoing: Outgoing, progress: &Progress) -> Result<Request<Watched>, EgressError> {
    if !outgoing.path_and_query.starts_with('/') {
        return Err(EgressError::InvalidRequest);
    }
    let uri = Uri::builder()
        .scheme(origin.scheme().as_str())
        .authority(origin.authority())
        .path_and_query(outgoing.path_and_query)
        .build()
        .map_err(|_| EgressError::InvalidRequest)?;
    let mut request = Request::new(Watched::new(outgoing.body, progress.clone()));
    *request.method_mut() = outgoing.method;
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = outgoing.headers;
    for framing in [
        http::header::HOST,
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
        http::header::CONNECTION,
    ] {
        request.headers_mut().remove(framing);
    }
    Ok(request)
}

fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

/// Waits for the head of the answer, for as long as something moves.
async fn within<F: Future>(
    limit: Duration,
    progress: &Progress,
    answer: F,
) -> Result<F::Output, EgressError> {
    tokio::pin!(answer);
    loop {
        match timeout_at(progress.last() + limit, &mut answer).await {
            Ok(answer) => return Ok(answer),
            Err(_) if progress.last() + limit > Instant::now() => {}
            Err(_) => return Err(EgressError::FirstByteTimeout),
        }
    }
}

#[cfg(test)]
mod tests;
