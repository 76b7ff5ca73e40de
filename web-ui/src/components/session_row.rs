use super::{FormToken, Icon, Spans, face};
use crate::{
    format,
    texts::{foreign, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{
    access::{EndReason, RequestStatus},
    sessions::SessionSummary,
};

/// A session, or what became of a request, in a list. Live ones can be stopped right there.
#[component]
pub(crate) fn SessionRow(
    session: SessionSummary,
    now: DateTime<Utc>,
    #[prop(optional)] stop: bool,
) -> impl IntoView {
    let href = if never_granted(session.status) {
        format!("/requests/{}", session.grant.request())
    } else {
        format!("/sessions/{}", session.grant)
    };
    let id = format!("row-{}", session.grant);
    let (tone, icon, state) = standing(&session);
    let about = about(&session, now);
    let action = format!("/sessions/{}/stop", session.grant);
    let stop = stop.then(|| {
        view! {
            <form method="post" action=action class="act">
                <FormToken />
                <button class="b quiet no" id=format!("stop-{}", session.grant)><Icon name="stop" />{t!("session-stop")}</button>
            </form>
        }
    });
    let left = stop.is_some().then_some(session.ends_at).flatten().map(|ends| {
        view! {
            <span class="small soft">
                <time datetime=format::machine(ends) data-until=ends.timestamp_millis()>
                    {format::left((ends - now).num_seconds())}
                </time>
                " "
                {t!("session-left")}
            </span>
        }
    });
    view! {
        <li class="row">
            {face(&session.agent.title)}
            <div>
                <a class="whole" id=id href=href>
                    <b><bdi>{session.agent.title}</bdi></b>
                    " "
                    <span lang=foreign()><Spans sentence=session.sentence /></span>
                </a>
                <p class="soft small">{about}</p>
                {session.reason.map(|reason| view! { <p class="soft small">"“" <bdi>{reason}</bdi> "”"</p> })}
            </div>
            <div class="end">
                <span class=format!("tag {tone}")><Icon name=icon />{state}</span>
                {left}
                {stop}
            </div>
        </li>
    }
    .into_any()
}

/// Whether there never was a grant, so that there is only a request to look at.
fn never_granted(status: RequestStatus) -> bool {
    use RequestStatus::{Denied, Lapsed, Pending, Withdrawn};
    matches!(status, Pending | Denied | Withdrawn | Lapsed)
}

/// Colour, icon and words for where it stands.
pub(super) fn standing(session: &SessionSummary) -> (&'static str, &'static str, String) {
    match session.status {
        RequestStatus::Pending => ("medium", "pending", t!("state-waits")),
        RequestStatus::Approved => ("low", "granted", t!("state-approved")),
        RequestStatus::Active => ("low", "sessions", t!("state-active")),
        RequestStatus::Denied => ("high", "denied", t!("state-denied")),
        RequestStatus::Withdrawn => ("over", "denied", t!("state-withdrawn")),
        RequestStatus::Lapsed => ("over", "clock", t!("state-lapsed")),
        RequestStatus::Ended => match session.end_reason {
            Some(EndReason::Revoked) => ("high", "stop", t!("state-stopped")),
            Some(EndReason::Exhausted) => ("over", "done", t!("state-used-up")),
            Some(EndReason::NotRedeemed) => ("over", "clock", t!("state-never-used")),
            Some(EndReason::Closed) => ("over", "done", t!("state-closed")),
            Some(EndReason::Expired | EndReason::Idle) | None => ("over", "clock", t!("state-ended")),
        },
    }
}

/// Who decided when, and what was used.
fn about(session: &SessionSummary, now: DateTime<Utc>) -> String {
    let mut parts = Vec::new();
    match (&session.decided_by, session.decided_at) {
        (Some(person), Some(at)) => {
            parts.push(t!("card-decided-by", time = format::moment(at, now), person = person.to_string()));
        }
        (None, Some(at)) => parts.push(format::moment(at, now)),
        _ => (),
    }
    if !never_granted(session.status) {
        parts.push(t!("session-calls-plain", count = session.calls));
    }
    if session.refused > 0 {
        parts.push(t!("session-refused-plain", count = session.refused));
    }
    // What was dropped may not be counted: a smaller number must not pass for the whole.
    let dropped = session.dropped_until.filter(|_| !never_granted(session.status));
    parts.extend(dropped.map(|at| t!("session-perhaps-more", time = format::dated(at))));
    parts.extend(session.last_call_at.map(|at| t!("session-last-call-plain", when = format::ago(at, now))));
    parts.join(" · ")
}
