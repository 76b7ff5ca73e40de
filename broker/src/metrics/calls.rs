//! Calls and what services answered.

use super::{Metrics, Recorder, names};
use crate::{egress::EgressError, fault::Fault, ledger::LedgerError};
use http::Response;
use metrics::{Counter, Histogram};
use protocol::Slug;
use std::time::Duration;
use tokio::time::Instant;

/// The one name of all services that nobody declared: their names are the agents' words.
pub(super) const UNKNOWN: &str = "(none)";

/// What became of a call, up to the head of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// Authorised, and the service's answer is passed on.
    Answered,
    /// Not authorised.
    Refused,
    /// Authorised; the service could not be called, or its answer not passed on.
    Failed,
    /// Authorised, and cut by a revocation or an end.
    Cut,
    /// It is not known whether it was authorised.
    Unknown,
    /// Not authorised: the record, the vault or the database is not to be had.
    Unavailable,
}

/// The numbers of one service.
pub struct Service {
    outcomes: [Counter; 6],
    seconds: Histogram,
    egress: [Counter; 6],
    egress_seconds: Histogram,
}

impl Service {
    pub(super) fn new(recorder: &Recorder, service: &str) -> Self {
        let outcomes = ["answered", "refused", "failed", "cut", "unknown", "unavailable"];
        let answers = ["1xx", "2xx", "3xx", "4xx", "5xx", "error"];
        let by = |name, word| recorder.counter(name, &[("service", service), ("outcome", word)]);
        Self {
            outcomes: outcomes.map(|word| by(names::CALLS, word)),
            seconds: recorder.histogram(names::CALL_SECONDS, &[("service", service)]),
            egress: answers.map(|word| by(names::EGRESS, word)),
            egress_seconds: recorder.histogram(names::EGRESS_SECONDS, &[("service", service)]),
        }
    }
}

impl CallOutcome {
    /// What a call came to.
    pub fn of<T>(result: &Result<T, Fault>) -> Self {
        result.as_ref().map_or_else(Self::of_fault, |_| Self::Answered)
    }

    /// What a call that failed came to.
    pub fn of_fault(fault: &Fault) -> Self {
        match fault {
            Fault::Upstream(_) | Fault::Answer(_) => Self::Failed,
            Fault::Cut => Self::Cut,
            Fault::Ledger(LedgerError::OutcomeUnknown) => Self::Unknown,
            Fault::Ledger(
                LedgerError::Unavailable | LedgerError::AwaitsRevocation | LedgerError::Data(_),
            )
            | Fault::Vault(_)
            | Fault::Store(_)
            | Fault::Internal(_) => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

impl Metrics {
    /// Measures a call from its head to its answer's head.
    pub async fn call<T>(
        &self,
        service: &Slug,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let begun = Instant::now();
        let result = call.await;
        self.called(service, CallOutcome::of(&result), begun.elapsed());
        result
    }

    /// Counts a call whose end comes elsewhere than its beginning.
    pub fn called(&self, service: &Slug, outcome: CallOutcome, after: Duration) {
        let Some(service) = self.service(service) else { return };
        service.outcomes[outcome as usize].increment(1);
        service.seconds.record(after);
    }

    /// Measures a service from sending to its answer's head.
    pub async fn egress<B>(
        &self,
        service: &Slug,
        answer: impl Future<Output = Result<Response<B>, EgressError>>,
    ) -> Result<Response<B>, EgressError> {
        let Some(service) = self.service(service) else { return answer.await };
        let begun = Instant::now();
        let answer = answer.await;
        let class = match &answer {
            Ok(answer) => usize::from(answer.status().as_u16() / 100).clamp(1, 5) - 1,
            Err(_) => 5,
        };
        service.egress[class].increment(1);
        service.egress_seconds.record(begun.elapsed());
        answer
    }
}
