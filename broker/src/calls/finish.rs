//! What became of a call is recorded exactly once, however the call ends: in order, cut, broken, or by the agent
//! walking away.

use super::body::Sent;
use crate::{
    app::App,
    ledger::{CanonicalFacts, Finish, Intent},
};
use http::StatusCode;
use protocol::{CallId, GrantId, Slug};
use serde::Serialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer was passed on to its end.
    Complete,
    /// Nothing of it left the broker.
    NotSent(&'static str),
    /// It may have reached the service.
    Unknown(&'static str),
    /// The service answered what cannot be passed on.
    AnswerRefused(&'static str),
    /// What allowed it ended while it was being made.
    Cut,
    /// The agent walked away.
    Abandoned,
    /// The service broke off in the middle of its answer.
    Broken,
}

/// Records the end of one call; dropped without an end, it records that the agent walked away.
pub(crate) struct Finisher {
    app: Arc<App>,
    call: CallId,
    grant: GrantId,
    agent: Slug,
    started: Instant,
    sent: Option<Arc<Sent>>,
    status: Option<StatusCode>,
    received: u64,
    noted: Noted,
    done: bool,
}

/// What else the record says of an answer of an MCP server.
#[derive(Default)]
struct Noted {
    changed: Option<Value>,
    failed: bool,
}

impl Finisher {
    pub fn new(app: Arc<App>, call: CallId, grant: GrantId, agent: Slug) -> Self {
        let started = Instant::now();
        Self {
            app,
            call,
            grant,
            agent,
            started,
            sent: None,
            status: None,
            received: 0,
            noted: Noted::default(),
            done: false,
        }
    }

    /// From here on it may have reached the service.
    pub fn sending(mut self, sent: Arc<Sent>) -> Self {
        self.sends(sent);
        self
    }

    /// The same where it cannot be given away.
    pub fn sends(&mut self, sent: Arc<Sent>) {
        self.sent = Some(sent);
    }

    /// The service answered.
    pub fn answered(mut self, status: StatusCode) -> Self {
        self.saw(status);
        self
    }

    /// The same where it cannot be given away.
    pub fn saw(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Some of the answer was passed on.
    pub fn received(&mut self, bytes: u64) {
        self.received += bytes;
    }

    /// What was taken out of the answer, and whether it says of itself that the call failed.
    pub fn noted(&mut self, changed: Option<Value>, failed: bool) {
        self.noted = Noted { changed, failed };
    }

    /// For how long it has been going on.
    pub fn lasted(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the call.
    pub fn end(mut self, outcome: Outcome) {
        self.record(outcome);
    }

    /// Ends the call where it cannot be given away.
    pub fn record(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        let (kind, facts) = self.facts(outcome);
        let (call, grant, agent) = (self.call.clone(), self.grant.clone(), self.agent.clone());
        // Not waited for: what is lost here in a crash is recovered as unknown.
        self.app.ledger.leave(Intent::Finish(Box::new(Finish { call, grant, agent, kind, facts })));
    }

    fn facts(&self, outcome: Outcome) -> (&'static str, CanonicalFacts) {
        let (kind, outcome, why) = match (outcome, self.status) {
            (Outcome::NotSent(why), _) => ("call.not_sent", "not_sent", Some(why)),
            (Outcome::Unknown(why), _) => ("call.outcome_unknown", "unknown", Some(why)),
            (Outcome::Cut, None) => ("call.outcome_unknown", "unknown", Some("cut")),
            (Outcome::Abandoned, None) if self.sent.is_none() => {
                ("call.not_sent", "not_sent", Some("agent_left"))
            }
            (Outcome::Abandoned, None) => ("call.outcome_unknown", "unknown", Some("agent_left")),
            (Outcome::AnswerRefused(why), _) => ("call.finished", "answer_refused", Some(why)),
            (Outcome::Cut, Some(_)) => ("call.finished", "cut", None),
            (Outcome::Abandoned, Some(_)) => ("call.finished", "agent_left", None),
            (Outcome::Broken, _) => ("call.finished", "broken", None),
            (Outcome::Complete, _) => ("call.finished", "complete", None),
        };
        let (sent_bytes, sent_digest) = self.sent.as_ref().map(|it| it.summary()).unwrap_or_default();
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ended = Ended {
            bytes: self.status.map(|_| self.received),
            changed: self.noted.changed.as_ref(),
            failed: self.noted.failed.then_some(true),
            ms,
            outcome,
            sent_bytes,
            sent_digest: (sent_bytes > 0).then_some(sent_digest),
            status: self.status.map(|it| it.as_u16()),
            why,
        };
        (kind, CanonicalFacts::of(&ended))
    }
}

/// How a call ended, in the order of canonical JSON.
#[derive(Serialize)]
struct Ended<'a, D: Serialize> {
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<bool>,
    ms: u64,
    outcome: &'static str,
    sent_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_digest: Option<D>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

impl Drop for Finisher {
    fn drop(&mut self) {
        self.record(Outcome::Abandoned);
    }
}
