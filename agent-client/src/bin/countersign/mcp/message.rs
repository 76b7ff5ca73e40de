//! JSON-RPC messages as far as the bridge must understand them. Their text goes on unchanged.

use agent_client::header::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

/// Where a message of the stateless revisions says which revision it is.
const VERSION_IN_META: &str = "io.modelcontextprotocol/protocolVersion";

/// JSON-RPC's own codes.
pub const PARSE_ERROR: i32 = -32_700;
pub const INVALID_REQUEST: i32 = -32_600;
pub const METHOD_NOT_FOUND: i32 = -32_601;
/// Ours, outside of what JSON-RPC and MCP reserve: the broker did not carry the message.
pub const NOT_CARRIED: i32 = 1;

/// A message of the client.
#[derive(Debug)]
pub struct Message {
    /// As it came.
    pub text: String,
    pub id: Option<Value>,
    pub method: Option<String>,
    params: Value,
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
}

impl Message {
    /// Reads a line, or says what to answer instead.
    pub fn parse(text: String) -> Result<Self, String> {
        if text.starts_with('[') {
            return Err(error(&Value::Null, INVALID_REQUEST, "MCP has no batches: send one message a line"));
        }
        match serde_json::from_str::<Envelope>(&text) {
            Ok(Envelope { id, method, params }) => Ok(Self { text, id, method, params }),
            Err(why) => Err(error(&Value::Null, PARSE_ERROR, &format!("no JSON-RPC message: {why}"))),
        }
    }

    /// The id, if it waits for an answer.
    pub fn awaits(&self) -> Option<&Value> {
        self.id.as_ref().filter(|_| self.method.is_some())
    }

    pub fn is(&self, method: &str) -> bool {
        self.method.as_deref() == Some(method)
    }

    /// The request that this takes back.
    pub fn cancelled(&self) -> Option<&Value> {
        self.is("notifications/cancelled").then(|| self.params.get("requestId")).flatten()
    }

    /// The revision, if it is one of those without sessions.
    pub fn stateless(&self) -> Option<&str> {
        self.params.get("_meta")?.get(VERSION_IN_META)?.as_str()
    }

    /// The revision that a client asks for which begins a session.
    pub fn asked_version(&self) -> Option<&str> {
        self.params.get("protocolVersion")?.as_str()
    }

    /// The same with another id, for what the bridge sends itself.
    pub fn with_id(&self, id: &str) -> String {
        json!({"jsonrpc": "2.0", "id": id, "method": self.method, "params": self.params}).to_string()
    }

    /// What the stateless revisions say in headers too; they must agree with the body.
    pub fn stateless_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let Some(version) = self.stateless() else { return headers };
        put(&mut headers, "mcp-protocol-version", version);
        if let Some(method) = self.method.as_deref() {
            put(&mut headers, "mcp-method", method);
            let named_by = match method {
                "tools/call" | "prompts/get" => Some("name"),
                "resources/read" => Some("uri"),
                "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
                _ => None,
            };
            if let Some(name) = named_by.and_then(|it| self.params.get(it)).and_then(Value::as_str) {
                put(&mut headers, "mcp-name", name);
            }
        }
        headers
    }
}

/// Sets a header; what a header cannot carry as it is, in the form that the specification has for that.
pub fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let outer_blank = value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']);
    let looks_encoded = value.starts_with("=?base64?") && value.ends_with("?=");
    let plain = value.bytes().all(|it| (0x20..=0x7e).contains(&it));
    let text = if plain && !outer_blank && !looks_encoded {
        value.to_owned()
    } else {
        format!("=?base64?{}?=", BASE64_STANDARD.encode(value))
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// An error, as a line.
pub fn error(id: &Value, code: i32, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string()
}

/// A result, as a line.
pub fn result(id: &Value, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

/// The answer's id, if the text is an answer.
pub fn answers(text: &str) -> Option<Value> {
    #[derive(Deserialize)]
    struct Answer {
        id: Option<Value>,
        method: Option<serde::de::IgnoredAny>,
        result: Option<serde::de::IgnoredAny>,
        error: Option<serde::de::IgnoredAny>,
    }
    let answer: Answer = serde_json::from_str(text).ok()?;
    let is_answer = answer.method.is_none() && (answer.result.is_some() || answer.error.is_some());
    is_answer.then_some(answer.id).flatten()
}

/// JSON on one line: line ends stand only between its parts, never within a text.
pub fn one_line(text: &str) -> String {
    text.trim().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(value: &Value) -> Message {
        Message::parse(value.to_string()).unwrap()
    }

    #[test]
    fn what_stands_in_headers_agrees_with_the_body() {
        let call = |name: &str| {
            let meta = json!({VERSION_IN_META: "2026-07-28"});
            let call = message(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": name, "_meta": meta}}));
            let headers = call.stateless_headers();
            let get = |it: &str| headers.get(it).map(|it| it.to_str().unwrap().to_owned());
            (get("mcp-protocol-version"), get("mcp-method"), get("mcp-name").unwrap())
        };
        let (version, method, name) = call("issues.read");
        assert_eq!((version.as_deref(), method.as_deref()), (Some("2026-07-28"), Some("tools/call")));
        assert_eq!(name, "issues.read");
        assert_eq!(call("\u{fc}ber").2, "=?base64?w7xiZXI=?=");
        assert_eq!(call(" x").2, "=?base64?IHg=?=");
        assert_eq!(call("=?base64?eA==?=").2, "=?base64?PT9iYXNlNjQ/ZUE9PT89?=");
        let legacy = message(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
        assert!(legacy.stateless_headers().is_empty());
    }

    #[test]
    fn what_is_no_message_is_answered() {
        let code = |text: &str| {
            let answer: Value = serde_json::from_str(&Message::parse(text.to_owned()).unwrap_err()).unwrap();
            (answer["id"].clone(), answer["error"]["code"].clone())
        };
        assert_eq!(code("[{}]"), (Value::Null, json!(INVALID_REQUEST)));
        assert_eq!(code("{"), (Value::Null, json!(PARSE_ERROR)));
        assert_eq!(code("7"), (Value::Null, json!(PARSE_ERROR)));
    }

    #[test]
    fn answers_are_told_from_requests() {
        assert_eq!(answers("{\"id\":7,\"result\":{}}"), Some(json!(7)));
        assert_eq!(answers("{\"id\":\"a\",\"error\":{}}"), Some(json!("a")));
        for no in ["{\"id\":7,\"method\":\"x\"}", "{\"method\":\"x\"}", "{\"id\":7}", "[]", "{"] {
            assert_eq!(answers(no), None, "{no}");
        }
        assert_eq!(one_line("{\n  \"a\": \"b\\n\"\r\n}\n"), "{   \"a\": \"b\\n\"  }");
    }
}
