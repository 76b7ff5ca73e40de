//! The authorization code grant (RFC 6749 section 4.1.3, RFC 7636): a code becomes the access token of the session that a
//! person approved. Once: whoever brings it a second time has stolen it, or was stolen from, and the session ends.

use super::{
    OAuthError, Refusal,
    metadata::{all_mcp, resource_of},
    params::Params,
};
use crate::{
    app::App,
    clients::OAuthClient,
    fault::Fault,
    grants,
    ledger::{
        LedgerError, Why,
        acts::{Act, Authorizing},
    },
    store::{
        agents::{self, Agent},
        authorizations::{self, Authorization},
        grants::{self as rows, Stored},
    },
    tokens::{IdToken, OpaqueKind, OpaqueToken},
    vault::VaultError,
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use axum::{
    Json as Answer,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use protocol::{access::Redeemed, services::ServiceKind};
use serde_json::json;

/// The shortest and longest verifier (RFC 7636 section 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// Redeems a code for the client that it was made for; `via` is the key that an agent authenticated with.
pub(super) async fn redeem(
    app: &App,
    client: &OAuthClient,
    via: Option<String>,
    params: &Params,
) -> Result<Response, Refusal> {
    let code = OpaqueToken::parse(OpaqueKind::Code, params.need("code")?).map_err(|_| no_such_code())?;
    let verifier = params.need("code_verifier")?;
    let mac = code.mac(&app.mac_key);
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let code = authorizations::code(&mut conn, &mac).await.map_err(Fault::from)?.ok_or_else(no_such_code)?;
    let found = code.authorization;
    if found.client != client.id {
        return Err(no_such_code().into());
    }
    let stored =
        rows::find(&mut conn, &found.request).await.map_err(Fault::from)?.ok_or_else(no_such_code)?;
    let agent = agents::find(&mut conn, &stored.grant.asked.agent.id).await.map_err(Fault::from)?;
    let agent = Agent { via, ..agent.filter(|it| !it.blocked).ok_or_else(no_such_code)? };
    drop(conn);
    // Whoever cannot show that they asked learns nothing, and takes nothing away from whoever did.
    is_who_asked(&found, params, verifier)?;
    if code.used {
        return replayed(app, &agent, &found).await;
    }
    let resources = narrowed(&app.public_url, &found, &stored, params)?;
    let redeemed = grants::redeem_by(app, &agent, &found.request, &resources, |proven| {
        let (id, request, agent) = (found.id.clone(), found.request.clone(), agent.id.clone());
        Act::Authorize(Box::new(Authorizing::Redeem { id, mac: mac.clone(), request, agent, proven }))
    });
    match redeemed.await {
        Ok(redeemed) => given(app, client, &found, &redeemed),
        Err(Fault::Ledger(LedgerError::Refused(Why::Spent))) => spent(app, &agent, &found, &mac).await,
        Err(Fault::Ledger(LedgerError::Refused(why))) => Err(gone(&why.to_string()).into()),
        Err(Fault::Forbidden(why)) => Err(gone(&why).into()),
        Err(fault) => Err(fault.into()),
    }
}

fn gone(why: &str) -> OAuthError {
    OAuthError::new("invalid_grant", format!("{why}. Nothing was given: ask again"))
}

fn no_such_code() -> OAuthError {
    OAuthError::new(
        "invalid_grant",
        "the code is none of this client's, or too old. Nothing was given: ask again",
    )
}

/// The code is too old, another of the same authorization was used, or it was used itself in this moment.
async fn spent(app: &App, agent: &Agent, found: &Authorization, mac: &str) -> Result<Response, Refusal> {
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let now = authorizations::code(&mut conn, mac).await.map_err(Fault::from)?;
    drop(conn);
    if now.is_some_and(|it| it.used) {
        return replayed(app, agent, found).await;
    }
    Err(no_such_code().into())
}

/// What the first use gave is taken back (OAuth 2.1 section 4.1.2).
async fn replayed(app: &App, agent: &Agent, found: &Authorization) -> Result<Response, Refusal> {
    grants::end_own(app, agent, &found.request).await?;
    let why = "the code was used before, so the session that it gave has been ended. Ask again";
    Err(OAuthError::new("invalid_grant", why).into())
}

/// The redirect URI, where it is said again, and the verifier of the challenge.
fn is_who_asked(found: &Authorization, params: &Params, verifier: &str) -> Result<(), OAuthError> {
    if params.get("redirect_uri").is_some_and(|uri| uri != found.redirect_uri) {
        return Err(OAuthError::new("invalid_grant", "redirect_uri is not the one that was asked with"));
    }
    let unreserved = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~');
    if !VERIFIER.contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(OAuthError::invalid("code_verifier must have 43 to 128 unreserved characters"));
    }
    let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(hash.as_ref());
    verify_slices_are_equal(challenge.as_bytes(), found.challenge.as_bytes())
        .map_err(|_| OAuthError::new("invalid_grant", "code_verifier is not the one of code_challenge"))
}

/// The resources that the token is for: those that were asked for, or some of them, or some of what is granted
/// (RFC 8707 section 2.2).
fn narrowed(
    issuer: &str,
    found: &Authorization,
    stored: &Stored,
    params: &Params,
) -> Result<Vec<String>, OAuthError> {
    let lines = stored.grant.approval().map(|it| it.terms.lines.as_slice()).unwrap_or_default();
    let mut granted: Vec<String> =
        lines.iter().map(|it| resource_of(issuer, &it.service.id, it.service.kind)).collect();
    if lines.iter().any(|it| it.service.kind == ServiceKind::Mcp) {
        granted.push(all_mcp(issuer));
    }
    let mut wanted: Vec<String> = Vec::new();
    for resource in params.all("resource") {
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        if resource == issuer {
            continue;
        }
        let asked = found.resources.is_empty() || found.resources.iter().any(|it| it == resource);
        if !asked || !granted.iter().any(|it| it == resource) {
            return Err(OAuthError::new("invalid_target", "resource is none that was granted"));
        }
        if !wanted.iter().any(|it| it == resource) {
            wanted.push(resource.to_owned());
        }
    }
    if wanted.is_empty() {
        // What a person took away is no resource of the token's.
        wanted = found.resources.iter().filter(|it| granted.contains(it)).cloned().collect();
    }
    Ok(wanted)
}

/// The answer (RFC 6749 section 5.1, RFC 9396 section 7, OpenID Connect Core section 3.1.3.3). Never a refresh token.
fn given(
    app: &App,
    client: &OAuthClient,
    found: &Authorization,
    redeemed: &Redeemed,
) -> Result<Response, Refusal> {
    let mut answer = super::token::granted(redeemed);
    if found.openid {
        let signer = app.signer().ok_or(VaultError::Sealed).map_err(Fault::from)?;
        let token = IdToken {
            client_id: &client.id,
            sub: &found.person,
            nonce: found.nonce.as_deref(),
            auth_time: found.auth_time,
            access_token: &redeemed.grant_token,
        };
        let token = signer.id_token(&token, app.clock.now()).map_err(Fault::from)?;
        answer["scope"] = json!(format!("openid {}", grants::scope_of(&redeemed.authorization_details)));
        answer["id_token"] = json!(token.expose());
    }
    Ok(Answer(answer).into_response())
}
