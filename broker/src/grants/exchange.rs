//! RFC 8693 token exchange: a grant token becomes a call token for one action of one service. Checked and recorded,
//! spending nothing: the call spends.

use crate::{
    app::App,
    fault::Fault,
    keys,
    ledger::{Entry, Facts, Intent, Mint, Why},
    store::{agents::Agent, grants, services},
    tokens::{CALL_TOKEN_SECONDS, CallToken, SignedToken, TokenError},
    vault::VaultError,
};
use chrono::TimeDelta;
use domain::admit::Refusal;
use protocol::{CallId, Hint, Slug, record::Actor, terms::LineId};
use serde_json::json;
use std::collections::BTreeSet;

/// What an agent asks for.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The grant token.
    pub subject_token: &'a str,
    /// For which service.
    pub service: &'a Slug,
    /// For which action.
    pub action: &'a str,
}

/// A call token.
#[derive(Debug)]
pub struct Exchanged {
    /// The token.
    pub token: SignedToken,
    /// The action it is for.
    pub action: String,
}

/// Exchanges a grant token. The agent must be the grant's own.
pub async fn exchange(app: &App, agent: &Agent, wanted: &Exchange<'_>) -> Result<Exchanged, Fault> {
    app.limits.call(&agent.id)?;
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let now = app.clock.now();
    let claims = match signer.verify_grant(wanted.subject_token, now) {
        Err(TokenError::UnknownKey) if keys::look_again(app).await => {
            app.signer().ok_or(VaultError::Sealed)?.verify_grant(wanted.subject_token, now)?
        }
        known => known?,
    };
    let grant = claims.grant_id.clone();
    let stored = grants::find(&mut app.store.read().await?, &grant.request()).await?;
    let stored = stored.filter(|it| it.grant.asked.agent.id == agent.id).ok_or(Why::Foreign)?;
    super::same_credential(agent, &stored)?;
    let approval = stored.grant.approval().ok_or(Why::NotActive(stored.grant.status()))?;
    let holds = |line: &&protocol::Line| {
        line.service.id == *wanted.service && line.actions.iter().any(|it| it.name == wanted.action)
    };
    let Some(line) = approval.terms.lines.iter().find(holds) else {
        return Err(refuse(app, agent, wanted, &stored).await?);
    };
    let call = CallId::from_u128(app.rng.id(now)?);
    let longest = TimeDelta::seconds(CALL_TOKEN_SECONDS);
    let mint = Mint {
        call: call.clone(),
        grant: grant.clone(),
        agent: agent.id.clone(),
        service: wanted.service.clone(),
        line: line.id,
        expires_at: (now + longest).min(approval.ends_at),
        facts: facts(wanted, Some(line.id)),
    };
    app.ledger.submit(Intent::Mint(Box::new(mint))).await?;
    let token = CallToken {
        call: &call,
        grant: &grant,
        grant_ends_at: approval.ends_at,
        owner: &approval.terms.owner,
        agent: &agent.id,
        service: wanted.service,
        action: wanted.action,
        line: line.id,
    };
    Ok(Exchanged { token: signer.call_token(&token, now)?, action: wanted.action.to_owned() })
}

fn facts(wanted: &Exchange<'_>, line: Option<LineId>) -> Facts {
    Facts::from_iter([
        ("service".to_owned(), json!(wanted.service)),
        ("action".to_owned(), json!(wanted.action)),
        ("line".to_owned(), json!(line)),
    ])
}

/// Records the refusal, and says what to ask for.
async fn refuse(
    app: &App,
    agent: &Agent,
    wanted: &Exchange<'_>,
    stored: &grants::Stored,
) -> Result<Fault, Fault> {
    let refusal = Refusal::NotGranted { action: wanted.action.to_owned(), resource: None };
    let mut facts = facts(wanted, None);
    facts.insert("why".to_owned(), json!(refusal.to_string()));
    let entry = Entry {
        kind: "token.refused",
        actor: Actor::Agent { agent: agent.id.clone() },
        grant: Some(stored.grant.grant_id()),
        call: None,
        facts,
    };
    app.ledger.submit(Intent::Refused(Box::new(entry))).await?;
    let service = services::find(&mut app.store.read().await?, wanted.service).await?;
    let example = service.and_then(|it| refusal.smallest_request(&it.definition, &app.policy));
    // No call names a resource yet: what this session was about is the smallest that can be meant.
    let lines = stored.grant.asked.lines.iter().filter(|line| line.service.id == *wanted.service);
    let resources: BTreeSet<&String> = lines.flat_map(|line| &line.resources).collect();
    let hint = example.map(|mut example| {
        for line in &mut example.authorization_details {
            line.resources = resources.iter().copied().cloned().collect();
        }
        Hint::RequestAccess { example: Box::new(example) }
    });
    Ok(Fault::NotGranted { refusal, hint })
}
