//! The inbox and the lists, each as far as the person may see.

use super::{Visitor, grounds, routine::routine, view::standing_at};
use crate::{
    app::App,
    fault::Fault,
    people::permission::{Grounds, may_decide, may_see},
    store::{
        agents as agent_rows, audit,
        connections::{self, Connection},
        grants::Stored,
        history, segments, services as service_rows, time, watermarks,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{sentence, state::State, tier::terms_tier};
use protocol::{
    access::RequestStatus,
    agents::AgentSummary,
    card::{CleanText, Span},
    services::{ConnectionSummary, ServiceSummary},
    sessions::{Inbox, Role, SessionService, SessionSummary, Waiting},
};
use std::collections::{BTreeMap, HashSet};

/// How far back the inbox shows what was decided.
const RECENT: TimeDelta = TimeDelta::hours(24);
/// How far back the list of ended sessions goes.
const PAST: TimeDelta = TimeDelta::days(30);

/// What waits for a person, what is live, what was decided lately.
pub async fn inbox(app: &App, visitor: &Visitor) -> Result<Inbox, Fault> {
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let connections = connections::list(&mut conn).await?;
    let waiting = history::waiting(&mut conn, now).await?;
    let live = history::live(&mut conn, now).await?;
    let over = history::over(&mut conn, now, now - RECENT).await?;
    drop(conn);
    let grounds = grounds(app, &connections);
    let waiting = waiting.iter().filter(|it| sees(visitor, it, grounds));
    Ok(Inbox {
        waiting: waiting.map(|it| waits(visitor, it, grounds)).collect(),
        active: summaries(app, visitor, &live, grounds).await?,
        decided: summaries(app, visitor, &over, grounds).await?,
        routine: routine(app, &visitor.person.id).await?,
    })
}

/// The sessions that a person may see: live ones, or what is over.
pub async fn sessions(app: &App, visitor: &Visitor, ended: bool) -> Result<Vec<SessionSummary>, Fault> {
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let connections = connections::list(&mut conn).await?;
    let rows = if ended {
        history::over(&mut conn, now, now - PAST).await?
    } else {
        history::live(&mut conn, now).await?
    };
    drop(conn);
    summaries(app, visitor, &rows, grounds(app, &connections)).await
}

fn sees(visitor: &Visitor, stored: &Stored, grounds: Grounds<'_>) -> bool {
    may_see(&visitor.person, stored.grant.terms(), grounds)
}

fn waits(visitor: &Visitor, stored: &Stored, grounds: Grounds<'_>) -> Waiting {
    let grant = &stored.grant;
    Waiting {
        request: grant.id.clone(),
        agent: grant.asked.agent.clone(),
        sentence: sentence::asked(&grant.asked),
        purpose: CleanText { text: grant.asked.purpose.clone(), removed: grant.removed_characters },
        tier: terms_tier(&grant.asked),
        expires_at: grant.expires_at,
        may_decide: may_decide(&visitor.person, &grant.asked, grounds).is_ok(),
    }
}

async fn summaries(
    app: &App,
    visitor: &Visitor,
    rows: &[Stored],
    grounds: Grounds<'_>,
) -> Result<Vec<SessionSummary>, Fault> {
    let rows: Vec<&Stored> = rows.iter().filter(|it| sees(visitor, it, grounds)).collect();
    summarised(app, &rows).await
}

/// Sessions in a list, revocations and time considered. Four questions to the database, however many there are.
pub async fn summarised(app: &App, rows: &[&Stored]) -> Result<Vec<SessionSummary>, Fault> {
    let now = app.clock.now();
    let ids: Vec<&str> = rows.iter().map(|it| it.grant.id.digits()).collect();
    let mut conn = app.store.read().await?;
    let context = Context {
        now,
        usage: audit::usage(&mut conn, &ids).await?,
        live: history::live_among(&mut conn, &ids, now).await?,
        taken: watermarks::taken(&mut conn, &ids).await?,
        dropped_until: segments::dropped_until(&mut conn).await?.map(time),
    };
    Ok(rows.iter().map(|stored| summary(stored, &context)).collect())
}

/// What is known of all sessions of a list.
struct Context {
    now: DateTime<Utc>,
    usage: BTreeMap<String, audit::Usage>,
    live: HashSet<String>,
    taken: HashSet<(String, String)>,
    /// What was dropped of the record is not younger than this.
    dropped_until: Option<DateTime<Utc>>,
}

/// What a session is about, to be read behind its agent's name.
fn said(stored: &Stored, status: RequestStatus) -> Vec<Span> {
    let verb = match status {
        RequestStatus::Pending => "wants to ",
        RequestStatus::Approved | RequestStatus::Active => "can ",
        RequestStatus::Ended => "could ",
        RequestStatus::Denied | RequestStatus::Withdrawn | RequestStatus::Lapsed => "wanted to ",
    };
    let mut spans = vec![Span { text: verb.to_owned(), strong: false }];
    spans.extend(match stored.grant.approval() {
        Some(approval) => sentence::deeds(&approval.terms),
        None => sentence::asked_deeds(&stored.grant.asked),
    });
    spans
}

fn summary(stored: &Stored, context: &Context) -> SessionSummary {
    let grant = &stored.grant;
    let (status, end_reason) = standing_at(stored, context.now, context.live.contains(grant.id.digits()));
    let usage = context.usage.get(grant.id.digits()).copied().unwrap_or_default();
    // Of what is over, everything is gone; what was taken away before is in its timeline.
    let live = matches!(status, RequestStatus::Approved | RequestStatus::Active);
    let mut services: Vec<SessionService> = Vec::new();
    for line in &grant.terms().lines {
        if services.iter().all(|it| it.service != line.service.id) {
            let place = (grant.id.digits().to_owned(), line.service.id.to_string());
            let taken_away = live && context.taken.contains(&place);
            let (service, title) = (line.service.id.clone(), line.service.title.clone());
            services.push(SessionService { service, title, taken_away });
        }
    }
    let approval = grant.approval();
    let verdict = match &grant.state {
        State::Denied { verdict } => Some(verdict),
        _ => approval.map(|it| &it.verdict),
    };
    let over_at = match &grant.state {
        State::Withdrawn { at } | State::Lapsed { at } => Some(*at),
        _ => None,
    };
    let ends_at = match &grant.state {
        State::Ended { at, .. } => Some(*at),
        _ => approval.map(|it| it.ends_at),
    };
    SessionSummary {
        grant: grant.grant_id(),
        agent: grant.asked.agent.clone(),
        owner: grant.asked.owner.clone(),
        status,
        end_reason,
        sentence: said(stored, status),
        services,
        decided_by: verdict.map(|it| it.by.clone()),
        decided_at: verdict.map(|it| it.at).or(over_at),
        reason: verdict.and_then(|it| it.reason.clone()),
        ends_at,
        calls: usage.calls,
        refused: usage.refused,
        last_call_at: usage.last.map(time),
        dropped_until: context.dropped_until.filter(|until| grant.asked_at <= *until),
    }
}

/// The services, with how many live sessions hold each.
pub async fn services(app: &App, visitor: &Visitor) -> Result<Vec<ServiceSummary>, Fault> {
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let connections = connections::list(&mut conn).await?;
    let mut shown = Vec::new();
    for service in service_rows::list(&mut conn).await? {
        let id = service.definition.id.clone();
        let mine = connections.iter().filter(|it| it.service == id && knows(visitor, it));
        let summary = |it: &Connection| ConnectionSummary {
            id: it.id.clone(),
            account: it.account.clone(),
            owner: it.owner.clone(),
        };
        shown.push(ServiceSummary {
            title: service.definition.title.clone(),
            origin: service.definition.origin.clone(),
            version: service.version,
            blocked: service.blocked,
            connections: mine.map(summary).collect(),
            actions: service.definition.actions.clone(),
            live_sessions: history::live_of_service(&mut conn, &id, now).await?,
            id,
        });
    }
    Ok(shown)
}

/// Somebody else's personal connection is nobody's business but an admin's or auditor's.
fn knows(visitor: &Visitor, connection: &Connection) -> bool {
    let person = &visitor.person;
    connection.serves(&person.id) || person.is(Role::Admin) || person.is(Role::Auditor)
}

/// The agents that a person may see: their own, or all for admins and auditors.
pub async fn agents(app: &App, visitor: &Visitor) -> Result<Vec<AgentSummary>, Fault> {
    let (person, now) = (&visitor.person, app.clock.now());
    let all = person.is(Role::Admin) || person.is(Role::Auditor);
    let mut conn = app.store.read().await?;
    let mut shown = Vec::new();
    for agent in agent_rows::list(&mut conn).await?.into_iter().filter(|it| all || it.owner == person.id) {
        let live_sessions = history::live_of_agent(&mut conn, &agent.id, now).await?;
        shown.push(AgentSummary {
            id: agent.id,
            title: agent.title,
            owner: agent.owner,
            blocked: agent.blocked,
            direct: agent.direct,
            live_sessions,
        });
    }
    Ok(shown)
}
