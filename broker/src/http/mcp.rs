//! `/mcp/{service}` and `/mcp`: the doors of the MCP gateway (Streamable HTTP), and what they say to whoever is refused.

use super::challenge::{self, Challenge};
use crate::{
    app::App,
    calls,
    fault::Fault,
    ledger::{LedgerError, Why},
    mcp::{self, Door},
};
use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, header::ALLOW};
use protocol::{Hint, Slug};
use std::sync::Arc;

pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path(service): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let service = service.parse().map_err(|_| Fault::NotFound("service"))?;
    Ok(answered(&app, Some(service), request).await)
}

pub(super) async fn all(State(app): State<Arc<App>>, request: Request) -> Response {
    answered(&app, None, request).await
}

async fn answered(app: &Arc<App>, door: Door, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer: Result<http::Response<Body>, Fault> = match parts.method {
        Method::POST => Box::pin(mcp::post(app, &door, &parts, body)).await,
        Method::GET => mcp::get(app, &door, &parts).await,
        Method::DELETE => mcp::delete(app, &door, &parts).await,
        _ => {
            let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
            return response;
        }
    };
    answer.unwrap_or_else(|fault| refused(app, &door, fault))
}

/// A refusal, with where to get what is missing.
fn refused(app: &App, door: &Door, fault: Fault) -> Response {
    let over = matches!(
        fault,
        Fault::Ledger(LedgerError::Refused(
            Why::NotActive(_) | Why::Expired(_) | Why::Revoked(_) | Why::TokenUsed
        ))
    );
    let challenge = match &fault {
        _ if over => Challenge { error: "invalid_token", scope: None },
        Fault::Unauthenticated => Challenge { error: "", scope: None },
        Fault::Token(_) => Challenge { error: "invalid_token", scope: None },
        Fault::NotGranted { refusal, hint } => {
            let action = refusal.action().map(str::to_owned);
            // Behind the door to all, an action alone could be of several services.
            let service = hint.as_ref().filter(|_| door.is_none()).and_then(service_of);
            let scope =
                action.map(|it| service.map_or_else(|| it.clone(), |service| format!("{service}:{it}")));
            Challenge { error: "insufficient_scope", scope }
        }
        Fault::Ambiguous { code: calls::TOKEN_IN_QUERY, .. } => {
            Challenge { error: "invalid_request", scope: None }
        }
        _ => return fault.into_response(),
    };
    let mut response = fault.into_response();
    if over {
        challenge::unauthorized(&mut response);
    }
    let resource = door.as_ref().map_or_else(|| "mcp".to_owned(), |service| format!("mcp/{service}"));
    challenge.write(app, &resource, response.headers_mut());
    response
}

/// Which service the smallest request is for.
fn service_of(hint: &Hint) -> Option<&Slug> {
    let Hint::RequestAccess { example } = hint else { return None };
    example.authorization_details.first().map(|line| &line.service)
}
