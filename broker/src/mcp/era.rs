//! Which revision of the protocol a request speaks, and whether its headers say what its body says.
//!
//! From 2026-07-28 on every request says for itself what it is (`_meta`), and headers repeat it for whatever routes it; the
//! revisions before begin with a handshake. An endpoint may speak both at once.

use super::message::{Call, RpcError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// The revision without a handshake.
pub(crate) const MODERN: &str = "2026-07-28";
/// The newest revision with one.
pub(crate) const LEGACY: &str = "2025-11-25";
/// The revisions with a handshake that are spoken here, the newest first.
pub(crate) const WITH_HANDSHAKE: [&str; 3] = [LEGACY, "2025-06-18", "2025-03-26"];

/// The headers of the protocol.
pub(crate) const VERSION: &str = "mcp-protocol-version";
pub(crate) const SESSION: &str = "mcp-session-id";
pub(crate) const METHOD: &str = "mcp-method";
pub(crate) const NAME: &str = "mcp-name";
pub(crate) const PARAM: &str = "mcp-param-";

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Whether every request stands for itself, or a session was begun before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2026-07-28.
    Modern,
    /// Before.
    Legacy,
}

impl Era {
    /// Reads it off a request or notification, and checks what its headers say.
    pub fn of(headers: &HeaderMap, call: &Call) -> Result<Self, RpcError> {
        let header = one(headers, VERSION)?;
        let meta = call.meta(META_VERSION).and_then(Value::as_str);
        let newer = header.as_deref().is_some_and(|it| it >= MODERN);
        if call.method == "initialize" && meta.is_none() && !newer {
            return Ok(Self::Legacy);
        }
        if meta.is_none() && !newer && call.method != "server/discover" {
            return match header {
                Some(version) if !WITH_HANDSHAKE.contains(&version.as_str()) => Err(unsupported(&version)),
                _ => Ok(Self::Legacy),
            };
        }
        let Some(meta) = meta else {
            return Err(bad_meta(META_VERSION));
        };
        if !call.meta(META_CAPABILITIES).is_some_and(Value::is_object) {
            return Err(bad_meta(META_CAPABILITIES));
        }
        match header.as_deref() {
            None => return Err(mismatch("MCP-Protocol-Version is missing")),
            Some(header) if header != meta => {
                return Err(mismatch("MCP-Protocol-Version and _meta name two revisions"));
            }
            Some(version) if version != MODERN => return Err(unsupported(version)),
            Some(_) => {}
        }
        agrees(headers, METHOD, "Mcp-Method", &call.method)?;
        if let Some(name) = named(call) {
            agrees(headers, NAME, "Mcp-Name", name)?;
        }
        Ok(Self::Modern)
    }
}

/// What `Mcp-Name` repeats of a request.
pub(crate) fn named(call: &Call) -> Option<&str> {
    match call.method.as_str() {
        "tools/call" | "prompts/get" => call.text("name"),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => call.text("uri"),
        _ => None,
    }
}

/// The arguments of a tool that headers repeat: those that its schema marks with `x-mcp-header`, by pointer and header.
pub(crate) fn marked(input_schema: &Value) -> Vec<(String, String)> {
    fn collect(schema: &Value, at: &str, found: &mut Vec<(String, String)>) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        for (name, property) in properties {
            let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
                found.push((at.clone(), header.to_owned()));
            }
            collect(property, &at, found);
        }
    }
    let mut found = Vec::new();
    collect(input_schema, "", &mut found);
    found
}

/// Whether the headers that a tool's schema asks for can be sent: tokens of RFC 9110 section 5.6.2, each once, for texts,
/// whole numbers and yes or no. A tool that asks for others cannot be called in this revision.
pub(crate) fn marks_well(input_schema: &Value) -> bool {
    fn well(schema: &Value, seen: &mut Vec<String>) -> bool {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return true };
        properties.values().all(|property| {
            let marked = property.get("x-mcp-header").is_none_or(|mark| {
                let Some(name) = mark.as_str().map(str::to_ascii_lowercase) else { return false };
                let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                let plain = ["string", "integer", "boolean"];
                let kind = property.get("type").and_then(Value::as_str).is_some_and(|it| plain.contains(&it));
                let new = !seen.contains(&name);
                let good = !name.is_empty() && name.bytes().all(token) && kind && new;
                seen.push(name);
                good
            });
            marked && well(property, seen)
        })
    }
    well(input_schema, &mut Vec::new())
}

/// Whether the headers of a call to a tool say what its marked arguments say.
pub(crate) fn params_agree(headers: &HeaderMap, schema: &Value, arguments: &Value) -> Result<(), RpcError> {
    for (at, header) in marked(schema) {
        let said = one(headers, &format!("{PARAM}{header}").to_ascii_lowercase())?;
        let is = arguments.pointer(&at).and_then(written);
        if said.map(|it| decoded(&it)).transpose()? != is {
            return Err(mismatch(&format!("Mcp-Param-{header} and the argument {at} do not agree")));
        }
    }
    Ok(())
}

/// A value as a header has it.
pub(crate) fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(it) => Some(it.to_string()),
        Value::Number(it) => Some(it.to_string()),
        _ => None,
    }
}

/// A text as it may stand in a header: what could not, in base64.
pub(crate) fn encoded(text: &str) -> String {
    let edge = |it: Option<char>| it.is_some_and(|it| it == ' ' || it == '\t');
    let plain = text.chars().all(|it| (' '..='~').contains(&it));
    if plain && !edge(text.chars().next()) && !edge(text.chars().last()) && !text.starts_with("=?base64?") {
        text.to_owned()
    } else {
        format!("=?base64?{}?=", BASE64_STANDARD.encode(text))
    }
}

fn decoded(header: &str) -> Result<String, RpcError> {
    let Some(inner) = header.strip_prefix("=?base64?").and_then(|it| it.strip_suffix("?=")) else {
        return Ok(header.to_owned());
    };
    let bytes = BASE64_STANDARD.decode(inner).ok().and_then(|it| String::from_utf8(it).ok());
    bytes.ok_or_else(|| mismatch("a header holds base64 that is none"))
}

fn agrees(headers: &HeaderMap, name: &str, shown: &str, body: &str) -> Result<(), RpcError> {
    let header = one(headers, name)?.ok_or_else(|| mismatch(&format!("{shown} is missing")))?;
    if decoded(&header)? == body {
        Ok(())
    } else {
        Err(mismatch(&format!("{shown} and the body do not agree")))
    }
}

/// A header that may stand once.
fn one(headers: &HeaderMap, name: &str) -> Result<Option<String>, RpcError> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| values.next().is_none());
    text.map(|it| Some(it.to_owned())).ok_or_else(|| mismatch(&format!("{name} must be one plain value")))
}

fn mismatch(why: &str) -> RpcError {
    RpcError::new(StatusCode::BAD_REQUEST, RpcError::HEADER_MISMATCH, why)
}

fn bad_meta(name: &str) -> RpcError {
    let why = format!("_meta must have {name}: this revision has no handshake");
    RpcError::new(StatusCode::BAD_REQUEST, RpcError::INVALID_PARAMS, why)
}

fn unsupported(requested: &str) -> RpcError {
    let why = format!("the revision {} is not spoken here", requested.escape_default());
    let supported: Vec<&str> = [MODERN].into_iter().chain(WITH_HANDSHAKE).collect();
    RpcError::new(StatusCode::BAD_REQUEST, RpcError::UNSUPPORTED_VERSION, why)
        .with(json!({"supported": supported, "requested": requested}))
}
