//! `/oauth/introspect` (RFC 7662): what a token is worth at this moment, to the agent that it was made for. Whatever is
//! somebody else's, over, used or made up is not active, and nothing more is said.

use super::{
    super::{
        address::Address,
        client::{self, Known},
        input::Form,
    },
    OAuthError, Refusal, checked,
    metadata::{all_mcp, resource_of},
};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Held},
    store::agents::Agent,
    tokens::KnownGrant,
};
use axum::{Json as Answer, extract::State};
use domain::pin::unpin;
use http::HeaderMap;
use protocol::{Line, Slug, services::ServiceKind};
use serde_json::{Value, json};
use std::sync::Arc;

pub(in crate::http) async fn introspect(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Answer<Value>, Refusal> {
    let form = checked(form)?;
    let token = form.get("token")?.ok_or_else(|| OAuthError::invalid("token is missing"))?;
    let client = client::on_token(&app, from, &headers, &form, (token, false), Known::Now).await?;
    let Some(client) = client else { return Ok(Answer(json!({"active": false}))) };
    app.limits.call(&client.agent.id)?;
    let said = said(&app, &client.agent, token).await?;
    Ok(Answer(said.unwrap_or_else(|| json!({"active": false}))))
}

/// What a grant token says of whom it is for.
fn audiences(app: &App, token: &KnownGrant, lines: &[Line]) -> Vec<String> {
    match token.services() {
        None => vec![app.public_url.clone()],
        Some(only) => {
            let kind = |service: &Slug| {
                let line = lines.iter().find(|it| it.service.id == *service);
                line.map_or(ServiceKind::Http, |it| it.service.kind)
            };
            let mut named: Vec<String> =
                only.iter().map(|it| resource_of(&app.public_url, it, kind(it))).collect();
            named.extend(token.is_for_all_mcp().then(|| all_mcp(&app.public_url)));
            named
        }
    }
}

async fn said(app: &App, agent: &Agent, token: &str) -> Result<Option<Value>, Fault> {
    let Some(held) = grants::held(app, agent, token).await? else { return Ok(None) };
    let client = agent.client.as_deref().unwrap_or(agent.id.as_str());
    let common = json!({"active": true, "iss": app.public_url, "client_id": client, "token_type": "Bearer"});
    let own = match held {
        Held::Grant { grant, owner, lines, token } => json!({
            "aud": audiences(app, &token, &lines), "sub": owner, "act": {"sub": agent.id},
            "iat": token.issued_at(), "nbf": token.issued_at(), "exp": token.expires_at(),
            "jti": grant, "grant_id": grant,
            "scope": grants::scope_of(&lines.iter().map(unpin).collect::<Vec<_>>()),
            "authorization_details": lines.iter().map(unpin).collect::<Vec<_>>(),
        }),
        Held::Call(it) => json!({
            "aud": it.aud, "sub": it.sub, "act": it.act, "iat": it.iat, "nbf": it.nbf, "exp": it.exp,
            "jti": it.jti, "txn": it.txn, "grant_id": it.grant_id, "scope": it.action,
        }),
        Held::Ask(it) => json!({
            "aud": it.aud, "sub": it.sub, "iat": it.iat, "nbf": it.nbf, "exp": it.exp, "jti": it.jti,
            "scope": it.scope,
        }),
    };
    let (Value::Object(mut all), Value::Object(own)) = (common, own) else { return Ok(None) };
    all.extend(own);
    Ok(Some(Value::Object(all)))
}
