//! The admin listener: numbers that say what happened, and nothing that an agent or a service wrote.

use super::{ask, get, status};
use crate::{
    front::{
        mcp::{Client, reading},
        support::{Front, eventually, line},
    },
    support::{
        database::Database,
        installation::{CANARY, Installation},
        invariants,
        mcp_server::{McpServer, Say},
    },
};
use broker::{
    config::AdminListen,
    http::{AdminListener, serve_admin},
    metrics::Metrics,
    net::Connections,
    store::Engine,
};
use serde_json::json;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

const WORDS: &str = "jabberwocky-7 of my own";

mod sqlite {
    use broker::store::Engine::Sqlite;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn numbers_of_a_whole_flow() {
        super::numbers_of_a_whole_flow(Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn numbers_of_the_gateway() {
        super::numbers_of_the_gateway(Sqlite).await;
    }
}

mod postgres {
    use broker::store::Engine::Postgres;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn numbers_of_a_whole_flow() {
        super::numbers_of_a_whole_flow(Postgres).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn numbers_of_the_gateway() {
        super::numbers_of_the_gateway(Postgres).await;
    }
}

/// An installation that somebody watches.
async fn watched(engine: Engine) -> Option<(Database, Installation)> {
    let database = Database::create(engine).await?;
    let it = Installation::start_with(&database, |parts| parts.metrics = Metrics::on().unwrap()).await;
    Some((database, it))
}

async fn admin(front: &Front) -> SocketAddr {
    let listen = AdminListen::Tcp("127.0.0.1:0".parse().unwrap());
    let listener = AdminListener::open(&listen).await.unwrap();
    let address = listener.place().rsplit('/').next().unwrap().parse().unwrap();
    tokio::spawn(serve_admin(front.app.clone(), listener, Connections::default(), false));
    address
}

async fn scrape(address: SocketAddr) -> String {
    ask(address, &get("/metrics", &format!("Host: {address}\r\n"))).await
}

/// The value of a line that begins like this.
fn value(scraped: &str, line: &str) -> f64 {
    let found = scraped.lines().find_map(|it| it.strip_prefix(line));
    found.unwrap_or_else(|| panic!("no {line} in {scraped}")).trim().parse().unwrap()
}

async fn numbers_of_a_whole_flow(engine: Engine) {
    let Some((database, it)) = watched(engine).await else { return };
    let front = Front::open(&it).await;
    let address = admin(&front).await;
    scrape(address).await;
    let session = flow(&front).await;

    let numbers = scrape(address).await;
    let has = |line: &str, wanted: f64| {
        let found = value(&numbers, line);
        assert!((found - wanted).abs() < f64::EPSILON, "{line} {found} instead of {wanted}");
    };
    has("countersign_calls_total{service=\"issues\",outcome=\"answered\"}", 2.0);
    has("countersign_calls_total{service=\"issues\",outcome=\"refused\"}", 1.0);
    has("countersign_calls_total{service=\"(none)\",outcome=\"refused\"}", 1.0);
    has("countersign_calls_total{service=\"down\",outcome=\"failed\"}", 1.0);
    has("countersign_egress_total{service=\"issues\",outcome=\"5xx\"}", 1.0);
    has("countersign_egress_total{service=\"down\",outcome=\"error\"}", 1.0);
    has("countersign_revocations_total{subject=\"session\",by=\"person\"}", 1.0);
    has("countersign_requests_pending", 1.0);
    has("countersign_sessions_live", 1.0);
    has("countersign_vault_sealed", 0.0);
    has("countersign_database_suspended", 0.0);
    has("countersign_ready", 1.0);
    has("countersign_revocations_highest", 1.0);
    has("countersign_revocations_unseen", 0.0);
    has("countersign_decision_seconds_count{decision=\"approved\"}", 2.0);
    has("countersign_http_unrouted_total", 1.0);
    let redeemed = "route=\"/v1/requests/{id}/redeem\",method=\"POST\",status=\"2xx\"";
    has(&format!("countersign_http_requests_total{{{redeemed}}}"), 2.0);
    assert!(value(&numbers, "countersign_ledger_batch_intents_count") > 5.0);
    assert!(value(&numbers, "countersign_ledger_commit_seconds_sum") > 0.0);
    assert!(value(&numbers, "countersign_ledger_waited_seconds_count") > 5.0);
    assert_eq!(numbers.contains("countersign_sqlite_wal_bytes"), engine == Engine::Sqlite);

    front.holds_no_secret("the numbers", &numbers);
    for words in [WORDS, "nowhere-to-be-found", &session, "acme", "helper", "127.0.0.1:", CANARY] {
        assert!(!numbers.contains(words), "{words} in {numbers}");
    }
    no_other_door(&front, address).await;
    front.settle().await;
    invariants::check(&it.app.store).await;
    it.app.stopping.cancel();
    it.stop().await;
    database.remove().await;
}

async fn numbers_of_the_gateway(engine: Engine) {
    let Some((database, it)) = watched(engine).await else { return };
    let front = Front::open(&it).await;
    let address = admin(&front).await;
    let server = McpServer::start(&[reading("look"), reading("other")]).await;
    front.connect("tools", &server).await;
    let session = front.holding("tools", &["look"]).await;
    scrape(address).await; // services are known by then
    let client = Client::new(&front, &session, "/mcp/tools");
    assert_eq!(client.call("look", &json!({})).await.status, 200);
    assert_eq!(client.call("other", &json!({})).await.status, 403);
    server.answers(|_| Say::Whole(500, "text/plain", String::new()));
    assert_eq!(client.call("look", &json!({})).await.status, 200, "MCP has an error for it");
    front.settle().await;
    let numbers = scrape(address).await;
    for outcome in ["answered", "refused", "failed"] {
        let line = format!("countersign_calls_total{{service=\"tools\",outcome=\"{outcome}\"}}");
        assert!((value(&numbers, &line) - 1.0).abs() < f64::EPSILON, "{outcome} in {numbers}");
    }
    assert!(
        (value(&numbers, "countersign_egress_total{service=\"tools\",outcome=\"5xx\"}") - 1.0).abs() < 0.1
    );
    assert!(
        value(&numbers, "countersign_egress_total{service=\"tools\",outcome=\"2xx\"}") >= 1.0,
        "{numbers}"
    );
    it.app.stopping.cancel();
    it.stop().await;
    database.remove().await;
}

/// Asks, decides, calls well and badly, stops, asks again. Gives a session's name.
async fn flow(front: &Front) -> String {
    let lines = [line("issues", &["items.read"], None), line("down", &["items.read"], None)];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    let with = || front.with(&session.token);
    assert_eq!(with().get("/proxy/issues/projects/acme/items").await.status, 200);
    assert_eq!(with().get("/proxy/issues/projects/acme/items?do=status&code=500").await.status, 500);
    assert_eq!(with().get("/proxy/issues/projects/nowhere-to-be-found/items").await.status, 403);
    assert!(!with().get("/proxy/nowhere-to-be-found/x").await.status.is_success());
    assert_eq!(with().get("/proxy/down/projects/acme/items").await.status, 502);
    assert_eq!(with().get(&format!("/{}", "nowhere-to-be-found")).await.status, 404);
    let path = format!("/v1/sessions/{}/stop", session.grant);
    assert!(front.admin.at(front).post(&path, &json!({"reason": WORDS})).await.status.is_success());
    front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    let wanted = json!({"authorization_details": [line("notes", &["items.read"], None)], "purpose": WORDS});
    assert_eq!(front.agent.at(front).post("/v1/requests", &wanted).await.status, 202);
    front.settle().await;
    session.grant
}

/// Neither is the public door an admin's, nor the admin's one for pages that came under another name.
async fn no_other_door(front: &Front, address: SocketAddr) {
    assert_eq!(front.admin.at(front).get("/metrics").await.status, 404);
    for bad in
        ["Host: evil.example\r\n", "Host: localhost.evil.example\r\n", "", "Host: 127.0.0.1.evil.example\r\n"]
    {
        let answer = ask(address, &get("/metrics", bad)).await;
        assert!(
            ["421", "400"].contains(&status(&answer)) && !answer.contains("countersign_"),
            "{bad}: {answer}"
        );
    }
    assert_eq!(status(&ask(address, &get("/livez", "Host: localhost\r\n")).await), "200");
    let ready = ask(address, &get("/readyz", "Host: [::1]:1\r\n")).await;
    let healthy = "{\"database\":true,\"ledger\":true,\"clock\":true,\"sealed\":false,\"suspended\":false,\"stopping\":false}";
    assert!(status(&ready) == "200" && ready.contains(healthy), "{ready}");
    for path in ["/", "/v1/me", "/sign-in"] {
        assert_eq!(status(&ask(address, &get(path, "Host: localhost\r\n")).await), "404", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_put_back_is_told() {
    let Some((database, it)) = watched(Engine::Sqlite).await else { return };
    let front = Front::open(&it).await;
    let address = admin(&front).await;
    front.wait(-60_000);
    let ready = ask(address, &get("/readyz", "Host: localhost\r\n")).await;
    assert!(status(&ready) == "200" && ready.contains("\"clock\":false"), "{ready}");
    assert_eq!(status(&ask(address, &get("/livez", "Host: localhost\r\n")).await), "200");
    front.wait(60_000);
    let told = || async { ask(address, &get("/readyz", "Host: localhost\r\n")).await };
    eventually(|| async { told().await.contains("\"clock\":true") }).await;
    it.app.stopping.cancel();
    it.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_socket_file() {
    let Some((database, it)) = watched(Engine::Sqlite).await else { return };
    let path = database.folder.path().join("admin.sock");
    let listen = AdminListen::Unix(path.clone());
    std::fs::write(&path, "not ours").unwrap();
    assert!(AdminListener::open(&listen).await.is_err(), "a file of somebody else's is left alone");
    std::fs::remove_file(&path).unwrap();
    // What is left over of a broker that died is replaced.
    drop(AdminListener::open(&listen).await.unwrap());
    let listener = AdminListener::open(&listen).await.unwrap();
    assert!(AdminListener::open(&listen).await.is_err(), "somebody listens there");
    let served = tokio::spawn(serve_admin(it.app.clone(), listener, Connections::default(), false));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("countersign_ready 1"), "{answer}");
    it.app.stopping.cancel();
    served.await.unwrap();
    assert!(!path.exists());
    it.stop().await;
    database.remove().await;
}
