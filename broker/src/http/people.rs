//! The people's API: the same as the pages, for the command line and programs.

use super::input::{Json, Named, pairs};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Visitor},
};
use axum::{
    Extension, Json as Answer,
    extract::{Query, RawQuery, State},
};
use domain::narrowing;
use protocol::{
    Card, GrantId, Narrowing, RequestId, Slug,
    agents::AgentSummary,
    card::{Approve, Deny},
    revoke::{RevokeRequest, Stopped, Subject},
    services::ServiceSummary,
    sessions::{Inbox, Session, SessionSummary},
};
use serde::Deserialize;
use std::sync::Arc;

type AppState = State<Arc<App>>;
type Who = Extension<Visitor>;
type Answered<T> = Result<Answer<T>, Fault>;

pub(super) async fn inbox(State(app): AppState, Extension(who): Who) -> Answered<Inbox> {
    Ok(Answer(grants::inbox(&app, &who).await?))
}

pub(super) async fn card(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    RawQuery(query): RawQuery,
) -> Answered<Card> {
    Ok(Answer(grants::card(&app, &who, &id, narrowing_of(query.as_deref())?).await?))
}

/// The narrowing that a query holds; none if it shows no line.
pub(super) fn narrowing_of(query: Option<&str>) -> Result<Option<Narrowing>, Fault> {
    let pairs = pairs(query.unwrap_or_default().as_bytes());
    if pairs.iter().all(|(name, _)| name != "line") {
        return Ok(None);
    }
    let narrowing = narrowing::from_pairs(&pairs).map_err(|bad| Fault::invalid(bad.name, bad.why))?;
    Ok(Some(narrowing))
}

pub(super) async fn preview(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    Json(narrowing): Json<Narrowing>,
) -> Answered<Card> {
    Ok(Answer(grants::card(&app, &who, &id, Some(narrowing)).await?))
}

pub(super) async fn approve(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    Json(decision): Json<Approve>,
) -> Answered<Card> {
    Ok(Answer(grants::approve(&app, &who, &id, &decision, None).await?))
}

pub(super) async fn deny(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    Json(decision): Json<Deny>,
) -> Answered<Card> {
    Ok(Answer(grants::deny(&app, &who, &id, &decision, None).await?))
}

#[derive(Deserialize)]
pub(super) struct Which {
    ended: Option<String>,
}

pub(super) async fn sessions(
    State(app): AppState,
    Extension(who): Who,
    Query(which): Query<Which>,
) -> Answered<Vec<SessionSummary>> {
    let ended = which.ended.is_some_and(|it| it == "1" || it == "true");
    Ok(Answer(grants::sessions(&app, &who, ended).await?))
}

pub(super) async fn session(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<GrantId>,
) -> Answered<Session> {
    Ok(Answer(grants::session(&app, &who, &id).await?))
}

pub(super) async fn services(State(app): AppState, Extension(who): Who) -> Answered<Vec<ServiceSummary>> {
    Ok(Answer(grants::services(&app, &who).await?))
}

pub(super) async fn agents(State(app): AppState, Extension(who): Who) -> Answered<Vec<AgentSummary>> {
    Ok(Answer(grants::agents(&app, &who).await?))
}

pub(super) async fn stop(
    State(app): AppState,
    Extension(who): Who,
    Named(grant): Named<GrantId>,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    Ok(Answer(grants::revoke(&app, &who, Subject::Session { grant }, &asked).await?))
}

pub(super) async fn take_away(
    State(app): AppState,
    Extension(who): Who,
    Named((grant, service)): Named<(GrantId, Slug)>,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    let subject = Subject::SessionService { grant, service };
    Ok(Answer(grants::revoke(&app, &who, subject, &asked).await?))
}

pub(super) async fn revoke_service(
    State(app): AppState,
    Extension(who): Who,
    Named(service): Named<Slug>,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    Ok(Answer(grants::revoke(&app, &who, Subject::Service { service }, &asked).await?))
}

pub(super) async fn revoke_agent(
    State(app): AppState,
    Extension(who): Who,
    Named(agent): Named<Slug>,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    Ok(Answer(grants::revoke(&app, &who, Subject::Agent { agent }, &asked).await?))
}

pub(super) async fn revoke_person(
    State(app): AppState,
    Extension(who): Who,
    Named(person): Named<Slug>,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    Ok(Answer(grants::revoke(&app, &who, Subject::Person { person }, &asked).await?))
}

pub(super) async fn stop_all(
    State(app): AppState,
    Extension(who): Who,
    Json(asked): Json<RevokeRequest>,
) -> Answered<Stopped> {
    Ok(Answer(grants::revoke(&app, &who, Subject::All, &asked).await?))
}
