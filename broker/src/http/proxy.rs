//! `/proxy/{service}/{path}`: hands a call to the data plane as it arrived.

use super::challenge::{self, Challenge};
use crate::{
    app::App,
    calls::{self, Incoming},
    fault::Fault,
    ledger::{LedgerError, Why},
    tokens::TokenError,
};
use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use domain::{definition::recognise, path::CanonicalPath};
use http::{HeaderValue, Method, header::AUTHORIZATION};
use protocol::Slug;
use std::sync::Arc;

pub(super) async fn call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let (service, path) = split(parts.uri.path())?;
    let called = Called {
        app: app.clone(),
        service: service.clone(),
        method: parts.method.clone(),
        path: path.clone(),
        bearer: parts.headers.get(AUTHORIZATION).cloned(),
    };
    // On the heap: it is large, and would be moved through every layer around it.
    let call = Box::pin(calls::call(&app, Incoming { parts, service, path, body }));
    let answer = app.metrics.call(&called.service, call).await;
    match answer {
        Ok(answer) => Ok(answer),
        Err(fault) => Ok(called.refused(fault).await),
    }
}

/// What was called, for whoever is refused.
struct Called {
    app: Arc<App>,
    service: Slug,
    method: Method,
    path: String,
    bearer: Option<HeaderValue>,
}

impl Called {
    /// A refusal, with where to get what is missing: a token, or one for more (RFC 6750 section 3, RFC 9728 section 5.1).
    async fn refused(&self, fault: Fault) -> Response {
        let over = self.is_over(&fault);
        let Some(challenge) = self.challenge(&fault, over).await else { return fault.into_response() };
        let mut response = fault.into_response();
        if over {
            challenge::unauthorized(&mut response);
        }
        challenge.write(&self.app, &format!("proxy/{}", self.service), response.headers_mut());
        response
    }

    async fn challenge(&self, fault: &Fault, over: bool) -> Option<Challenge> {
        // Signed by us: whoever holds one that is over may know what this call needs. Others learn nothing here of what
        // there is.
        let held = match fault {
            Fault::Token(error) => {
                matches!(error, TokenError::Expired | TokenError::NotYetValid | TokenError::WrongAudience)
            }
            Fault::Ledger(LedgerError::Refused(Why::TokenUsed)) => true,
            _ => over,
        };
        let (error, scope) = match fault {
            _ if held => ("invalid_token", self.needs().await),
            Fault::Unauthenticated => ("", None),
            Fault::Token(_) => ("invalid_token", None),
            Fault::NotGranted { refusal, .. } => ("insufficient_scope", Some(refusal.action()?.to_owned())),
            Fault::Ambiguous { code: calls::TOKEN_IN_QUERY, .. } => ("invalid_request", None),
            _ => return None,
        };
        Some(Challenge { error, scope })
    }

    /// Whether the session of a grant token that was used as a bearer is over: then that token is no longer valid (RFC 6750
    /// section 3.1), and its client has to get another. Of a call token's session its agent hears when it exchanges.
    fn is_over(&self, fault: &Fault) -> bool {
        let Fault::Ledger(LedgerError::Refused(Why::NotActive(_) | Why::Expired(_) | Why::Revoked(_))) =
            fault
        else {
            return false;
        };
        let token =
            self.bearer.as_ref().and_then(|it| it.to_str().ok()?.split_once(' ')).map(|(_, token)| token);
        let signer = self.app.signer();
        token.zip(signer).is_some_and(|(token, signer)| {
            !matches!(signer.verify_grant(token, self.app.clock.now()), Err(TokenError::WrongKind))
        })
    }

    /// All that this call needs, which is always one action: there are no scopes that include others.
    async fn needs(&self) -> Option<String> {
        let directory = self.app.directories.current().await.ok()?;
        let service = directory.service(&self.service)?;
        let path = CanonicalPath::parse(&self.path).ok()?;
        let recognised = recognise(&service.definition.actions, self.method.as_str(), &path)?;
        Some(recognised.action.name.clone())
    }
}

pub(super) async fn call_root(state: State<Arc<App>>, request: Request) -> Result<Response<Body>, Fault> {
    call(state, request).await
}

/// The raw path, as it was written: the router's own decoding must not get between it and the one parser.
fn split(raw: &str) -> Result<(Slug, String), Fault> {
    let rest = raw.strip_prefix("/proxy/").ok_or(Fault::NotFound("service"))?;
    let (service, path) = rest.split_once('/').ok_or(Fault::NotFound("service"))?;
    let service = service.parse().map_err(|_| Fault::NotFound("service"))?;
    Ok((service, format!("/{path}")))
}
