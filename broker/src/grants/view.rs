//! A request as its agent sees it.

use super::{offers, usage};
use crate::{
    app::App,
    fault::Fault,
    store::{
        agents::Agent,
        grants::{self, Stored},
        history, lines,
    },
};
use chrono::{DateTime, Utc};
use domain::{definition, digest, narrowing, pin::unpin, state::State};
use protocol::{
    RequestView,
    access::{EndReason, Granted, LineLeft, LiveGrant, Me, Poll, RequestStatus},
};

/// Shows a request to its agent, revocations and time considered.
pub async fn view(app: &App, stored: &Stored) -> Result<RequestView, Fault> {
    let grant = &stored.grant;
    let (status, end_reason) = standing(app, stored).await?;
    let granted = grant.approval().map(|approval| Granted {
        grant: grant.grant_id(),
        authorization_details: approval.terms.lines.iter().map(unpin).collect(),
        ends_at: approval.ends_at,
        redeem_by: approval.redeem_by,
    });
    let diff = match status {
        RequestStatus::Pending | RequestStatus::Withdrawn | RequestStatus::Lapsed => Vec::new(),
        _ => narrowing::diff(&grant.asked, grant.approval().map(|it| &it.terms), &app.policy),
    };
    let reason = match &grant.state {
        State::Denied { verdict } => verdict.reason.clone(),
        _ => grant.approval().and_then(|it| it.verdict.reason.clone()),
    };
    let usage = match status {
        RequestStatus::Ended => usage::of_session(&mut app.store.read().await?, stored).await?,
        _ => None,
    };
    Ok(RequestView {
        id: grant.id.clone(),
        version: grant.version,
        status,
        approve_url: format!("{}/requests/{}", app.public_url, grant.id),
        matching_code: digest::matching_code(&grant.request_digest, &grant.id),
        expires_at: grant.expires_at,
        poll: Poll { interval: 5, url: format!("{}/v1/requests/{}", app.public_url, grant.id) },
        asked: grant.asked.lines.iter().map(unpin).collect(),
        granted,
        diff,
        reason,
        end_reason,
        removed_characters: grant.removed_characters,
        usage,
    })
}

/// Where a request stands right now: its row, unless time or a revocation has gone past it.
pub(super) async fn standing(
    app: &App,
    stored: &Stored,
) -> Result<(RequestStatus, Option<EndReason>), Fault> {
    let now = app.clock.now();
    let live = match &stored.grant.state {
        State::Approved { .. } | State::Active { .. } => {
            history::is_live(&mut app.store.read().await?, &stored.grant.grant_id(), now).await?
        }
        _ => false,
    };
    Ok(standing_at(stored, now, live))
}

/// The same, where it has been read already whether the grant is live.
pub(super) fn standing_at(
    stored: &Stored,
    now: DateTime<Utc>,
    live: bool,
) -> (RequestStatus, Option<EndReason>) {
    let grant = &stored.grant;
    match &grant.state {
        State::Pending { .. } if now >= grant.expires_at => (RequestStatus::Lapsed, None),
        State::Ended { reason, .. } => (RequestStatus::Ended, Some(*reason)),
        State::Approved { approval } if now >= approval.redeem_by => {
            (RequestStatus::Ended, Some(EndReason::NotRedeemed))
        }
        State::Approved { approval } | State::Active { approval, .. } if now >= approval.ends_at => {
            (RequestStatus::Ended, Some(EndReason::Expired))
        }
        State::Approved { .. } | State::Active { .. } if !live => {
            (RequestStatus::Ended, Some(EndReason::Revoked))
        }
        _ => (grant.status(), None),
    }
}

/// What an agent may do now, and what it may ask for.
pub async fn me(app: &App, agent: &Agent) -> Result<Me, Fault> {
    let rows = grants::of_agent(&mut app.store.read().await?, &agent.id).await?;
    let (mut pending, mut live) = (Vec::new(), Vec::new());
    for stored in rows {
        let (status, _) = standing(app, &stored).await?;
        match (status, stored.grant.approval()) {
            (RequestStatus::Pending, _) => pending.push(stored.grant.id.clone()),
            (RequestStatus::Approved | RequestStatus::Active, Some(approval)) => {
                let id = stored.grant.grant_id();
                let used = lines::of_grant(&mut app.store.read().await?, &id).await?;
                let left = used.iter().map(|it| LineLeft {
                    line: u16::try_from(it.line).unwrap_or_default(),
                    calls: it.max_calls - it.used,
                });
                live.push(LiveGrant {
                    grant: id,
                    status,
                    ends_at: approval.ends_at,
                    authorization_details: approval.terms.lines.iter().map(unpin).collect(),
                    left: left.collect(),
                });
            }
            _ => {}
        }
    }
    let offered = offers(app, &agent.owner).await?;
    let services = offered.values().map(|it| definition::askable(&it.definition)).collect();
    let guide = format!("{}/docs/agent", app.public_url);
    Ok(Me { agent: agent.id.clone(), owner: agent.owner.clone(), pending, grants: live, services, guide })
}
