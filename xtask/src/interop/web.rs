//! HTTP to programs of this machine, a request at a time.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

/// What a request of any kind may take.
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Web {
    runtime: Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub cookies: Vec<String>,
    pub body: String,
}

impl Web {
    pub fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // A connection of its own for each request: a broker closes one that is idle just when it is to be used again.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Ok(Self { runtime, client })
    }

    pub fn send(&self, request: Request<String>) -> Result<Answer> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        self.runtime.block_on(async {
            let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await??;
            let (head, body) = answer.into_parts();
            let all =
                |name| head.headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).map(str::to_owned);
            let (location, cookies) = (all(header::LOCATION).next(), all(header::SET_COOKIE).collect());
            let body = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
            Ok(Answer { status: head.status.as_u16(), location, cookies, body })
        })
    }
}
