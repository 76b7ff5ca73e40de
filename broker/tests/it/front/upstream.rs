//! A service on loopback that demands its credential, remembers what it received, and misbehaves as the query of a
//! call tells it (`?do=…`).

use crate::support::installation::CANARY;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

/// What the service received.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: Method,
    /// Path and query, as they came.
    pub target: String,
    pub headers: HeaderMap,
    /// What had come of the body when the service answered.
    pub body: Vec<u8>,
}

/// The running service.
pub struct Upstream {
    pub port: u16,
    state: Shared,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    received: Arc<Mutex<Vec<Received>>>,
    gate: Arc<Semaphore>,
}

impl Upstream {
    pub async fn start() -> Self {
        let state = Shared { received: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(state.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, state, server }
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything received so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The last call.
    pub fn last(&self) -> Received {
        self.received().pop().expect("the service was called")
    }

    /// How many calls came.
    pub fn count(&self) -> usize {
        self.state.received.lock().unwrap().len()
    }

    /// Lets answers that are held at their second piece go on.
    pub fn release(&self) {
        self.state.gate.add_permits(1);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(state): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().unwrap().to_string();
    let secret = head.headers.get("x-api-key").map(|it| it.to_str().unwrap().to_owned());
    let bearer =
        head.headers.get("authorization").and_then(|it| it.to_str().unwrap().strip_prefix("Bearer "));
    let authorised = secret.as_deref() == Some(CANARY) || bearer == Some(CANARY);
    let asked = |name: &str| {
        let pairs = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        pairs.into_owned().find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let what = asked("do").unwrap_or_default();
    let record = |body: Vec<u8>| {
        let (method, headers, target) = (head.method.clone(), head.headers.clone(), target.clone());
        state.received.lock().unwrap().push(Received { method, target, headers, body });
    };
    if what == "upload" {
        // Answers while the body still comes.
        record(Vec::new());
        return Response::new(Body::from_stream(body.into_data_stream()));
    }
    let body = to_bytes(body, 1 << 24).await.unwrap_or_default();
    record(body.to_vec());
    if !authorised {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let number = |name: &str, or: usize| asked(name).and_then(|it| it.parse().ok()).unwrap_or(or);
    match what.as_str() {
        "echo" => echo(&asked("as").unwrap_or_default(), number("chunk", 7)),
        "redirect" => ([("location", asked("to").unwrap_or_default())], StatusCode::FOUND).into_response(),
        "headers" => with_odd_headers(),
        "gzip" => ([("content-encoding", "gzip")], "not really").into_response(),
        "status" => {
            StatusCode::from_u16(u16::try_from(number("code", 200)).unwrap()).unwrap().into_response()
        }
        "huge" => ([("x-huge", "a".repeat(80 * 1024))], "x").into_response(),
        "slow" => held(&state, "first\n", "second\n", "text/plain"),
        "events" => held(&state, "data: one\n\n", "data: two\n\n", "text/event-stream"),
        "break" => Response::new(broken(&state)),
        "hang" => {
            state.gate.acquire().await.unwrap().forget();
            "at last".into_response()
        }
        _ => axum::Json(serde_json::json!({"ok": true})).into_response(),
    }
}

fn echo(encoding: &str, size: usize) -> Response {
    let text = match encoding {
        "base64" => BASE64_STANDARD.encode(CANARY),
        "base64-inside" => BASE64_STANDARD.encode(format!("user:{CANARY}")),
        "base64url" => BASE64_URL_SAFE_NO_PAD.encode(CANARY),
        "hex" => each(|byte| format!("{byte:02x}")),
        "url" => each(|byte| format!("%{byte:02X}")),
        "json" => each(|byte| format!("\\u{byte:04x}")),
        "html" => each(|byte| format!("&#{byte};")),
        _ => CANARY.to_owned(),
    };
    let text = format!("before {text} after");
    let pieces: Vec<_> =
        text.as_bytes().chunks(size).map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece))).collect();
    // Yielding between the pieces makes each a chunk of its own.
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    Response::new(Body::from_stream(pieces))
}

fn each(write: fn(u8) -> String) -> String {
    CANARY.bytes().map(write).collect::<Vec<_>>().concat()
}

fn with_odd_headers() -> Response {
    let mut response = "plain".into_response();
    let odd = [
        ("set-cookie", "a=b"),
        ("clear-site-data", "\"*\""),
        ("refresh", "0;url=https://evil.example"),
        ("content-security-policy", "default-src *"),
        ("x-content-type-options", "sniff"),
        ("access-control-allow-origin", "*"),
        ("countersign-refused", "expired"),
        ("x-request-id", "theirs"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("x-fine", "passes"),
        ("etag", "\"7\""),
        ("x-echo", CANARY),
    ];
    for (name, value) in odd {
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    response
}

fn held(state: &Shared, first: &'static str, second: &'static str, media_type: &'static str) -> Response {
    let gate = state.gate.clone();
    let second = stream::once(async move {
        gate.acquire().await.unwrap().forget();
        Ok::<_, io::Error>(Bytes::from_static(second.as_bytes()))
    });
    let pieces = stream::once(async move { Ok(Bytes::from_static(first.as_bytes())) }).chain(second);
    ([("content-type", media_type)], Body::from_stream(pieces)).into_response()
}

fn broken(state: &Shared) -> Body {
    let gate = state.gate.clone();
    let first = stream::once(async { Ok(Bytes::from_static(b"first\n")) });
    let then = stream::once(async move {
        gate.acquire().await.unwrap().forget();
        Err(io::Error::other("the service broke off"))
    });
    Body::from_stream(first.chain(then))
}
