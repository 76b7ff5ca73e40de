//! Servers that say nothing, or stop in the middle: each call ends by its limit, and what is not known is said so.

use super::{Client, SOON, error, messages, reading, said};
use crate::{
    front::support::{Front, on_each_front, run_with},
    support::mcp_server::{McpServer, Say, Step, reply, text},
};
use broker::{app::Parts, egress::EgressLimits, store::Engine};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

on_each_front!(alone: a_server_that_hangs_ends_by_the_limit, a_hanging_call_holds_up_nobody);

const DOOR: &str = "/mcp/slow";

fn short(parts: &mut Parts) {
    let limit = Duration::from_secs(2);
    parts.egress = EgressLimits { first_byte: limit, idle_body: limit, ..EgressLimits::default() };
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
            (Say::Held(Box::new(text("never"))), "upstream_timeout", "unknown"),
            (Say::Events(vec![Step::Wait]), "upstream_broken", "broken"),
            (Say::Events(vec![Step::Event(progress), Step::Wait]), "upstream_broken", "broken"),
            (
                Say::Events(vec![Step::Raw("data: {\"jsonrpc\"".to_owned()), Step::Wait]),
                "upstream_broken",
                "broken",
            ),
        ];
        for (say, code, outcome) in halves {
            server.answers(move |_| say.clone());
            let heard = timeout(SOON, client.call("look", &json!({}))).await.expect("it ends by itself");
            let answer = messages(&heard).pop().unwrap();
            assert_eq!(heard.status, 200, "{}", heard.text());
            assert_eq!(answer["error"]["data"]["code"], code, "{answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains("is not known"), "{answer}");
            let (_, ended) = front.both(&grant).await;
            assert_eq!(ended.facts["outcome"], outcome, "{:?}", ended.facts);
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
