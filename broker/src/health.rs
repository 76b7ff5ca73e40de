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
/// A clock that was put back by more than this is wrong: grants would live longer than was approved. (The ledger never
/// goes back, so its records stay in order.)
const BACK: TimeDelta = TimeDelta::seconds(5);

/// What there is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is a list of yes and no")]
pub struct Health {
    /// The database answers.
    pub database: bool,
    /// The last batch was committed, and none is stuck.
    pub ledger: bool,
    /// The clock has not been put back.
    pub clock: bool,
    /// The vault is sealed: pages and revocations work, calls do not.
    pub sealed: bool,
    /// The database is an older copy that nobody has accepted: pages and revocations work, nothing is authorised.
    pub suspended: bool,
    /// The broker stops.
    pub stopping: bool,
}

impl Health {
    /// Whether pages and revocations can be served; a sealed vault or a suspended database is reported, and
    /// does not count.
    pub fn is_ready(&self) -> bool {
        self.database && self.ledger && self.clock && !self.stopping
    }
}

/// Looks.
pub async fn look(app: &App) -> Health {
    let pulse = app.ledger.pulse();
    let stuck = pulse.running().is_some_and(|it| it > STUCK);
    Health {
        database: matches!(timeout(ANSWER, app.store.read()).await, Ok(Ok(_))),
        ledger: !pulse.is_failing() && !stuck,
        clock: app.clock.now() >= pulse.last() - BACK,
        sealed: app.vault.is_sealed(),
        suspended: app.recovering.is_suspended(),
        stopping: app.stopping.is_cancelled(),
    }
}
