//! The data plane, one call on one screen: admit → record → inject → send → scrub → finish.

mod admit;
pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod facts;
pub(crate) mod finish;
pub mod headers;
pub(crate) mod holder;
pub mod inflight;
mod inject;
pub mod refusals;
pub mod scrub;
pub(crate) mod ticket;

pub(crate) use inject::{Injected, credential, inject};

use crate::{
    app::App,
    egress::{BoxError, EgressError, Outgoing, Silence},
    failpoint,
    fault::Fault,
    net, telemetry,
    vault::VaultError,
};
pub use bearer::TOKEN_IN_QUERY;

use axum::body::Body;
use finish::{Finisher, Outcome};
use headers::response::{Answered, to_agent};
use http::{Response, request::Parts};
use http_body_util::BodyExt as _;
use protocol::Slug;
use std::sync::Arc;

/// A call as it arrived at `/proxy/{service}/{path}`.
pub struct Incoming {
    /// Method and headers.
    pub parts: Parts,
    /// The service that is meant.
    pub service: Slug,
    /// The path behind it, as it was written.
    pub path: String,
    /// The body, streaming.
    pub body: Body,
}

/// Makes a call for an agent, or says why not. Whatever is sent is on the record before, and so is what the grant does
/// not hold, or what cannot be read as one call. Only a bad token leaves no record: it names no session.
pub async fn call(app: &Arc<App>, incoming: Incoming) -> Result<Response<Body>, Fault> {
    let Incoming { parts, service, path, body } = incoming;
    let forwarded = headers::request::to_upstream(&parts.headers, &[], None)
        .map_err(|refusal| Fault::Ambiguous { code: refusal.code(), detail: refusal.to_string() });
    // 1. Who asks, under which grant, for which action; nothing is spent yet.
    let admitted = admit::admit(app, &parts, &service, &path).await?;
    let forwarded = match forwarded {
        Ok(forwarded) => forwarded,
        Err(fault) => return Err(refusals::noted(app, admitted.caller(), fault).await),
    };
    // 2. On the record, durably, before the secret is opened; from here on the outcome is recorded too.
    let (admitted, place, finisher) = admit::authorise(app, admitted, &parts, &path).await?;
    net::connections::prove(&parts.extensions);
    failpoint::hit("call.authorised").await?;
    // 3. The secret, for the length of this call.
    let injected = match inject(app, &admitted.service.definition, &admitted.through).await {
        Ok(injected) => injected,
        Err(Fault::Vault(VaultError::Sealed)) => {
            return Err(not_sent(finisher, "sealed", Fault::SealedMeanwhile { sent: false }));
        }
        Err(fault) => return Err(not_sent(finisher, "secret_not_opened", fault)),
    };
    failpoint::hit("call.injected").await?;
    // 4. Out, through the guarded client, with the headers that may pass.
    let (mut headers, to) = (forwarded, &admitted.through.destination);
    headers.extend(injected.header);
    let (counted, sent) = body::Counted::new(body.map_err(BoxError::from));
    let outgoing = Outgoing {
        method: parts.method,
        path_and_query: admitted.path_and_query(),
        headers,
        body: counted.boxed_unsync(),
        silence: Silence::Usual,
    };
    let finisher = finisher.sending(sent);
    failpoint::hit("call.sent").await?;
    let answer = tokio::select! {
        biased; // what was cut before it was sent is not sent
        () = place.cut.cancelled() => return Err(cut(app, finisher)),
        () = admitted.over(app) => return Err(cut(app, finisher)),
        answer = followed(app, &service, Box::pin(app.egress.send(to, outgoing))) => answer,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(failed(finisher, error)),
    };
    // 5. Back, without the secret, until the end of the body, the grant or the session, whichever comes first.
    let (head, upstream) = answer.into_parts();
    let finisher = finisher.answered(head.status);
    let answered = Answered {
        service: service.as_str(),
        origin: &to.origin,
        path: admitted.path.as_str(),
        scrubber: &injected.scrubber,
    };
    let headers = match to_agent(&head.headers, &answered) {
        Ok(headers) => headers,
        Err(refusal) => {
            finisher.end(Outcome::AnswerRefused(refusal.code()));
            return Err(Fault::Answer(refusal.code()));
        }
    };
    let scrubbed = scrub::ScrubBody::new(upstream, injected.scrubber);
    // 6. What became of it is recorded when the body ends, however it ends.
    let body = body::Guarded::new(scrubbed, place, admitted.time_left(app), finisher);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = head.status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// A service at work is measured, and followed by whoever traces.
pub(crate) async fn followed<B>(
    app: &App,
    service: &Slug,
    answer: impl Future<Output = Result<Response<B>, EgressError>>,
) -> Result<Response<B>, EgressError> {
    app.metrics.egress(service, telemetry::upstream(service, answer)).await
}

fn not_sent(finisher: Finisher, why: &'static str, fault: Fault) -> Fault {
    finisher.end(Outcome::NotSent(why));
    fault
}

fn cut(app: &App, finisher: Finisher) -> Fault {
    finisher.end(Outcome::Cut);
    if app.vault.is_sealed() { Fault::SealedMeanwhile { sent: true } } else { Fault::Cut }
}

fn failed(finisher: Finisher, error: EgressError) -> Fault {
    let code = error.code();
    finisher.end(if error.is_not_sent() { Outcome::NotSent(code) } else { Outcome::Unknown(code) });
    Fault::Upstream(error)
}

/// Refuses early what could not be called anyway: without the vault there is no secret to inject.
fn must_be_open(app: &App) -> Result<(), Fault> {
    if app.vault.is_sealed() { Err(VaultError::Sealed.into()) } else { Ok(()) }
}
