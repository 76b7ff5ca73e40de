//! To a collector, over HTTP with protobuf, as the standard `OTEL_…` variables say; off unless one of them names where
//! to.

use super::TARGET;
use anyhow::bail;
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// What spans are called as a whole.
const SERVICE: &str = "countersign-broker";

/// How a variable is looked up.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Traces that are being sent; ended, it sends what it still has.
#[derive(Debug)]
pub struct Exporting(SdkTracerProvider);

impl Exporting {
    /// Sends what is still there, for a few seconds at most.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts sending if the environment names a collector; `runtime` sends.
pub fn start(lookup: Lookup<'_>, runtime: &Handle) -> anyhow::Result<Option<Exporting>> {
    if !is_wanted(lookup)? {
        return Ok(None);
    }
    // Endpoint, headers, timeout, batches and sampler: the SDK reads their variables.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let sender = Sender { client, runtime: runtime.clone(), failing: AtomicBool::new(false) };
    let exporter = SpanExporter::builder().with_http().with_http_client(sender).build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource(lookup));
    Ok(Some(Exporting(provider.build())))
}

fn is_wanted(lookup: Lookup<'_>) -> anyhow::Result<bool> {
    let set = |name: &str| lookup(name).map(|it| it.trim().to_lowercase()).filter(|it| !it.is_empty());
    if set("OTEL_SDK_DISABLED").is_some_and(|it| it == "true") {
        return Ok(false);
    }
    let named = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let wanted = match set("OTEL_TRACES_EXPORTER").as_deref() {
        Some("none") => false,
        Some("otlp") => true,
        None => named.into_iter().any(|name| set(name).is_some()),
        Some(other) => bail!("OTEL_TRACES_EXPORTER: must be otlp or none, not {other:?}"),
    };
    let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    match protocols.into_iter().find_map(|name| Some((name, set(name)?))) {
        Some((name, protocol)) if wanted && protocol != "http/protobuf" => {
            bail!("{name}: this broker speaks http/protobuf (port 4318), not {protocol:?}")
        }
        _ => Ok(wanted),
    }
}

fn resource(lookup: Lookup<'_>) -> Resource {
    let attributes = lookup("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let named = lookup("OTEL_SERVICE_NAME").is_some_and(|it| !it.is_empty())
        || attributes.split(',').any(|it| it.trim_start().starts_with("service.name="));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    if named { builder.build() } else { builder.with_service_name(SERVICE).build() }
}

/// What hands spans for a collector, and nothing else, to it.
pub fn layer<S>(exporting: &Exporting) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    tracing_opentelemetry::layer()
        .with_tracer(exporting.0.tracer("countersign"))
        .with_location(false)
        .with_threads(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET))
}

/// The SDK's batches are sent from a thread of its own, our client lives in the runtime.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
    failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let (head, body) = request.into_parts();
            let request = client.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
            let answer = request.send().await?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await?;
            Ok::<_, reqwest::Error>(response)
        });
        let sent = sending.await?;
        let good = sent.as_ref().is_ok_and(|it| it.status().is_success());
        // Once when it begins to fail, not with every batch.
        if !good && !self.failing.swap(true, Ordering::Relaxed) {
            let why = sent.as_ref().map_or_else(ToString::to_string, |it| it.status().to_string());
            tracing::warn!(why, "traces cannot be sent; they are dropped until the collector answers");
        } else if good {
            self.failing.store(false, Ordering::Relaxed);
        }
        Ok(sent?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(variables: &[(&str, &str)]) -> Result<bool, String> {
        let lookup =
            |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
        is_wanted(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn off_unless_somebody_names_a_collector() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        assert_eq!(wanted(&[]), Ok(false));
        assert_eq!(wanted(&[endpoint]), Ok(true));
        assert_eq!(wanted(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Ok(false));
        assert_eq!(wanted(&[("OTEL_TRACES_EXPORTER", "otlp")]), Ok(true));
        assert_eq!(wanted(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), Ok(false));
        assert_eq!(wanted(&[endpoint, ("OTEL_SDK_DISABLED", "true")]), Ok(false));
        assert_eq!(wanted(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]), Ok(true));
        assert!(wanted(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err().contains("4318"));
        assert_eq!(wanted(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]), Ok(false));
        assert!(wanted(&[("OTEL_TRACES_EXPORTER", "zipkin")]).is_err());
    }
}
