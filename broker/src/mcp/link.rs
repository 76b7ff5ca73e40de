//! The way to one MCP server for one call: its place, its credential, and the session that the server wants.

use super::{
    Open, beside,
    era::Era,
    sessions::Session,
    upstream::{
        UpstreamError, modern,
        program::Conversation,
        session::Session as Upstream,
        wire::{Address, Reply, Wire},
    },
};
use crate::{
    app::App,
    calls::{Injected, body::Sent, inflight::Place},
    fault::Fault,
    ledger::memory::Content,
    services::directory::Reachable,
};
use http::HeaderMap;
use protocol::{
    CallId, GrantId, Slug,
    mcp::{McpTransport, ResultRule},
    services::ServiceDefinition,
};
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;

/// It.
pub(crate) struct Link {
    pub app: Arc<App>,
    pub service: Slug,
    pub grant: GrantId,
    pub content: Content,
    pub through: Arc<Reachable>,
    pub path: String,
    pub injected: Injected,
    /// The server, if it is a program of this host.
    pub program: Option<Arc<Conversation>>,
    /// The rules of results that are switched off.
    pub kept: Vec<ResultRule>,
    /// The session of the client, if it has one.
    pub client: Option<Arc<Session>>,
}

/// What is sent.
pub(super) struct Outgoing<'a> {
    pub method: &'a str,
    pub params: &'a Value,
    /// The very text of the parameters, where nothing has to be added to it.
    pub raw: Option<&'a RawValue>,
    /// The era of the client.
    pub era: Era,
    /// The name that headers repeat.
    pub name: Option<&'a str>,
    /// Arguments that headers repeat, and headers of the client's that nobody here knows.
    pub marked: &'a [(String, String)],
}

/// A request that is on its way.
pub(super) struct Sending {
    pub reply: Reply,
    pub under: Under,
}

/// How the server knows it.
pub(super) struct Under {
    /// The id that the server knows it by.
    pub id: u64,
    /// Whether the server speaks the revision without sessions.
    pub modern: bool,
    /// The session that it went in.
    pub session: Option<Arc<Upstream>>,
}

impl Link {
    pub fn wire(&self) -> Wire<'_> {
        match &self.program {
            Some(program) => Wire::Program(program),
            None => Wire::Http(Address {
                egress: &self.app.egress,
                counted: Some((&self.app, &self.service)),
                to: &self.through.destination,
                path: &self.path,
                injected: &self.injected,
            }),
        }
    }

    /// Sends a request in the era of the client where the server speaks it, else in its own.
    pub async fn send(
        self: &Arc<Self>,
        server: &Value,
        it: &Outgoing<'_>,
        sent: impl Fn(Arc<Sent>),
    ) -> Result<Sending, UpstreamError> {
        let speaks = |era: &str| server[era].as_bool().unwrap_or_default();
        let modern = match it.era {
            Era::Modern => speaks("modern"),
            Era::Legacy => !speaks("legacy"),
        };
        if modern {
            let headers = modern::headers(it.method, it.name, it.marked);
            let params = match it.era {
                Era::Modern => it.written(),
                Era::Legacy => modern::params(it.params).to_string(),
            };
            let reply = self.wire().post(headers, body(1, it.method, &params), &sent).await?;
            return Ok(Sending { reply, under: Under { id: 1, modern, session: None } });
        }
        let session = self.session().await?;
        let id = session.next_id();
        let text = body(id, it.method, &it.written());
        let reply = self.wire().post(session.headers(), text, &sent).await?;
        if !session.is_gone(reply.status) {
            return Ok(Sending { reply, under: Under { id, modern, session: Some(session) } });
        }
        // The server has forgotten the session, so it did nothing: once more in a new one.
        self.forget(&session).await;
        let session = self.session().await?;
        let id = session.next_id();
        let reply = self.wire().post(session.headers(), body(id, it.method, &it.written()), &sent).await?;
        Ok(Sending { reply, under: Under { id, modern, session: Some(session) } })
    }

    /// The session with the server: that of the client's own session, or else one for all that is called under the grant.
    async fn session(self: &Arc<Self>) -> Result<Arc<Upstream>, UpstreamError> {
        if let Some(program) = &self.program {
            return program.session().await;
        }
        let session = self.opened().await?;
        let level = self.client.as_ref().and_then(|it| it.wanted());
        if let Some(level) = level.filter(|it| session.is_to_learn(it)) {
            let told = body(session.next_id(), "logging/setLevel", &json!({"level": level}).to_string());
            // A server without a log says so, and the call goes on.
            let _ = self.wire().post(session.headers(), told, drop).await;
        }
        Ok(session)
    }

    async fn opened(self: &Arc<Self>) -> Result<Arc<Upstream>, UpstreamError> {
        let all = self.open();
        let capabilities = self.client.as_ref().map_or_else(|| json!({}), |it| it.capabilities.clone());
        let mut open = all.lock().await;
        if let Some(session) = open.get(&self.service) {
            return Ok(session.clone());
        }
        let session = Arc::new(Upstream::open(self.wire(), &capabilities).await?);
        open.insert(self.service.clone(), session.clone());
        drop(open);
        if let Some(client) = &self.client {
            beside::begin(self, &session, client).await;
        }
        Ok(session)
    }

    /// A place among the calls in flight, for what listens beside them.
    pub fn place(&self) -> Result<Place, Fault> {
        let call = CallId::from_u128(self.app.rng.id(self.app.clock.now())?);
        let (bearings, session) = (self.content.bearings(&self.grant), self.grant.request());
        let since = self.content.watermark;
        Ok(self.app.inflight.enter(call, session, bearings, self.service.clone(), since))
    }

    /// The sessions that are open: those of the client's own session, or those of its grant.
    fn open(&self) -> Arc<Open> {
        let own = self.client.as_ref().map(|it| it.upstream.clone());
        own.unwrap_or_else(|| self.app.mcp.shared(&self.grant))
    }

    async fn forget(&self, session: &Arc<Upstream>) {
        let all = self.open();
        let mut open = all.lock().await;
        if open.get(&self.service).is_some_and(|it| Arc::ptr_eq(it, session)) {
            open.remove(&self.service);
        }
    }
}

impl Outgoing<'_> {
    fn written(&self) -> String {
        self.raw.map_or_else(|| self.params.to_string(), |raw| raw.get().to_owned())
    }
}

/// The conversation with a server that is a program of this host; none with one that has an address.
pub(super) async fn program(
    app: &Arc<App>,
    definition: &ServiceDefinition,
) -> Result<Option<Arc<Conversation>>, UpstreamError> {
    match definition.mcp.as_ref().map(|it| &it.transport) {
        Some(McpTransport::Stdio { program }) => app.mcp.conversation(app, program).await.map(Some),
        _ => Ok(None),
    }
}

/// Where the endpoint of a server is.
pub(super) fn path(transport: &McpTransport) -> Option<&str> {
    match transport {
        McpTransport::Http { path } => Some(path),
        McpTransport::Stdio { .. } => None,
    }
}

fn body(id: u64, method: &str, params: &str) -> String {
    let method = Value::from(method);
    if params == "null" {
        return format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method}}}"#);
    }
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":{params}}}"#)
}

/// The headers of a client's that repeat arguments, as far as the tool's schema does not name them.
pub(super) fn unknown_params(headers: &HeaderMap, known: &[(String, String)]) -> Vec<(String, String)> {
    let of_client = headers.iter().filter_map(|(name, value)| {
        let header = name.as_str().strip_prefix(super::era::PARAM)?;
        let new = known.iter().all(|(it, _)| !it.eq_ignore_ascii_case(header));
        new.then(|| Some((header.to_owned(), value.to_str().ok()?.to_owned())))?
    });
    of_client.collect()
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("service", &self.service)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
