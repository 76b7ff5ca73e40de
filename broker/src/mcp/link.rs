//! The way to one MCP server for one call: its place, its credential, and the session that the server wants.

use super::{
    Open, beside,
    era::Era,
    relay::LISTEN,
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
    egress::Silence,
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
#[derive(Clone)]
pub(super) struct Under {
    /// The id that the server knows it by.
    pub id: u64,
    /// Whether the server speaks the revision without sessions.
    pub modern: bool,
    /// The session that it went in.
    pub session: Option<Arc<Upstream>>,
}

impl Link {
    /// The server, which may be silent for so long.
    pub fn wire(&self, silence: Silence) -> Wire<'_> {
        match &self.program {
            Some(program) => Wire::Program(program, self.app.egress.patience(silence)),
            None => Wire::Http(Address {
                egress: &self.app.egress,
                counted: Some((&self.app, &self.service)),
                to: &self.through.destination,
                path: &self.path,
                injected: &self.injected,
                silence,
            }),
        }
    }

    /// Sends a request in the era of the client where the server speaks it, else in its own.
    pub async fn send(
        self: &Arc<Self>,
        server: &Value,
        it: &Outgoing<'_>,
        sent: impl Fn(Arc<Sent>, &Under),
    ) -> Result<Sending, UpstreamError> {
        let wire = self.wire(if it.method == LISTEN { Silence::Stream } else { Silence::Tool });
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
            let under = Under { id: 1, modern, session: None };
            let text = body(under.id, it.method, &params);
            let reply = wire.post(headers, text, |counter| sent(counter, &under)).await?;
            return Ok(Sending { reply, under });
        }
        let sending = self.in_session(wire, it, &sent).await?;
        match &sending.under.session {
            Some(session) if session.is_gone(sending.reply.status) => {
                // The server has forgotten the session, so it did nothing: once more in a new one.
                self.forget(session).await;
                self.in_session(wire, it, &sent).await
            }
            _ => Ok(sending),
        }
    }

    async fn in_session(
        self: &Arc<Self>,
        wire: Wire<'_>,
        it: &Outgoing<'_>,
        sent: &impl Fn(Arc<Sent>, &Under),
    ) -> Result<Sending, UpstreamError> {
        let session = self.session().await?;
        let (id, headers) = (session.next_id(), session.headers());
        let under = Under { id, modern: false, session: Some(session) };
        let text = body(id, it.method, &it.written());
        let reply = wire.post(headers, text, |counter| sent(counter, &under)).await?;
        Ok(Sending { reply, under })
    }

    /// The session with the server: that of the client's own session, or else one for all that is called under the grant.
    async fn session(self: &Arc<Self>) -> Result<Arc<Upstream>, UpstreamError> {
        if let Some(program) = &self.program {
            // How long it may take to start, its declaration says.
            return program.session(self.app.egress.patience(Silence::Tool)).await;
        }
        let session = self.opened().await?;
        let level = self.client.as_ref().and_then(|it| it.wanted());
        if let Some(level) = level.filter(|it| session.is_to_learn(it)) {
            let told = body(session.next_id(), "logging/setLevel", &json!({"level": level}).to_string());
            // A server without a log says so, and the call goes on.
            let _ = self.wire(Silence::Usual).post(session.headers(), told, drop).await;
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
        let session = Arc::new(Upstream::open(self.wire(Silence::Usual), &capabilities).await?);
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
