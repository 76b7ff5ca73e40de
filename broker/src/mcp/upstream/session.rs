//! A session with a server that begins with a handshake (2025-11-25 and before).

use super::{
    UpstreamError, modern,
    wire::{Messages, Wire},
};
use crate::mcp::era::{self, LEGACY, WITH_HANDSHAKE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long is waited before a broken stream is taken up, in milliseconds, and at most where the server asks for more.
const USUAL_RETRY: u64 = 500;
const LONGEST_RETRY: u64 = 5_000;

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    id: Option<HeaderValue>,
    version: &'static str,
    next: AtomicU64,
    /// The level of the log that it was told.
    level: Mutex<Option<String>>,
    /// How the server introduced itself.
    pub server: Value,
}

impl Session {
    /// Shakes hands, as a client that can do this much.
    pub async fn open(wire: Wire<'_>, capabilities: &Value) -> Result<Self, UpstreamError> {
        let asked = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {"protocolVersion": LEGACY, "capabilities": capabilities, "clientInfo": modern::client()},
        });
        let mut reply = wire.post(HeaderMap::new(), asked.to_string(), drop).await?;
        let answered = answered(&mut reply.messages, 0).await;
        if !reply.status.is_success() {
            return Err(UpstreamError::Status(reply.status.as_u16()));
        }
        let server = answered?.map_err(|error| UpstreamError::Handshake(said(&error)))?;
        let version = server.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
        let version = WITH_HANDSHAKE.into_iter().find(|it| *it == version);
        let version = version.ok_or(UpstreamError::NotMcp("it speaks no revision that is spoken here"))?;
        let id = reply.headers.get(era::SESSION).cloned();
        let session = Self { id, version, next: AtomicU64::new(1), level: Mutex::default(), server };
        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        session.tell(wire, done.to_string()).await?;
        Ok(session)
    }

    /// Whether the server gave it an id.
    pub fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// An id that no other request of this session has.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The headers of whatever belongs to this session.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(era::VERSION, HeaderValue::from_static(self.version));
        if let Some(id) = &self.id {
            headers.insert(era::SESSION, id.clone());
        }
        headers
    }

    /// Sends what wants no answer.
    pub async fn tell(&self, wire: Wire<'_>, message: String) -> Result<(), UpstreamError> {
        let reply = wire.post(self.headers(), message, drop).await?;
        if reply.status.is_success() { Ok(()) } else { Err(UpstreamError::Status(reply.status.as_u16())) }
    }

    /// Whether it has to be told this level of the log, which is then taken as told.
    pub fn is_to_learn(&self, level: &str) -> bool {
        let mut told = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        told.replace(level.to_owned()).as_deref() != Some(level)
    }

    /// Whether an answer says that the server has forgotten the session: then nothing was done.
    pub fn is_gone(&self, status: StatusCode) -> bool {
        self.id.is_some() && status == StatusCode::NOT_FOUND
    }

    /// Takes up a stream that broke, or opens the one for what the server says by itself.
    pub async fn listen(&self, wire: Wire<'_>, last_id: Option<&str>) -> Result<Messages, UpstreamError> {
        let mut headers = self.headers();
        if let Some(last) = last_id.and_then(|it| HeaderValue::from_str(it).ok()) {
            headers.insert("last-event-id", last);
        }
        let reply = wire.bare(Method::GET, headers).await?;
        if reply.status.is_success() {
            Ok(reply.messages)
        } else {
            Err(UpstreamError::Status(reply.status.as_u16()))
        }
    }

    /// Takes up a stream that ended before its answer, where the server said how.
    pub async fn resume(&self, wire: Wire<'_>, messages: &mut Messages) -> bool {
        let Some(last) = messages.last_id.clone() else { return false };
        let wait = messages.retry.unwrap_or(USUAL_RETRY).min(LONGEST_RETRY);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        match self.listen(wire, Some(&last)).await {
            Ok(taken_up) => {
                *messages = taken_up;
                true
            }
            Err(_) => false,
        }
    }

    /// Ends it at the server; whether that worked is its own affair.
    pub async fn close(&self, wire: Wire<'_>) {
        if self.id.is_some() {
            let _ = wire.bare(Method::DELETE, self.headers()).await;
        }
    }
}

/// The answer to the request with this id among what comes: its result or its error.
pub(crate) async fn answered(
    messages: &mut Messages,
    id: u64,
) -> Result<Result<Value, Value>, UpstreamError> {
    while let Some(message) = messages.next().await {
        let mut message: Value =
            serde_json::from_str(&message?).map_err(|_| UpstreamError::NotMcp("its message is no JSON"))?;
        if message.get("method").is_some() {
            continue;
        }
        if let Some(error) = message.get_mut("error").map(Value::take) {
            return Ok(Err(error));
        }
        if message.get("id").and_then(Value::as_u64) != Some(id) {
            return Err(UpstreamError::WrongId);
        }
        let result = message.get_mut("result").map(Value::take);
        return result.map(Ok).ok_or(UpstreamError::NotMcp("its answer has neither result nor error"));
    }
    Err(UpstreamError::Broken)
}

/// What an error says, cleaned and short.
pub(crate) fn said(error: &Value) -> String {
    let text = error.get("message").and_then(Value::as_str).unwrap_or("no reason given");
    crate::grants::visible(text).chars().take(200).collect()
}
