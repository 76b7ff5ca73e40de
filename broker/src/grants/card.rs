//! The request card: everything a person needs for the decision, computed from the request as it is pinned and the
//! narrowing as it stands. The digests on it bind the decision to exactly this.

use super::{Visitor, choices, seen_by, view::standing};
use crate::{
    app::App,
    fault::Fault,
    people::permission::may_decide,
    store::{agents, connections::Connection, grants::Stored, history},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    definition, digest,
    narrowing::{self, Choices, NarrowRefusal, Rules},
    policy::{self, Proof},
    sentence,
    state::State,
    tier::tier_on,
};
use protocol::{
    Card, Line, Narrowing, RequestId, Terms,
    access::{EndReason, RequestStatus},
    card::{
        CardAction, CardLine, CardResource, CleanText, DurationChoice, NarrowedLine, Outcome, Permission,
    },
};

/// The strongest proof that this broker can take.
pub(super) const PROOF: Proof = Proof::Click;

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
    let pending = status == RequestStatus::Pending;
    let shown = shown(app, &stored, &connections, wanted);
    let grant = &stored.grant;
    let terms = match (&shown.terms, pending) {
        (Ok(terms), true) => terms,
        _ => grant.terms(),
    };
    let refusal = may_decide(&visitor.person, &grant.asked, &connections).err();
    Ok(Card {
        request: grant.id.clone(),
        version: grant.version,
        status,
        agent: grant.asked.agent.clone(),
        owner: grant.asked.owner.clone(),
        yours: grant.asked.owner == visitor.person.id,
        agent_since: agent.map(|it| it.created_at).unwrap_or_default(),
        sentence: sentence::sentence(terms),
        worst: sentence::worst(terms),
        purpose: CleanText { text: grant.asked.purpose.clone(), removed: grant.removed_characters },
        history,
        matching_code: digest::matching_code(&grant.request_digest, &grant.id),
        lines: grant.asked.lines.iter().map(|line| card_line(line, &shown)).collect(),
        duration: duration(app, &grant.asked, &shown.narrowing, terms, now),
        expires_at: grant.expires_at,
        asked_at: grant.asked_at,
        request_digest: grant.request_digest.clone(),
        grant_digest: shown.terms.as_ref().ok().filter(|_| pending).map(digest::grant_digest),
        blocked_because: shown.terms.as_ref().err().map(ToString::to_string).into_iter().collect(),
        permission: Permission { allowed: refusal.is_none(), why_not: refusal },
        approve_label: "Approve as shown".to_owned(),
        outcome: outcome(&stored, status, end_reason),
    })
}

/// What a request would grant under a narrowing; the same for the card and for the decision.
pub fn narrowed(
    app: &App,
    stored: &Stored,
    connections: &[Connection],
    wanted: Option<&Narrowing>,
) -> Result<Terms, NarrowRefusal> {
    let shown = shown(app, stored, connections, wanted.cloned());
    shown.terms
}

struct Shown {
    narrowing: Narrowing,
    choices: Choices,
    terms: Result<Terms, NarrowRefusal>,
}

fn shown(app: &App, stored: &Stored, connections: &[Connection], wanted: Option<Narrowing>) -> Shown {
    let asked = &stored.grant.asked;
    let choices = choices(asked, connections);
    let rules = Rules { policy: &app.policy, proof: PROOF, choices: &choices };
    let narrowing = wanted.unwrap_or_else(|| narrowing::default_narrowing(asked, &rules));
    let terms = narrowing::narrow(asked, &narrowing, &rules);
    Shown { narrowing, choices, terms }
}

fn card_line(line: &Line, shown: &Shown) -> CardLine {
    let kept = shown.narrowing.lines.iter().find(|kept| kept.line == line.id);
    let keeps = |name: &String| kept.is_some_and(|it| it.actions.contains(name));
    // Naming resources lowers a tier, so what can be granted depends on the line as it stands.
    let standing = as_it_stands(line, kept);
    let action = |action: &protocol::Action| CardAction {
        name: action.name.clone(),
        label: definition::does(action),
        effect: action.effect,
        tier: tier_on(action, &standing),
        ticked: keeps(&action.name),
        disabled_because: policy::disabled_because(action, &standing, PROOF),
    };
    let named = kept.and_then(|it| it.resources.as_ref());
    let mut resources: Vec<&String> = line.resources.iter().collect();
    resources.extend(named.into_iter().flatten().filter(|name| !line.resources.contains(name)));
    let resource = |name: &String| CardResource {
        name: name.clone(),
        ticked: kept.is_some() && named.is_none_or(|names| names.contains(name)),
    };
    let chosen = kept.and_then(|it| it.connection.as_ref());
    let possible = shown.choices.get(&line.id).cloned().unwrap_or_default();
    CardLine {
        line: line.id,
        service: line.service.id.clone(),
        title: line.service.title.clone(),
        origin: line.service.origin.clone(),
        connection: line
            .connection
            .clone()
            .or_else(|| possible.iter().find(|it| Some(&it.id) == chosen).cloned()),
        choices: possible,
        actions: line.actions.iter().map(action).collect(),
        resources: resources.into_iter().map(resource).collect(),
        conditions: standing.conditions.iter().map(sentence::condition_words).collect(),
        max_calls_asked: line.limits.max_calls,
        max_calls: kept.and_then(|it| it.max_calls).or(line.limits.max_calls),
    }
}

fn as_it_stands(line: &Line, kept: Option<&NarrowedLine>) -> Line {
    let resources = kept.and_then(|it| it.resources.clone()).unwrap_or_else(|| line.resources.clone());
    let mut conditions = line.conditions.clone();
    let added = kept.into_iter().flat_map(|it| &it.conditions);
    conditions.extend(added.filter(|it| !line.conditions.contains(it)).cloned());
    Line { resources, conditions, ..line.clone() }
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

fn outcome(stored: &Stored, status: RequestStatus, end_reason: Option<EndReason>) -> Option<Outcome> {
    let grant = &stored.grant;
    let agent = &grant.asked.agent.title;
    let approval = grant.approval();
    let (by, at, reason) = match (&grant.state, approval) {
        (State::Denied { verdict }, _) => (Some(verdict.by.to_string()), verdict.at, verdict.reason.clone()),
        (_, Some(it)) => (Some(it.verdict.by.to_string()), it.verdict.at, it.verdict.reason.clone()),
        (State::Withdrawn { at } | State::Lapsed { at }, _) => (None, *at, None),
        _ => (None, grant.expires_at, None),
    };
    let deeds = || sentence::plain(&sentence::deeds(grant.terms()));
    let says = match status {
        RequestStatus::Pending => return None,
        RequestStatus::Approved | RequestStatus::Active => format!("Approved. {agent} can {}.", deeds()),
        RequestStatus::Denied => "Denied. Nothing was granted.".to_owned(),
        RequestStatus::Withdrawn => "The agent withdrew this. Nothing was granted.".to_owned(),
        RequestStatus::Lapsed => "Expired. Nothing was granted.".to_owned(),
        RequestStatus::Ended => format!("Ended. {agent} can no longer use this session."),
    };
    let ends_at = match &grant.state {
        State::Ended { at, .. } => Some(*at),
        _ => approval.map(|it| it.ends_at),
    };
    Some(Outcome { by, at, says, reason, ends_at, end_reason })
}
