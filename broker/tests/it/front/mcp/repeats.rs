//! A client that lost an answer asks again: what may have changed something is done once. Limits hold in a crowd.

use super::{Client, messages, not_called, request, said, with_meta};
use crate::{
    front::support::{Front, eventually, on_each_front},
    support::mcp_server::{Say, Step, reply, text},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

on_each_front!(
    a_repeat_of_what_was_not_answered_yet_is_answered_by_the_first,
    a_repeat_of_what_was_answered_to_nobody_is_answered_by_the_first,
    a_stream_that_broke_is_repeated_once,
    who_has_the_answer_and_asks_again_means_it,
    what_only_reads_is_simply_called_again,
    a_key_makes_repeats_of_whatever_it_is_sent_with,
    another_session_repeats_nothing,
    a_limit_holds_in_a_crowd,
);

const DOOR: &str = "/mcp/tracker-mcp";

/// How often a session's calls went into the ledger.
async fn authorised(front: &Front, grant: &str) -> usize {
    front.settle().await;
    front.record(grant).await.iter().filter(|it| it.kind == "call.authorised").count()
}

/// Asks, and walks away once the server has it.
async fn walk_away(client: &Client<'_>, calls: impl Fn() -> usize, tool: &str, arguments: &Value) {
    let before = calls();
    tokio::select! {
        heard = client.call(tool, arguments) => panic!("it was answered: {}", heard.text()),
        () = eventually(|| async { calls() > before }) => {}
    }
}

async fn a_repeat_of_what_was_not_answered_yet_is_answered_by_the_first(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("done"))));
    let client = Client::new(front, &session, DOOR);
    let arguments = json!({"line": "one"});
    walk_away(&client, || server.calls().len(), "write", &arguments).await;
    // The broker learns by itself that the client is gone; then whoever asks the same repeats it.
    let again = async {
        let asked = client.call("write", &arguments);
        let released = async {
            eventually(|| async { front.refusals(&session.grant).await.len() == 1 }).await;
            assert_eq!(server.calls().len(), 1, "it was done twice");
            server.release();
        };
        tokio::join!(asked, released).0
    };
    let heard = timeout(Duration::from_secs(20), again).await.expect("no answer came");
    assert_eq!((said(&heard).as_str(), heard.json()["id"].as_i64()), ("done", Some(7)));
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (1, 1));
    assert_eq!(front.refusals(&session.grant).await[0].facts["code"], "repeat");
}

async fn a_repeat_of_what_was_answered_to_nobody_is_answered_by_the_first(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("done"))));
    let client = Client::new(front, &session, DOOR);
    let arguments = json!({"line": "one"});
    walk_away(&client, || server.calls().len(), "write", &arguments).await;
    server.release();
    front.settle().await;
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!(ended.facts["outcome"], "complete", "it went on without its client");
    assert_eq!(said(&client.call("write", &arguments).await), "done");
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (1, 1));
    // Other words are another call.
    server.release();
    assert_eq!(said(&client.call("write", &json!({"line": "two"})).await), "done");
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (2, 2));
}

async fn a_stream_that_broke_is_repeated_once(front: &Front) {
    let (server, session) = front.tracker().await;
    let progress = json!({
        "jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1},
    });
    server.answers(move |message| {
        let answer = reply(message, &json!({"content": [{"type": "text", "text": "done"}]}));
        Say::Events(vec![Step::Event(progress.clone()), Step::Wait, Step::Event(answer)])
    });
    let client = Client::new(front, &session, DOOR);
    let arguments = json!({"line": "one"});
    let mut response = client.open("write", &arguments).await;
    assert_eq!(super::next(&mut response).await.unwrap()["method"], "notifications/progress");
    drop(response);
    let asked = client.call("write", &arguments);
    let released = async {
        eventually(|| async { front.refusals(&session.grant).await.len() == 1 }).await;
        server.release();
    };
    let (heard, ()) = tokio::join!(asked, released);
    assert_eq!(said(&heard), "done");
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (1, 1));
}

async fn who_has_the_answer_and_asks_again_means_it(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    for n in 1..=40 {
        assert_eq!(said(&client.call("write", &json!({"line": "again"})).await), r#"{"line":"again"}"#);
        assert_eq!(server.calls().len(), n, "an append was taken for a repeat");
    }
    assert!(front.refusals(&session.grant).await.is_empty());
}

async fn what_only_reads_is_simply_called_again(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("seen"))));
    let client = Client::new(front, &session, DOOR);
    walk_away(&client, || server.calls().len(), "look", &json!({})).await;
    server.release();
    server.release();
    assert_eq!(said(&client.call("look", &json!({})).await), "seen");
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (2, 2));
}

async fn a_key_makes_repeats_of_whatever_it_is_sent_with(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let keyed = |key: &str, tool: &str, arguments: Value| {
        let params = with_meta(&json!({"name": tool, "arguments": arguments}));
        let asking = client.modern_asking("tools/call", Some(tool)).header("idempotency-key", key);
        asking.send("POST", DOOR, request(7, "tools/call", &params).to_string())
    };
    let first = keyed("k1", "write", json!({"n": 1})).await;
    assert_eq!(said(&first), r#"{"n":1}"#);
    let again = keyed("k1", "write", json!({"n": 1})).await;
    assert_eq!(messages(&again), messages(&first));
    assert_eq!(server.calls().len(), 1);
    // The same key with other words is never the other call's answer, and is not made.
    let other = keyed("k1", "write", json!({"n": 2})).await;
    assert_ne!(said(&other), r#"{"n":1}"#, "the answer to something else");
    assert_eq!(server.calls().len(), 1);
    keyed("k2", "write", json!({"n": 1})).await;
    assert_eq!((server.calls().len(), authorised(front, &session.grant).await), (2, 2));
}

async fn another_session_repeats_nothing(front: &Front) {
    let (server, session) = front.tracker().await;
    let other = front.holding("tracker-mcp", &["write"]).await;
    server.answers(|_| Say::Held(Box::new(text("done"))));
    let client = Client::new(front, &session, DOOR);
    walk_away(&client, || server.calls().len(), "write", &json!({"n": 1})).await;
    server.release();
    front.settle().await;
    server.answers(|_| text("other"));
    let other = Client::new(front, &other, DOOR);
    assert_eq!(said(&other.call("write", &json!({"n": 1})).await), "other");
    assert_eq!(server.calls().len(), 2);
}

async fn a_limit_holds_in_a_crowd(front: &Front) {
    let (server, _) = front.tracker().await;
    let line = json!({"service": "tracker-mcp", "actions": ["write"], "limits": {"max_calls": 10}});
    let session = front.session_of(&front.direct, &[line], 3_600).await;
    let client = Client::new(front, &session, DOOR);
    let client = &client;
    let heard = join_all((0..64).map(|n| async move { client.call("write", &json!({"n": n})).await })).await;
    let good = heard.iter().filter(|it| super::result(it)["isError"] != true).count();
    assert_eq!((good, server.calls().len(), authorised(front, &session.grant).await), (10, 10, 10));
    for refused in heard.iter().filter(|it| super::result(it)["isError"] == true) {
        not_called(refused);
    }
}
