//! Waiting for a decision.
//!
//! A WebSocket wakes us, a read tells what is true: events are only hints, so that a lost one costs time and never
//! a decision. The socket is opened *before* the read, so that nothing falls between the two. Where the upgrade
//! is refused, or sockets keep breaking, a long poll takes over.

use crate::{client::Client, error::Error, events::Events, http::Ask};
use protocol::{RequestStatus, RequestView, events::AgentEvent};
use std::time::{Duration, Instant};

/// After so many sockets that failed or broke, only the long poll is used.
const SOCKETS: u32 = 4;
/// After so long without an event the request is read anyway: a dead socket looks just like a quiet one.
const SILENCE: Duration = Duration::from_secs(30);
/// What one long poll asks for.
const LONG_POLL: Duration = Duration::from_secs(25);
/// A broker that asks for longer pauses between polls is not believed.
const LONGEST_INTERVAL: u32 = 60;

/// Waits until the request, last seen like this, is decided, at most so long.
pub(crate) async fn for_decision(
    client: &Client,
    seen: &RequestView,
    timeout: Duration,
) -> Result<RequestView, Error> {
    if seen.status != RequestStatus::Pending {
        return decided(seen.clone());
    }
    let last = seen.clone();
    let mut wait = Wait { client, last, trouble: None, failures: 0, paused: Duration::ZERO };
    if let Ok(result) = tokio::time::timeout(timeout, wait.run()).await {
        return result;
    }
    Err(wait.trouble.unwrap_or_else(|| Error::StillPending { view: Box::new(wait.last) }))
}

struct Wait<'a> {
    client: &'a Client,
    /// The request as it was last read.
    last: RequestView,
    /// What went wrong since then.
    trouble: Option<Error>,
    /// How often in a row.
    failures: u32,
    /// How long was paused because of it.
    paused: Duration,
}

impl Wait<'_> {
    async fn run(&mut self) -> Result<RequestView, Error> {
        for sockets in 1..=SOCKETS {
            match self.client.events().await {
                Ok(events) => {
                    if let Some(view) = self.follow(events).await? {
                        return decided(view);
                    }
                    let pause = self.client.http.retry.pause_after(sockets);
                    self.client.http.pauser.pause(pause).await;
                }
                Err(error) if error.is_passing() => self.stumble(error).await?,
                Err(_) => break,
            }
        }
        self.poll().await
    }

    /// Reads whenever the socket says that something changed. None if the socket broke.
    async fn follow(&mut self, mut events: Events) -> Result<Option<RequestView>, Error> {
        loop {
            let view = self.read(None).await?;
            if view.status != RequestStatus::Pending {
                return Ok(Some(view));
            }
            if !changed(&mut events, &view).await {
                return Ok(None);
            }
        }
    }

    async fn poll(&mut self) -> Result<RequestView, Error> {
        loop {
            let asked = Instant::now();
            let view = self.read(Some(self.last.version)).await?;
            if view.status != RequestStatus::Pending {
                return decided(view);
            }
            let interval = Duration::from_secs(view.poll.interval.min(LONGEST_INTERVAL).into());
            self.client.http.pauser.pause(interval.saturating_sub(asked.elapsed())).await;
        }
    }

    /// Reads the request, as often as it takes; with a known version as soon as that differs.
    async fn read(&mut self, known: Option<i64>) -> Result<RequestView, Error> {
        let id = self.last.id.clone();
        let path = ["v1", "requests", id.as_str()];
        loop {
            let mut ask = Ask::get(&path);
            if let Some(version) = known {
                ask = ask
                    .query("wait", LONG_POLL.as_secs().to_string())
                    .query("version", version.to_string())
                    .extra_time(LONG_POLL);
            }
            let read = async {
                let bearer = self.client.bearer().await?;
                self.client.http.ask_once::<RequestView>(&bearer, &ask).await
            };
            match read.await {
                Ok(view) => {
                    (self.trouble, self.failures, self.paused) = (None, 0, Duration::ZERO);
                    self.last = view.clone();
                    return Ok(view);
                }
                Err(error) if error.is_passing() => self.stumble(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Pauses after a failure that may pass, unless there were too many in a row.
    async fn stumble(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        let retry = self.client.http.retry;
        let pause = error.retry_after().unwrap_or_else(|| retry.pause_after(self.failures));
        // A broker that says when to come back is there: its pauses use up no patience.
        if error.retry_after().is_none() {
            self.paused += pause;
        }
        if self.paused > retry.patience {
            return Err(error);
        }
        self.trouble = Some(error);
        self.client.http.pauser.pause(pause).await;
        Ok(())
    }
}

/// Whether there is reason to read the request again; false once the socket is over.
async fn changed(events: &mut Events, view: &RequestView) -> bool {
    loop {
        match tokio::time::timeout(SILENCE, events.next()).await {
            Ok(Some(AgentEvent::RequestChanged { request, version, .. })) => {
                if request == view.id && version > view.version {
                    return true;
                }
            }
            Ok(Some(AgentEvent::Resync)) | Err(_) => return true,
            Ok(None) => return false,
        }
    }
}

/// What the state of a request means to the one who waits.
pub(crate) fn decided(view: RequestView) -> Result<RequestView, Error> {
    let request = view.id.clone();
    match view.status {
        RequestStatus::Approved | RequestStatus::Active => Ok(view),
        RequestStatus::Denied => Err(Error::Denied { request, reason: view.reason }),
        RequestStatus::Withdrawn => Err(Error::Withdrawn { request }),
        RequestStatus::Lapsed => Err(Error::Lapsed { request }),
        RequestStatus::Ended => Err(Error::Ended { request, why: view.end_reason }),
        RequestStatus::Pending => Err(Error::StillPending { view: Box::new(view) }),
    }
}
