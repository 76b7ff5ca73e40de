//! Requests of 2026-07-28: each says for itself what it is.

use super::super::era::{self, MODERN};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

/// The headers of a request: what its body says, for whatever routes it.
pub(crate) fn headers(method: &str, name: Option<&str>, marked: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(era::VERSION, HeaderValue::from_static(MODERN));
    let mut say = |name: &str, value: &str| {
        let pair = (HeaderName::try_from(name), HeaderValue::try_from(era::encoded(value)));
        if let (Ok(name), Ok(value)) = pair {
            headers.insert(name, value);
        }
    };
    say(era::METHOD, method);
    if let Some(name) = name {
        say(era::NAME, name);
    }
    for (header, value) in marked {
        say(&format!("{}{header}", era::PARAM), value);
    }
    headers
}

/// What arguments a tool's schema wants repeated, by header.
pub(crate) fn marked(input_schema: &Value, arguments: &Value) -> Vec<(String, String)> {
    let said = |(at, header): (String, String)| Some((header, era::written(arguments.pointer(&at)?)?));
    era::marked(input_schema).into_iter().filter_map(said).collect()
}

/// `_meta` of a request that the broker makes by itself.
pub(crate) fn meta() -> Value {
    meta_of(&json!({}))
}

fn meta_of(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": client(),
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}

/// As what the broker introduces itself.
pub(crate) fn client() -> Value {
    json!({"name": "countersign", "title": "Countersign", "version": env!("CARGO_PKG_VERSION")})
}

/// The parameters of a client of the other era, with the `_meta` that this one asks for beside its own.
pub(crate) fn params(of_client: &Value) -> Value {
    params_of(of_client, &json!({}))
}

/// The same for a client that can do this much.
pub(crate) fn params_of(of_client: &Value, capabilities: &Value) -> Value {
    let mut params = of_client.as_object().cloned().unwrap_or_default();
    let mut said = params.get("_meta").and_then(Value::as_object).cloned().unwrap_or_default();
    said.extend(meta_of(capabilities).as_object().cloned().unwrap_or_default());
    params.insert("_meta".to_owned(), Value::Object(said));
    Value::Object(params)
}

/// A result of this era for a client of the one before, or the other way round: only `resultType` and the cache's words are
/// not known to both.
pub(crate) fn result(mut result: Value, for_modern: bool, listed: bool) -> Value {
    if let Some(result) = result.as_object_mut() {
        if for_modern {
            complete(result, listed);
        } else if result.get("resultType").is_some_and(|it| it == "complete") {
            result.remove("resultType");
        }
    }
    result
}

/// What a modern client has to be told: nothing is shared between those who hold different grants.
pub(crate) fn complete(result: &mut Map<String, Value>, listed: bool) {
    result.entry("resultType").or_insert_with(|| json!("complete"));
    if listed || result.contains_key("cacheScope") {
        result.insert("cacheScope".to_owned(), json!("private"));
        let known = result.get("ttlMs").and_then(Value::as_u64);
        result.insert("ttlMs".to_owned(), json!(known.unwrap_or(0)));
    }
}
