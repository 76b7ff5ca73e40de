//! Traces, as a collector receives them: a request, its writes, its calls, and none of anybody's words.

use super::{ask, get, status};
use crate::{
    cli::{Operator, Serving},
    front::support::{Front, line},
    support::{
        database::Database,
        installation::{CANARY, Installation},
    },
};
use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
};
use broker::{store::Engine, telemetry};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message as _;
use serde_json::json;
use std::{
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, runtime::Handle};
use tracing_subscriber::layer::SubscriberExt as _;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const WORDS: &str = "jabberwocky-7 of my own";

type Sent = Arc<Mutex<Vec<(String, String, Bytes)>>>;

/// A collector on loopback.
struct Collector {
    endpoint: String,
    sent: Sent,
}

impl Collector {
    async fn start() -> Self {
        let sent = Sent::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(keep).with_state(sent.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, sent }
    }

    /// Everything that came, decoded: the names of services, and the spans.
    fn received(&self) -> (Vec<String>, Vec<Span>) {
        let (mut services, mut spans) = (Vec::new(), Vec::new());
        for (path, kind, body) in self.sent.lock().unwrap().iter() {
            assert_eq!((path.as_str(), kind.as_str()), ("/v1/traces", "application/x-protobuf"));
            let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
            for resource in request.resource_spans {
                let attributes = resource.resource.unwrap().attributes;
                let named = attributes.iter().filter(|it| it.key == "service.name");
                services.extend(named.map(|it| format!("{:?}", it.value)));
                spans.extend(resource.scope_spans.into_iter().flat_map(|it| it.spans));
            }
        }
        (services, spans)
    }
}

async fn keep(State(sent): State<Sent>, request: Request) -> &'static str {
    let (head, body) = request.into_parts();
    let kind = head.headers["content-type"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    sent.lock().unwrap().push((head.uri.path().to_owned(), kind, body));
    ""
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|it| it.key == key).and_then(|it| it.value.clone()?.value);
    match found {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{key} is {other:?} in {span:?}"),
    }
}

/// A whole flow in a process of its own, whose environment names the collector.
#[tokio::test]
#[ignore = "it is the process that another test starts"]
async fn child() {
    if std::env::var(ENDPOINT).is_err() {
        return;
    }
    let exporting = telemetry::start(&|name| std::env::var(name).ok(), &Handle::current()).unwrap().unwrap();
    let subscriber = tracing_subscriber::registry().with(telemetry::layer(&exporting));
    let database = Database::create(Engine::Sqlite).await.unwrap();
    let it = Installation::start(&database).await;
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        let front = Front::open(&it).await;
        let wanted =
            json!({"authorization_details": [line("notes", &["items.read"], None)], "purpose": WORDS});
        let asking = front.agent.at(&front).header("tracestate", WORDS).header("baggage", "jabberwocky=7");
        let asked = asking.header("traceparent", &format!("00-{TRACE}-b7ad6b7169203331-01"));
        assert_eq!(asked.post("/v1/requests", &wanted).await.status, 202);
        let session = front.usual().await;
        assert_eq!(front.read(&session, "?do=echo&x=jabberwocky").await.status, 200);
        assert_eq!(front.read(&session, "?do=status&code=503").await.status, 503);
        assert_eq!(front.agent.at(&front).get("/jabberwocky").await.status, 404);
        front.settle().await;
    }
    tokio::task::spawn_blocking(move || exporting.end()).await.unwrap();
    it.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_a_whole_flow() {
    let collector = Collector::start().await;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["network::traces::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(ENDPOINT, &collector.endpoint).env("OTEL_RESOURCE_ATTRIBUTES", "service.name=guardian");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    let (services, spans) = collector.received();
    assert!(services[0].contains("guardian"), "{services:?}");
    let named = |name: &str| spans.iter().filter(|it| it.name == name).collect::<Vec<_>>();
    let calls = named("ANY /proxy/{service}/{*path}");
    assert_eq!(calls.len(), 2);
    for (call, code) in calls.iter().zip(["200", "503"]) {
        assert_eq!(attribute(call, "http.response.status_code"), code);
        let below: Vec<_> = spans.iter().filter(|it| it.parent_span_id == call.span_id).collect();
        let upstream = below.iter().find(|it| it.name == "upstream").unwrap();
        assert_eq!(attribute(upstream, "countersign.service"), "issues");
        assert_eq!(attribute(upstream, "http.response.status_code"), code);
        let ledger = below.iter().find(|it| it.name == "ledger").unwrap();
        assert_eq!(attribute(ledger, "countersign.intent"), "authorise");
        assert!(ledger.end_time_unix_nano <= upstream.start_time_unix_nano, "no record, no call");
    }
    // The caller's trace goes on; what else it said of itself does not.
    let opened = named("POST /v1/requests");
    let trace = u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes();
    assert_eq!(opened[0].trace_id, trace);
    for (_, _, body) in collector.sent.lock().unwrap().iter() {
        let text = String::from_utf8_lossy(body);
        for words in [CANARY, "csn_", "eyJ", "jabberwocky", "acme", "helper"] {
            assert!(!text.contains(words), "{words} in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_sends_them_too() {
    let collector = Collector::start().await;
    let operator = Operator::new();
    let mut command = operator.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env(ENDPOINT, &collector.endpoint);
    let serving = Serving::start(command);
    let address = serving.greeting.trim_end().rsplit('/').next().unwrap().parse().unwrap();
    let headers = format!("Host: localhost\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n");
    assert_eq!(status(&ask(address, &get("/sign-in", &headers)).await), "200");
    // At its end it sends what it still has.
    let (_, log) = tokio::task::spawn_blocking(move || serving.stop()).await.unwrap();
    let (services, spans) = collector.received();
    assert!(services[0].contains("countersign-broker"), "{services:?}");
    assert!(spans.iter().any(|it| it.name == "GET /sign-in"), "{spans:?}");
    assert!(!log.contains(TRACE) && !log.contains("http.route"), "spans are not for the log: {log}");

    // A collector that is not there keeps nobody from working.
    let mut command = operator.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env(ENDPOINT, "http://127.0.0.1:1").env("OTEL_BSP_SCHEDULE_DELAY", "10");
    let serving = Serving::start(command);
    let address = serving.greeting.trim_end().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(status(&ask(address, &get("/sign-in", "Host: localhost\r\n")).await), "200");
    let (_, log) = tokio::task::spawn_blocking(move || serving.stop()).await.unwrap();
    assert!(log.contains("traces cannot be sent"), "{log}");
    let mut command = operator.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env(ENDPOINT, "http://127.0.0.1:1").env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("http/protobuf (port 4318)"), "{told}");
}
