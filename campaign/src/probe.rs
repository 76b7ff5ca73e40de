//! A session that was there before the fault: whether its calls are refused in time while nothing can be recorded, and
//! how soon they pass again afterwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_client::{Error, Session};
use anyhow::{Result, ensure};
use protocol::revoke::{RevokeRequest, Subject};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::{sleep, timeout};

use crate::faults::Tally;
use crate::load::{Caller, Worker, mint};
use crate::stage::{AGENTS, Broker, Installation};
use crate::witness::{Ack, Witness};

/// A call, or anything else, must be refused within this time: two seconds of the broker's, and what a busy machine
/// adds.
pub const REFUSED: Duration = Duration::from_millis(2_500);
/// From the end of a fault to the first call that passes.
pub const SERVED: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Probe {
    worker: Worker,
    session: Arc<Session>,
    caller: Caller,
    witness: Witness,
}

impl Probe {
    pub async fn new(it: &Installation, at: &Broker, random: &mut StdRng) -> Result<Self> {
        Self::lasting(3_600, it, at, random).await
    }

    /// A session that lasts so many seconds.
    pub async fn lasting(seconds: u32, it: &Installation, at: &Broker, random: &mut StdRng) -> Result<Self> {
        let mut worker = Worker::new(it, at, AGENTS, StdRng::seed_from_u64(random.random()))?;
        worker.duration = seconds;
        let session = Arc::new(worker.session().await?);
        let mut caller = Caller::new(session.clone(), it.witness.clone(), random.random());
        ensure!(caller.call().await?, "the service refused the key that was injected");
        Ok(Self { worker, session, caller, witness: it.witness.clone() })
    }

    /// While nothing can be recorded, everything is refused, and soon.
    pub async fn is_refused(&mut self, tally: &mut Tally) {
        let tries = async {
            tokio::join!(
                within("a call", self.caller.call()),
                within("a token", mint(&self.session, &self.witness)),
                within("a question", self.worker.ask()),
            )
        };
        let (call, token, question) = tries.await;
        tally.violations.extend([call, token, question].into_iter().flatten());
    }

    /// Calls go on for as long as they can be recorded; then they are refused in time.
    pub async fn comes_to_be_refused(&mut self, tally: &mut Tally) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let last = Instant::now();
            if self.caller.call().await.is_err() {
                if last.elapsed() > REFUSED {
                    let took = last.elapsed().as_millis();
                    tally.violations.push(format!("a call was refused after {took} ms"));
                }
                return;
            }
        }
        tally.violations.push("calls were never refused".to_owned());
    }

    /// When the fault is over, calls pass again by themselves.
    pub async fn is_served(&mut self, tally: &mut Tally) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Ok(true)) = timeout(SERVED, self.caller.call()).await {
                return tally.returned(begun.elapsed(), SERVED);
            }
            sleep(PAUSE).await;
        }
        tally.violations.push(format!("no call passes {PATIENCE:?} after the end of the fault"));
    }

    /// Ends the session while nothing can be recorded. Says whether the broker holds the revocation, which it must say
    /// plainly; there may still have been room for it.
    pub async fn revoke_in_vain(&mut self, it: &Installation, tally: &mut Tally) -> Result<bool> {
        let Err(error) = self.revoke_at(it, &it.broker).await else { return Ok(false) };
        let problem = error.downcast_ref::<Error>().and_then(Error::problem);
        let plain = |it: &protocol::Problem| {
            it.code == protocol::Code::AuditUnavailable && it.detail.contains("is not recorded yet")
        };
        if !problem.is_some_and(plain) {
            tally.violations.push(format!("a revocation without room was answered: {}", said(&error)));
            return Ok(false);
        }
        // From here on the witness notes every call that passes.
        self.caller.ended.now();
        Ok(true)
    }

    /// A revocation that was held is recorded by itself.
    pub async fn comes_to_be_ended(&mut self, tally: &mut Tally) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let Err(error) = self.caller.call().await else { return };
            let problem = error.downcast_ref::<Error>().and_then(Error::problem);
            if problem.is_some_and(|it| it.code == protocol::Code::GrantEnded) {
                return;
            }
            sleep(PAUSE).await;
        }
        tally.violations.push(format!("a revocation was not recorded {PATIENCE:?} after there was room"));
    }

    /// One call, whatever comes of it.
    pub async fn call(&mut self) -> Result<bool> {
        self.caller.call().await
    }

    /// Ends the session at this broker, which may be another one than that of its calls.
    pub async fn revoke_at(&mut self, it: &Installation, at: &Broker) -> Result<()> {
        let grant = self.session.grant().clone();
        let subject = Subject::Session { grant: grant.clone() };
        let stopped = it.person(at)?.revoke(&subject, &RevokeRequest::default()).await?;
        self.caller.ended.now();
        self.witness.acknowledged(Ack::Revoked(grant, stopped.number));
        Ok(())
    }
}

/// What is wrong with a try that should be refused.
async fn within<T>(what: &str, tried: impl Future<Output = Result<T>>) -> Option<String> {
    let begun = Instant::now();
    let answer = timeout(PATIENCE, tried).await;
    let took = begun.elapsed();
    if let Ok(Ok(_)) = answer {
        return Some(format!("{what} was granted while nothing could be recorded"));
    }
    let words =
        answer.map_or_else(|_| "no answer".to_owned(), |it| it.err().map(|it| said(&it)).unwrap_or_default());
    (took > REFUSED).then(|| format!("{what} was refused after {} ms: {words}", took.as_millis()))
}

fn said(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Error>().and_then(Error::problem) {
        Some(problem) => format!("{:?}", problem.code),
        None => error.to_string(),
    }
}
