//! The agents' API.

use super::input::{Json, Named};
use crate::{app::App, fault::Fault, grants, store::agents::Agent};
use axum::{
    Extension, Json as Answer,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use protocol::{
    AccessRequest, RequestId, RequestView,
    access::{Me, Redeemed},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

type AppState = State<Arc<App>>;

pub(super) async fn open(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
    headers: HeaderMap,
    Json(mut wanted): Json<AccessRequest>,
) -> Result<Response, Fault> {
    app.limits.request(&agent.id)?;
    if let Some(key) = headers.get("idempotency-key") {
        let key = key.to_str().map_err(|_| Fault::invalid("Idempotency-Key", "must be visible ASCII"))?;
        if wanted.idempotency_key.as_deref().is_some_and(|given| given != key) {
            return Err(Fault::invalid("idempotency_key", "differs from the Idempotency-Key header"));
        }
        wanted.idempotency_key = Some(key.to_owned());
    }
    let (view, same) = grants::open(&app, &agent, &wanted).await?;
    let status = if same { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Answer(view)).into_response())
}

#[derive(Deserialize)]
pub(super) struct Wait {
    wait: Option<u64>,
    version: Option<i64>,
}

pub(super) async fn read(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
    Named(id): Named<RequestId>,
    query: Result<Query<Wait>, axum::extract::rejection::QueryRejection>,
) -> Result<Answer<RequestView>, Fault> {
    let Query(query) = query.map_err(|_| Fault::invalid("wait", "must be a number of seconds"))?;
    let wait = query.wait.map(Duration::from_secs);
    Ok(Answer(grants::watch(&app, &agent, &id, wait, query.version).await?))
}

pub(super) async fn withdraw(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
    Named(id): Named<RequestId>,
) -> Result<Answer<RequestView>, Fault> {
    Ok(Answer(grants::withdraw(&app, &agent, &id).await?))
}

pub(super) async fn redeem(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
    Named(id): Named<RequestId>,
) -> Result<Answer<Redeemed>, Fault> {
    Ok(Answer(grants::redeem(&app, &agent, &id).await?))
}

pub(super) async fn end(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
    Named(id): Named<RequestId>,
) -> Result<Answer<RequestView>, Fault> {
    Ok(Answer(grants::end_own(&app, &agent, &id).await?))
}

pub(super) async fn me(
    State(app): AppState,
    Extension(agent): Extension<Agent>,
) -> Result<Answer<Me>, Fault> {
    Ok(Answer(grants::me(&app, &agent).await?))
}
