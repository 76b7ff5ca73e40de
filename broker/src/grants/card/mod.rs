//! The request card: everything a person needs for the decision, computed from the request as it is pinned and the
//! narrowing as it stands. The digests on it bind the decision to exactly this.

mod lines;
mod outcome;
mod proof;
mod step_up;
mod tools;

pub(super) use proof::{checked, hand};

use super::{Visitor, choices, grounds, seen_by, usage, view::standing};
use crate::{
    app::App,
    clients,
    fault::Fault,
    people::permission::{Grounds, may_decide},
    store::{agents, connections::Connection, grants::Stored, history},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    digest,
    narrowing::{self, Choices, NarrowRefusal, Rules},
    policy::Policy,
    proof::Means,
    sentence,
    state::Grant,
};
use lines::card_line;
use outcome::outcome;
use protocol::{
    Card, Narrowing, RequestId, Terms,
    access::RequestStatus,
    card::{CardQuorum, CleanText, DurationChoice, Permission, Span},
    clients::Twin,
    sessions::Role,
};

/// How far back "is this normal?" looks.
const HISTORY: TimeDelta = TimeDelta::days(14);

/// The card of a request, for a person, narrowed as they want to see it.
pub async fn card(
    app: &App,
    visitor: &Visitor,
    request: &RequestId,
    wanted: Option<Narrowing>,
) -> Result<Card, Fault> {
    let (stored, connections) = seen_by(app, visitor, request).await?;
    let (status, end_reason) = standing(app, &stored).await?;
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let agent = agents::find(&mut conn, &stored.grant.asked.agent.id).await?;
    let history = history::before(&mut conn, &stored, now - HISTORY).await?;
    drop(conn);
    let pending = status == RequestStatus::Pending;
    let grounds = grounds(app, &connections);
    let hand = hand(app, visitor, &stored, grounds).await?;
    let shown = shown(app, &stored, &connections, hand.means, wanted);
    let grant = &stored.grant;
    let terms = match (&shown.terms, pending) {
        (Ok(terms), true) => terms,
        _ => grant.terms(),
    };
    let granting = shown.terms.as_ref().ok().filter(|_| pending);
    let mut earlier = usage::earlier(app, &stored, granting).await?;
    if pending {
        earlier.step_up = step_up::step_up(app, visitor, &stored, grounds).await?;
    }
    let grant_digest = granting.map(digest::grant_digest);
    let quorum = grant_digest.as_ref().map(|it| proof::quorum(app, visitor, &stored, terms, it));
    let passkey = match &grant_digest {
        Some(digest) => hand.question(app, visitor, &stored, terms, digest)?,
        None => None,
    };
    let mut lines: Vec<_> = grant.asked.lines.iter().map(|line| card_line(line, &shown)).collect();
    tools::tools(app, &stored, pending, &mut lines).await?;
    Ok(Card {
        request: grant.id.clone(),
        version: grant.version,
        status,
        agent: grant.asked.agent.clone(),
        twins: twins(app, grant).await?,
        owner: grant.asked.owner.clone(),
        yours: grant.asked.owner == visitor.person.id,
        agent_since: agent.map(|it| it.created_at).unwrap_or_default(),
        sentence: said(grant, granting),
        worst: sentence::worst(terms),
        purpose: CleanText { text: grant.asked.purpose.clone(), removed: grant.removed_characters },
        history,
        earlier,
        matching_code: digest::matching_code(&grant.request_digest, &grant.id),
        binding_message: grant.asked.binding_message.clone(),
        lines,
        duration: duration(app, &grant.asked, &shown.narrowing, terms, now),
        expires_at: grant.expires_at,
        asked_at: grant.asked_at,
        request_digest: grant.request_digest.clone(),
        blocked_because: shown.terms.as_ref().err().map(ToString::to_string).into_iter().collect(),
        permission: permission(visitor, terms, grounds, quorum.as_ref()),
        approve_label: proof::label(terms, quorum.as_ref()),
        quorum: quorum.unwrap_or_default(),
        passkey,
        grant_digest,
        outcome: outcome(&stored, status, end_reason),
    })
}

/// The sentence of what is or would be granted, else of what was asked.
fn said(grant: &Grant, granting: Option<&Terms>) -> Vec<Span> {
    match granting.or(grant.approval().map(|it| &it.terms)) {
        Some(terms) => sentence::sentence(terms),
        None => sentence::asked(&grant.asked),
    }
}

/// What else has a name like that of the client that asks.
async fn twins(app: &App, grant: &Grant) -> Result<Vec<Twin>, Fault> {
    let asked = &grant.asked;
    match &asked.agent.client {
        Some(client) => {
            let agent = (&asked.agent.id, asked.agent.title.as_str());
            clients::twins(app, agent, &asked.owner, client).await
        }
        None => Ok(Vec::new()),
    }
}

fn permission(
    visitor: &Visitor,
    terms: &Terms,
    grounds: Grounds<'_>,
    quorum: Option<&CardQuorum>,
) -> Permission {
    let person = &visitor.person;
    let given = quorum.is_some_and(|it| it.given.iter().any(|given| given.by == person.id));
    let waits = || "you have approved exactly this; it waits for somebody else".to_owned();
    let refusal = may_decide(person, terms, grounds).err().or_else(|| given.then(waits));
    let may_pause = !person.blocked && (person.id == terms.owner || person.is(Role::Admin));
    Permission { allowed: refusal.is_none(), why_not: refusal, may_pause }
}

/// What a request would grant under a narrowing; the same for the card and for the decision.
pub fn narrowed(
    app: &App,
    stored: &Stored,
    connections: &[Connection],
    means: Means,
    wanted: Option<&Narrowing>,
) -> Result<Terms, NarrowRefusal> {
    shown(app, stored, connections, means, wanted.cloned()).terms
}

struct Shown<'a> {
    narrowing: Narrowing,
    choices: Choices,
    means: Means,
    policy: &'a Policy,
    terms: Result<Terms, NarrowRefusal>,
}

/// Without a narrowing: what others have approved already, else what is offered by default.
fn shown<'a>(
    app: &'a App,
    stored: &Stored,
    connections: &[Connection],
    means: Means,
    wanted: Option<Narrowing>,
) -> Shown<'a> {
    let asked = &stored.grant.asked;
    let choices = choices(asked, connections);
    let rules = Rules { policy: &app.policy, means, choices: &choices };
    let narrowing = wanted.unwrap_or_else(|| match stored.grant.proposal() {
        Some(proposal) => narrowing::of_terms(asked, &proposal.terms),
        None => narrowing::default_narrowing(asked, &rules),
    });
    let terms = narrowing::narrow(asked, &narrowing, &rules);
    Shown { narrowing, choices, means, policy: &app.policy, terms }
}

fn duration(
    app: &App,
    asked: &Terms,
    narrowing: &Narrowing,
    terms: &Terms,
    now: DateTime<Utc>,
) -> DurationChoice {
    let chosen = narrowing.duration.unwrap_or(terms.duration);
    DurationChoice {
        asked: asked.duration,
        chosen,
        options: app.policy.duration_options(asked.duration),
        ends_at: now + TimeDelta::seconds(i64::from(chosen)),
    }
}
