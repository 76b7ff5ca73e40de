//! RFC 8693 token exchange: a grant token becomes a call token for one action of one service. Checked and recorded,
//! spending nothing: the call spends.

use super::stands;
use crate::{
    app::App,
    fault::Fault,
    keys,
    ledger::{CallFacts, Entry, Facts, Intent, Mint, Why, memory::Found},
    store::{agents::Agent, grants, services},
    tokens::{CALL_TOKEN_SECONDS, CallToken, KnownGrant, SignedToken, Signer, TokenError},
    vault::VaultError,
};
use chrono::TimeDelta;
use domain::admit::Refusal;
use protocol::{CallId, GrantId, Hint, Line, Slug, record::Actor};
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

/// What an agent asks for. It holds tokens, so nothing prints it.
pub struct Exchange<'a> {
    /// The grant token.
    pub subject_token: &'a str,
    /// A token of whoever acts, which can only be the agent itself.
    pub actor_token: Option<&'a str>,
    /// For which service.
    pub service: &'a Slug,
    /// For which action.
    pub action: &'a str,
    /// In which of the line's resources; none means in all of them.
    pub resources: &'a [String],
}

/// Exchanges a grant token for a call token. The agent must be the grant's own.
pub async fn exchange(app: &App, client: &Client, wanted: &Exchange<'_>) -> Result<SignedToken, Fault> {
    app.limits.call(&client.agent.id)?;
    let signer = app.signer().ok_or(VaultError::Sealed)?;
    let now = app.clock.now();
    let claims = subject(app, &signer, wanted.subject_token).await?;
    if let Some(actor) = wanted.actor_token {
        acts(app, &signer, &client.agent, actor).await?;
    }
    // Who may act with it (`may_act`) is the agent, and nobody else.
    if claims.agent != client.agent.id {
        return Err(Why::Foreign.into());
    }
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
    let line = match held(&content.lines, wanted) {
        Ok(line) => line,
        Err(refusal) => return Err(refuse(app, client, wanted, &grant, refusal).await?),
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
        resources: wanted.resources,
    };
    Ok(signer.call_token(&token, now)?)
}

/// What the grant token says.
async fn subject(app: &App, signer: &Signer, token: &str) -> Result<Arc<KnownGrant>, Fault> {
    let now = app.clock.now();
    match signer.verify_grant(token, now) {
        Err(TokenError::UnknownKey) if keys::look_again(app).await => {
            Ok(app.signer().ok_or(VaultError::Sealed)?.verify_grant(token, now)?)
        }
        known => Ok(known?),
    }
}

/// Whether an actor token is the agent's own: a token for asking that its credential still stands for. The agent has
/// authenticated itself already, so this adds nobody to those who act, and `act` names the agent alone.
async fn acts(app: &App, signer: &Signer, agent: &Agent, token: &str) -> Result<(), Fault> {
    let claims = signer.verify_ask(token, app.clock.now())?;
    let own = claims.sub == agent.id && stands(&mut app.store.read().await?, agent, &claims).await?;
    if own { Ok(()) } else { Err(TokenError::WrongAudience.into()) }
}

/// The line that holds what is wanted, with all resources that are named.
fn held<'a>(lines: &'a [Line], wanted: &Exchange<'_>) -> Result<&'a Line, Refusal> {
    let action = wanted.action.to_owned();
    let mut of_service = lines.iter().filter(|line| line.service.id == *wanted.service).peekable();
    if of_service.peek().is_none() {
        return Err(Refusal::ServiceOutside { service: wanted.service.clone(), action });
    }
    let holding: Vec<&Line> =
        of_service.filter(|line| line.actions.iter().any(|it| it.name == action)).collect();
    if holding.is_empty() {
        return Err(Refusal::NotGranted { action, resource: None });
    }
    let outside = |line: &Line| {
        let inside = |it: &&String| line.resources.is_empty() || line.resources.contains(it);
        wanted.resources.iter().find(|it| !inside(it)).cloned()
    };
    let mut first = None;
    for line in holding {
        match outside(line) {
            None => return Ok(line),
            resource => first = first.or(resource),
        }
    }
    Err(Refusal::ResourceOutside { action, resource: first })
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
async fn refuse(
    app: &App,
    client: &Client,
    wanted: &Exchange<'_>,
    grant: &GrantId,
    refusal: Refusal,
) -> Result<Fault, Fault> {
    record_refusal(app, client, wanted, grant, refusal.to_string()).await?;
    let mut conn = app.store.read().await?;
    let service = services::find(&mut conn, wanted.service).await?;
    let example = service.and_then(|it| refusal.smallest_request(&it.definition, &app.policy));
    // Where no call names a resource yet, what this session was about is the smallest that can be meant.
    let asked = grants::find(&mut conn, &grant.request()).await?.map(|it| it.grant.asked.lines);
    let lines = asked.iter().flatten().filter(|line| line.service.id == *wanted.service);
    let resources: BTreeSet<&String> = lines.flat_map(|line| &line.resources).collect();
    let hint = example.map(|mut example| {
        for line in &mut example.authorization_details {
            line.resources = if wanted.resources.is_empty() {
                resources.iter().copied().cloned().collect()
            } else {
                wanted.resources.to_vec()
            };
        }
        Hint::RequestAccess { example: Box::new(example) }
    });
    Ok(Fault::NotGranted { refusal, hint })
}
