//! `bench proxy ADDRESS UPSTREAM`: a plain streaming proxy of axum and hyper that injects a header, and nothing else.

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

#[derive(clap::Args)]
pub struct Args {
    address: SocketAddr,
    upstream: SocketAddr,
}

#[derive(Clone)]
struct Way {
    client: Client<HttpConnector, Body>,
    upstream: SocketAddr,
}

pub fn run(args: &Args) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let way = Way { client, upstream: args.upstream };
    super::serve(args.address, Router::new().fallback(forward).with_state(way))
}

async fn forward(State(way): State<Way>, mut request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("http://{}{path}", way.upstream).parse::<Uri>() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::HOST);
    headers.insert("x-api-key", HeaderValue::from_static(super::upstream::KEY));
    match way.client.request(request).await {
        Ok(answer) => answer.into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
