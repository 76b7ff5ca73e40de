//! JSON-RPC 2.0 messages of clients, read once and strictly, and the errors that answer them.

use domain::mcp::json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::sync::Arc;

/// The largest message, from a client or from a server.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The longest id of a request.
const LONGEST_ID: usize = 256;

/// One message of a client.
#[derive(Debug)]
pub(crate) enum Message {
    /// It wants an answer.
    Request(Request),
    /// It wants none.
    Notification(Call),
    /// It answers a request of the server.
    Response {
        /// The id of that request, as we gave it.
        id: Id,
        /// The whole message as it was written.
        raw: Box<RawValue>,
    },
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// The client's id, which stands in the answer as it was written.
    pub id: Id,
    /// What is asked.
    pub call: Call,
}

/// A method with its parameters.
#[derive(Debug)]
pub(crate) struct Call {
    /// The method.
    pub method: String,
    /// The parameters; null if there are none.
    pub params: Arc<Value>,
    /// The very text that `params` was read from.
    pub raw: Option<Arc<RawValue>>,
}

impl Call {
    /// A parameter that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// Something in `_meta`.
    pub fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }
}

/// An id as it was written: a text or a whole number.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Id(Box<RawValue>);

impl Id {
    /// As it was written; two ids are the same where this is.
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

#[derive(Deserialize)]
struct Envelope {
    jsonrpc: Option<String>,
    id: Option<Box<RawValue>>,
    method: Option<String>,
    params: Option<Box<RawValue>>,
    result: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl Message {
    /// Reads the body of a POST. Batches are no messages any more (2025-06-18).
    pub fn read(body: &[u8]) -> Result<Self, RpcError> {
        let mut value = json::read(body)
            .map_err(|why| RpcError::new(StatusCode::BAD_REQUEST, RpcError::PARSE, why.to_string()))?;
        let invalid = |why: &str| RpcError::new(StatusCode::BAD_REQUEST, RpcError::INVALID_REQUEST, why);
        if value.is_array() {
            return Err(invalid("one POST carries one message: batches are no part of this protocol"));
        }
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| invalid("this is no JSON-RPC message"))?;
        if envelope.jsonrpc.as_deref() != Some("2.0") {
            return Err(invalid("jsonrpc must be \"2.0\""));
        }
        let id = envelope.id.map(id).transpose().map_err(invalid)?;
        let answers = envelope.result.is_some() || envelope.error.is_some();
        match (envelope.method, id, answers) {
            (Some(method), id, false) => {
                let params = value.get_mut("params").map(Value::take).unwrap_or_default();
                if !matches!(params, Value::Null | Value::Object(_)) {
                    return Err(invalid("params must be an object"));
                }
                let call = Call { method, params: Arc::new(params), raw: envelope.params.map(Arc::from) };
                Ok(match id {
                    Some(id) => Self::Request(Request { id, call }),
                    None => Self::Notification(call),
                })
            }
            (None, Some(id), true) => {
                let raw = serde_json::from_slice(body).map_err(|_| invalid("this is no JSON-RPC message"))?;
                Ok(Self::Response { id, raw })
            }
            _ => Err(invalid("a message is a request, a notification or an answer")),
        }
    }
}

fn id(raw: Box<RawValue>) -> Result<Id, &'static str> {
    let text = raw.get();
    let whole = text.parse::<i64>().is_ok();
    if text.len() <= LONGEST_ID && (text.starts_with('"') || whole) {
        Ok(Id(raw))
    } else {
        Err("id must be a short text or a whole number")
    }
}

/// An error of JSON-RPC, with the status that it has where it is the whole answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RpcError {
    pub status: StatusCode,
    pub code: i64,
    pub message: String,
    pub data: Option<Value>,
}

impl RpcError {
    /// No JSON.
    pub const PARSE: i64 = -32700;
    /// JSON that is no message.
    pub const INVALID_REQUEST: i64 = -32600;
    /// There is no such method here.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// Parameters that are not what the method takes; a tool that there is not.
    pub const INVALID_PARAMS: i64 = -32602;
    /// Something broke here, or at the server.
    pub const INTERNAL: i64 = -32603;
    /// A header and the body do not agree (MCP 2026-07-28).
    pub const HEADER_MISMATCH: i64 = -32020;
    /// A revision that is not spoken here (MCP 2026-07-28).
    pub const UNSUPPORTED_VERSION: i64 = -32022;
    /// The session does not hold it. Our own, outside what JSON-RPC and MCP keep for themselves.
    pub const NOT_GRANTED: i64 = -31001;
    /// The MCP server behind did not answer as one. Our own.
    pub const UPSTREAM: i64 = -31002;

    pub fn new(status: StatusCode, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), data: None }
    }

    /// The same with what a program can use.
    pub fn with(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// As `error` stands in a message.
    pub fn value(&self) -> Value {
        let mut error = serde_json::json!({"code": self.code, "message": self.message});
        if let (Some(data), Some(object)) = (&self.data, error.as_object_mut()) {
            object.insert("data".to_owned(), data.clone());
        }
        error
    }
}

/// The message that answers a request; a null id where it could not be read.
pub(crate) fn answer(id: Option<&Id>, outcome: Result<&Value, &RpcError>) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        jsonrpc: &'static str,
        id: Option<&'a Id>,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Value>,
    }
    let answer =
        Answer { jsonrpc: "2.0", id, result: outcome.ok(), error: outcome.err().map(RpcError::value) };
    serde_json::to_string(&answer).unwrap_or_default()
}
