//! `/oauth/revoke` (RFC 7009): an agent gives a token back. With its grant token ends the session.

use super::{
    super::{
        address::Address,
        client::{self, Known},
        input::Form,
    },
    OAuthError, Refusal, checked,
};
use crate::{
    app::App,
    grants::{self, Held},
};
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// A token that is nobody's, somebody else's or over is answered like one that was given back (section 2.2).
pub(in crate::http) async fn revoke(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<StatusCode, Refusal> {
    let form = checked(form)?;
    let token = form.get("token")?.ok_or_else(|| OAuthError::invalid("token is missing"))?;
    // Whoever holds a token may give it back, also a client that can prove nothing else (section 2.1).
    let client = client::on_token(&app, from, &headers, &form, (token, true), Known::Now).await?;
    let Some(client) = client else { return Ok(StatusCode::OK) };
    app.limits.call(&client.agent.id)?;
    match grants::held(&app, &client.agent, token).await? {
        Some(Held::Grant { grant, .. }) => {
            grants::end_own(&app, &client.agent, &grant.request()).await?;
        }
        Some(Held::Call(_) | Held::Ask(_)) => {
            let why = "call tokens and tokens for asking end by themselves, within a minute or ten; to end the session, \
                       give its grant token back";
            return Err(OAuthError::new("unsupported_token_type", why).into());
        }
        None => {}
    }
    Ok(StatusCode::OK)
}
