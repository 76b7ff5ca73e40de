//! Ending early: one numbered row per subject, with the exact count of what it stops, in a batch of its own under
//! the lock that no other batch shares.

use super::{
    acts::person::{is_last_admin, last_admin},
    batch::Outcome,
    facts::Facts,
    intent::{Answer, Revocation, Why},
    memory::ActiveGrants,
    pen::Pen,
};
use crate::{
    events::Event,
    store::{Conn, agents, calls, grants, people, services, time, watermarks, web},
};
use domain::watermark::keys;
use protocol::{GrantId, Slug, record::Actor, revoke::Stopped, revoke::Subject};
use serde_json::json;

pub(super) async fn apply(
    conn: &mut Conn,
    active: &ActiveGrants,
    pen: &mut Pen,
    revocation: &Revocation,
) -> sqlx::Result<Outcome> {
    let subject = &revocation.subject;
    let Some(found) = find(conn, subject).await? else {
        return Ok(Err(Why::Missing(kind(subject))));
    };
    if let (Subject::Person { person }, Actor::Person { .. }, true) =
        (subject, &revocation.actor, revocation.block)
        && is_last_admin(conn, person).await?
    {
        // From the host it goes: whoever operates the broker can make another.
        return Ok(Err(last_admin()));
    }
    let counted = watermarks::count(conn, subject, pen.now).await?;
    let number = watermarks::next(conn).await?;
    for key in keys(subject) {
        watermarks::add(conn, number, &key, pen.now).await?;
    }
    block(conn, revocation, pen).await?;
    let stopped = Stopped {
        subject: subject.clone(),
        number,
        sessions: counted.sessions,
        narrowed: counted.narrowed,
        requests: counted.requests,
        streams: 0,
        tokens: counted.tokens,
        tokens_until: (counted.tokens > 0).then(|| time(counted.tokens_until)),
    };
    let mut facts = Facts::new();
    facts.insert("number".to_owned(), json!(number));
    facts.insert("subject".to_owned(), json!(subject));
    facts.insert("block".to_owned(), json!(revocation.block));
    facts.insert("sessions".to_owned(), json!(counted.sessions));
    facts.insert("narrowed".to_owned(), json!(counted.narrowed));
    facts.insert("requests".to_owned(), json!(counted.requests));
    facts.insert("tokens".to_owned(), json!(counted.tokens));
    facts.extend(revocation.reason.iter().map(|reason| ("reason".to_owned(), json!(reason))));
    // This batch is the first that has seen the number it sets.
    pen.watermark = number;
    pen.write("revoked", revocation.actor.clone(), session_of(subject), None, facts);
    pen.events.push(Event::Revoked { number, agent: found.agent() });
    if let (Subject::Session { grant }, Found::Session(stored)) = (subject, found) {
        end_session(conn, active, pen, revocation, (grant, *stored)).await?;
    }
    Ok(Ok(Answer::Stopped(Box::new(stopped))))
}

fn session_of(subject: &Subject) -> Option<GrantId> {
    match subject {
        Subject::Session { grant } | Subject::SessionService { grant, .. } => Some(grant.clone()),
        _ => None,
    }
}

pub(super) fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Session { .. } | Subject::SessionService { .. } => "session",
        Subject::Service { .. } => "service",
        Subject::Agent { .. } => "agent",
        Subject::Person { .. } => "person",
        Subject::All => "broker",
    }
}

pub(super) async fn exists(conn: &mut Conn, subject: &Subject) -> sqlx::Result<bool> {
    Ok(find(conn, subject).await?.is_some())
}

/// What a revocation is of.
enum Found {
    /// A session, or a service in it.
    Session(Box<grants::Stored>),
    /// An agent.
    Agent(Slug),
    /// What the sessions of many agents depend on.
    Shared,
}

impl Found {
    /// The one agent whose sessions it may end.
    fn agent(&self) -> Option<Slug> {
        match self {
            Self::Session(stored) => Some(stored.grant.asked.agent.id.clone()),
            Self::Agent(agent) => Some(agent.clone()),
            Self::Shared => None,
        }
    }
}

async fn find(conn: &mut Conn, subject: &Subject) -> sqlx::Result<Option<Found>> {
    let shared = |there: bool| there.then_some(Found::Shared);
    let session = |stored: grants::Stored| Found::Session(Box::new(stored));
    Ok(match subject {
        Subject::Session { grant } => grants::find(conn, &grant.request()).await?.map(session),
        Subject::SessionService { grant, service } => {
            let holds =
                |it: &grants::Stored| it.grant.terms().lines.iter().any(|line| line.service.id == *service);
            grants::find(conn, &grant.request()).await?.filter(holds).map(session)
        }
        Subject::Agent { agent } => agents::find(conn, agent).await?.map(|it| Found::Agent(it.id)),
        Subject::Service { service } => shared(services::find(conn, service).await?.is_some()),
        Subject::Person { person } => shared(people::find(conn, person).await?.is_some()),
        Subject::All => Some(Found::Shared),
    })
}

/// Blocking is state of its own, set in the same transaction. A revoked person also loses every way in.
async fn block(conn: &mut Conn, revocation: &Revocation, pen: &Pen) -> sqlx::Result<()> {
    if let Subject::Person { person } = &revocation.subject {
        web::end_all(conn, person, pen.now).await?;
    }
    if !revocation.block {
        return Ok(());
    }
    match &revocation.subject {
        Subject::Service { service } => services::block(conn, service, true).await,
        Subject::Agent { agent } => agents::block(conn, agent, true).await,
        Subject::Person { person } => people::block(conn, person, true).await,
        _ => Ok(()),
    }
}

/// A session that is named is ended in its row at once; the others' rows follow with the sweeper.
async fn end_session(
    conn: &mut Conn,
    active: &ActiveGrants,
    pen: &mut Pen,
    revocation: &Revocation,
    (grant, stored): (&GrantId, grants::Stored),
) -> sqlx::Result<()> {
    let Ok(transition) = stored.grant.end(revocation.end, pen.now) else { return Ok(()) };
    if grants::advance(conn, transition.from, &transition.to, stored.watermark).await? {
        active.forget(grant);
        calls::forget_keys(conn, grant).await?;
        let facts = Facts::from_iter([("why".to_owned(), json!(revocation.end))]);
        pen.write("grant.ended", revocation.actor.clone(), Some(grant.clone()), None, facts);
        pen.events.push(Event::Request {
            request: transition.to.id.clone(),
            version: transition.to.version,
            agent: transition.to.asked.agent.id.clone(),
        });
    }
    Ok(())
}
