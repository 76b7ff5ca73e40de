//! RFC 8693 token exchange: a grant token becomes a call token for one action of one service. Checked and recorded,
//! spending nothing: the call spends.

use crate::{
    app::App,
    fault::Fault,
    keys,
    ledger::{CallFacts, Entry, Facts, Intent, Mint, Why, memory::Found},
    store::{agents::Agent, grants, services},
    tokens::{CALL_TOKEN_SECONDS, CallToken, SignedToken, TokenError},
    vault::VaultError,
};
use chrono::TimeDelta;
use domain::admit::Refusal;
use protocol::{CallId, GrantId, Hint, Slug, record::Actor};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// The agent as it authenticated itself.
#[derive(Debug, Clone)]
pub struct Client {
    /// Which.
    pub agent: Arc<Agent>,
    /// The revision of what admins declared that it was known by; none if it was just read.
    pub revision: Option<i64>,
}

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
pub async fn exchange(app: &App, client: &Client, wanted: &Exchange<'_>) -> Result<Exchanged, Fault> {
    app.limits.call(&client.agent.id)?;
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let now = app.clock.now();
    let claims = match signer.verify_grant(wanted.subject_token, now) {
        Err(TokenError::UnknownKey) if keys::look_again(app).await => {
            app.signer().ok_or(VaultError::Sealed)?.verify_grant(wanted.subject_token, now)?
        }
        known => known?,
    };
    let grant = claims.grant();
    let content = match app.ledger.active().find(&app.store, &grant).await? {
        Found::Active(content) if content.agent.id == client.agent.id => content,
        Found::Other { agent, status } if agent == client.agent.id => {
            let why = Why::NotActive(status);
            record_refusal(app, client, wanted, &grant, why.to_string()).await?;
            return Err(why.into());
        }
        _ => return Err(Why::Foreign.into()),
    };
    if !content.is_what_was_granted(claims.digest) {
        app.ledger.active().forget(&grant);
        record_refusal(app, client, wanted, &grant, Why::Altered.to_string()).await?;
        return Err(Why::Altered.into());
    }
    super::same_credential(&client.agent, &content.agent)?;
    if !claims.is_for(wanted.service) {
        record_refusal(app, client, wanted, &grant, Fault::OtherResource.to_string()).await?;
        return Err(Fault::OtherResource);
    }
    let holds = |line: &&protocol::Line| {
        line.service.id == *wanted.service && line.actions.iter().any(|it| it.name == wanted.action)
    };
    let Some(line) = content.lines.iter().find(holds) else {
        return Err(refuse(app, client, wanted, &grant).await?);
    };
    let call = CallId::from_u128(app.rng.id(now)?);
    let longest = TimeDelta::seconds(CALL_TOKEN_SECONDS);
    let mint = Mint {
        call: call.clone(),
        grant: grant.clone(),
        agent: client.agent.id.clone(),
        service: wanted.service.clone(),
        line: line.id,
        expires_at: (now + longest).min(content.ends_at),
        revision: client.revision,
        facts: CallFacts { action: wanted.action.to_owned(), ..CallFacts::default() },
    };
    app.ledger.submit(Intent::Mint(Box::new(mint))).await?;
    let token = CallToken {
        call: &call,
        grant: &grant,
        digest: content.digest,
        grant_ends_at: content.ends_at,
        owner: &content.owner,
        agent: &client.agent.id,
        service: wanted.service,
        action: wanted.action,
        line: line.id,
    };
    Ok(Exchanged { token: signer.call_token(&token, now)?, action: wanted.action.to_owned() })
}

async fn record_refusal(
    app: &App,
    client: &Client,
    wanted: &Exchange<'_>,
    grant: &GrantId,
    why: String,
) -> Result<(), Fault> {
    let facts = Facts::from_iter([
        ("service".to_owned(), json!(wanted.service)),
        ("action".to_owned(), json!(wanted.action)),
        ("why".to_owned(), json!(why)),
    ]);
    let actor = Actor::Agent { agent: client.agent.id.clone() };
    let entry = Entry { kind: "token.refused", actor, grant: Some(grant.clone()), call: None, facts };
    app.ledger.submit(Intent::Refused(Box::new(entry))).await?;
    Ok(())
}

/// Records the refusal, and says what to ask for.
async fn refuse(app: &App, client: &Client, wanted: &Exchange<'_>, grant: &GrantId) -> Result<Fault, Fault> {
    let refusal = Refusal::NotGranted { action: wanted.action.to_owned(), resource: None };
    record_refusal(app, client, wanted, grant, refusal.to_string()).await?;
    let mut conn = app.store.read().await?;
    let service = services::find(&mut conn, wanted.service).await?;
    let example = service.and_then(|it| refusal.smallest_request(&it.definition, &app.policy));
    // No call names a resource yet: what this session was about is the smallest that can be meant.
    let asked = grants::find(&mut conn, &grant.request()).await?.map(|it| it.grant.asked.lines);
    let lines = asked.iter().flatten().filter(|line| line.service.id == *wanted.service);
    let resources: BTreeSet<&String> = lines.flat_map(|line| &line.resources).collect();
    let hint = example.map(|mut example| {
        for line in &mut example.authorization_details {
            line.resources = resources.iter().copied().cloned().collect();
        }
        Hint::RequestAccess { example: Box::new(example) }
    });
    Ok(Fault::NotGranted { refusal, hint })
}
