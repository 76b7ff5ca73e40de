//! Agents that ask, a person who approves and revokes, and calls that never stop: whatever fails is tried again, and
//! whatever was acknowledged is noted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use agent_client::{Client, Error, Pending, PeopleClient, Session};
use anyhow::{Context as _, Result};
use protocol::card::Approve;
use protocol::problem::Code;
use protocol::revoke::{RevokeRequest, Subject};
use protocol::{AccessRequest, RequestId, Slug};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::stage::{AGENTS, Broker, Installation, PROJECT, READ, SERVICE};
use crate::upstream::KEY;
use crate::witness::{Ack, Witness};

/// After a failure.
const PAUSE: Duration = Duration::from_millis(20);
/// A try that takes longer is given up; what came of it is not known then.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long calls go on after their session was revoked.
const AFTERWARDS: Duration = Duration::from_millis(40);

/// The load on one broker. It ends when this does.
pub struct Load {
    tasks: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Everybody works at this broker.
    pub fn start(it: &Installation, at: &Broker, random: &mut StdRng) -> Result<Self> {
        let (stop, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for index in 0..AGENTS {
            let worker = Worker::new(it, at, index, StdRng::seed_from_u64(random.random()))?;
            tasks.spawn(worker.work(stop.clone()));
        }
        Ok(Self { tasks, stop })
    }

    /// Leaves what is in flight to itself.
    pub fn stop_at_once(mut self) {
        self.tasks.abort_all();
    }

    /// Lets what is in flight come to its end.
    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = timeout(PATIENCE, async { while self.tasks.join_next().await.is_some() {} }).await;
    }
}

/// One agent with its person.
pub struct Worker {
    agent: Client,
    person: PeopleClient,
    witness: Witness,
    random: StdRng,
    /// Changes once a request was redeemed or cannot be: an equal one that is open already is given back.
    purpose: u64,
    /// How long its sessions last, in seconds.
    pub duration: u32,
    /// Requests that came to nothing: they count among the open ones until they are taken back.
    stale: Vec<Pending>,
}

impl Worker {
    pub fn new(it: &Installation, at: &Broker, index: usize, mut random: StdRng) -> Result<Self> {
        let (agent, person) = (it.agent(at, index)?, it.person(at)?);
        Ok(Self {
            agent,
            person,
            witness: it.witness.clone(),
            purpose: random.random(),
            random,
            duration: 3_600,
            stale: Vec::new(),
        })
    }

    async fn work(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            if let Ok(Err(error)) = timeout(PATIENCE, self.round(&stop)).await {
                self.witness.failed(words(&error));
                sleep(PAUSE).await;
            }
        }
    }

    /// From the question to the end of the session.
    async fn round(&mut self, stop: &Arc<AtomicBool>) -> Result<()> {
        let session = Arc::new(self.session().await?);
        let caller = Caller::new(session.clone(), self.witness.clone(), self.random.random());
        let ended = caller.ended.clone();
        let calling = tokio::spawn(caller.hammer(stop.clone()));
        let calls = async {
            for _ in 0..self.random.random_range(1..4) {
                if self.random.random_bool(0.3) {
                    mint(&session, &self.witness).await?;
                }
                sleep(Duration::from_millis(self.random.random_range(5..60))).await;
            }
            self.revoke(&session, &ended).await
        };
        let done = calls.await;
        sleep(AFTERWARDS).await;
        calling.abort();
        let _ = calling.await;
        done
    }

    /// Asks; what is asked twice is one request.
    pub async fn ask(&mut self) -> Result<Pending> {
        let pending = self.agent.request(&asked(self.purpose, self.duration)?).await?;
        self.witness.acknowledged(Ack::Opened(pending.id().clone()));
        Ok(pending)
    }

    /// Asks, has it approved, redeems.
    pub async fn session(&mut self) -> Result<Session> {
        for pending in std::mem::take(&mut self.stale) {
            if matches!(pending.withdraw().await, Err(error) if says_nothing_happened(&error)) {
                self.stale.push(pending);
            }
        }
        let pending = self.ask().await?;
        self.purpose = self.random.random();
        let decided = self.approve(pending.id()).await;
        // It may have been approved by a try whose answer was lost: then it can be redeemed.
        match (pending.redeem().await, decided) {
            (Ok(session), _) => {
                self.witness.acknowledged(Ack::Redeemed(session.grant().clone()));
                Ok(session)
            }
            (Err(error), decided) => {
                self.stale.push(pending);
                decided?;
                Err(error.into())
            }
        }
    }

    async fn approve(&self, request: &RequestId) -> Result<()> {
        let card = self.person.card(request).await?;
        let approval = Approve {
            narrowing: None,
            request_digest: card.request_digest,
            grant_digest: card.grant_digest.context("the card grants nothing")?,
            reason: None,
            passkey: None,
        };
        self.person.approve(request, &approval).await?;
        self.witness.acknowledged(Ack::Approved(request.clone()));
        Ok(())
    }

    /// Ends the session, or all of the agent's.
    pub async fn revoke(&mut self, session: &Session, ended: &Ended) -> Result<()> {
        let grant = session.grant().clone();
        let subject = if self.random.random_bool(0.7) {
            Subject::Session { grant: grant.clone() }
        } else {
            Subject::Agent { agent: self.agent.agent().clone() }
        };
        let stopped = self.person.revoke(&subject, &RevokeRequest::default()).await?;
        ended.now();
        self.witness.acknowledged(Ack::Revoked(grant, stopped.number));
        Ok(())
    }
}

/// A call, a minute's token and another call: everything works, without help.
pub async fn everything_works(it: &Installation, at: &Broker, random: &mut StdRng) -> Result<()> {
    let mut worker = Worker::new(it, at, AGENTS + 1, StdRng::seed_from_u64(random.random()))?;
    let session = Arc::new(worker.session().await?);
    mint(&session, &it.witness).await?;
    let mut caller = Caller::new(session, it.witness.clone(), random.random());
    let ended = caller.ended.clone();
    anyhow::ensure!(caller.call().await?, "the service refused the key that was injected");
    let session = caller.session.clone();
    worker.revoke(&session, &ended).await?;
    anyhow::ensure!(caller.call().await.is_err(), "a call went through after the revocation");
    Ok(())
}

pub async fn mint(session: &Session, witness: &Witness) -> Result<()> {
    session.token(&service()?, READ).await?;
    witness.acknowledged(Ack::Minted(session.grant().clone()));
    Ok(())
}

/// When a revocation was acknowledged.
#[derive(Clone)]
pub struct Ended(Arc<(Instant, AtomicI64)>);

impl Ended {
    fn not_yet() -> Self {
        Self(Arc::new((Instant::now(), AtomicI64::new(i64::MAX))))
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.0.0.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    pub fn now(&self) {
        self.0.1.store(self.micros(), Ordering::SeqCst);
    }

    fn was_before(&self, moment: i64) -> bool {
        self.0.1.load(Ordering::SeqCst) < moment
    }
}

/// Calls under one grant.
pub struct Caller {
    session: Arc<Session>,
    witness: Witness,
    pub ended: Ended,
    /// Each call is for an item of its own: this number, and the next.
    item: u64,
}

impl Caller {
    pub fn new(session: Arc<Session>, witness: Witness, item: u64) -> Self {
        Self { session, witness, ended: Ended::not_yet(), item }
    }

    async fn hammer(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            if let Err(error) = self.call().await {
                self.witness.failed(words(&error));
                sleep(PAUSE).await;
            }
        }
    }

    /// One call by the grant token; whether the service was content.
    pub async fn call(&mut self) -> Result<bool> {
        self.item = self.item.wrapping_add(1);
        let (item, grant) = (format!("{:016x}", self.item), self.session.grant().clone());
        self.witness.tried(&grant, &item);
        let (service, path) = (service()?, format!("/projects/{PROJECT}/items/{item}"));
        let begun = self.ended.micros();
        let answer = self.session.call(&service, http::Method::GET, &path).direct().send().await;
        if answer.as_ref().is_err_and(says_nothing_happened) {
            self.witness.refused(&item);
        }
        let answer = answer?;
        if self.ended.was_before(begun) {
            let violation = format!("I3: call {item} of {grant} began after the revocation was acknowledged");
            self.witness.violation(violation);
        }
        let content = answer.status().is_success();
        let body = answer.bytes().await?;
        if String::from_utf8_lossy(&body).contains(KEY) {
            self.witness.violation(format!("I1: the answer of call {item} holds the service's key"));
        }
        self.witness.acknowledged(Ack::Called(grant, item));
        Ok(content)
    }
}

/// What was refused because it could not be recorded must not turn up later.
fn says_nothing_happened(error: &Error) -> bool {
    error.problem().is_some_and(|problem| problem.code == Code::AuditUnavailable)
}

pub fn service() -> Result<Slug> {
    Ok(SERVICE.parse()?)
}

fn asked(purpose: u64, duration: u32) -> Result<AccessRequest> {
    Ok(serde_json::from_value(json!({
        "authorization_details": [{
            "type": "service_access", "service": SERVICE, "actions": [READ], "resources": [PROJECT],
        }],
        "purpose": format!("Work while luck is bad ({purpose:016x})."),
        "duration": duration,
    }))?)
}

/// What an error says, without what differs each time.
fn words(error: &anyhow::Error) -> String {
    let text = error.to_string();
    text.chars().map(|it| if it.is_ascii_digit() { '#' } else { it }).take(90).collect()
}
