//! Whether the broker can serve: its database, its record and its clock.

use crate::app::App;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;

/// A batch that takes longer than this is stuck.
const STUCK: Duration = Duration::from_secs(5);
/// A database that does not answer within this time is not to be had.
const ANSWER: Duration = Duration::from_secs(2);
/// A machine's clock that is behind what was recorded by more than this was put back. The broker's own time goes on
/// from what was recorded, so nothing lives longer for it; its tokens tell other programs that time.
const BACK: TimeDelta = TimeDelta::seconds(5);

/// What there is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is a list of yes and no")]
pub struct Health {
    /// The database answers.
    pub database: bool,
    /// The last batch was committed, none is stuck, and every revocation is recorded.
    pub ledger: bool,
    /// The machine's clock has not been put back: reported, and does not count.
    pub clock: bool,
    /// The vault is sealed: pages and revocations work, calls do not.
    pub sealed: bool,
    /// The database is an older copy that nobody has accepted: pages and revocations work, nothing is authorised.
    pub suspended: bool,
    /// The broker stops.
    pub stopping: bool,
}

impl Health {
    /// Whether pages and revocations can be served; a sealed vault, a suspended database and a clock that was put back
    /// are reported, and do not count.
    pub fn is_ready(&self) -> bool {
        self.database && self.ledger && !self.stopping
    }
}

/// Looks.
pub async fn look(app: &App) -> Health {
    let pulse = app.ledger.pulse();
    let stuck = pulse.running().is_some_and(|it| it > STUCK);
    Health {
        database: matches!(timeout(ANSWER, app.store.read()).await, Ok(Ok(_))),
        ledger: !pulse.is_failing() && !stuck && app.ledger.unrecorded() == 0,
        clock: app.clock.machine() >= pulse.last() - BACK,
        sealed: app.vault.is_sealed(),
        suspended: app.recovering.is_suspended(),
        stopping: app.stopping.is_cancelled(),
    }
}
