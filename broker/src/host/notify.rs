//! What systemd hears of a broker that it started (`Type=notify`); nothing where nobody listens.

use sd_notify::NotifyState;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// From now on requests are answered.
pub fn ready(status: &str) {
    say(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// What was begun is being finished.
pub fn stopping() {
    say(&[NotifyState::Stopping, NotifyState::Status("finishing what was begun")]);
}

/// Says again and again that the broker still gets to do something, if systemd wants to hear it (`WatchdogSec=`). That
/// the database does not answer is no reason to be silent: a new start would not help.
pub async fn watchdog(stopping: CancellationToken) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let pause = (patience / 3).max(Duration::from_millis(10));
    loop {
        say(&[NotifyState::Watchdog]);
        tokio::select! {
            () = sleep(pause) => {}
            () = stopping.cancelled() => return,
        }
    }
}

fn say(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
