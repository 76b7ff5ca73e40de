//! What a token of the agent's own is worth at this moment. The data plane does not ask this: it judges every use.

use crate::{
    app::App,
    fault::Fault,
    ledger::memory::{Content, Found},
    store::{Conn, agent_keys, agents::Agent, calls, history},
    tokens::{AskClaims, CallClaims, KnownGrant},
    vault::VaultError,
};
use protocol::{GrantId, HalfDigest, Line, Slug};
use std::sync::Arc;

/// A token that is good, told apart.
#[derive(Debug)]
pub enum Held {
    /// The token of a session that lives, with the lines that were not taken out of it.
    Grant {
        /// The session.
        grant: GrantId,
        /// Whose agent it is.
        owner: Slug,
        /// What is left of it, as far as the token is for it.
        lines: Vec<Line>,
        /// What the token says.
        token: Arc<KnownGrant>,
    },
    /// A call token that is not used yet, of a session that lives.
    Call(Arc<CallClaims>),
    /// A token for asking.
    Ask(Arc<AskClaims>),
}

/// Whose token this is, if it is a good one of ours: nothing is said of whether its session lives.
pub fn agent_of_token(app: &App, token: &str) -> Result<Option<Slug>, Fault> {
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let now = app.clock.now();
    if let Ok(known) = signer.verify_grant(token, now) {
        return Ok(Some(known.agent.clone()));
    }
    Ok(signer.verify_call_of_any(token, now).ok().map(|it| it.client_id.clone()))
}

/// What this token is to this agent; none if it is nothing: somebody else's, over, used or made up.
pub async fn held(app: &App, agent: &Agent, token: &str) -> Result<Option<Held>, Fault> {
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let now = app.clock.now();
    if let Ok(known) = signer.verify_grant(token, now) {
        let live = if known.agent == agent.id {
            live(app, agent, &known.grant(), known.digest).await?
        } else {
            None
        };
        return Ok(live.map(|(owner, mut lines)| {
            lines.retain(|line| known.is_for(&line.service.id) || known.is_for_all_mcp());
            Held::Grant { grant: known.grant(), owner, lines, token: known }
        }));
    }
    if let Ok(claims) = signer.verify_call_of_any(token, now) {
        let own = claims.client_id == agent.id
            && live(app, agent, &claims.grant_id, claims.grant_digest)
                .await?
                .is_some_and(|(_, lines)| lines.iter().any(|it| it.service.id == claims.service))
            && calls::is_minted(&mut app.store.read().await?, &claims.jti).await?;
        return Ok(own.then_some(Held::Call(claims)));
    }
    let Ok(claims) = signer.verify_ask(token, now) else { return Ok(None) };
    let own = claims.sub == agent.id && stands(&mut app.store.read().await?, agent, &claims).await?;
    Ok(own.then_some(Held::Ask(claims)))
}

/// Whose agent it is and the lines that are left of a session of the agent's that lives and is what its token was made for.
async fn live(
    app: &App,
    agent: &Agent,
    grant: &GrantId,
    digest: Option<HalfDigest>,
) -> Result<Option<(Slug, Vec<Line>)>, Fault> {
    let found = app.ledger.active().find(&app.store, grant).await?;
    let Found::Active(content) = found else { return Ok(None) };
    if content.agent.id != agent.id || !content.is_what_was_granted(digest) {
        return Ok(None);
    }
    let left = left(app, grant, &content).await?;
    Ok(left.map(|lines| (content.owner.clone(), lines)))
}

/// The lines that nobody took out of a session; none if it is over.
pub async fn left(app: &App, grant: &GrantId, content: &Content) -> Result<Option<Vec<Line>>, Fault> {
    let left = history::left(&mut app.store.read().await?, grant, app.clock.now()).await?;
    if left.is_empty() {
        return Ok(None);
    }
    let is_left = |line: &&Line| left.contains(line.service.id.as_str());
    Ok(Some(content.lines.iter().filter(is_left).cloned().collect()))
}

/// Whether the credential that a token for asking was got with is still the agent's.
pub async fn stands(conn: &mut Conn, agent: &Agent, claims: &AskClaims) -> Result<bool, Fault> {
    Ok(match &claims.thumbprint {
        Some(thumbprint) => agent_keys::has(conn, &agent.id, thumbprint).await?,
        None => agent.key == claims.key,
    })
}
