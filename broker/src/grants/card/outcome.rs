//! What became of a request, in words.

use crate::store::grants::Stored;
use domain::{sentence, state::State};
use protocol::{
    access::{EndReason, RequestStatus},
    card::Outcome,
};

pub(super) fn outcome(
    stored: &Stored,
    status: RequestStatus,
    end_reason: Option<EndReason>,
) -> Option<Outcome> {
    let grant = &stored.grant;
    let agent = &grant.asked.agent.title;
    let approval = grant.approval();
    let verdict = match &grant.state {
        State::Denied { verdict } => Some(verdict),
        _ => approval.map(|it| &it.verdict),
    };
    let (by, at, reason) = match (verdict, &grant.state) {
        (Some(it), _) => (Some(it.by.to_string()), it.at, it.reason.clone()),
        (None, State::Withdrawn { at } | State::Lapsed { at }) => (None, *at, None),
        (None, _) => (None, grant.expires_at, None),
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
    let let_in_by = verdict.map(|it| it.let_in_by.clone()).unwrap_or_default();
    Some(Outcome { by, let_in_by, at, says, reason, ends_at, end_reason })
}
