//! Messages that are none, sessions of others, and many at once.

use super::{Client, SOON, error, next, request, said};
use crate::{
    front::support::{Front, eventually, on_each_front},
    support::mcp_server::{Say, Step, text},
};
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::time::timeout;

on_each_front!(
    what_is_no_message_is_refused,
    what_is_too_large_or_too_deep_is_refused,
    two_hundred_clients_with_one_id_get_their_own_answers,
    an_id_is_given_back_as_it_was_written,
    an_id_in_use_is_not_used_twice,
    gw10_a_session_is_its_own_principals,
    the_oldest_of_too_many_sessions_makes_room,
    gw9_who_no_longer_waits_has_it_cancelled,
    gw9_what_is_not_answered_yet_is_cancelled_too,
);

const DOOR: &str = "/mcp/tracker-mcp";

async fn what_is_no_message_is_refused(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let call = request(1, "tools/call", &json!({"name": "look", "arguments": {}})).to_string();
    let inner = call.trim_start_matches('{');
    let bad = [
        (String::new(), -32700),
        ("{".to_owned(), -32700),
        (format!("{call}{call}"), -32700),
        (format!("\u{feff}{call}"), -32700),
        (call.replace("look", "\\u0000look"), -32700),
        (call.replace("look", "\\ud800"), -32700),
        (format!("{{\"id\":2,{inner}"), -32700),
        (call.replace("\"name\":\"look\"", "\"name\":\"look\",\"name\":\"secret\""), -32700),
        (call.replace("\"name\":\"look\"", "\"name\":\"look\",\"n\\u0061me\":\"secret\""), -32700),
        (call.replace("\"arguments\":{}", "\"arguments\":{\"a\":1,\"a\":2}"), -32700),
        (call.replace("\"arguments\":{}", "\"arguments\":{\"a\":9007199254740993}"), -32700),
        (call.replace("\"arguments\":{}", "\"arguments\":{\"a\":1e999}"), -32700),
        (call.replace("\"arguments\":{}", "\"arguments\":{\"a\":-0}"), -32700),
        (format!("[{call}]"), -32600),
        (format!("[{call},{call}]"), -32600),
        ("[]".to_owned(), -32600),
        ("3".to_owned(), -32600),
        ("null".to_owned(), -32600),
        (call.replace("2.0", "1.0"), -32600),
        (call.replace("\"jsonrpc\":\"2.0\",", ""), -32600),
        (call.replace("\"id\":1", "\"id\":1.5"), -32600),
        (call.replace("\"id\":1", "\"id\":{}"), -32600),
        (call.replace("\"id\":1", "\"id\":true"), -32600),
        (call.replace("\"id\":1", &format!("\"id\":\"{}\"", "x".repeat(300))), -32600),
        (call.replace("\"tools/call\"", "3"), -32600),
        (format!("{{\"result\":{{}},{inner}"), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}"#.to_owned(), -32600),
    ];
    for (body, code) in bad {
        let heard = client.post(&body).await;
        assert_eq!(error(&heard), (400, code), "{body:.120}: {}", heard.text());
    }
    assert!(server.calls().is_empty(), "{:?}", server.calls());
    assert_eq!(said(&client.post(&call).await), "{}", "the one that they were made from");
}

async fn what_is_too_large_or_too_deep_is_refused(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let with = |a: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"look","arguments":{{"a":{a}}}}}}}"#
        )
    };
    for deep in [70, 1_000, 100_000] {
        let heard = client.post(&with(&format!("{}{}", "[".repeat(deep), "]".repeat(deep)))).await;
        assert_eq!(error(&heard), (400, -32700), "{deep}: {:.200}", heard.text());
        let heard = client.post(&with(&"{\"a\":".repeat(deep))).await;
        assert_eq!(error(&heard), (400, -32700), "{deep}");
    }
    let heard = client.post(&with(&format!("\"{}\"", "x".repeat(4 << 20)))).await;
    assert_eq!(error(&heard), (413, -32600));
    assert!(server.calls().is_empty());
    let heard = client.post(&with(&format!("\"{}\"", "x".repeat(1 << 19)))).await;
    assert_eq!(heard.status, 200);
}

async fn two_hundred_clients_with_one_id_get_their_own_answers(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let mut other = Client::new(front, &session, DOOR);
    other.begin(&json!({})).await;
    let asked = (0..200).map(|n| {
        let (client, other) = (&client, &other);
        async move {
            let arguments = json!({"n": n});
            if n % 2 == 0 {
                return (n, client.call("look", &arguments).await);
            }
            // Without a session, in the other era: all of a grant share one with the server.
            let alone = Client { front, token: other.token.clone(), path: DOOR.to_owned(), session: None };
            (n, alone.legacy(7, "tools/call", &json!({"name": "look", "arguments": arguments})).await)
        }
    });
    for (n, heard) in timeout(SOON * 2, join_all(asked)).await.expect("an answer is missing") {
        assert_eq!(heard.json()["id"], 7);
        assert_eq!(said(&heard), json!({"n": n}).to_string());
    }
    let got = server.calls();
    assert_eq!(got.len(), 200);
    let legacy = got.iter().filter(|it| !it.header("mcp-session-id").is_empty());
    let ids: BTreeSet<String> =
        legacy.map(|it| format!("{} {}", it.header("mcp-session-id"), it.message["id"])).collect();
    assert_eq!(ids.len(), 100, "one id of one session stands for two requests");
}

async fn an_id_is_given_back_as_it_was_written(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    for id in ["0", "-1", "9007199254740991", "\"7\"", "\"\\u0061\"", "\"\"", "\"é\""] {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"look"}}}}"#);
        let heard = client.post(&body).await;
        assert!(heard.text().contains(&format!("\"id\":{id},")), "{id}: {}", heard.text());
        assert!(server.last().message["id"].is_u64(), "the server has ids of ours");
    }
}

async fn an_id_in_use_is_not_used_twice(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("done"))));
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let call = |tool: &str| json!({"name": tool, "arguments": {}});
    let (look, write) = (call("look"), call("write"));
    let first = client.legacy(1, "tools/call", &look);
    let second = async {
        eventually(|| async { server.calls().len() == 1 }).await;
        let heard = client.legacy(1, "tools/call", &write).await;
        assert_eq!(error(&heard).1, -32600, "{}", heard.text());
        assert_eq!(server.calls().len(), 1, "it went on");
        server.release();
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!(said(&first), "done");
    server.release();
    assert_eq!(said(&client.legacy(1, "tools/call", &write).await), "done", "it is free again");
    assert_eq!(server.calls().len(), 2);
}

async fn gw10_a_session_is_its_own_principals(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut owner = Client::new(front, &session, DOOR);
    owner.begin(&json!({})).await;
    let before = server.got().len();
    let again = front.holding("tracker-mcp", &["look", "write"]).await;
    let other_grant =
        Client { token: again.token.clone(), path: DOOR.to_owned(), ..Client::new(front, &session, DOOR) };
    let other_door = Client { path: "/mcp".to_owned(), ..Client::new(front, &session, DOOR) };
    for mut thief in [other_grant, other_door] {
        thief.session = owner.session.clone();
        assert_eq!(error(&thief.legacy(1, "ping", &json!({})).await).0, 404);
        assert_eq!(error(&thief.legacy(2, "tools/call", &json!({"name": "look"})).await).0, 404);
        for method in ["GET", "DELETE"] {
            assert_eq!(thief.asking().send(method, &thief.path, "").await.status, 404, "{method}");
        }
        let cancel =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
        assert_eq!(thief.post(&cancel.to_string()).await.status, 404);
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
        assert_eq!(thief.post(&answer.to_string()).await.status, 404);
    }
    assert_eq!(server.got().len(), before);
    assert_eq!(owner.legacy(3, "ping", &json!({})).await.status, 200, "the thieves ended nothing");
    // Two sessions of one grant are two sessions with the server.
    let mut second = Client::new(front, &session, DOOR);
    second.begin(&json!({})).await;
    assert_ne!(second.session, owner.session);
    for client in [&owner, &second] {
        client.legacy(4, "tools/call", &json!({"name": "look", "arguments": {}})).await;
    }
    let used: BTreeSet<String> =
        server.calls().iter().map(|it| it.header("mcp-session-id").to_owned()).collect();
    assert_eq!(used.len(), 2);
}

async fn gw9_who_no_longer_waits_has_it_cancelled(front: &Front) {
    let (server, session) = front.tracker().await;
    let progress = json!({
        "jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1},
    });
    server.answers(move |_| Say::Events(vec![Step::Event(progress.clone()), Step::Wait]));
    // 2026-07-28: closing the stream is all it takes.
    let client = Client::new(front, &session, DOOR);
    let mut response = client.open("look", &json!({})).await;
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(next(&mut response).await.unwrap()["method"], "notifications/progress");
    drop(response);
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!(ended.facts["outcome"], "agent_left");
    // 2025-11-25: it is said, and the server is told under its own id.
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let body = request(5, "tools/call", &json!({"name": "look", "arguments": {}})).to_string();
    let mut response = client.asking().open("POST", DOOR, body).await;
    assert_eq!(next(&mut response).await.unwrap()["method"], "notifications/progress");
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}});
    assert_eq!(client.post(&cancel.to_string()).await.status, 202);
    assert!(next(&mut response).await.is_none());
    eventually(|| async { server.of("notifications/cancelled").len() == 1 }).await;
    let told = server.of("notifications/cancelled")[0].message["params"]["requestId"].clone();
    assert_eq!(told, server.last().message["id"]);
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!(ended.facts["outcome"], "agent_left");
}

/// A server that answers as one JSON text has said nothing yet.
async fn gw9_what_is_not_answered_yet_is_cancelled_too(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("never"))));
    let reached = async |calls: usize| eventually(|| async { server.calls().len() == calls }).await;
    // 2026-07-28: the client is gone.
    let client = Client::new(front, &session, DOOR);
    let none = json!({});
    tokio::select! {
        _ = client.call("look", &none) => panic!("nothing answered"),
        () = reached(1) => {}
    }
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!((&ended.facts["outcome"], &ended.facts["why"]), (&json!("unknown"), &json!("agent_left")));
    // 2025-11-25: it is said, and the server is told under its own id.
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let params = json!({"name": "look", "arguments": {}});
    let cancel = async {
        reached(2).await;
        let cancel =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}});
        assert_eq!(client.post(&cancel.to_string()).await.status, 202);
    };
    let (heard, ()) = tokio::join!(client.legacy(5, "tools/call", &params), cancel);
    assert_eq!(heard.status, 502, "{}", heard.text());
    eventually(|| async { server.of("notifications/cancelled").len() == 1 }).await;
    let told = server.of("notifications/cancelled")[0].message["params"]["requestId"].clone();
    assert_eq!(told, server.last().message["id"]);
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!((&ended.facts["outcome"], &ended.facts["why"]), (&json!("unknown"), &json!("agent_left")));
}

async fn the_oldest_of_too_many_sessions_makes_room(front: &Front) {
    let (_server, session) = front.tracker().await;
    let begin = async || {
        let mut client = Client::new(front, &session, DOOR);
        client.begin(&json!({})).await;
        client
    };
    let (first, second) = (begin().await, begin().await);
    for _ in 0..99 {
        begin().await;
    }
    assert_eq!(error(&first.legacy(1, "ping", &json!({})).await).0, 404);
    assert_eq!(second.legacy(1, "ping", &json!({})).await.status, 200);
}
