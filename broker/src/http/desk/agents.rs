//! Agents with how they stand: credentials, trust, sessions.

use super::HttpDesk;
use crate::{
    app::App,
    clients,
    fault::Fault,
    grants::{self, Visitor},
    ledger::acts::cooling,
    store::{
        agent_keys::{self, Key},
        agents::{self, Agent},
        grants as rows, history, time,
    },
};
use protocol::{Digest, Problem, Slug, agents::AgentSummary, sessions::Role};
use web_ui::{AgentDesk, AgentView, KeyView, OperationView, RecentSession, Trust};

#[async_trait::async_trait]
impl AgentDesk for HttpDesk {
    async fn agent_views(&self) -> Result<Vec<AgentView>, Problem> {
        self.told(async { views(&self.app, self.who()?).await }.await)
    }

    async fn agent_view(&self, id: &Slug) -> Result<AgentView, Problem> {
        self.told(async { one(&self.app, self.who()?, id).await }.await)
    }

    fn public_url(&self) -> String {
        self.app.public_url.clone()
    }

    fn operations(&self) -> Vec<OperationView> {
        crate::http::docs::openapi::operations()
    }
}

/// The agents that a person may see.
async fn views(app: &App, visitor: &Visitor) -> Result<Vec<AgentView>, Fault> {
    let mut shown = Vec::new();
    for summary in grants::agents(app, visitor).await? {
        shown.push(view(app, visitor, summary).await?);
    }
    Ok(shown)
}

/// One of them, with what it asked lately.
async fn one(app: &App, visitor: &Visitor, id: &Slug) -> Result<AgentView, Fault> {
    let all = grants::agents(app, visitor).await?;
    let summary = all.into_iter().find(|it| it.id == *id).ok_or(Fault::NotFound("agent"))?;
    let mut view = view(app, visitor, summary).await?;
    let stored = history::recent_of_agent(&mut app.store.read().await?, id).await?;
    let sessions = grants::summarised(app, &stored.iter().collect::<Vec<_>>()).await?;
    let actions = |terms: &protocol::Terms| terms.lines.iter().map(|it| it.actions.len()).sum();
    let recent = stored.iter().zip(sessions).map(|(stored, session)| RecentSession {
        session,
        asked: actions(&stored.grant.asked),
        granted: stored.grant.approval().map_or(0, |it| actions(&it.terms)),
    });
    view.recent = recent.collect();
    if let Some(client) = &view.client {
        view.twins = clients::twins(app, (id, &view.summary.title), &view.summary.owner, client).await?;
    }
    Ok(view)
}

async fn view(app: &App, visitor: &Visitor, summary: AgentSummary) -> Result<AgentView, Fault> {
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let agent = agents::find(&mut conn, &summary.id).await?.ok_or(Fault::NotFound("agent"))?;
    let keys = agent_keys::of_agent(&mut conn, &agent.id).await?;
    let has_secret = agents::has_secret(&mut conn, &agent.id).await?;
    let seen = history::seen(&mut conn, &agent.id).await?;
    let trust = match cooling(&mut conn, &agent.id, &app.policy, now).await? {
        _ if agent.blocked => Trust::Paused,
        Some((_, until)) => Trust::CoolingDown { until },
        None if seen.granted > 0 => Trust::Known,
        None => Trust::New,
    };
    let pending = rows::pending_of(&mut conn, &agent.id, now).await?;
    drop(conn);
    let client = clients::client_of(app, &agent).await?;
    let key = |it: &Key| KeyView { kid: it.kid.clone(), thumbprint: it.thumbprint.clone() };
    Ok(AgentView {
        registered_at: agent.created_at,
        first_seen: seen.first.map(time),
        last_seen: seen.asked.max(seen.called).map(time),
        last_call: seen.called.map(time),
        secret: has_secret.then_some(agent.key),
        keys: keys.iter().map(key).collect(),
        client,
        twins: Vec::new(),
        redirect_uris: agent.redirect_uris.clone(),
        trust,
        pending,
        recent: Vec::new(),
        may_change: may_change(visitor, &agent),
        may_lift: visitor.person.is(Role::Admin),
        seen: seen_of(&agent, has_secret, &keys).to_string(),
        summary,
    })
}

fn may_change(visitor: &Visitor, agent: &Agent) -> bool {
    let person = &visitor.person;
    person.is(Role::Admin) || person.is(Role::Developer) && agent.owner == person.id
}

/// What a form carries of the agent that it was rendered from.
pub(in crate::http) fn seen_of(agent: &Agent, has_secret: bool, keys: &[Key]) -> Digest {
    let Agent { id, title, owner, direct, blocked, key, redirect_uris, created_at: _, client: _, via: _ } =
        agent;
    domain::digest::of_json(&(id, title, owner, direct, blocked, key, has_secret, keys, redirect_uris))
}

/// An agent that a person may change, with its keys. One that they may not see does not exist.
pub(in crate::http) async fn agent_to_change(
    app: &App,
    visitor: &Visitor,
    id: &Slug,
) -> Result<(Agent, bool, Vec<Key>), Fault> {
    let person = &visitor.person;
    let mut conn = app.store.read().await?;
    let agent = agents::find(&mut conn, id).await?.ok_or(Fault::NotFound("agent"))?;
    if !may_change(visitor, &agent) {
        let sees = agent.owner == person.id || person.is(Role::Auditor);
        return Err(if sees {
            Fault::Forbidden("only an admin, or a developer who owns it, can change an agent".into())
        } else {
            Fault::NotFound("agent")
        });
    }
    let has_secret = agents::has_secret(&mut conn, id).await?;
    let keys = agent_keys::of_agent(&mut conn, id).await?;
    Ok((agent, has_secret, keys))
}
