//! Servers that hang, lie, break off or send elsewhere: each is one bounded error, and on the record as what it was.

use super::{Client, messages, next, reading, request, result, said};
use crate::{
    front::support::{Front, eventually, on_each_front},
    support::mcp_server::{McpServer, Say, Step, reply, text},
};
use axum::body::Body;
use protocol::record::Record;
use serde_json::{Value, json};

on_each_front!(
    what_is_no_answer_is_one_error_and_on_the_record,
    a_redirect_is_never_followed,
    a_stream_that_ends_before_the_answer_is_said_to_be_one,
    a_server_that_hangs_is_cut_with_its_session,
    what_drips_arrives,
    a_server_of_one_era_serves_clients_of_both,
    a_session_that_the_server_forgot_is_begun_anew,
    where_no_session_begins_nothing_was_sent,
    a_level_of_the_log_is_told_once,
    a_server_asks_a_client_in_its_session_and_no_other,
    a_client_without_a_session_cannot_be_asked,
);

const DOOR: &str = "/mcp/tracker-mcp";

async fn ended(front: &Front, grant: &str) -> Record {
    front.both(grant).await.1
}

async fn what_is_no_answer_is_one_error_and_on_the_record(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let json = "application/json";
    let table: [(Say, &str, &str); 11] = [
        (Say::Whole(401, "text/plain", "who are you".to_owned()), "upstream_refused", "call.finished"),
        (Say::Whole(403, json, "{}".to_owned()), "upstream_wrong_id", "call.outcome_unknown"),
        (Say::Whole(500, "text/html", "<h1>no</h1>".to_owned()), "upstream_refused", "call.finished"),
        (Say::Whole(200, json, "{".to_owned()), "upstream_not_mcp", "call.outcome_unknown"),
        (Say::Whole(200, json, "[]".to_owned()), "upstream_not_mcp", "call.outcome_unknown"),
        (
            Say::Whole(200, json, r#"{"jsonrpc":"2.0","id":99,"result":{}}"#.to_owned()),
            "upstream_wrong_id",
            "call.outcome_unknown",
        ),
        (
            Say::Whole(200, json, r#"{"jsonrpc":"2.0","id":1,"result":3}"#.to_owned()),
            "upstream_not_mcp",
            "call.outcome_unknown",
        ),
        (
            Say::Whole(200, json, r#"{"jsonrpc":"2.0","id":"1","result":{}}"#.to_owned()),
            "upstream_wrong_id",
            "call.outcome_unknown",
        ),
        (Say::Whole(200, "text/html", "hello".to_owned()), "upstream_broken", "call.finished"),
        (Say::Whole(202, json, String::new()), "upstream_broken", "call.finished"),
        (Say::Events(vec![Step::Raw("data: {\n\n".to_owned())]), "upstream_not_mcp", "call.outcome_unknown"),
    ];
    for (say, code, kind) in table {
        server.answers(move |_| say.clone());
        let heard = client.call("look", &json!({})).await;
        let error = messages(&heard)[0]["error"].clone();
        assert_eq!(
            (heard.status.as_u16(), &error["code"]),
            (200, &json!(-31002)),
            "{code}: {}",
            heard.text()
        );
        assert_eq!(error["data"]["code"], code, "{}", heard.text());
        assert!(!heard.text().contains("who are you") && !heard.text().contains("<h1>"), "{}", heard.text());
        let ended = ended(front, &session.grant).await;
        assert_eq!(
            (ended.kind.as_str(), &messages(&heard)[0]["id"]),
            (kind, &json!(7)),
            "{code}: {:?}",
            ended.facts
        );
    }
}

async fn a_redirect_is_never_followed(front: &Front) {
    let elsewhere = McpServer::start(&[]).await;
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    for to in [format!("{}/mcp", elsewhere.origin()), format!("{}/other", server.origin())] {
        let before = server.got().len();
        server.answers(move |_| Say::Elsewhere(to.clone()));
        let heard = client.call("look", &json!({})).await;
        assert_eq!(messages(&heard)[0]["error"]["code"], -31002, "{}", heard.text());
        assert_eq!(server.got().len(), before + 1);
        assert_eq!(ended(front, &session.grant).await.facts["status"], 307);
    }
    assert!(elsewhere.got().is_empty(), "it was followed, with the secret");
}

async fn a_stream_that_ends_before_the_answer_is_said_to_be_one(front: &Front) {
    let (server, session) = front.tracker().await;
    let progress = json!({
        "jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1},
    });
    for steps in [vec![], vec![Step::Event(progress.clone())], vec![Step::Raw(": nothing\n\n".to_owned())]] {
        server.answers(move |_| Say::Events(steps.clone()));
        for tool in ["look", "write"] {
            let client = Client::new(front, &session, DOOR);
            let heard = client.call(tool, &json!({})).await;
            let last = messages(&heard).pop().unwrap();
            assert_eq!(
                (&last["error"]["code"], &last["id"]),
                (&json!(-31002), &json!(7)),
                "{}",
                heard.text()
            );
            assert!(last["error"]["message"].as_str().unwrap().contains("not known"), "{last}");
            let ended = ended(front, &session.grant).await;
            assert_eq!((ended.kind.as_str(), &ended.facts["outcome"]), ("call.finished", &json!("broken")));
        }
    }
    // An answer that is empty, from a tool that may have done something.
    server.answers(|_| Say::Whole(200, "application/json", String::new()));
    let client = Client::new(front, &session, DOOR);
    let heard = client.call("write", &json!({})).await;
    assert_eq!(messages(&heard)[0]["error"]["code"], -31002);
    assert_eq!(ended(front, &session.grant).await.kind, "call.outcome_unknown");
}

async fn a_server_that_hangs_is_cut_with_its_session(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|_| Say::Held(Box::new(text("never"))));
    let client = Client::new(front, &session, DOOR);
    let nothing = json!({});
    let asked = client.call("write", &nothing);
    let stopped = async {
        eventually(|| async { server.calls().len() == 1 }).await;
        let path = format!("/v1/sessions/{}/stop", session.grant);
        assert_eq!(front.owner.at(front).post(&path, &json!({})).await.status, 200);
    };
    let (heard, ()) = tokio::join!(asked, stopped);
    let error = messages(&heard)[0]["error"].clone();
    assert_eq!(error["code"], -31001, "{}", heard.text());
    let ended = ended(front, &session.grant).await;
    assert_eq!((ended.kind.as_str(), &ended.facts["why"]), ("call.outcome_unknown", &json!("cut")));
    assert!(ended.facts["sent_bytes"].as_u64() > Some(0), "what was sent is known: {:?}", ended.facts);
}

async fn what_drips_arrives(front: &Front) {
    let (server, session) = front.tracker().await;
    server.answers(|message| {
        let text = format!(
            "data: {}\n\n",
            reply(message, &json!({"content": [{"type": "text", "text": "é drip"}]}))
        );
        let drops = text.char_indices().map(|(at, c)| Step::Raw(text[at..at + c.len_utf8()].to_owned()));
        Say::Events(drops.collect())
    });
    let client = Client::new(front, &session, DOOR);
    assert_eq!(said(&client.call("look", &json!({})).await), "é drip");
}

async fn a_server_of_one_era_serves_clients_of_both(front: &Front) {
    for (modern, legacy) in [(true, false), (false, true)] {
        let server = McpServer::start(&[reading("look")]).await;
        server.speaks(modern, legacy);
        let id = if modern { "newer" } else { "older" };
        front.connect(id, &server).await;
        let session = front.holding(id, &["look"]).await;
        let mut client = Client::new(front, &session, &format!("/mcp/{id}"));
        let heard = client.call("look", &json!({"a": 1})).await;
        assert_eq!(said(&heard), r#"{"a":1}"#);
        assert_eq!(result(&heard)["resultType"], "complete");
        client.begin(&json!({})).await;
        let heard = client.legacy(2, "tools/call", &json!({"name": "look", "arguments": {"a": 2}})).await;
        assert_eq!(said(&heard), r#"{"a":2}"#);
        assert!(result(&heard).get("resultType").is_none());
        for got in server.calls() {
            assert_eq!(got.headers.contains_key("mcp-name"), modern);
            assert_eq!(got.headers.contains_key("mcp-session-id"), legacy);
            assert_eq!(got.header("mcp-protocol-version"), if modern { "2026-07-28" } else { "2025-11-25" });
        }
        assert_eq!(server.calls().len(), 2);
    }
}

async fn a_session_that_the_server_forgot_is_begun_anew(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let call = json!({"name": "write", "arguments": {}});
    client.legacy(1, "tools/call", &call).await;
    let first = server.last().header("mcp-session-id").to_owned();
    let (forgotten, begun) = (first.clone(), server.of("initialize").len());
    let times = std::sync::atomic::AtomicUsize::new(0);
    server.answers(move |_| match times.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Say::Whole(404, "text/plain", forgotten.clone()),
        _ => text("done"),
    });
    assert_eq!(said(&client.legacy(2, "tools/call", &call).await), "done");
    assert_eq!(server.of("initialize").len(), begun + 1);
    assert_ne!(server.last().header("mcp-session-id"), first);
}

async fn a_server_asks_a_client_in_its_session_and_no_other(front: &Front) {
    let (server, session) = front.tracker().await;
    let asking = json!({
        "jsonrpc": "2.0", "id": "ask-1", "method": "sampling/createMessage", "params": {"messages": []},
    });
    server.answers(move |message| {
        let answer = reply(message, &json!({"content": [{"type": "text", "text": "done"}]}));
        Say::Events(vec![Step::Event(asking.clone()), Step::Wait, Step::Event(answer)])
    });
    let sampling = json!({"sampling": {}});
    let (mut one, mut two) = (Client::new(front, &session, DOOR), Client::new(front, &session, DOOR));
    one.begin(&sampling).await;
    two.begin(&sampling).await;
    let body = request(5, "tools/call", &json!({"name": "look", "arguments": {}})).to_string();
    let mut first = one.asking().open("POST", DOOR, body.clone()).await;
    let mut second = two.asking().open("POST", DOOR, body).await;
    let (asked, of_two) = (next(&mut first).await.unwrap(), next(&mut second).await.unwrap());
    assert_eq!((&asked["method"], &of_two["method"]), (&json!("sampling/createMessage"), &asked["method"]));
    let initialized: Vec<Value> =
        server.of("initialize").iter().map(|it| it.message["params"]["capabilities"].clone()).collect();
    assert!(initialized.contains(&sampling), "the server knows what the client can do: {initialized:?}");
    let answer = |id: &Value, words: &str| json!({"jsonrpc": "2.0", "id": id, "result": {"words": words}});
    // One answers what it was asked, and an id that it was never asked under.
    for id in [&asked["id"], &json!(77), &json!("ask-1")] {
        assert_eq!(one.post(&answer(id, "of one").to_string()).await.status, 202);
    }
    assert_eq!(one.post(&answer(&asked["id"], "again").to_string()).await.status, 202);
    assert_eq!(two.post(&answer(&of_two["id"], "of two").to_string()).await.status, 202);
    let answers =
        || server.got().into_iter().filter(|it| it.message.get("result").is_some()).collect::<Vec<_>>();
    eventually(|| async { answers().len() >= 2 }).await;
    let calls = server.calls();
    for (got, (call, words)) in answers().iter().zip(calls.iter().zip(["of one", "of two"])) {
        assert_eq!((&got.message["id"], &got.message["result"]["words"]), (&json!("ask-1"), &json!(words)));
        assert_eq!(got.header("mcp-session-id"), call.header("mcp-session-id"), "in the session of its call");
    }
    server.release();
    server.release();
    for stream in [&mut first, &mut second] {
        assert_eq!(next(stream).await.unwrap()["result"]["content"][0]["text"], "done");
    }
    assert_eq!(answers().len(), 2, "what nobody asked went on");
}

async fn a_client_without_a_session_cannot_be_asked(front: &Front) {
    let (server, session) = front.tracker().await;
    server.speaks(false, true);
    front.import("tracker-mcp").await;
    server.answers(|message| {
        let ask = |method: &str| json!({"jsonrpc": "2.0", "id": method, "method": method, "params": {}});
        let answer = reply(message, &json!({"content": [{"type": "text", "text": "done"}]}));
        Say::Events(vec![
            Step::Event(ask("elicitation/create")),
            Step::Event(ask("secrets/list")),
            Step::Event(answer),
        ])
    });
    let client = Client::new(front, &session, DOOR);
    let heard = client.call("look", &json!({})).await;
    assert_eq!((messages(&heard).len(), said(&heard).as_str()), (1, "done"), "{}", heard.text());
    let refused: Vec<_> = server.got().into_iter().filter(|it| it.message.get("error").is_some()).collect();
    assert_eq!(refused.len(), 2, "each is refused, so that the server does not wait");
    assert!(refused.iter().all(|it| it.message["error"]["code"] == -32601));
    let empty = client.asking().send("GET", DOOR, Body::empty()).await;
    assert_eq!(empty.status, 405);
}

async fn where_no_session_begins_nothing_was_sent(front: &Front) {
    let (server, session) = front.tracker().await;
    server.speaks(true, false);
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let heard = client.legacy(1, "tools/call", &json!({"name": "write", "arguments": {}})).await;
    let error = messages(&heard).remove(0)["error"].clone();
    assert!(error["message"].as_str().unwrap().ends_with("nothing was sent"), "{error}");
    assert_eq!(ended(front, &session.grant).await.kind, "call.not_sent");
    assert!(server.calls().is_empty());
}

async fn a_level_of_the_log_is_told_once(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let call = json!({"name": "look", "arguments": {}});
    let told = || server.of("logging/setLevel").len();
    for (number, level, expected) in [(1, "error", 1), (3, "error", 1), (5, "debug", 2)] {
        result(&client.legacy(number, "logging/setLevel", &json!({"level": level})).await);
        for _ in 0..2 {
            assert_eq!(said(&client.legacy(number + 1, "tools/call", &call).await), "{}");
        }
        assert_eq!(told(), expected, "{level}");
    }
    // One session for the import, one for the client.
    assert_eq!(server.of("initialize").len(), 2);
}
