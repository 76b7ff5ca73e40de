//! An agent asks.

use super::{Acting, Why, ok_or_refuse, terms_facts};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        Conn, agent_keys,
        agents::{self, Agent},
        connections,
        grants::{self, Sameness, Stored},
        people, services,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{policy::Policy, state::Grant};
use protocol::{Digest, Line, Slug, Terms, record::Actor, services::ServiceKind, terms::AgentRef};
use serde_json::json;

/// The digest of what is asked, without ids: what two asks of one agent are the same by.
pub fn ask(terms: &Terms) -> Digest {
    let what = (&terms.lines, terms.duration, &terms.purpose);
    if let Some(client) = &terms.agent.client {
        // A card shows how the client is known and where its answers go: what is shown must be so now.
        let (key, shown) = (&terms.agent.thumbprint, &terms.binding_message);
        return domain::digest::of_json(&(what.0, what.1, what.2, key, shown, client));
    }
    match (&terms.agent.thumbprint, &terms.binding_message) {
        (None, None) => domain::digest::of_json(&what),
        // A session belongs to the key that asked for it: another key's request is another.
        (Some(key), None) => domain::digest::of_json(&(what.0, what.1, what.2, key)),
        // What a person compares with the agent's screen must be what that screen shows now.
        (key, Some(shown)) => domain::digest::of_json(&(what.0, what.1, what.2, key, shown)),
    }
}

impl Acting<'_> {
    pub(super) async fn open(
        mut self,
        grant: &Grant,
        same: &Sameness,
        policy: &Policy,
    ) -> sqlx::Result<Outcome> {
        let agent = &grant.asked.agent.id;
        if let Some(key) = &same.idempotency
            && let Some(earlier) = grants::by_key(self.conn, agent, key).await?
        {
            if ask(&earlier.grant.asked) != same.ask {
                return Ok(Err(Why::OtherAsk(earlier.grant.id)));
            }
            return Ok(Ok(Answer::Same(Box::new(earlier))));
        }
        if let Some(earlier) = grants::same(self.conn, agent, same, self.pen.now).await? {
            return Ok(Ok(Answer::Same(Box::new(earlier))));
        }
        ok_or_refuse!(self.parties_stand(grant).await?);
        for line in &grant.asked.lines {
            ok_or_refuse!(self.line_stands(line).await?);
        }
        ok_or_refuse!(self.is_cool(agent, policy).await?);
        let pending = grants::pending_of(self.conn, agent, self.pen.now).await?;
        if pending >= i64::from(policy.max_pending) {
            return Ok(Err(Why::TooManyPending(pending)));
        }
        grants::insert(self.conn, grant, same, self.marks.seen()).await?;
        let mut facts = Facts::from_iter([
            ("agent".to_owned(), json!(agent)),
            ("owner".to_owned(), json!(grant.asked.owner)),
            ("request_digest".to_owned(), json!(grant.request_digest)),
            ("lines".to_owned(), terms_facts(&grant.asked)),
            ("duration".to_owned(), json!(grant.asked.duration)),
            ("purpose".to_owned(), json!(grant.asked.purpose)),
        ]);
        if let Some(shown) = &grant.asked.binding_message {
            facts.insert("binding_message".to_owned(), json!(shown));
        }
        let actor = Actor::Agent { agent: agent.clone() };
        self.pen.write("request.opened", actor, Some(grant.grant_id()), None, facts);
        self.changed(grant);
        let stored = Stored { grant: grant.clone(), watermark: self.marks.seen(), last_call_at: None };
        Ok(Ok(Answer::Grant(Box::new(stored))))
    }

    /// Whether the agent may ask, after what people said to it lately.
    async fn is_cool(&mut self, agent: &Slug, policy: &Policy) -> sqlx::Result<Result<(), Why>> {
        let Some((denials, until)) = cooling(self.conn, agent, policy, self.pen.now).await? else {
            return Ok(Ok(()));
        };
        let left = until - self.pen.now;
        let after = u32::try_from((left.num_milliseconds() + 999) / 1_000).unwrap_or(u32::MAX);
        Ok(Err(Why::CoolingDown { denials, after }))
    }

    async fn parties_stand(&mut self, grant: &Grant) -> sqlx::Result<Result<(), Why>> {
        let asked = &grant.asked;
        let Some(agent) = agents::find(self.conn, &asked.agent.id).await? else {
            return Ok(Err(Why::Missing("agent")));
        };
        if agent.blocked {
            return Ok(Err(Why::Blocked("agent")));
        }
        ok_or_refuse!(self.credential_stands(&agent, &asked.agent).await?);
        if agent.owner != asked.owner {
            return Ok(Err(Why::Outdated("the agent has another owner".to_owned())));
        }
        let owner = people::find(self.conn, &asked.owner).await?;
        Ok(if owner.is_some_and(|person| !person.blocked) { Ok(()) } else { Err(Why::Blocked("owner")) })
    }

    /// Whether the agent still has the credential that it asked with.
    pub(super) async fn credential_stands(
        &mut self,
        agent: &Agent,
        pinned: &AgentRef,
    ) -> sqlx::Result<Result<(), Why>> {
        let stands = match &pinned.thumbprint {
            Some(thumbprint) => agent_keys::has(self.conn, &agent.id, thumbprint).await?,
            None => agent.key == pinned.key,
        };
        let why = "the agent's credential changed since this was asked";
        Ok(if stands { Ok(()) } else { Err(Why::Outdated(why.to_owned())) })
    }

    /// Whether what a line pinned is still so: the service's version, and the connection.
    pub(super) async fn line_stands(&mut self, line: &Line) -> sqlx::Result<Result<(), Why>> {
        let pinned = &line.service;
        let Some(service) = services::find(self.conn, &pinned.id).await? else {
            return Ok(Err(Why::Missing("service")));
        };
        if service.blocked {
            return Ok(Err(Why::Blocked("service")));
        }
        if service.version != pinned.version {
            let why = format!("the definition of {} changed since this was asked", pinned.id);
            return Ok(Err(Why::Outdated(why)));
        }
        let gone = line.actions.iter().find(|it| !service.definition.actions.contains(it));
        if let Some(gone) = gone.filter(|_| pinned.kind == ServiceKind::Mcp) {
            let why = format!("the tool {} of {} changed since this was asked", gone.name, pinned.id);
            return Ok(Err(Why::Outdated(why)));
        }
        let Some(connection) = &line.connection else { return Ok(Ok(())) };
        let found = connections::find(self.conn, &connection.id).await?;
        Ok(match found {
            Some(found) if found.pinned() == *connection && found.service == pinned.id => Ok(()),
            _ => Err(Why::Outdated(format!("the connection {} changed since this was asked", connection.id))),
        })
    }
}

/// How often people denied an agent lately, and until when it has to wait for that; none if it does not. Derived from
/// their denials, so that it holds on every broker and after a restart.
pub(crate) async fn cooling(
    conn: &mut Conn,
    agent: &Slug,
    policy: &Policy,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(i64, DateTime<Utc>)>> {
    let window = TimeDelta::seconds(i64::from(policy.cool_down_window));
    let (denials, last) = grants::denials_of(conn, agent, now - window).await?;
    let pause = policy.cool_down_of(u32::try_from(denials).unwrap_or(u32::MAX));
    let until = last + TimeDelta::seconds(i64::from(pause));
    Ok((until > now).then_some((denials, until)))
}
