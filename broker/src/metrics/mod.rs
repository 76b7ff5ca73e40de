//! What operators see in numbers. Every label comes from a bounded set that the broker or an admin chose: route
//! templates, status classes, declared services, fixed words. Nothing that an agent or a service writes gets here.
//!
//! Handles are resolved once, at the start or when a service is first known; counting is then an addition. Without an
//! admin listener every handle is empty and counting is nothing.
//!
//! To add a metric: a row in [`names::ALL`], a handle, a line in docs/network.md (a test compares them).

mod calls;
pub mod names;
mod routes;
mod scrape;

pub use calls::{CallOutcome, Service};
pub use routes::Route;
pub use scrape::{render, upkeep};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use protocol::Slug;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

const METADATA: Metadata<'static> = Metadata::new("countersign", Level::INFO, None);

/// The numbers of one broker.
#[derive(Clone, Default)]
pub struct Metrics {
    recorder: Recorder,
    /// Of the ledger.
    pub ledger: Ledger,
    /// From asking to deciding, by what was decided.
    decisions: [Option<Histogram>; 2],
    services: Arc<RwLock<HashMap<Slug, Arc<Service>>>>,
    /// All that nobody declared.
    nobody: Option<Arc<Service>>,
    unrouted: Option<Counter>,
}

/// Where handles come from; none while nobody looks.
#[derive(Clone, Default)]
struct Recorder(Option<Arc<(PrometheusRecorder, PrometheusHandle)>>);

/// The ledger's numbers.
#[derive(Clone)]
pub struct Ledger {
    recorder: Recorder,
    batch: Histogram,
    commit: Histogram,
    waited: Histogram,
    failed: [Counter; 4],
}

/// How a batch failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// Tried again: another transaction was in the way.
    Conflict,
    /// One of its intents could not be written as it was.
    Data,
    /// The database cannot be written.
    Down,
    /// It is looked up whether it was committed.
    Unknown,
}

impl Metrics {
    /// Nobody looks.
    pub fn off() -> Self {
        Self::default()
    }

    /// Somebody may look.
    pub fn on() -> anyhow::Result<Self> {
        let mut builder = PrometheusBuilder::new();
        for (name, buckets) in names::BUCKETS {
            builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), buckets)?;
        }
        let recorder = builder.build_recorder();
        for name in names::ALL {
            name.describe(&recorder);
        }
        let handle = recorder.handle();
        let recorder = Recorder(Some(Arc::new((recorder, handle))));
        let decision = |word| Some(recorder.histogram(names::DECISION_SECONDS, &[("decision", word)]));
        Ok(Self {
            ledger: Ledger::new(recorder.clone()),
            decisions: [decision("approved"), decision("denied")],
            services: Arc::default(),
            nobody: Some(Arc::new(Service::new(&recorder, calls::UNKNOWN))),
            unrouted: Some(recorder.counter(names::HTTP_UNROUTED, &[])),
            recorder,
        })
    }

    /// A person decided so long after they were asked.
    pub fn decided(&self, approved: bool, after: chrono::TimeDelta) {
        let [yes, no] = &self.decisions;
        if let Some(histogram) = if approved { yes } else { no } {
            histogram.record(after.to_std().unwrap_or_default());
        }
    }

    /// A request for which there is no route, or that came to the wrong place.
    pub fn unrouted(&self) {
        if let Some(unrouted) = &self.unrouted {
            unrouted.increment(1);
        }
    }

    /// Whether this broker hears the others.
    pub fn feed(&self, connected: bool) {
        self.recorder.gauge(names::FEED_CONNECTED, &[]).set(if connected { 1.0 } else { 0.0 });
        if !connected {
            self.recorder.counter(names::FEED_LOST, &[]).increment(1);
        }
    }

    /// The numbers of a route.
    pub fn route(&self, method: &'static str, path: &'static str) -> Route {
        Route::new(&self.recorder, method, path)
    }

    /// The numbers of a service; those that nobody declared share one name.
    pub fn service(&self, service: &Slug) -> Option<Arc<Service>> {
        let nobody = self.nobody.as_ref()?;
        let known = self.services.read().unwrap_or_else(PoisonError::into_inner);
        Some(known.get(service).unwrap_or(nobody).clone())
    }

    /// These services are declared.
    pub fn know(&self, services: impl Iterator<Item = Slug>) {
        if self.recorder.0.is_none() {
            return;
        }
        let mut known = self.services.write().unwrap_or_else(PoisonError::into_inner);
        for service in services {
            known.entry(service).or_insert_with_key(|it| Arc::new(Service::new(&self.recorder, it.as_str())));
        }
    }
}

impl Recorder {
    fn counter(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Counter {
        self.0.as_ref().map_or_else(Counter::noop, |it| it.0.register_counter(&key(name, labels), &METADATA))
    }

    fn gauge(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        self.0.as_ref().map_or_else(Gauge::noop, |it| it.0.register_gauge(&key(name, labels), &METADATA))
    }

    fn histogram(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Histogram {
        self.0
            .as_ref()
            .map_or_else(Histogram::noop, |it| it.0.register_histogram(&key(name, labels), &METADATA))
    }
}

fn key(name: &'static str, labels: &[(&'static str, &str)]) -> Key {
    let labels: Vec<Label> =
        labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect();
    Key::from_parts(name, labels)
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(Recorder::default())
    }
}

impl Ledger {
    fn new(recorder: Recorder) -> Self {
        let failed = ["conflict", "data", "down", "unknown"]
            .map(|why| recorder.counter(names::LEDGER_FAILED, &[("why", why)]));
        Self {
            batch: recorder.histogram(names::LEDGER_BATCH, &[]),
            commit: recorder.histogram(names::LEDGER_COMMIT_SECONDS, &[]),
            waited: recorder.histogram(names::LEDGER_WAITED_SECONDS, &[]),
            failed,
            recorder,
        }
    }

    /// An intent waited so long for its batch.
    pub fn waited(&self, waited: Duration) {
        self.waited.record(waited);
    }

    /// A batch of so many intents was committed after so long.
    #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
    pub fn committed(&self, intents: usize, after: Duration) {
        self.batch.record(intents as f64);
        self.commit.record(after);
    }

    /// A batch failed.
    pub fn failed(&self, how: Failed) {
        self.failed[how as usize].increment(1);
    }

    /// Something was revoked.
    pub fn revoked(&self, subject: &'static str, by: &'static str) {
        self.recorder.counter(names::REVOCATIONS, &[("subject", subject), ("by", by)]).increment(1);
    }
}
