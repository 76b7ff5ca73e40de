//! What a server says of itself: which eras it speaks, what it can do, and its tools.

use super::{
    UpstreamError, modern,
    session::{Session, answered},
    wire::Wire,
};
use crate::{
    ledger::acts::Offered,
    mcp::{
        era::{MODERN, marks_well},
        message::MOST_BYTES,
    },
    store::tools::SERVER,
};
use domain::{definition::MCP_METHODS, mcp::offered};
use serde_json::{Value, json, value::RawValue};
use std::{collections::BTreeMap, sync::Arc};

/// The most tools of one server.
const MOST_TOOLS: usize = 1_000;
/// The most pages of a list.
const MOST_PAGES: usize = 100;

/// What was learned.
#[derive(Debug)]
pub(crate) struct Learned {
    /// Tools, methods, and the server itself.
    pub offered: Vec<Offered>,
    /// How many tools cannot be granted.
    pub left_out: usize,
}

/// Asks a server all of it: in the session that is open with it, or in one of its own.
pub(crate) async fn learn(wire: Wire<'_>, open: Option<Arc<Session>>) -> Result<Learned, UpstreamError> {
    let keep = open.is_some();
    let (modern, opened) = match open {
        Some(session) => (None, Ok(session)),
        None => (discover(wire).await?, Session::open(wire, &json!({})).await.map(Arc::new)),
    };
    let (session, server) = match (opened, modern) {
        (Ok(session), modern) => {
            let server = introduced(modern.as_ref(), Some(&session.server));
            (Some(session), server)
        }
        (Err(_), Some(modern)) => (None, introduced(Some(&modern), None)),
        (Err(error), None) => return Err(error),
    };
    let listed = tools(wire, session.as_deref(), &server).await;
    if let Some(session) = session.as_ref().filter(|_| !keep) {
        session.close(wire).await;
    }
    let (mut tools, left_out) = listed?;
    for (method, capability) in MCP_METHODS.into_iter().zip(["resources", "prompts"]) {
        if server["capabilities"].get(capability).is_some() {
            tools.insert(method.to_owned(), "{}".to_owned());
        }
    }
    tools.insert(SERVER.to_owned(), server.to_string());
    let offered = tools.into_iter().map(|(name, definition)| {
        let value: Value = serde_json::from_str(&definition).unwrap_or_default();
        Offered { name, digest: domain::digest::of_json(&value), definition }
    });
    Ok(Learned { offered: offered.collect(), left_out })
}

/// Whether it speaks 2026-07-28; then how it introduces itself there. A server of before answers anything.
async fn discover(wire: Wire<'_>) -> Result<Option<Value>, UpstreamError> {
    let asked =
        json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {"_meta": modern::meta()}});
    let headers = modern::headers("server/discover", None, &[]);
    let mut reply = match wire.post(headers, asked.to_string(), drop).await {
        Ok(reply) => reply,
        Err(error @ UpstreamError::Egress(_)) => return Err(error),
        Err(_) => return Ok(None),
    };
    if reply.status.as_u16() == 401 || reply.status.as_u16() == 403 {
        return Err(UpstreamError::Status(reply.status.as_u16()));
    }
    let Ok(Ok(said)) = answered(&mut reply.messages, 0).await else { return Ok(None) };
    let speaks = said["supportedVersions"].as_array().is_some_and(|it| it.iter().any(|it| it == MODERN));
    Ok(speaks.then_some(said))
}

/// What is kept of how a server introduces itself.
fn introduced(modern: Option<&Value>, legacy: Option<&Value>) -> Value {
    let of = |name: &str| {
        [modern, legacy].into_iter().flatten().find_map(|it| it.get(name)).cloned().unwrap_or_default()
    };
    let info = modern.and_then(|it| it["_meta"].get("io.modelcontextprotocol/serverInfo")).cloned();
    json!({
        "modern": modern.is_some(),
        "legacy": legacy.is_some(),
        "capabilities": of("capabilities"),
        "serverInfo": info.unwrap_or_else(|| of("serverInfo")),
        "instructions": of("instructions"),
    })
}

/// All pages of its tools, by name, as they were written; and how many of them cannot be granted.
async fn tools(
    wire: Wire<'_>,
    session: Option<&Session>,
    server: &Value,
) -> Result<(BTreeMap<String, String>, usize), UpstreamError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        #[serde(default)]
        tools: Vec<Box<RawValue>>,
        next_cursor: Option<String>,
    }
    let (mut tools, mut left_out) = (BTreeMap::new(), 0);
    if server["capabilities"].get("tools").is_none() {
        return Ok((tools, left_out));
    }
    let mut cursor: Option<String> = None;
    let mut bytes = 0;
    for _ in 0..MOST_PAGES {
        let said = page(wire, session, cursor.as_deref()).await?;
        bytes += said.len();
        let page: Page = serde_json::from_str(&said)
            .map_err(|_| UpstreamError::NotMcp("its list of tools cannot be read"))?;
        for tool in page.tools {
            let value: Value = serde_json::from_str(tool.get()).unwrap_or_default();
            let name = value["name"].as_str().unwrap_or_default();
            // The first counts: a second tool of a name could be what is run under it.
            let good = offered::action(name, tool.get(), None).is_some()
                && marks_well(&value["inputSchema"])
                && !tools.contains_key(name);
            if good && tools.len() < MOST_TOOLS && bytes <= MOST_BYTES {
                tools.insert(name.to_owned(), tool.get().to_owned());
            } else {
                left_out += 1;
            }
        }
        cursor = page.next_cursor.filter(|it| Some(it) != cursor.as_ref());
        if cursor.is_none() {
            return Ok((tools, left_out));
        }
    }
    Err(UpstreamError::NotMcp("its list of tools has no end"))
}

/// One page of tools, its result as it was written.
async fn page(
    wire: Wire<'_>,
    session: Option<&Session>,
    cursor: Option<&str>,
) -> Result<String, UpstreamError> {
    #[derive(serde::Deserialize)]
    struct Answer {
        result: Option<Box<RawValue>>,
        error: Option<Value>,
    }
    let mut params = json!({});
    if let Some(cursor) = cursor {
        params["cursor"] = json!(cursor);
    }
    if session.is_none() {
        params["_meta"] = modern::meta();
    }
    let headers = session.map_or_else(|| modern::headers("tools/list", None, &[]), Session::headers);
    let id = session.map_or(0, Session::next_id);
    let asked = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list", "params": params});
    let mut reply = wire.post(headers, asked.to_string(), drop).await?;
    while let Some(message) = reply.messages.next().await {
        let message = message?;
        let value: Answer =
            serde_json::from_str(&message).map_err(|_| UpstreamError::NotMcp("its message is no JSON"))?;
        match value {
            Answer { result: Some(result), .. } => return Ok(result.get().to_owned()),
            Answer { error: Some(_), .. } => {
                return Err(UpstreamError::NotMcp("it refuses to list its tools"));
            }
            Answer { .. } => {}
        }
    }
    if reply.status.is_success() {
        Err(UpstreamError::Broken)
    } else {
        Err(UpstreamError::Status(reply.status.as_u16()))
    }
}
