//! The machine's clock: the broker's time follows it, so it should not be behind, and must be that of everybody else.

use super::{Check, Patient};
use crate::store::{self, chains, settings};
use chrono::TimeDelta;

const NAME: &str = "clock";
/// What the network in between may cost.
const SLIGHT: TimeDelta = TimeDelta::seconds(1);
/// More than this is wrong: what others are told of the time is not theirs.
const WRONG: TimeDelta = TimeDelta::seconds(5);
const SYNCHRONISE: &str = "set the clock, and keep it right with NTP (chrony, systemd-timesyncd)";

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let last = store::time(chains::last_sign_of_life(&mut conn).await?);
    let before = it.clock.machine();
    let server = settings::server_time(&mut conn).await?;
    let now = it.clock.machine();
    let back = last - now;
    if back > WRONG {
        let what = format!(
            "is {} s behind the last record, from which the broker's time goes on",
            back.num_seconds()
        );
        return Ok(vec![Check::failure(NAME, what, SYNCHRONISE)]);
    }
    let Some(server) = server else {
        return Ok(vec![Check::ok(NAME, "is not behind the last record")]);
    };
    // The server looked at some moment between the two.
    let off = if server < before { before - server } else { (server - now).max(TimeDelta::zero()) };
    let what = format!("differs from the database's by {} ms", off.num_milliseconds());
    Ok(vec![if off > WRONG {
        Check::failure(NAME, format!("{what}: brokers would not agree when a session ends"), SYNCHRONISE)
    } else if off > SLIGHT {
        Check::warning(NAME, what, SYNCHRONISE)
    } else {
        Check::ok(NAME, what)
    }])
}
