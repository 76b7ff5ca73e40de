//! Requests that are over, in each way.

use chrono::{DateTime, TimeDelta, Utc};
use protocol::{
    access::{EndReason, RequestStatus},
    card::{Card, Outcome},
};

/// Request 8 is live, 9 withdrawn, 10 lapsed, 11 ended.
pub fn set(number: u128, card: &mut Card, now: DateTime<Utc>) {
    let (status, by, says, ends, end_reason) = match number {
        8 => (
            RequestStatus::Approved,
            Some("paul"),
            "Approved. Build agent can read issues in acme/site until 17:08.",
            true,
            None,
        ),
        9 => (RequestStatus::Withdrawn, None, "The agent withdrew this.", false, None),
        10 => (RequestStatus::Lapsed, None, "Expired. Nothing was granted.", false, None),
        11 => (
            RequestStatus::Ended,
            Some("ana"),
            "Ended: its time was up. Build agent can do nothing more.",
            true,
            Some(EndReason::Expired),
        ),
        _ => return,
    };
    card.status = status;
    card.outcome = Some(Outcome {
        by: by.map(str::to_owned),
        at: now - TimeDelta::seconds(8),
        says: says.to_owned(),
        reason: by.map(|_| "Only the site.".to_owned()),
        ends_at: ends.then(|| now + TimeDelta::hours(1)),
        end_reason,
        let_in_by: Vec::new(),
    });
}
