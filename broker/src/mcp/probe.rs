//! The side that faces MCP servers as a client of its own, without a grant, a person or a record: how it is shown that it speaks
//! the protocol (`countersign-broker mcp-probe`). It calls whatever a server offers, so it is for servers that are made for that.

use super::{
    era::{self, MODERN},
    upstream::{
        UpstreamError, modern,
        session::{Session, answered},
        wire::{Address, Messages, Wire},
    },
};
use crate::{
    calls::{Injected, scrub::Scrubber},
    egress::{Destination, Egress, Silence},
};
use serde_json::{Map, Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// How often a call is answered with a question.
const MOST_ROUNDS: usize = 10;
/// How long the stream of a session may take to open.
const OPENING: Duration = Duration::from_secs(2);

/// What a probe speaks to.
pub(crate) struct Probe {
    egress: Egress,
    to: Destination,
    path: String,
    injected: Injected,
    next: AtomicU64,
    session: Option<Session>,
}

/// A call that was asked for.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Probe {
    pub fn new(egress: Egress, to: Destination, path: String) -> anyhow::Result<Self> {
        let injected = Injected { header: None, scrubber: Arc::new(Scrubber::new::<&[u8]>(&[])?) };
        Ok(Self { egress, to, path, injected, next: AtomicU64::new(1), session: None })
    }

    fn wire(&self) -> Wire<'_> {
        let Self { egress, to, path, injected, .. } = self;
        Wire::Http(Address { egress, counted: None, to, path, injected, silence: Silence::Tool })
    }

    /// Everything that a server offers, once; or these calls instead of all tools.
    pub async fn run(mut self, modern: bool, calls: Option<Vec<ToolCall>>) -> anyhow::Result<()> {
        let server = if modern { self.discover().await? } else { self.open().await? };
        let tools = self.all("tools/list", "tools").await?;
        let kept: Vec<&Value> = tools.iter().filter(|it| era::marks_well(&it["inputSchema"])).collect();
        let every = || kept.iter().map(|tool| made_up(tool, &tools)).collect();
        let probe = Arc::new(self);
        let heard = probe.hear().await;
        for call in calls.unwrap_or_else(every) {
            let schema = kept.iter().find(|it| it["name"] == call.name).map(|it| &it["inputSchema"]);
            probe.call(&call, schema.unwrap_or(&Value::Null)).await?;
        }
        if server["capabilities"].get("resources").is_some() {
            for it in probe.all("resources/list", "resources").await? {
                probe.ask("resources/read", &json!({"uri": it["uri"]}), &[]).await?.ok();
            }
        }
        if server["capabilities"].get("prompts").is_some() {
            for it in probe.all("prompts/list", "prompts").await? {
                probe.ask("prompts/get", &json!({"name": it["name"]}), &[]).await?.ok();
            }
        }
        heard.abort();
        if let Some(session) = &probe.session {
            session.close(probe.wire()).await;
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<Value, UpstreamError> {
        let session = Session::open(self.wire(), &json!({"elicitation": {}})).await?;
        let server = session.server.clone();
        self.session = Some(session);
        Ok(server)
    }

    /// A server may say that it speaks other revisions only: then it is asked once more in that which both speak.
    async fn discover(&self) -> Result<Value, UpstreamError> {
        for _ in 0..2 {
            match self.ask("server/discover", &json!({}), &[]).await? {
                Ok(server) => return Ok(server),
                Err(error) => {
                    let supported = error.pointer("/data/supported").and_then(Value::as_array);
                    if !supported.is_some_and(|it| it.iter().any(|it| it == MODERN)) {
                        return Err(UpstreamError::NotMcp("it speaks no revision that is spoken here"));
                    }
                }
            }
        }
        Err(UpstreamError::NotMcp("it refuses the revision that it says it speaks"))
    }

    /// All pages of a list.
    async fn all(&self, method: &str, member: &str) -> Result<Vec<Value>, UpstreamError> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let params = cursor.as_ref().map_or_else(|| json!({}), |it| json!({"cursor": it}));
            let Ok(mut page) = self.ask(method, &params, &[]).await? else { return Ok(all) };
            all.extend(page[member].as_array_mut().map(std::mem::take).unwrap_or_default());
            cursor = page["nextCursor"].as_str().map(str::to_owned).filter(|it| Some(it) != cursor.as_ref());
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// One call, with answers to what the server wants to know first (2026-07-28).
    async fn call(&self, call: &ToolCall, schema: &Value) -> Result<(), UpstreamError> {
        let marked = modern::marked(schema, &call.arguments);
        let mut params = json!({"name": call.name, "arguments": call.arguments});
        for _ in 0..MOST_ROUNDS {
            let Ok(result) = self.ask("tools/call", &params, &marked).await? else { return Ok(()) };
            if result.get("resultType").is_none_or(|it| it != "input_required") {
                return Ok(());
            }
            let asked = result["inputRequests"].as_object().cloned().unwrap_or_default();
            let given: Map<String, Value> =
                asked.iter().map(|(key, it)| (key.clone(), accepted(&it["params"]))).collect();
            params["inputResponses"] = Value::Object(given);
            if let Some(object) = params.as_object_mut() {
                object.remove("requestState");
                object.extend(result.get("requestState").map(|it| ("requestState".to_owned(), it.clone())));
            }
        }
        Ok(())
    }

    async fn ask(
        &self,
        method: &str,
        params: &Value,
        marked: &[(String, String)],
    ) -> Result<Result<Value, Value>, UpstreamError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str);
        let (headers, params) = self.session.as_ref().map_or_else(
            || {
                (
                    modern::headers(method, name, marked),
                    modern::params_of(params, &json!({"elicitation": {}})),
                )
            },
            |session| (session.headers(), params.clone()),
        );
        let asked = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut reply = self.wire().post(headers, asked.to_string(), drop).await?;
        loop {
            match answered(&mut reply.messages, id).await {
                Err(UpstreamError::Broken) if !reply.status.is_success() => {
                    return Err(UpstreamError::Status(reply.status.as_u16()));
                }
                Err(UpstreamError::Broken) => {
                    let Some(session) = &self.session else { return Err(UpstreamError::Broken) };
                    if !session.resume(self.wire(), &mut reply.messages).await {
                        return Err(UpstreamError::Broken);
                    }
                }
                answer => return answer,
            }
        }
    }

    /// Answers what the server asks in its session, beside the calls.
    async fn hear(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let probe = self.clone();
        let (open, opened) = tokio::sync::oneshot::channel();
        let hearing = tokio::spawn(async move {
            let Some(session) = probe.session.as_ref().filter(|it| it.has_id()) else { return };
            let listening = session.listen(probe.wire(), None).await;
            let _ = open.send(());
            let Ok(messages) = listening else { return };
            probe.answer(session, messages).await;
        });
        let _ = timeout(OPENING, opened).await;
        hearing
    }

    async fn answer(&self, session: &Session, mut messages: Messages) {
        while let Some(Ok(text)) = messages.next().await {
            let Ok(message) = serde_json::from_str::<Value>(&text) else { continue };
            if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": accepted(&message["params"])});
                let _ = session.tell(self.wire(), answer.to_string()).await;
            }
        }
    }
}

/// What a person would answer who takes what is offered.
fn accepted(asked: &Value) -> Value {
    let properties = asked.pointer("/requestedSchema/properties").and_then(Value::as_object);
    let content: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, it)| (name.clone(), it.get("default").cloned().unwrap_or_else(|| some(it))))
        .collect();
    json!({"action": "accept", "content": content})
}

/// Some value of a schema's type.
fn some(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(5),
        Some("boolean") => json!(true),
        Some("object") => json!({}),
        Some("array") => json!([]),
        _ => json!("us-west1"),
    }
}

/// A call with some value for each argument that a tool needs. One tool wants another's schema back as it was received.
fn made_up(tool: &Value, all: &[Value]) -> ToolCall {
    let schema = &tool["inputSchema"];
    let name = tool["name"].as_str().unwrap_or_default().to_owned();
    if name == "json_schema_echo" {
        let other = all.iter().find(|it| it["name"] == "json_schema_2020_12_tool");
        return ToolCall { name, arguments: json!({"schema": other.map(|it| &it["inputSchema"])}) };
    }
    let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let arguments = needed.map(|name| (name.to_owned(), some(&schema["properties"][name])));
    ToolCall { name, arguments: Value::Object(arguments.collect()) }
}
