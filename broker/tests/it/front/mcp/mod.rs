//! The MCP gateway through its front door, before an MCP server that does what a test tells it to.

mod arguments;
mod changing;
mod hanging;
mod headers;
mod journey;
mod messages;
mod methods;
mod repeats;
mod results;
mod several;
mod upstreams;
mod within;

use super::{
    acts::Session,
    cast::{Asking, Heard, Member},
    support::{Front, service},
};
use crate::support::{
    installation::{definition, slug},
    mcp_server::McpServer,
};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use broker::{ledger::acts::Declaration, mcp::import, tokens::GrantToken};
use http_body_util::BodyExt as _;
use protocol::{
    RequestId,
    mcp::{McpServer as Declared, McpTransport, ResultRule, ToolWord},
    record::{Actor, Record},
    services::{AuthStyle, ServiceDefinition, ServiceKind},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// Whoever waits longer waits for something that will not come.
pub const SOON: Duration = Duration::from_secs(20);

pub const MODERN: &str = "2026-07-28";

/// A tool that only reads.
pub fn reading(name: &str) -> Value {
    tool(name, &json!({"readOnlyHint": true}))
}

/// A tool that adds something here.
pub fn writing(name: &str) -> Value {
    tool(name, &json!({"destructiveHint": false, "openWorldHint": false}))
}

/// A tool that takes whatever it is given.
pub fn tool(name: &str, annotations: &Value) -> Value {
    json!({
        "name": name, "description": format!("The {name}."), "inputSchema": {"type": "object"},
        "annotations": annotations,
    })
}

/// How a service of an MCP server is declared.
pub fn declared(id: &str, server: &McpServer, kept: &[ResultRule]) -> ServiceDefinition {
    let transport = McpTransport::Http { path: "/mcp".to_owned() };
    // Nobody has to prove anything for what can be undone.
    let undone = ToolWord {
        tool: "write".to_owned(),
        effect: None,
        reversible: Some(true),
        verb: None,
        object: None,
        ask: false,
        for_digest: None,
    };
    ServiceDefinition {
        kind: ServiceKind::Mcp,
        origin: server.origin(),
        auth: AuthStyle::Header { name: "x-api-key".to_owned(), prefix: String::new() },
        allow_private: true,
        resource: None,
        actions: Vec::new(),
        mcp: Some(Declared { transport, words: vec![undone], kept: kept.to_vec() }),
        ..definition(id)
    }
}

impl Front {
    /// Declares an MCP server, connects an account, and takes in its tools.
    pub async fn connect(&self, id: &str, server: &McpServer) {
        self.connect_keeping(id, server, &[]).await;
    }

    pub async fn connect_keeping(&self, id: &str, server: &McpServer, kept: &[ResultRule]) {
        let declared = declared(id, server, kept);
        self.declare(Declaration::Service(declared.clone())).await;
        self.connection(&declared, id, None).await;
        self.import(id).await;
    }

    /// Takes in what a server offers now.
    pub async fn import(&self, id: &str) {
        import::now(&self.app, &slug(id), Actor::Broker).await.unwrap();
    }

    /// A session of the direct agent that holds these tools of a service.
    pub async fn holding(&self, id: &str, tools: &[&str]) -> Session {
        self.session_of(&self.direct, &[json!({"service": id, "actions": tools})], 3_600).await
    }

    /// A server with two tools that read and one that writes, and a session that holds one of each kind.
    pub async fn tracker(&self) -> (McpServer, Session) {
        let server = McpServer::start(&[reading("look"), reading("secret"), writing("write")]).await;
        self.connect("tracker-mcp", &server).await;
        let session = self.holding("tracker-mcp", &["look", "write"]).await;
        (server, session)
    }

    /// The session's token, bound to these addresses below the broker's own.
    pub async fn bound_to(&self, session: &Session, agent: &Member, paths: &[&str]) -> String {
        let request: RequestId = session.request.parse().unwrap();
        let stored = broker::store::grants::find(&mut self.app.store.read().await.unwrap(), &request).await;
        let stored = stored.unwrap().unwrap();
        let approval = stored.grant.approval().unwrap();
        let resources: Vec<String> =
            paths.iter().map(|path| format!("{}{path}", self.app.public_url)).collect();
        let token = GrantToken {
            grant: &stored.grant.grant_id(),
            digest: domain::digest::grant_digest(&approval.terms).half(),
            ends_at: approval.ends_at,
            owner: &approval.terms.owner,
            agent: &service(&agent.id),
            client: &agent.id,
            resources: &resources,
            authorization_details: Vec::new(),
            scope: "",
        };
        let signer = self.app.signer().unwrap();
        let token = signer.grant_token(&token, self.clock.now()).unwrap().expose().to_owned();
        self.keep(&token);
        token
    }

    /// The records of refused calls.
    pub async fn refusals(&self, grant: &str) -> Vec<Record> {
        let record = self.record(grant).await;
        record.into_iter().filter(|it| it.kind == "call.refused").collect()
    }

    /// How the last call was authorised, and how it ended.
    pub async fn both(&self, grant: &str) -> (Record, Record) {
        self.settle().await;
        let record = self.record(grant).await;
        let begun =
            record.iter().rev().find(|it| it.kind == "call.authorised").expect("a call began").clone();
        let ended = record.into_iter().rev().find(|it| it.call == begun.call && it.kind != begun.kind);
        (begun, ended.expect("it ended"))
    }
}

/// A client at a door.
pub struct Client<'a> {
    pub front: &'a Front,
    pub token: String,
    pub path: String,
    pub session: Option<String>,
}

impl<'a> Client<'a> {
    pub fn new(front: &'a Front, session: &Session, path: &str) -> Self {
        Self { front, token: session.token.clone(), path: path.to_owned(), session: None }
    }

    /// What every request of the protocol has.
    pub fn asking(&self) -> Asking<'a> {
        let asking = self.front.with(&self.token).header("content-type", "application/json");
        let asking = asking.header("accept", "application/json, text/event-stream");
        match &self.session {
            Some(id) => asking.header("mcp-session-id", id).header("mcp-protocol-version", "2025-11-25"),
            None => asking,
        }
    }

    /// Posts a text.
    pub async fn post(&self, text: &str) -> Heard {
        timeout(SOON, self.asking().send("POST", &self.path, text.to_owned())).await.expect("no answer came")
    }

    /// A request of 2025-11-25.
    pub async fn legacy(&self, id: i64, method: &str, params: &Value) -> Heard {
        self.post(&request(id, method, params).to_string()).await
    }

    /// Begins a session of 2025-11-25.
    pub async fn begin(&mut self, capabilities: &Value) -> Heard {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": {"name": "test", "version": "1"},
        });
        let heard = self.legacy(0, "initialize", &params).await;
        assert_eq!(heard.status, 200, "{}", heard.text());
        self.session = Some(heard.header("mcp-session-id").to_owned());
        let told = self.post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        assert_eq!(told.status, 202, "{}", told.text());
        heard
    }

    /// The headers of a request of 2026-07-28.
    pub fn modern_asking(&self, method: &str, name: Option<&str>) -> Asking<'a> {
        let asking = self.asking().header("mcp-protocol-version", MODERN).header("mcp-method", method);
        name.map_or(asking.clone(), |name| asking.header("mcp-name", name))
    }

    /// A request of 2026-07-28.
    pub async fn modern(&self, id: i64, method: &str, params: &Value) -> Heard {
        let name = params["name"].as_str();
        let body = request(id, method, &with_meta(params)).to_string();
        let sent = self.modern_asking(method, name).send("POST", &self.path, body);
        timeout(SOON, sent).await.expect("no answer came")
    }

    /// A call of a tool, in the era of 2026-07-28.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Heard {
        self.modern(7, "tools/call", &json!({"name": tool, "arguments": arguments})).await
    }

    /// The same, whose answer is read piece by piece.
    pub async fn open(&self, tool: &str, arguments: &Value) -> http::Response<Body> {
        let params = with_meta(&json!({"name": tool, "arguments": arguments}));
        let body = request(7, "tools/call", &params).to_string();
        self.modern_asking("tools/call", Some(tool)).open("POST", &self.path, body).await
    }

    /// The names of the tools that are listed.
    pub async fn tools(&self) -> Vec<String> {
        let heard = self.modern(1, "tools/list", &json!({})).await;
        let result = result(&heard);
        let tools = result["tools"].as_array().unwrap();
        tools.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn request(id: i64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Parameters with what each request of 2026-07-28 says of itself.
pub fn with_meta(params: &Value) -> Value {
    let mut params = params.clone();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params["_meta"] = meta;
    params
}

/// All messages of an answer, in either form.
pub fn messages(heard: &Heard) -> Vec<Value> {
    if !heard.header("content-type").starts_with("text/event-stream") {
        return vec![heard.json()];
    }
    let text = heard.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The result that an answer ends with.
pub fn result(heard: &Heard) -> Value {
    let last = messages(heard).pop().expect("a message");
    assert!(heard.status == 200 && last["result"].is_object(), "{} {}", heard.status, heard.text());
    last["result"].clone()
}

/// The text of a result.
pub fn said(heard: &Heard) -> String {
    result(heard)["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// The error that an answer is: its status and code.
pub fn error(heard: &Heard) -> (u16, i64) {
    let last = messages(heard).pop().expect("a message");
    (heard.status.as_u16(), last["error"]["code"].as_i64().unwrap_or_else(|| panic!("{}", heard.text())))
}

/// That nothing was called, told to the model.
pub fn not_called(heard: &Heard) -> String {
    assert_eq!(result(heard)["isError"], true, "{}", heard.text());
    said(heard)
}

/// The next message of a stream; none at its end.
pub async fn next(response: &mut http::Response<Body>) -> Option<Value> {
    loop {
        let frame = timeout(SOON, response.body_mut().frame()).await.expect("nothing came")?;
        let text = String::from_utf8(frame.ok()?.into_data().ok()?.to_vec()).unwrap();
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
            return Some(serde_json::from_str(data).unwrap());
        }
    }
}

/// A text as it stands in a header that cannot hold it.
pub fn base64(text: &str) -> String {
    format!("=?base64?{}?=", BASE64_STANDARD.encode(text))
}
