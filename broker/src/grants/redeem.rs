//! The agent redeems its grant: once, ever.

use super::{own, proven::proven, same_credential};
use crate::{
    app::App, fault::Fault, ledger::acts::Act, store::agents::Agent, tokens::GrantToken, vault::VaultError,
};
use domain::{digest, pin::unpin};
use protocol::{AskedLine, Digest, RequestId, access::Redeemed};

/// Gives the grant token. The transition is committed before the token is made: who loses the answer asks anew.
pub async fn redeem(app: &App, agent: &Agent, request: &RequestId) -> Result<Redeemed, Fault> {
    let by = |proven| Act::Redeem { request: request.clone(), agent: agent.id.clone(), proven };
    redeem_by(app, agent, request, &[], by).await
}

/// The same by the act of a door that uses something up in the same transaction, for a token that is restricted to
/// `resources`; to none for all that is granted.
pub async fn redeem_by(
    app: &App,
    agent: &Agent,
    request: &RequestId,
    resources: &[String],
    act: impl FnOnce(Option<Digest>) -> Act,
) -> Result<Redeemed, Fault> {
    let approved = own(app, agent, request).await?;
    same_credential(agent, &approved.grant.asked.agent)?;
    // Before anything is used up: without the vault there would be no token to give.
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let proven = proven(app, &approved).await?;
    let stored = app.ledger.advance(act(proven)).await?;
    let grant = stored.grant.grant_id();
    let approval =
        stored.grant.approval().ok_or_else(|| Fault::Internal("redeemed without approval".into()))?;
    let asked: Vec<_> = approval.terms.lines.iter().map(unpin).collect();
    let details = asked.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let details = details.map_err(|error| Fault::Internal(error.to_string()))?;
    let scope = scope_of(&asked);
    let token = GrantToken {
        grant: &grant,
        digest: digest::grant_digest(&approval.terms).half(),
        ends_at: approval.ends_at,
        owner: &approval.terms.owner,
        agent: &agent.id,
        client: agent.client.as_deref().unwrap_or(agent.id.as_str()),
        authorization_details: details,
        scope: &scope,
        resources,
    };
    let now = app.clock.now();
    let minted = signer.grant_token(&token, now)?;
    Ok(Redeemed {
        grant,
        grant_token: minted.expose().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: (approval.ends_at - now).num_seconds(),
        ends_at: approval.ends_at,
        authorization_details: asked,
    })
}

/// The names of all actions that are granted, each once (RFC 6749 section 3.3).
pub fn scope_of(lines: &[AskedLine]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in lines.iter().flat_map(|line| &line.actions) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.join(" ")
}
