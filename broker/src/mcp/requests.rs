//! What clients ask at a door: one service's, or that of all MCP servers that their session holds.

use super::{
    call::{self, Asked, No},
    enter::{enter, left, negotiated},
    era::{Era, SESSION},
    import, listen,
    message::{Call, Id, MOST_BYTES, Message, Request, RpcError},
    offer::{self, Offer},
    reply, results,
    sessions::Session,
};
use crate::{app::App, calls::holder::Holder, egress::Silence, fault::Fault, services::directory::Directory};
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt as _, Limited};
use protocol::{Line, Slug};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout},
};

/// How much of the body of whoever is refused is read all the same, and for how long.
const DRAINED: usize = 64 * 1024;
const DRAINING: Duration = Duration::from_secs(1);

const TOOLS_CALL: &str = "tools/call";

/// `/mcp/{service}`, or none for `/mcp`.
pub(crate) type Door = Option<Slug>;

/// A message of a client.
pub(crate) async fn post(
    app: &Arc<App>,
    door: &Door,
    parts: &Parts,
    body: Body,
) -> Result<Response<Body>, Fault> {
    let holder = match enter(app, door, parts).await {
        Ok(holder) => holder,
        Err(fault) => {
            // A body that nobody read would end the connection, on which its client is about to ask for a token.
            let _ = timeout(DRAINING, Limited::new(body, DRAINED).collect()).await;
            return Err(fault);
        }
    };
    if let Err(error) = negotiated(&parts.headers) {
        return Ok(reply::error(None, &error));
    }
    let Ok(body) = Limited::new(body, MOST_BYTES).collect().await else {
        let why = format!("a message has at most {MOST_BYTES} bytes");
        let error = RpcError::new(StatusCode::PAYLOAD_TOO_LARGE, RpcError::INVALID_REQUEST, why);
        return Ok(reply::error(None, &error));
    };
    let at = At::new(app, door, &holder, parts);
    match Message::read(&body.to_bytes()) {
        Err(error) => Ok(reply::error(None, &error)),
        Ok(Message::Request(request)) => match at.request(&request).await {
            Ok(response) => Ok(response),
            // What the ledger says stands: it may be that the outcome is not known.
            Err(No::Fault(fault @ Fault::Ledger(_))) => Err(fault),
            Err(no) => {
                at.left().await?; // that the session is over comes before all else
                refused(&request, no)
            }
        },
        Ok(Message::Notification(call)) => {
            at.left().await?;
            Ok(at.notification(&call))
        }
        Ok(Message::Response { id, raw }) => {
            at.left().await?;
            at.response(&id, raw.get()).await
        }
    }
}

fn refused(request: &Request, no: No) -> Result<Response<Body>, Fault> {
    match no {
        No::Rpc(error) => Ok(reply::error(Some(&request.id), &error)),
        No::Result(text) if request.call.method == TOOLS_CALL => {
            Ok(reply::result(&request.id, &results::refusal(&text)))
        }
        No::Result(text) => {
            let error = RpcError::new(StatusCode::OK, RpcError::INVALID_PARAMS, text);
            Ok(reply::error(Some(&request.id), &error))
        }
        No::Fault(fault) => Err(fault),
    }
}

/// The stream of a session for what is said beside the answers (2025-11-25).
pub(crate) async fn get(app: &Arc<App>, door: &Door, parts: &Parts) -> Result<Response<Body>, Fault> {
    let holder = enter(app, door, parts).await?;
    let at = At::new(app, door, &holder, parts);
    at.left().await?;
    if !parts.headers.contains_key(SESSION) {
        return Ok(only_post()); // 2026-07-28 has no such stream
    }
    let Some(session) = at.session() else { return Ok(reply::error(None, &no_session())) };
    Ok(listen::session(app, session))
}

/// The end of a session (2025-11-25).
pub(crate) async fn delete(app: &Arc<App>, door: &Door, parts: &Parts) -> Result<Response<Body>, Fault> {
    let holder = enter(app, door, parts).await?;
    let at = At::new(app, door, &holder, parts);
    at.left().await?;
    if !parts.headers.contains_key(SESSION) {
        return Ok(only_post());
    }
    let Some(session) = at.session() else { return Ok(reply::error(None, &no_session())) };
    app.mcp.sessions.end(&session.id);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// A message with what it came with.
struct At<'a> {
    app: &'a Arc<App>,
    door: &'a Door,
    holder: &'a Holder,
    /// What nobody took out of the session, once somebody asked.
    left: OnceCell<Vec<Line>>,
    headers: &'a HeaderMap,
}

impl<'a> At<'a> {
    fn new(app: &'a Arc<App>, door: &'a Door, holder: &'a Holder, parts: &'a Parts) -> Self {
        Self { app, door, holder, left: OnceCell::new(), headers: &parts.headers }
    }

    /// What nobody took out of the session, which must be alive.
    async fn left(&self) -> Result<&[Line], Fault> {
        Ok(self.left.get_or_try_init(|| left(self.app, self.holder)).await?)
    }

    /// What is behind the door, as this directory has it.
    async fn behind(&self, directory: &Directory) -> Result<Vec<Offer>, Fault> {
        Ok(offer::behind(self.door.as_ref(), self.holder, self.left().await?, directory))
    }

    async fn request(&self, request: &Request) -> Result<Response<Body>, No> {
        let call = &request.call;
        if call.method != TOOLS_CALL {
            self.left().await?; // of a call, the ledger judges it
        }
        let era = Era::of(self.headers, call).map_err(No::Rpc)?;
        let session = match (era, call.method.as_str()) {
            (Era::Legacy, method) if method != "initialize" => {
                let session = self.session();
                if session.is_none() && self.headers.contains_key(SESSION) {
                    return Err(No::Rpc(no_session()));
                }
                session
            }
            _ => None,
        };
        match (call.method.as_str(), era) {
            ("initialize", Era::Legacy) => self.initialize(request).await,
            ("subscriptions/listen", Era::Modern) => self.listen(request).await,
            ("server/discover", Era::Modern) => {
                let offers = self.offers().await?;
                Ok(reply::result(&request.id, &offer::discovered(&offers)))
            }
            ("ping", Era::Legacy) => Ok(reply::result(&request.id, &json!({}))),
            ("tools/list", _) => {
                let offers = self.offers().await?;
                Ok(reply::result(&request.id, &offer::tools(self.door.as_ref(), &offers, era)))
            }
            ("logging/setLevel", Era::Legacy) => Self::level(request, session.as_deref()),
            _ => self.forwarded(request, era, session).await,
        }
    }

    /// What is behind the door now, as its servers say now.
    async fn offers(&self) -> Result<Vec<Offer>, No> {
        let directory = self.app.directories.current().await?;
        for offer in self.behind(&directory).await? {
            import::fresh(self.app, &offer.service.definition.id).await;
        }
        let directory = self.app.directories.newest().await?;
        Ok(self.behind(&directory).await?)
    }

    async fn initialize(&self, request: &Request) -> Result<Response<Body>, No> {
        let offers = self.offers().await?;
        let capabilities = request.call.params.get("capabilities").cloned().unwrap_or_else(|| json!({}));
        let id = self.app.rng.name(self.app.clock.now())?;
        let who = (self.holder.grant.clone(), self.holder.agent.clone());
        let begun = self.app.mcp.sessions.begin(id.clone(), who, self.door.clone(), capabilities);
        begun.map_err(|_| {
            let why = "too many sessions are open: end some, or wait until their grants are over";
            No::Rpc(RpcError::new(StatusCode::TOO_MANY_REQUESTS, RpcError::INTERNAL, why))
        })?;
        let requested = request.call.text("protocolVersion");
        let mut response = reply::result(&request.id, &offer::initialized(&offers, requested));
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(SESSION, id);
        }
        Ok(response)
    }

    /// The level of the log that a client wants: each server learns it with its next call, which is on the record.
    fn level(request: &Request, session: Option<&Session>) -> Result<Response<Body>, No> {
        const LEVELS: [&str; 8] =
            ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
        let level = request.call.text("level").filter(|it| LEVELS.contains(it));
        let Some(level) = level else {
            let why =
                "level must be one of debug, info, notice, warning, error, critical, alert and emergency";
            return Err(No::Rpc(RpcError::new(StatusCode::OK, RpcError::INVALID_PARAMS, why)));
        };
        if let Some(session) = session {
            session.wants(level);
        }
        Ok(reply::result(&request.id, &json!({})))
    }

    /// A stream of what changes (2026-07-28). What servers say of their resources and prompts comes from them, on the record;
    /// that tools are others the gateway knows by itself.
    async fn listen(&self, request: &Request) -> Result<Response<Body>, No> {
        let mut wanted = request.call.params.get("notifications").cloned().unwrap_or_default();
        let directory = self.app.directories.current().await?;
        let offers = self.behind(&directory).await?;
        if let [only] = offers.as_slice()
            && offer::server(&only.service)["modern"] == true
            && let Some(action) = listen::held(&only.held, &mut wanted)
        {
            let mut params = request.call.params.clone();
            Arc::make_mut(&mut params)["notifications"] = wanted;
            let call = Call { method: request.call.method.clone(), params, raw: None };
            let asked = Asked {
                service: only.service.definition.id.clone(),
                action: action.to_owned(),
                request: &Request { id: request.id.clone(), call },
                headers: self.headers,
                era: Era::Modern,
                session: None,
                renamed: false,
            };
            return call::call(self.app, self.holder, asked).await;
        }
        let tools = wanted.get("toolsListChanged") == Some(&json!(true));
        Ok(listen::tools(self.app, self.holder, self.door, &request.id, tools))
    }

    async fn forwarded(
        &self,
        request: &Request,
        era: Era,
        session: Option<Arc<Session>>,
    ) -> Result<Response<Body>, No> {
        let call = &request.call;
        let action = match call.method.as_str() {
            TOOLS_CALL => call.text("name").map(str::to_owned),
            "resources/list"
            | "resources/templates/list"
            | "resources/read"
            | "resources/subscribe"
            | "resources/unsubscribe" => Some("resources/read".to_owned()),
            "prompts/list" | "prompts/get" => Some("prompts/get".to_owned()),
            "completion/complete" => match call.params.pointer("/ref/type").and_then(Value::as_str) {
                Some("ref/prompt") => Some("prompts/get".to_owned()),
                Some("ref/resource") => Some("resources/read".to_owned()),
                _ => None,
            },
            method => {
                let status = if era == Era::Modern { StatusCode::NOT_FOUND } else { StatusCode::OK };
                let why = format!("there is no method {} here", crate::grants::visible(method));
                return Err(No::Rpc(RpcError::new(status, RpcError::METHOD_NOT_FOUND, why)));
            }
        };
        let Some(action) = action else {
            let why = "the parameters do not name what is meant";
            return Err(No::Rpc(RpcError::new(StatusCode::OK, RpcError::INVALID_PARAMS, why)));
        };
        let Some((service, action)) = self.meant(call, action).await? else {
            return match call.method.as_str() {
                "resources/list" => Ok(reply::result(&request.id, &offer::nothing("resources", era))),
                "resources/templates/list" => {
                    Ok(reply::result(&request.id, &offer::nothing("resourceTemplates", era)))
                }
                "prompts/list" => Ok(reply::result(&request.id, &offer::nothing("prompts", era))),
                _ => {
                    let why =
                        format!("there is nothing called {} here", crate::grants::visible(&action_of(call)));
                    Err(No::Rpc(RpcError::new(StatusCode::OK, RpcError::INVALID_PARAMS, why)))
                }
            };
        };
        // Nobody else has a server asked.
        if !import::is_fresh(self.app, &service).await?
            && self.left().await?.iter().any(|line| line.service.id == service)
        {
            import::fresh(self.app, &service).await;
        }
        let renamed = self.door.is_none() && call.method == TOOLS_CALL;
        let asked = Asked { service, action, request, headers: self.headers, era, session, renamed };
        let (service, begun) = (asked.service.clone(), Instant::now());
        let called = call::call(self.app, self.holder, asked).await;
        if let Err(no) = &called {
            self.app.metrics.called(&service, no.outcome(), begun.elapsed());
        }
        called
    }

    /// Which service is meant, and what of it; none where nothing behind this door could be.
    async fn meant(&self, call: &Call, action: String) -> Result<Option<(Slug, String)>, No> {
        if call.method == TOOLS_CALL {
            let meant = offer::meant(self.door.as_ref(), &action);
            // A tool that is not held is refused where that is recorded, with what to ask for.
            return Ok(meant.filter(|(service, _)| self.door.is_some() || self.holder.is_for(service)));
        }
        let directory = self.app.directories.current().await?;
        let offers = self.behind(&directory).await?;
        let lists = call.method.ends_with("/list");
        let holding: Vec<&Offer> = offers.iter().filter(|it| it.held.contains(&action)).collect();
        Ok(match (self.door, holding.as_slice()) {
            (Some(service), [_]) => Some((service.clone(), action)),
            (Some(_), _) if lists => None,
            (Some(service), _) => Some((service.clone(), action)),
            // Of several servers' resources and prompts none could be told apart: those have doors of their own.
            (None, [only]) => Some((only.service.definition.id.clone(), action)),
            (None, _) => None,
        })
    }

    fn session(&self) -> Option<Arc<Session>> {
        let id = self.headers.get(SESSION)?.to_str().ok()?;
        self.app.mcp.sessions.find(id, &self.holder.grant, &self.holder.agent, self.door.as_ref())
    }

    fn notification(&self, call: &Call) -> Response<Body> {
        if let Err(error) = Era::of(self.headers, call)
            && self.headers.contains_key(super::era::METHOD)
        {
            return reply::error(None, &error);
        }
        let session = self.session();
        if session.is_none() && self.headers.contains_key(SESSION) {
            return reply::error(None, &no_session());
        }
        if let (Some(session), "notifications/cancelled") = (&session, call.method.as_str())
            && let Some(id) = call.params.get("requestId")
        {
            session.cancel(&id.to_string());
        }
        reply::accepted()
    }

    /// A client answers what a server asked: on to that server, under the server's own id.
    async fn response(&self, id: &Id, raw: &str) -> Result<Response<Body>, Fault> {
        let Some(session) = self.session() else { return Ok(reply::error(None, &no_session())) };
        let Some(asked) = session.answered(id.text()) else { return Ok(reply::accepted()) };
        let Ok(mut message) = serde_json::from_str::<Value>(raw) else { return Ok(reply::accepted()) };
        message["id"] = asked.id;
        if let Some(link) = asked.link.upgrade()
            && let Err(error) = asked.upstream.tell(link.wire(Silence::Usual), message.to_string()).await
        {
            tracing::info!(service = %link.service, %error, "an MCP server did not take an answer");
        }
        Ok(reply::accepted())
    }
}

fn action_of(call: &Call) -> String {
    super::era::named(call).unwrap_or(&call.method).to_owned()
}

fn no_session() -> RpcError {
    let why = "there is no such session: begin one with initialize";
    RpcError::new(StatusCode::NOT_FOUND, RpcError::INVALID_REQUEST, why)
}

fn only_post() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static("POST"));
    response
}
