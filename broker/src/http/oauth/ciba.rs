//! The CIBA grant of `/oauth/token` (CIBA Core 1.0, sections 10 and 11): an agent fetches what became of a request that it
//! made at `/oauth/bc-authorize`. The question waits for the decision (long polling, section 10.1.1); whether and how often
//! anything is given, the state of the request says, and nothing here.

use super::{OAuthError, Refusal, params::Params, token::granted};
use crate::{
    app::App,
    fault::Fault,
    grants,
    ledger::{LedgerError, Why, acts::Act},
    store::{
        agents::Agent,
        ciba::{self, Handle},
        grants as rows,
    },
    tokens::{IdToken, OpaqueKind, OpaqueToken, SignedToken},
    vault::VaultError,
};
use axum::{
    Json as Answer,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use domain::state::Reason;
use http::HeaderMap;
use protocol::{
    RequestView,
    access::{EndReason, Redeemed, RequestStatus},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The grant type.
pub(super) const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// How long a question waits for a decision. The specification has 30 seconds at most; libraries of clients give up after
/// as many.
const HOLD: Duration = Duration::from_secs(25);

/// Gives the tokens, once, or says where the request stands.
pub(super) async fn poll(
    app: &App,
    agent: &Agent,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Refusal> {
    app.limits.call(&agent.id)?;
    let id = OpaqueToken::parse(OpaqueKind::Backchannel, params.need("auth_req_id")?);
    let mac = id.map_err(|_| unknown())?.mac(&app.mac_key);
    let handle = ciba::find(&mut app.store.read().await.map_err(Fault::from)?, &mac).await;
    // Somebody else's is no better than none.
    let handle = handle.map_err(Fault::from)?.filter(|it| it.agent == agent.id).ok_or_else(unknown)?;
    let held = app.polls.begin(&mac, handle.expires_at).map_err(|interval| {
        let why = format!(
            "this is asked too fast, or twice at once: from now on wait {interval} seconds in between"
        );
        OAuthError::new("slow_down", why)
    })?;
    let view = grants::watch(app, agent, &handle.request, Some(hold(headers)), None).await?;
    if view.status == RequestStatus::Approved {
        let answer = redeemed(app, agent, &handle).await;
        // What failed and may be tried again is held to its interval.
        if answer.is_ok() {
            held.finish();
        }
        return answer;
    }
    Err(outcome(&view).into())
}

/// A client that does not want to be held says so (RFC 7240 section 4.3).
fn hold(headers: &HeaderMap) -> Duration {
    let prefers = headers.get_all("prefer").iter().filter_map(|it| it.to_str().ok());
    let mut named = prefers.flat_map(|it| it.split(',')).filter_map(|it| it.trim().strip_prefix("wait="));
    let seconds = named.next().and_then(|it| it.trim().parse().ok());
    seconds.map_or(HOLD, |it| HOLD.min(Duration::from_secs(it)))
}

fn unknown() -> OAuthError {
    let why = "this auth_req_id is not one of yours, or it was forgotten. Nothing is granted; ask again";
    OAuthError::new("invalid_grant", why)
}

/// What it means that a request is not approved (section 11, RFC 6749 section 5.2).
fn outcome(view: &RequestView) -> OAuthError {
    let late = |why| OAuthError::new("expired_token", why);
    let gone = |why| OAuthError::new("invalid_grant", why);
    match (view.status, view.end_reason) {
        (RequestStatus::Pending, _) => {
            OAuthError::new("authorization_pending", "nobody has decided yet. Ask again")
        }
        (RequestStatus::Denied, _) => {
            let said = view.reason.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
            OAuthError::new("access_denied", format!("it was denied{said}"))
        }
        (RequestStatus::Lapsed, _) => late("nobody decided in time. Nothing is granted; ask again"),
        (RequestStatus::Ended, Some(EndReason::NotRedeemed)) => {
            late("it was approved, and not fetched in time. Nothing is granted; ask again")
        }
        (RequestStatus::Withdrawn, _) => gone("it was taken back. Nothing is granted"),
        (RequestStatus::Ended, _) => gone("what was granted is over. Nothing is granted; ask again"),
        (RequestStatus::Active | RequestStatus::Approved, _) => {
            gone("what was granted has been fetched already, which can be done once. Nothing more is granted")
        }
    }
}

async fn redeemed(app: &App, agent: &Agent, handle: &Handle) -> Result<Response, Refusal> {
    // Before anything is used up: without the vault there would be no ID token to give.
    let signer = app.signer().ok_or(Fault::from(VaultError::Sealed))?;
    let act = |proven| Act::Redeem { request: handle.request.clone(), agent: agent.id.clone(), proven };
    let redeemed = grants::redeem_by(app, agent, &handle.request, &handle.resources, act).await;
    let redeemed = redeemed.map_err(not_redeemed)?;
    let now = app.clock.now();
    let id_token = IdToken {
        client_id: agent.id.as_str(),
        sub: &agent.owner,
        nonce: None,
        auth_time: decided_at(app, handle).await?.unwrap_or(now),
        access_token: &redeemed.grant_token,
    };
    let id_token = signer.id_token(&id_token, now).map_err(Fault::from)?;
    Ok(Answer(tokens(&redeemed, &id_token)).into_response())
}

/// When it was approved: what stands in for a sign-in here, since that is when somebody proved on their own device who
/// they are.
async fn decided_at(app: &App, handle: &Handle) -> Result<Option<DateTime<Utc>>, Fault> {
    let stored = rows::find(&mut app.store.read().await?, &handle.request).await?;
    Ok(stored.and_then(|it| it.grant.approval().map(|approval| approval.verdict.at)))
}

/// As at the other doors, with what CIBA section 10.1.1 has beside it, and the `grant_id` of Grant Management.
fn tokens(it: &Redeemed, id_token: &SignedToken) -> Value {
    let mut answer = granted(it);
    answer["scope"] = json!(format!("openid {}", grants::scope_of(&it.authorization_details)));
    answer["grant_id"] = json!(it.grant);
    answer["id_token"] = json!(id_token.expose());
    answer
}

/// Whatever the state machine, a revocation or a lost credential has against it, there is no such grant any more; what
/// stands in the way for now stays what it is.
fn not_redeemed(fault: Fault) -> Refusal {
    let error = match &fault {
        Fault::Ledger(LedgerError::Refused(Why::State(it))) if it.reason == Reason::Late => "expired_token",
        Fault::Ledger(LedgerError::Refused(
            Why::State(_)
            | Why::Changed
            | Why::Overtaken(_)
            | Why::Outdated(_)
            | Why::Missing(_)
            | Why::Blocked(_)
            | Why::Revoked(_)
            | Why::Expired(_)
            | Why::NotActive(_)
            | Why::Foreign,
        ))
        | Fault::Forbidden(_) => "invalid_grant",
        _ => return fault.into(),
    };
    OAuthError::new(error, format!("{}. Nothing is granted", grants::visible(&fault.to_string()))).into()
}
