//! Traces: a request, what it wrote to the ledger, what it asked of a service. Spans are of a target of their own, so
//! that they go to a collector and never into the log, and nothing of the log goes to a collector. Their attributes
//! are route templates, fixed words and names that admins declared; nothing that an agent or a service wrote.
//!
//! Without a collector no span is ever made.

mod export;

pub use export::{Exporting, layer, start};

use crate::egress::EgressError;
use http::{HeaderMap, Response, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use protocol::Slug;
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// What spans for a collector are made with.
pub const TARGET: &str = "countersign_trace";

/// The span of a request by its route. A caller's `traceparent` is its parent.
pub fn request(method: &'static str, route: &'static str, headers: &HeaderMap) -> Span {
    let span = tracing::trace_span!(
        target: TARGET,
        "request",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    if !span.is_disabled() {
        span.record("otel.name", format!("{method} {route}"));
        let parent = TraceContextPropagator::new().extract(&TraceParent(headers));
        // Without a collector's layer there is no span to give a parent to.
        let _ = span.set_parent(parent);
    }
    span
}

/// A request was answered.
pub fn answered(span: &Span, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of an intent: from its place in the queue to its commit.
pub fn ledger(intent: &'static str) -> Span {
    tracing::trace_span!(target: TARGET, "ledger", otel.kind = "internal", countersign.intent = intent)
}

/// Follows a call to its service, up to the head of the answer.
pub async fn upstream<B>(
    service: &Slug,
    answer: impl Future<Output = Result<Response<B>, EgressError>>,
) -> Result<Response<B>, EgressError> {
    let span = tracing::trace_span!(
        target: TARGET,
        "upstream",
        otel.kind = "client",
        otel.status_code = Empty,
        countersign.service = service.as_str(),
        http.response.status_code = Empty,
        error.type = Empty,
    );
    let answer = answer.instrument(span.clone()).await;
    match &answer {
        Ok(answer) => answered(&span, answer.status()),
        Err(error) => {
            span.record("error.type", error.code());
            span.record("otel.status_code", "ERROR");
        }
    }
    answer
}

/// Only `traceparent`: a `tracestate` would carry the caller's own text to the collector.
struct TraceParent<'a>(&'a HeaderMap);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).filter(|_| key == "traceparent").and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
