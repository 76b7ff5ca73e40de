//! Nothing passes that was not granted, to nobody it was not granted to, and no credential changes sides.

use super::{Client, declared, error, messages, reading, request, result, said, with_meta, writing};
use crate::{
    front::{
        acts::{approval, line},
        cast::anonymous,
        support::{Front, on_each_front},
    },
    support::{
        installation::CANARY,
        mcp_server::{McpServer, Say, Step, reply},
    },
};
use broker::ledger::acts::Declaration;
use protocol::problem::Code;
use serde_json::json;

on_each_front!(
    what_is_to_be_asked_each_time_can_be_granted_by_nobody,
    rs4_what_was_not_granted_is_refused_with_what_to_ask_for,
    gw4_a_tool_that_there_is_not_is_a_wrong_parameter,
    rs3_a_token_is_good_at_its_own_doors_only,
    rs3_a_token_in_the_address_is_refused,
    a_call_token_calls_its_own_tool_once,
    gw1_the_clients_token_never_goes_up,
    gw1_the_servers_secret_never_comes_down,
    who_must_exchange_is_told_so,
);

const DOOR: &str = "/mcp/tracker-mcp";

async fn what_is_to_be_asked_each_time_can_be_granted_by_nobody(front: &Front) {
    let server = McpServer::start(&[reading("look"), writing("write")]).await;
    let mut definition = declared("tracker-mcp", &server, &[]);
    definition.mcp.as_mut().unwrap().words[0].ask = true;
    front.declare(Declaration::Service(definition.clone())).await;
    front.connection(&definition, "tracker-mcp", None).await;
    front.import("tracker-mcp").await;
    let asked =
        front.ask(&front.direct, &[json!({"service": "tracker-mcp", "actions": ["look", "write"]})]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let [look, write] = card.lines[0].actions.as_slice() else { panic!("{:?}", card.lines) };
    assert_eq!((look.ticked, look.disabled_because.as_deref()), (true, None));
    let why = write.disabled_because.as_deref().unwrap();
    assert!(!write.ticked && why.contains("an approval of each call"), "{why}");
    let page = front.approver.in_browser(front).get(&format!("/requests/{}", asked.id)).await.text();
    assert!(page.contains(why), "the card says so");
    let path = format!("/v1/inbox/{}/approve", asked.id);
    let both = json!({"lines": [{"line": card.lines[0].line, "actions": ["look", "write"]}]});
    let heard = front.approver.at(front).post(&path, &approval(&card, Some(&both))).await;
    assert_eq!(heard.status, 422, "{}", heard.text());
    front.approve(&front.approver, asked.id.as_str()).await;
    let session = front.redeem(&front.direct, asked.id.as_str()).await;
    let client = Client::new(front, &session, DOOR);
    assert_eq!(client.tools().await, ["look"]);
    let refused = client.call("write", &json!({})).await.refused(403, Code::NotGranted);
    assert!(refused.hint.is_none(), "no request would let it pass: {refused:?}");
    assert!(server.calls().is_empty());
}

async fn rs4_what_was_not_granted_is_refused_with_what_to_ask_for(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    let heard = client.call("secret", &json!({})).await;
    let problem = heard.refused(403, Code::NotGranted);
    let challenge = heard.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"secret\""), "{challenge}");
    assert!(challenge.contains("/.well-known/oauth-protected-resource/mcp/tracker-mcp"), "{challenge}");
    assert!(serde_json::to_string(&problem).unwrap().contains("secret"), "{problem:?}");
    client.begin(&json!({})).await;
    let heard = client.legacy(1, "tools/call", &json!({"name": "secret", "arguments": {}})).await;
    heard.refused(403, Code::NotGranted);
    assert!(server.calls().is_empty(), "it went on");
    let refusals = front.refusals(&session.grant).await;
    assert_eq!(refusals.len(), 2);
    for refusal in refusals {
        let facts = &refusal.facts;
        assert_eq!((&facts["service"], &facts["code"]), (&json!("tracker-mcp"), &json!("not_granted")));
        assert_eq!((&facts["action"], &facts["method"]), (&json!("secret"), &json!("tools/call")));
    }
    // Nor what this server does not even have, and nobody granted.
    for method in ["resources/read", "prompts/get"] {
        let heard = client.legacy(2, method, &json!({"uri": "file:///etc/passwd", "name": "x"})).await;
        assert!(!messages(&heard)[0]["result"].is_object(), "{}", heard.text());
    }
    assert!(server.of("resources/read").is_empty() && server.of("prompts/get").is_empty());
}

async fn gw4_a_tool_that_there_is_not_is_a_wrong_parameter(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    for name in
        ["nothing", "", "LOOK", "look ", "look\u{200b}", "ｌook", "server/discover", "../look", "a\nb"]
    {
        let params = json!({"name": name, "arguments": {}});
        let asking = client.modern_asking("tools/call", Some(&super::base64(name)));
        let body = request(7, "tools/call", &with_meta(&params)).to_string();
        let heard = asking.send("POST", DOOR, body).await;
        assert_eq!(error(&heard), (200, -32602), "{name:?}: {}", heard.text());
    }
    for params in [json!({}), json!({"name": 3}), json!({"name": null, "arguments": {}})] {
        let asking = client.modern_asking("tools/call", None);
        let body = request(7, "tools/call", &with_meta(&params)).to_string();
        assert_eq!(error(&asking.send("POST", DOOR, body).await).1, -32602, "{params}");
    }
    assert!(server.calls().is_empty());
    let codes: Vec<_> = front.refusals(&session.grant).await;
    assert!(codes.iter().all(|it| it.facts["code"] == "not_recognised"), "{codes:?}");
    assert_eq!(codes.len(), 9);
}

async fn rs3_a_token_is_good_at_its_own_doors_only(front: &Front) {
    let server = McpServer::start(&[reading("look")]).await;
    for id in ["one", "two"] {
        front.connect(id, &server).await;
    }
    let lines = [
        json!({"service": "one", "actions": ["look"]}),
        json!({"service": "two", "actions": ["look"]}),
        line("issues", &["items.read"], None),
    ];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    let doors = ["/mcp/one", "/mcp/two", "/mcp", "/proxy/issues"];
    let table: [(&[&str], [u16; 4]); 5] = [
        (&["/mcp/one"], [200, 401, 401, 401]),
        (&["/mcp/two"], [401, 200, 401, 401]),
        (&["/mcp"], [401, 401, 200, 401]),
        (&["/proxy/issues"], [401, 401, 401, 200]),
        (&["/mcp/one", "/proxy/issues"], [200, 401, 401, 200]),
    ];
    for (bound, statuses) in table {
        let token = front.bound_to(&session, &front.direct, bound).await;
        for (door, expected) in doors.into_iter().zip(statuses) {
            let heard = if door.starts_with("/proxy") {
                front.with(&token).get("/proxy/issues/projects/acme/items").await
            } else {
                let client = Client { front, token: token.clone(), path: door.to_owned(), session: None };
                client.modern(1, "tools/list", &json!({})).await
            };
            assert_eq!(heard.status, expected, "{bound:?} at {door}: {}", heard.text());
        }
        let through_proxy = front.with(&token).send("POST", "/proxy/one/mcp", "{}").await;
        assert_ne!(through_proxy.status, 200, "an MCP server is no place for the proxy");
    }
    assert!(server.calls().is_empty());
}

async fn rs3_a_token_in_the_address_is_refused(front: &Front) {
    let (server, session) = front.tracker().await;
    let body = request(1, "tools/list", &with_meta(&json!({}))).to_string();
    let path = format!("{DOOR}?access_token={}", session.token);
    let heard = anonymous(front).send("POST", &path, body.clone()).await;
    assert_eq!(heard.status, 401, "{}", heard.text());
    let client = Client::new(front, &session, &path);
    let heard = client.modern_asking("tools/list", None).send("POST", &path, body).await;
    assert_eq!(heard.status, 400, "{}", heard.text());
    assert!(heard.header("www-authenticate").contains("error=\"invalid_request\""));
    assert!(server.calls().is_empty());
}

async fn a_call_token_calls_its_own_tool_once(front: &Front) {
    let (server, _) = front.tracker().await;
    let lines = [json!({"service": "tracker-mcp", "actions": ["look", "write"]})];
    let session = front.session(&lines).await;
    let token = front.call_token(&session, "tracker-mcp", "look").await;
    let client = Client { front, token, path: DOOR.to_owned(), session: None };
    client.call("write", &json!({})).await.refused(403, Code::NotGranted);
    assert!(server.calls().is_empty(), "another tool than the token's");
    assert_eq!(said(&client.call("look", &json!({"a": 1})).await), r#"{"a":1}"#);
    let again = client.call("look", &json!({"a": 1})).await;
    assert_eq!(again.status, 401, "{}", again.text());
    assert_eq!(server.calls().len(), 1);
    let elsewhere = front.call_token(&session, "tracker-mcp", "look").await;
    let client = Client { front, token: elsewhere, path: "/mcp".to_owned(), session: None };
    assert_eq!(client.call("tracker-mcp__look", &json!({})).await.status, 401);
    assert_eq!(server.calls().len(), 1);
}

async fn gw1_the_clients_token_never_goes_up(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    client.call("look", &json!({})).await;
    client.begin(&json!({})).await;
    client.legacy(1, "tools/call", &json!({"name": "look", "arguments": {}})).await;
    let extra =
        client.asking().header("cookie", "a=b").header("x-api-key", "mine").header("forwarded", "for=x");
    let body = request(2, "tools/call", &json!({"name": "look", "arguments": {}})).to_string();
    assert_eq!(extra.send("POST", DOOR, body).await.status, 200);
    let got = server.got();
    assert!(got.len() > 5, "{got:?}");
    for one in got {
        let told = format!("{:?}{}", one.headers, one.text);
        assert!(!told.contains(&session.token) && one.headers.get("authorization").is_none(), "{told}");
        assert!(one.headers.get("cookie").is_none() && one.headers.get("forwarded").is_none(), "{told}");
        assert_eq!(one.header("x-api-key"), CANARY);
    }
}

/// Each answer is listened to for the secret by the harness, as is all that is logged and kept.
async fn gw1_the_servers_secret_never_comes_down(front: &Front) {
    let told = json!({
        "name": "look", "description": format!("Knows {CANARY}."), "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": true, "title": CANARY},
    });
    let server = McpServer::start(&[told, writing("write")]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["look", "write"]).await;
    let client = Client::new(front, &session, DOOR);
    let listed = client.modern(1, "tools/list", &json!({})).await;
    assert!(
        result(&listed)["tools"][0]["description"].as_str().unwrap().contains("[removed"),
        "{}",
        listed.text()
    );
    let words =
        || json!({"content": [{"type": "text", "text": format!("the key is {CANARY}!")}], "isError": false});
    let says: [fn(&serde_json::Value, serde_json::Value) -> Say; 5] = [
        |_, words| Say::Result(words),
        |_, _| Say::Error(-32603, "canary-7Jq2xWb9LkT4-never-in-the-clear"),
        |to, words| Say::Events(vec![Step::Event(reply(to, &words))]),
        |to, words| {
            let progress = json!({
                "jsonrpc": "2.0", "method": "notifications/progress",
                "params": {"progressToken": 1, "progress": 1, "message": CANARY},
            });
            Say::Events(vec![Step::Event(progress), Step::Event(reply(to, &words))])
        },
        |_, _| Say::Whole(403, "text/plain", CANARY.to_owned()),
    ];
    for say in says {
        let words = words();
        server.answers(move |message| say(message, words.clone()));
        let heard = client.call("look", &json!({"key": "?"})).await;
        assert_eq!(heard.status, 200);
        assert!(!heard.text().contains("LkT4"), "{}", heard.text());
    }
    // Cut in the middle, over two pieces of a stream.
    let (front_half, back_half) = CANARY.split_at(12);
    let head = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"";
    let steps = vec![
        Step::Raw(format!("{head}{front_half}")),
        Step::Wait,
        Step::Raw(format!("{back_half}\"}}]}}}}\n\n")),
    ];
    server.answers(move |_| Say::Events(steps.clone()));
    server.release();
    let heard = client.call("look", &json!({})).await;
    assert!(said(&heard).contains("[removed"), "{}", heard.text());
}

async fn who_must_exchange_is_told_so(front: &Front) {
    let (server, _) = front.tracker().await;
    let session = front.session(&[json!({"service": "tracker-mcp", "actions": ["look"]})]).await;
    let client = Client::new(front, &session, DOOR);
    let heard = client.call("look", &json!({})).await;
    assert_eq!(heard.status, 403, "{}", heard.text());
    assert!(heard.text().contains("/oauth/token"));
    assert!(server.calls().is_empty());
}
