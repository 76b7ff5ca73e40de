//! Waiting for a change: events only wake, the row is read again.

use super::{own, view};
use crate::{app::App, events::Event, fault::Fault, store::agents::Agent};
use protocol::{RequestId, RequestView, access::RequestStatus};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest wait that one question may take.
const LONGEST: Duration = Duration::from_secs(30);

/// An agent's request: at once, or as soon as it is no longer as the agent knows it, or when the wait is over.
pub async fn watch(
    app: &App,
    agent: &Agent,
    request: &RequestId,
    wait: Option<Duration>,
    known: Option<i64>,
) -> Result<RequestView, Fault> {
    let mut events = app.events.listen_to(&agent.id);
    let until = Instant::now() + wait.unwrap_or_default().min(LONGEST);
    loop {
        let shown = view(app, &own(app, agent, request).await?).await?;
        let news = match known {
            Some(version) => shown.version != version,
            None => shown.status != RequestStatus::Pending,
        };
        if news || Instant::now() >= until {
            return Ok(shown);
        }
        let woken = async {
            loop {
                match events.next().await {
                    Some(Event::Request { request: changed, .. }) if changed == *request => return,
                    Some(Event::Revoked { .. } | Event::Resync) | None => return,
                    Some(_) => {}
                }
            }
        };
        tokio::select! {
            _ = timeout_at(until, woken) => {}
            () = app.stopping.cancelled() => return Ok(shown),
        }
    }
}
