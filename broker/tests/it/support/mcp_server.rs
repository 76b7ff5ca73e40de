//! An MCP server on loopback that remembers all it received and says what a test tells it to, in both eras.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, broadcast},
    task::JoinHandle,
};

/// One request that came.
#[derive(Debug, Clone)]
pub struct Got {
    pub method: Method,
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The same, read; null where there was none.
    pub message: Value,
}

impl Got {
    /// What was asked; empty for an answer.
    pub fn asked(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }
}

/// A piece of a stream of events.
#[derive(Clone)]
pub enum Step {
    /// A message.
    Event(Value),
    /// Whatever text.
    Raw(String),
    /// Nothing, until the test lets it go on.
    Wait,
}

/// What is answered.
#[derive(Clone)]
pub enum Say {
    /// A result, as JSON.
    Result(Value),
    /// An error, as JSON.
    Error(i64, &'static str),
    /// Whatever: status, content type, body.
    Whole(u16, &'static str, String),
    /// Somewhere else.
    Elsewhere(String),
    /// A stream of events.
    Events(Vec<Step>),
    /// The same, once the test lets it.
    Held(Box<Say>),
}

type Answer = Arc<dyn Fn(&Value) -> Say + Send + Sync>;

struct Script {
    modern: bool,
    legacy: bool,
    listens: bool,
    instructions: &'static str,
    capabilities: Value,
    tools: Vec<Value>,
    answer: Answer,
    sessions: usize,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<Script>>,
    got: Arc<Mutex<Vec<Got>>>,
    gate: Arc<Semaphore>,
    beside: broadcast::Sender<Value>,
}

/// The running server.
pub struct McpServer {
    pub port: u16,
    shared: Shared,
    task: JoinHandle<()>,
}

impl Drop for McpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl McpServer {
    /// Speaks both eras, offers these tools, and answers with the arguments of the call.
    pub async fn start(tools: &[Value]) -> Self {
        let script = Script {
            modern: true,
            legacy: true,
            listens: false,
            instructions: "",
            capabilities: json!({"tools": {"listChanged": true}}),
            tools: tools.to_vec(),
            answer: Arc::new(|message| text(&message["params"]["arguments"].to_string())),
            sessions: 0,
        };
        let shared = Shared {
            script: Arc::new(Mutex::new(script)),
            got: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            beside: broadcast::channel(16).0,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, shared, task }
    }

    /// What it says of itself.
    pub fn instructs(&self, instructions: &'static str) {
        self.shared.script.lock().unwrap().instructions = instructions;
    }

    /// What it can do.
    pub fn can(&self, capabilities: Value) {
        self.shared.script.lock().unwrap().capabilities = capabilities;
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Which eras it speaks.
    pub fn speaks(&self, modern: bool, legacy: bool) {
        let mut script = self.shared.script.lock().unwrap();
        (script.modern, script.legacy) = (modern, legacy);
    }

    /// From now on a session has a stream for what is said beside answers.
    pub fn listens(&self) {
        self.shared.script.lock().unwrap().listens = true;
    }

    /// Offers other tools.
    pub fn offers(&self, tools: &[Value]) {
        self.shared.script.lock().unwrap().tools = tools.to_vec();
    }

    /// Answers calls like this.
    pub fn answers(&self, answer: impl Fn(&Value) -> Say + Send + Sync + 'static) {
        self.shared.script.lock().unwrap().answer = Arc::new(answer);
    }

    /// Says something on all streams of sessions.
    pub fn says(&self, message: Value) {
        let _ = self.shared.beside.send(message);
    }

    /// Lets one thing go on that waits.
    pub fn release(&self) {
        self.shared.gate.add_permits(1);
    }

    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    /// What came of a method.
    pub fn of(&self, method: &str) -> Vec<Got> {
        self.got().into_iter().filter(|it| it.asked() == method).collect()
    }

    /// The calls of tools.
    pub fn calls(&self) -> Vec<Got> {
        self.of("tools/call")
    }

    /// The last call of a tool.
    pub fn last(&self) -> Got {
        self.calls().pop().expect("a tool was called")
    }
}

/// A result that is one text.
pub fn text(text: &str) -> Say {
    Say::Result(json!({"content": [{"type": "text", "text": text}]}))
}

/// The message that answers another with a result.
pub fn reply(to: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": to["id"], "result": result})
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 16 << 20).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let message: Value = serde_json::from_str(&text).unwrap_or_default();
    let got = Got { method: head.method.clone(), headers: head.headers, text, message: message.clone() };
    shared.got.lock().unwrap().push(got);
    let (say, session) = {
        let mut script = shared.script.lock().unwrap();
        let said = said(&head.method, &message, &mut script);
        let session = (message["method"] == "initialize").then(|| format!("upstream-{}", script.sessions));
        (said, session)
    };
    let Some(say) = say else { return beside(&shared) };
    let mut response = given(&shared, &message, say).await;
    if let Some(session) = session {
        response.headers_mut().insert("mcp-session-id", session.parse().unwrap());
    }
    response
}

/// None for the stream of a session.
fn said(method: &Method, message: &Value, script: &mut Script) -> Option<Say> {
    let whole = |status| Some(Say::Whole(status, "text/plain", String::new()));
    if *method == Method::GET {
        return if script.listens { None } else { whole(405) };
    }
    if *method == Method::DELETE {
        return whole(204);
    }
    let capabilities = script.capabilities.clone();
    let info = json!({"name": "fake", "version": "1"});
    match message["method"].as_str() {
        None => whole(202),
        Some(name) if name.starts_with("notifications/") => whole(202),
        Some("server/discover") if script.modern => Some(Say::Result(json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": capabilities,
            "ttlMs": 0, "cacheScope": "public", "instructions": script.instructions,
            "_meta": {"io.modelcontextprotocol/serverInfo": info},
        }))),
        Some("initialize") if script.legacy => {
            script.sessions += 1;
            Some(Say::Result(json!({
                "protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info,
            })))
        }
        Some("server/discover" | "initialize") => Some(Say::Error(-32601, "there is no such method")),
        Some("tools/list") => Some(Say::Result(json!({
            "resultType": "complete", "tools": script.tools, "ttlMs": 60_000, "cacheScope": "public",
        }))),
        Some(_) => Some((script.answer)(message)),
    }
}

async fn given(shared: &Shared, message: &Value, mut say: Say) -> Response {
    while let Say::Held(inner) = say {
        shared.gate.acquire().await.unwrap().forget();
        say = *inner;
    }
    match say {
        Say::Result(result) => whole(200, "application/json", reply(message, &result).to_string()),
        Say::Error(code, why) => {
            let error =
                json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": why}});
            whole(200, "application/json", error.to_string())
        }
        Say::Whole(status, kind, text) => whole(status, kind, text),
        Say::Elsewhere(to) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Say::Events(steps) => {
            let gate = shared.gate.clone();
            let steps = steps.into_iter();
            let pieces = stream::unfold((steps, gate), |(mut steps, gate)| async move {
                loop {
                    let piece = match steps.next()? {
                        Step::Event(message) => event(&message),
                        Step::Raw(text) => Bytes::from(text),
                        Step::Wait => {
                            gate.acquire().await.unwrap().forget();
                            continue;
                        }
                    };
                    return Some((Ok::<_, Infallible>(piece), (steps, gate)));
                }
            });
            ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
        }
        Say::Held(_) => unreachable!("it was let go"),
    }
}

fn beside(shared: &Shared) -> Response {
    let heard = stream::unfold(shared.beside.subscribe(), |mut heard| async move {
        let message = heard.recv().await.ok()?;
        Some((Ok::<_, Infallible>(event(&message)), heard))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(heard)).into_response()
}

fn event(message: &Value) -> Bytes {
    Bytes::from(format!("data: {message}\n\n"))
}

fn whole(status: u16, kind: &'static str, text: String) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(CONTENT_TYPE, kind)], text).into_response()
}
