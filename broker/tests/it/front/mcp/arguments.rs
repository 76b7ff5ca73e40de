//! What a grant says of the arguments of a tool, and what the tool's own schema says, is judged on what the server gets.

use super::{Client, not_called, reading, said, writing};
use crate::{
    front::{
        acts::Session,
        support::{Front, on_each_front},
    },
    support::mcp_server::McpServer,
};
use serde_json::{Value, json};

on_each_front!(
    gw8_conditions_hold_what_goes_on,
    no_second_reading_gets_around_a_condition,
    gw8_arguments_are_as_the_tools_schema_says,
    gw7_a_schema_that_needs_another_document_checks_nothing_and_fetches_nothing,
    gw7_the_server_gets_the_very_text_of_the_client,
);

const DOOR: &str = "/mcp/tracker-mcp";

async fn under(front: &Front, conditions: &Value) -> (McpServer, Session) {
    let server = McpServer::start(&[reading("look"), writing("write")]).await;
    front.connect("tracker-mcp", &server).await;
    let line = json!({"service": "tracker-mcp", "actions": ["look"], "conditions": conditions});
    let session = front.session_of(&front.direct, &[line], 3_600).await;
    (server, session)
}

async fn gw8_conditions_hold_what_goes_on(front: &Front) {
    let conditions = json!([
        {"at": "/repo/name", "test": {"equals": "acme"}},
        {"at": "/path", "test": {"glob": "docs/**"}},
        {"at": "/branch", "test": {"prefix": "feature/"}},
        {"at": "/amount", "test": {"at_most": 100}},
        {"at": "/title", "test": {"max_length": 5}},
        {"at": "/labels/0", "test": {"one_of": ["a", "b"]}},
    ]);
    let (server, session) = under(front, &conditions).await;
    let client = Client::new(front, &session, DOOR);
    let good = json!({
        "repo": {"name": "acme"}, "path": "docs/a/b.md", "branch": "feature/x", "amount": 100, "title": "12345",
        "labels": ["a", "z"],
    });
    let bad = [
        ("/repo/name", json!("other")),
        ("/repo/name", json!("Acme")),
        ("/repo/name", json!("acme ")),
        ("/repo/name", json!(["acme"])),
        ("/repo", json!("acme")),
        ("/repo", Value::Null),
        ("/path", json!("src/a")),
        ("/path", json!("docs/../src/a")),
        ("/path", json!("docs/%2e%2e/src")),
        ("/path", json!("docs\\..\\src")),
        ("/branch", json!("main")),
        ("/branch", json!("feature/../main")),
        ("/amount", json!(101)),
        ("/amount", json!(99.5)),
        ("/amount", json!("5")),
        ("/amount", json!(true)),
        ("/title", json!("123456")),
        ("/title", json!("e\u{301}e\u{301}e\u{301}")),
        ("/labels", json!(["c"])),
        ("/labels", json!([])),
    ];
    for (at, value) in bad {
        let mut arguments = good.clone();
        *arguments.pointer_mut(at).unwrap() = value.clone();
        let heard = client.call("look", &arguments).await;
        let why = not_called(&heard);
        assert!(why.starts_with("Nothing was called: /"), "{at} {value}: {why}");
    }
    let without: Value = json!({"repo": {"name": "acme"}});
    not_called(&client.call("look", &without).await);
    assert!(server.calls().is_empty());
    let refusals = front.refusals(&session.grant).await;
    assert_eq!(refusals.len(), 21);
    assert!(refusals.iter().all(|it| it.facts["code"] == "condition_failed"), "{refusals:?}");
    assert_eq!(said(&client.call("look", &good).await), good.to_string());
}

/// Texts, since no library would write them.
async fn no_second_reading_gets_around_a_condition(front: &Front) {
    let conditions =
        json!([{"at": "/repo", "test": {"equals": "acme"}}, {"at": "/n", "test": {"at_most": 5}}]);
    let (server, session) = under(front, &conditions).await;
    let client = Client::new(front, &session, DOOR);
    let with = async |arguments: &str| {
        let params = format!(r#"{{"name":"look","arguments":{arguments}}}"#);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        client.post(&body).await
    };
    for arguments in [
        r#"{"repo":"acme","repo":"evil","n":1}"#,
        r#"{"repo":"acme","r\u0065po":"evil","n":1}"#,
        r#"{"repo":"evil","n":1,"repo":"acme"}"#,
        r#"{"repo":"acme","n":1,"n":9}"#,
        r#"{"repo":"acme","n":9007199254740993}"#,
        r#"{"repo":"acme","n":-0}"#,
        r#"{"repo":"acme\u0000evil","n":1}"#,
    ] {
        let heard = with(arguments).await;
        assert_eq!(super::error(&heard), (400, -32700), "{arguments}: {}", heard.text());
    }
    for arguments in [
        r#"{"repo":"acme","REPO":"evil","n":1}"#,
        r#"{"repo":"acme","re\u200bpo":"evil","n":1}"#,
        r#"{"repo":"acme","ｒepo":"evil","n":1}"#,
        r#"{"repo":"acme","re_po":"evil","n":1}"#,
        r#"{"Repo":"acme","n":1}"#,
        r#"{"repo":"acme","n":5.0}"#,
        r#"{"repo":"acme","n":50e-1}"#,
        r#"{"repo":"acm\u0065\u0301","n":1}"#,
        r#"{"repo":["acme"],"n":1}"#,
    ] {
        not_called(&with(arguments).await);
    }
    assert!(server.calls().is_empty());
    // Another way to write the same is the same for everybody.
    assert_eq!(with(r#"{ "n":5 ,"r\u0065po":"acm\u0065"}"#).await.status, 200);
    assert_eq!(server.calls().len(), 1);
}

async fn gw8_arguments_are_as_the_tools_schema_says(front: &Front) {
    let tool = json!({
        "name": "look", "description": "Looks.", "annotations": {"readOnlyHint": true},
        "inputSchema": {
            "type": "object", "required": ["path"], "additionalProperties": false,
            "properties": {
                "path": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                "n": {"type": "integer", "minimum": 0},
            },
        },
    });
    let server = McpServer::start(&[tool]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["look"]).await;
    let client = Client::new(front, &session, DOOR);
    for arguments in [
        json!({}),
        json!({"path": 3}),
        json!({"path": "UP"}),
        json!({"path": "toolong"}),
        json!({"path": "ok", "n": -1}),
        json!({"path": "ok", "n": 1.5}),
        json!({"path": "ok", "more": true}),
    ] {
        let why = not_called(&client.call("look", &arguments).await);
        assert!(why.contains("inputSchema"), "{arguments}: {why}");
    }
    for arguments in [json!([1]), json!("x"), json!(3)] {
        let heard = client.call("look", &arguments).await;
        assert_eq!(super::error(&heard), (400, -32602), "{arguments}: {}", heard.text());
    }
    assert!(server.calls().is_empty());
    let refused = front.refusals(&session.grant).await;
    assert_eq!(refused.len(), 10);
    for it in refused {
        assert_eq!((&it.facts["code"], &it.facts["action"]), (&json!("arguments"), &json!("look")));
        assert!(!json!(it.facts).to_string().contains("toolong"), "a value is on the record: {:?}", it.facts);
    }
    assert_eq!(client.call("look", &json!({"path": "ok", "n": 1})).await.status, 200);
    // None at all are those of an empty object.
    let heard = client.modern(1, "tools/call", &json!({"name": "look"})).await;
    assert!(not_called(&heard).contains("inputSchema"));
}

async fn gw7_a_schema_that_needs_another_document_checks_nothing_and_fetches_nothing(front: &Front) {
    let server = McpServer::start(&[]).await;
    let remote = format!("{}/schema.json", server.origin());
    let tool = |name: &str, reference: &str| {
        json!({
            "name": name, "description": "Looks.", "annotations": {"readOnlyHint": true},
            "inputSchema": {"type": "object", "properties": {"a": {"$ref": reference}}},
        })
    };
    let mut within = tool("within", "#/$defs/short");
    within["inputSchema"]["$defs"] = json!({"short": {"type": "string", "maxLength": 2}});
    server.offers(&[tool("file", "file:///etc/passwd"), tool("remote", &remote), within]);
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["file", "remote", "within"]).await;
    let client = Client::new(front, &session, DOOR);
    for tool in ["remote", "file"] {
        let why = not_called(&client.call(tool, &json!({"a": "x"})).await);
        assert!(!why.contains("root:"), "{why}");
    }
    not_called(&client.call("within", &json!({"a": "long"})).await);
    assert!(server.calls().is_empty());
    assert_eq!(client.call("within", &json!({"a": "ok"})).await.status, 200);
    assert!(server.got().iter().all(|it| it.method == "POST" || it.method == "DELETE"), "it was fetched");
}

async fn gw7_the_server_gets_the_very_text_of_the_client(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let params = r#"{ "arguments" : {"z":1.50, "a" : "\u00e9\/" ,"n":1e2,"é":[ ]}, "name":"look", "x-more": {"k": null},"_meta":{"progressToken":"p","traceparent":"00-1"}}"#;
    let body = format!(r#"{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":"a"}}"#);
    assert_eq!(client.post(&body).await.status, 200);
    let got = server.last();
    assert!(got.text.ends_with(&format!(r#""params":{params}}}"#)), "{}", got.text);
    let (begun, ended) = front.both(&session.grant).await;
    assert_eq!(begun.facts["body_bytes"], params.len());
    assert_eq!(ended.facts["sent_bytes"], got.text.len());
}
