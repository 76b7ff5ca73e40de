//! Every metric, once: its name, kind and meaning.

use metrics::{Recorder, Unit};

/// A metric as it is described.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Its name.
    pub name: &'static str,
    kind: Kind,
    /// What it says.
    pub help: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

pub(super) const HTTP_REQUESTS: &str = "countersign_http_requests_total";
pub(super) const HTTP_SECONDS: &str = "countersign_http_request_seconds";
pub(super) const HTTP_UNROUTED: &str = "countersign_http_unrouted_total";
pub(super) const CONNECTIONS: &str = "countersign_connections";
pub(super) const CALLS: &str = "countersign_calls_total";
pub(super) const CALL_SECONDS: &str = "countersign_call_seconds";
pub(super) const EGRESS: &str = "countersign_egress_total";
pub(super) const EGRESS_SECONDS: &str = "countersign_egress_seconds";
pub(super) const STREAMS: &str = "countersign_calls_in_flight";
pub(super) const LEDGER_BATCH: &str = "countersign_ledger_batch_intents";
pub(super) const LEDGER_COMMIT_SECONDS: &str = "countersign_ledger_commit_seconds";
pub(super) const LEDGER_WAITED_SECONDS: &str = "countersign_ledger_waited_seconds";
pub(super) const LEDGER_FAILED: &str = "countersign_ledger_failed_batches_total";
pub(super) const LEDGER_QUEUE: &str = "countersign_ledger_queue_intents";
pub(super) const LEDGER_RUNNING_SECONDS: &str = "countersign_ledger_batch_running_seconds";
pub(super) const LEDGER_IDLE_SECONDS: &str = "countersign_ledger_since_commit_seconds";
pub(super) const WATERMARK: &str = "countersign_revocations_highest";
pub(super) const WATERMARK_LAG: &str = "countersign_revocations_unseen";
pub(super) const FEED_CONNECTED: &str = "countersign_feed_connected";
pub(super) const FEED_LOST: &str = "countersign_feed_lost_total";
pub(super) const REVOCATIONS: &str = "countersign_revocations_total";
pub(super) const DECISION_SECONDS: &str = "countersign_decision_seconds";
pub(super) const PENDING: &str = "countersign_requests_pending";
pub(super) const SESSIONS: &str = "countersign_sessions_live";
pub(super) const SEALED: &str = "countersign_vault_sealed";
pub(super) const SUSPENDED: &str = "countersign_database_suspended";
pub(super) const READY: &str = "countersign_ready";
pub(super) const WAL_BYTES: &str = "countersign_sqlite_wal_bytes";
pub(super) const BUILD: &str = "countersign_build_info";

const fn counter(name: &'static str, help: &'static str) -> Name {
    Name { name, kind: Kind::Counter, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Name {
    Name { name, kind: Kind::Gauge, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Name {
    Name { name, kind: Kind::Histogram, help }
}

/// All of them.
pub const ALL: &[Name] = &[
    counter(HTTP_REQUESTS, "Requests answered, by route, method and class of status."),
    histogram(HTTP_SECONDS, "From a request's head to its answer's head, by route and method."),
    counter(HTTP_UNROUTED, "Requests that no route takes, or that came to another host or in the open."),
    gauge(CONNECTIONS, "Open connections: all, those of agents, those without a credential so far."),
    counter(CALLS, "Calls by service and outcome."),
    histogram(
        CALL_SECONDS,
        "From a call's head to its answer's head, of an MCP server to its end, by service.",
    ),
    counter(EGRESS, "What services answered: a class of status, or error."),
    histogram(EGRESS_SECONDS, "From sending a call to the head of the service's answer, by service."),
    gauge(STREAMS, "Calls that are being made, streams among them."),
    histogram(LEDGER_BATCH, "Intents in a committed batch."),
    histogram(LEDGER_COMMIT_SECONDS, "From beginning a batch to its commit."),
    histogram(LEDGER_WAITED_SECONDS, "How long intents waited for their batch."),
    counter(LEDGER_FAILED, "Batches that failed, by why: conflict, data, down, unknown."),
    gauge(LEDGER_QUEUE, "Intents that wait, by priority."),
    gauge(
        LEDGER_RUNNING_SECONDS,
        "How long the batch in hand has been running; nothing that waits is much older.",
    ),
    gauge(LEDGER_IDLE_SECONDS, "Since the last commit; the sweeper makes one every five seconds."),
    gauge(WATERMARK, "The highest revocation in the database."),
    gauge(
        WATERMARK_LAG,
        "Revocations that this broker's last batch had not seen; its next one reads them first.",
    ),
    gauge(FEED_CONNECTED, "PostgreSQL: whether this broker hears the others; if not, it looks every second."),
    counter(FEED_LOST, "How often it stopped hearing them."),
    counter(REVOCATIONS, "Revocations made here, by subject and by whom."),
    histogram(DECISION_SECONDS, "From asking to deciding, by decision."),
    gauge(PENDING, "Requests that wait for a person."),
    gauge(SESSIONS, "Sessions that are live."),
    gauge(SEALED, "1 while the vault is sealed: no calls."),
    gauge(
        SUSPENDED,
        "1 while the database is an older copy that nobody has accepted: nothing is authorised.",
    ),
    gauge(READY, "1 where /readyz would say so."),
    gauge(WAL_BYTES, "SQLite: the size of the write-ahead log."),
    gauge(BUILD, "1; its version is a label."),
];

const MILLIS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The upper ends of histograms' buckets.
pub(super) const BUCKETS: &[(&str, &[f64])] = &[
    (HTTP_SECONDS, MILLIS),
    (CALL_SECONDS, MILLIS),
    (EGRESS_SECONDS, MILLIS),
    (LEDGER_COMMIT_SECONDS, MILLIS),
    (LEDGER_WAITED_SECONDS, MILLIS),
    (LEDGER_BATCH, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
    (DECISION_SECONDS, &[1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 10_800.0]),
];

impl Name {
    pub(super) fn describe(&self, recorder: &impl Recorder) {
        let unit = if self.name.ends_with("_seconds") { Some(Unit::Seconds) } else { None };
        let (name, help) = (self.name.into(), self.help.into());
        match self.kind {
            Kind::Counter => recorder.describe_counter(name, unit, help),
            Kind::Gauge => recorder.describe_gauge(name, unit, help),
            Kind::Histogram => recorder.describe_histogram(name, unit, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_lists_every_metric_and_no_other() {
        let document = include_str!("../../../docs/network.md");
        for name in ALL {
            assert!(
                document.contains(&format!("| `{}` |", name.name)),
                "docs/network.md lacks {}",
                name.name
            );
        }
        let listed = document.matches("| `countersign_").count();
        assert_eq!(listed, ALL.len(), "docs/network.md lists what is not there");
    }

    #[test]
    fn every_histogram_has_buckets() {
        let histograms = ALL.iter().filter(|it| matches!(it.kind, Kind::Histogram));
        for name in histograms {
            assert!(BUCKETS.iter().any(|(it, _)| *it == name.name), "{}", name.name);
        }
    }
}
