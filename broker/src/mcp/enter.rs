//! Who may come through a door at all, and with what.

use super::{Door, message::RpcError};
use crate::{
    app::App,
    calls::{
        bearer::Bearer,
        holder::{Holder, holder},
    },
    fault::Fault,
    grants,
    ledger::Why,
    net,
    services::directory::Directory,
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, ORIGIN},
    request::Parts,
};
use protocol::{Line, access::RequestStatus};
use std::sync::Arc;

/// Who is at the door, with a token that is good there. Whether the session is alive is another matter: the ledger judges
/// that for a call, and [`left`] for all else.
pub(super) async fn enter(app: &Arc<App>, door: &Door, parts: &Parts) -> Result<Holder, Fault> {
    let origin = parts.headers.get(ORIGIN);
    if origin.is_some_and(|it| it != app.public_url.as_str()) {
        // A page that a name was rebound for; agents are no pages.
        return Err(Fault::Forbidden("a page of another site asked for this".to_owned()));
    }
    let holder = holder(app, parts, door.as_ref()).await?;
    if matches!(holder.bearer, Bearer::Grant(_)) {
        let agent = &holder.content.agent;
        // What is remembered may be older than the agent; a refusal only counts under the newest.
        let direct = |it: &Directory| it.agent(&agent.id).is_some_and(|it| it.direct);
        let known = direct(&*app.directories.current().await?);
        if !agent.direct || !known && !direct(&*app.directories.newest().await?) {
            let why = "this agent must exchange its grant token for a call token at /oauth/token";
            return Err(Fault::Forbidden(why.to_owned()));
        }
    }
    net::connections::prove(&parts.extensions);
    Ok(holder)
}

/// The lines that nobody took out of the session, which must be alive now.
pub(super) async fn left(app: &App, holder: &Holder) -> Result<Vec<Line>, Fault> {
    if let Some(left) = grants::left(app, &holder.grant, &holder.content).await? {
        return Ok(left);
    }
    app.ledger.active().forget(&holder.grant);
    Err(Why::NotActive(RequestStatus::Ended).into())
}

/// A client takes both forms of an answer, and sends JSON.
pub(super) fn negotiated(headers: &HeaderMap) -> Result<(), RpcError> {
    let text = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" {
        let why = "Content-Type must be application/json";
        return Err(RpcError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, RpcError::INVALID_REQUEST, why));
    }
    let accept = text(ACCEPT).to_ascii_lowercase();
    let takes = |kind: &str, group: &str| {
        let mut kinds = accept.split(',').map(|it| it.split(';').next().unwrap_or_default().trim());
        kinds.any(|it| it == kind || it == group || it == "*/*")
    };
    if takes("application/json", "application/*") && takes("text/event-stream", "text/*") {
        return Ok(());
    }
    let why = "Accept must have application/json and text/event-stream";
    Err(RpcError::new(StatusCode::NOT_ACCEPTABLE, RpcError::INVALID_REQUEST, why))
}
