//! A broker of scripted answers on a port of its own, and what a test needs to speak of them.

use agent_client::{Client, Pauser, PeopleClient};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{
        FromRequestParts, Request, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use protocol::RequestId;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;

/// One answer.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// Break off after the body.
    cut: bool,
    /// Stay open after the body; who waits here is told when the other side has gone.
    open: Option<Arc<Notify>>,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string(), cut: false, open: None }
            .header("content-type", "application/json")
    }

    pub fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// The same on several lines.
    pub fn pretty(mut self, body: &Value) -> Self {
        self.body = format!("{body:#}\n");
        self
    }

    /// A stream of these events, and what comes after them.
    pub fn events(events: &[Value]) -> Self {
        let event = |it: &Value| format!(": alive\nevent: message\ndata: {it}\n\n");
        let body = events.iter().map(event).collect::<Vec<_>>().concat();
        let reply = Self { status: 200, headers: Vec::new(), body, cut: false, open: None };
        reply.header("content-type", "text/event-stream")
    }

    /// Does not end; what is returned beside it is told when the client has closed it.
    pub fn open(mut self) -> (Self, Arc<Notify>) {
        let closed = Arc::new(Notify::new());
        self.open = Some(closed.clone());
        (self, closed)
    }

    pub fn problem(status: u16, code: &str) -> Self {
        let body = json!({"type": format!("urn:countersign:problem:{code}"), "title": "Refused", "status": status,
            "detail": format!("because of {code}"), "code": code, "request_id": "x1"});
        Self::json(status, &body).header("content-type", "application/problem+json")
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn cut() -> Self {
        Self { cut: true, ..Self::ok(&Value::Null) }
    }

    fn into_response(self) -> Response {
        let body = if let Some(closed) = self.open {
            let guard = Closed(closed);
            let begun = stream::once(async move { Ok::<_, std::io::Error>(Bytes::from(self.body)) });
            let never = stream::once(async move {
                let _guard = guard;
                std::future::pending().await
            });
            Body::from_stream(begun.chain(never))
        } else if self.cut {
            // The pause lets what came before it be sent.
            let cut = async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            };
            let begun = stream::once(async { Ok(Bytes::from("{")) });
            Body::from_stream(begun.chain(stream::once(cut)))
        } else {
            Body::from(self.body)
        };
        let mut response = (StatusCode::from_u16(self.status).unwrap(), body).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

/// Tells that the stream that holds it is gone.
struct Closed(Arc<Notify>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// What becomes of one attempt to open a WebSocket.
pub enum Socket {
    Refuse(Reply),
    /// Says this, then stays open.
    Say(Vec<Value>),
    /// Says this, then breaks.
    Break(Vec<Value>),
}

/// What arrived.
#[derive(Clone)]
pub struct Seen {
    /// As `GET /v1/me?x=y`.
    pub what: String,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, VecDeque<Reply>>,
    sockets: VecDeque<Socket>,
    seen: Vec<Seen>,
}

#[derive(Clone)]
pub struct Fake {
    pub url: String,
    script: Arc<Mutex<Script>>,
    pub pauses: Arc<Pauses>,
}

/// Lets no time pass, and remembers how much should have.
#[derive(Default)]
pub struct Pauses(Mutex<Vec<Duration>>);

impl Pauser for Pauses {
    fn pause(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().push(how_long);
        Box::pin(tokio::task::yield_now())
    }
}

impl Pauses {
    pub fn millis(&self) -> Vec<u128> {
        self.0.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

impl Fake {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, pauses: Arc::default() }
    }

    /// What is answered to this (as `GET /v1/me`), in order; the last one again and again.
    pub fn on(&self, what: &str, replies: impl IntoIterator<Item = Reply>) -> &Self {
        self.script.lock().unwrap().replies.insert(what.to_owned(), replies.into_iter().collect());
        self
    }

    pub fn sockets(&self, sockets: impl IntoIterator<Item = Socket>) -> &Self {
        self.script.lock().unwrap().sockets.extend(sockets);
        self
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    pub fn log(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.what).collect()
    }

    pub fn count(&self, what: &str) -> usize {
        self.log().iter().filter(|seen| *seen == what).count()
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url, "bot", "csn_a_secret").unwrap().with_pauser(self.pauses.clone())
    }

    pub fn people(&self) -> PeopleClient {
        PeopleClient::new(&self.url, "csn_p_token").unwrap().with_pauser(self.pauses.clone())
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let what = format!("{} {}", parts.method, parts.uri.path());
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let seen = Seen { what: format!("{what}{query}"), headers: parts.headers.clone(), body };
    script.lock().unwrap().seen.push(seen);
    if parts.headers.contains_key(header::UPGRADE) {
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.unwrap();
        let socket = script.lock().unwrap().sockets.pop_front().unwrap();
        return match socket {
            Socket::Refuse(reply) => reply.into_response(),
            Socket::Break(events) => upgrade.on_upgrade(async |socket| drop(say(socket, events).await)),
            Socket::Say(events) => upgrade.on_upgrade(async |socket| {
                let mut socket = say(socket, events).await;
                // Open until the other side goes.
                while let Some(Ok(_)) = socket.recv().await {}
            }),
        };
    }
    let mut script = script.lock().unwrap();
    let reply = script.replies.get_mut(&what).and_then(|replies| match replies.len() {
        0 | 1 => replies.front().cloned(),
        _ => replies.pop_front(),
    });
    reply.unwrap_or_else(|| Reply::problem(404, "not_found")).into_response()
}

async fn say(mut socket: WebSocket, events: Vec<Value>) -> WebSocket {
    for event in events {
        let _ = socket.send(Message::text(event.to_string())).await;
    }
    socket
}

pub fn id() -> RequestId {
    RequestId::from_u128(7)
}

/// `GET /v1/requests/{id}` and what is below it.
pub fn at(method: &str, below: &str) -> String {
    format!("{method} /v1/requests/{}{below}", id())
}

/// The request as its agent sees it.
pub fn view(version: i64, status: &str) -> Value {
    json!({
        "id": id(), "version": version, "status": status, "approve_url": format!("http://x.example/r/{}", id()),
        "matching_code": "AB-12", "expires_at": "2030-01-01T00:10:00Z",
        "poll": {"interval": 5, "url": "http://elsewhere.example/"},
        "asked": [{"type": "service_access", "service": "tracker", "actions": ["issues.read", "issues.close"]}]
    })
}

pub fn changed(version: i64) -> Value {
    json!({"event": "request_changed", "request": id(), "version": version, "status": "approved"})
}

pub fn redeemed() -> Value {
    json!({"grant": id().grant(), "grant_token": "grant.token", "token_type": "Bearer", "expires_in": 3600,
        "ends_at": "2030-01-01T01:00:00Z",
        "authorization_details": [{"type": "service_access", "service": "tracker", "actions": ["issues.read"]}]})
}

pub fn exchanged() -> Value {
    json!({"access_token": "call.token", "token_type": "Bearer", "expires_in": 60, "scope": "issues.read",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})
}

pub fn me() -> Value {
    json!({"agent": "bot", "owner": "paul", "pending": [], "grants": [], "services": [{
        "service": "tracker", "title": "Tracker", "resource": null, "actions": [
            {"name": "issues.read", "does": "read issues", "call": "GET /issues/{issue}"},
            {"name": "issues.close", "does": "close issues", "call": "PATCH /issues/{issue}"}]}]})
}
