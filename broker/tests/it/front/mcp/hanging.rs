//! Servers that say nothing, or stop in the middle: each call ends by its limit, and what is not known is said so.

use super::{Client, SOON, declared, error, messages, next, reading, said};
use crate::{
    front::support::{Front, on_each_front, run_with},
    support::{
        installation::slug,
        mcp_server::{McpServer, Say, Step, reply, text},
    },
};
use broker::{app::Parts, egress::EgressLimits, ledger::acts::Declaration, mcp::import, store::Engine};
use protocol::{record::Actor, services::ServiceDefinition};
use serde_json::json;
use std::time::Duration;
use tokio::{net::TcpListener, time::timeout};

on_each_front!(
    alone: a_server_that_hangs_ends_by_the_limit,
    a_hanging_call_holds_up_nobody,
    a_tool_may_work_longer_than_a_service_may_be_silent,
);

const DOOR: &str = "/mcp/slow";

fn short(parts: &mut Parts) {
    let limit = Duration::from_secs(2);
    parts.egress =
        EgressLimits { first_byte: limit, idle_body: limit, tool: limit, ..EgressLimits::default() };
}

async fn slow(front: &Front) -> (McpServer, Client<'_>, String) {
    let server = McpServer::start(&[reading("look"), reading("other")]).await;
    front.connect("slow", &server).await;
    let session = front.holding("slow", &["look", "other"]).await;
    (server, Client::new(front, &session, DOOR), session.grant)
}

async fn a_server_that_hangs_ends_by_the_limit(engine: Engine) {
    run_with(engine, &short, async |front: &Front| {
        let (server, mut client, grant) = slow(front).await;
        let progress = json!({
            "jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": 1, "progress": 1},
        });
        let halves = [
            Say::Held(Box::new(text("never"))),
            Say::Events(vec![Step::Wait]),
            Say::Events(vec![Step::Event(progress), Step::Wait]),
            Say::Events(vec![Step::Raw("data: {\"jsonrpc\"".to_owned()), Step::Wait]),
        ];
        for say in halves {
            server.answers(move |_| say.clone());
            let heard = timeout(SOON, client.call("look", &json!({}))).await.expect("it ends by itself");
            let answer = messages(&heard).pop().unwrap();
            assert_eq!(heard.status, 200, "{}", heard.text());
            assert_eq!(answer["error"]["data"]["code"], "upstream_timeout", "{answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains("is not known"), "{answer}");
            let (_, ended) = front.both(&grant).await;
            assert_eq!(ended.facts["outcome"], "unknown", "{:?}", ended.facts);
        }
        // The same session goes on, in both eras.
        server.answers(|_| text("here"));
        assert_eq!(said(&client.call("look", &json!({})).await), "here");
        client.begin(&json!({})).await;
        server.answers(|_| Say::Held(Box::new(text("never"))));
        let heard = client.legacy(1, "tools/call", &json!({"name": "look", "arguments": {}})).await;
        assert!(error(&heard).1 < 0, "{}", heard.text());
        server.answers(|_| text("here"));
        let heard = client.legacy(2, "tools/call", &json!({"name": "look", "arguments": {}})).await;
        assert_eq!(said(&heard), "here");
    })
    .await;
}

async fn a_hanging_call_holds_up_nobody(engine: Engine) {
    run_with(engine, &|_| {}, async |front: &Front| {
        let (server, client, _) = slow(front).await;
        server.answers(|message| match message["params"]["name"].as_str() {
            Some("look") => {
                Say::Events(vec![Step::Wait, Step::Event(reply(message, &json!({"content": []})))])
            }
            _ => text("here"),
        });
        let arguments = json!({});
        let hanging: Vec<_> = (0..20).map(|_| client.call("look", &arguments)).collect();
        let beside = async {
            for _ in 0..10 {
                assert_eq!(said(&client.call("other", &arguments).await), "here");
            }
            (0..20).for_each(|_| server.release());
        };
        let (ended, ()) = tokio::join!(futures::future::join_all(hanging), beside);
        assert!(ended.iter().all(|heard| messages(heard).pop().unwrap()["result"].is_object()));
    })
    .await;
}

async fn a_tool_may_work_longer_than_a_service_may_be_silent(engine: Engine) {
    let short = |parts: &mut Parts| {
        let limit = Duration::from_millis(500);
        parts.egress = EgressLimits { first_byte: limit, idle_body: limit, ..EgressLimits::default() };
    };
    run_with(engine, &short, async |front: &Front| {
        let (server, mut client, _) = slow(front).await;
        server.listens();
        client.begin(&json!({})).await;
        let mut beside = client.asking().open("GET", DOOR, String::new()).await;
        let progress = json!({
            "jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": 1, "progress": 1},
        });
        server.answers(move |message| match message["params"]["name"].as_str() {
            Some("look") => Say::Held(Box::new(text("after a while"))),
            _ => Say::Events(vec![
                Step::Event(progress.clone()),
                Step::Wait,
                Step::Event(reply(message, &json!({"content": []}))),
            ]),
        });
        // Somebody else who is silent for as long is given up, which is how the time is known to be over.
        let over = async {
            timeout(SOON, async { while server.calls().len() < 2 { tokio::task::yield_now().await } }).await.unwrap();
            let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = mute.local_addr().unwrap().port();
            let declared = ServiceDefinition {
                origin: format!("http://127.0.0.1:{port}"),
                ..declared("mute", &server, &[])
            };
            front.declare(Declaration::Service(declared.clone())).await;
            front.connection(&declared, "mute", None).await;
            import::now(&front.app, &slug("mute"), Actor::Broker).await.unwrap_err();
            server.says(json!({
                "jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "here"},
            }));
            assert_eq!(next(&mut beside).await.unwrap()["params"]["data"], "here");
            (0..2).for_each(|_| server.release());
        };
        let params = |name: &str| json!({"name": name, "arguments": {}});
        let (first, second) = (params("look"), params("other"));
        let calls = futures::future::join(
            client.legacy(1, "tools/call", &first),
            client.legacy(2, "tools/call", &second),
        );
        let ((held, streamed), ()) = tokio::join!(calls, over);
        assert_eq!(said(&held), "after a while");
        assert!(messages(&streamed).pop().unwrap()["result"].is_object(), "{}", streamed.text());
    })
    .await;
}
