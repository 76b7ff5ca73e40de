//! What servers have beside tools: resources and prompts, each only where it was granted, and what completes their arguments.

use super::{Client, messages, reading, result};
use crate::{
    front::{
        acts::Session,
        support::{Front, on_each_front},
    },
    support::mcp_server::{McpServer, Say},
};
use protocol::problem::Code;
use serde_json::{Value, json};

on_each_front!(
    gw4_resources_and_prompts_are_there_where_they_were_granted,
    gw4_what_was_not_granted_is_asked_of_nobody,
    reading_is_on_the_record_with_what_was_read,
    what_a_resource_says_is_cleaned,
);

const DOOR: &str = "/mcp/library";

/// A server with resources and prompts, and a session that holds these of its actions.
async fn library(front: &Front, held: &[&str]) -> (McpServer, Session) {
    let server = McpServer::start(&[reading("look")]).await;
    server.can(json!({"tools": {}, "resources": {"subscribe": true}, "prompts": {}, "completions": {}}));
    server.answers(|message| {
        Say::Result(match message["method"].as_str().unwrap() {
            "resources/list" => json!({"resources": [{"uri": "book://1", "name": "One"}]}),
            "resources/templates/list" => json!({"resourceTemplates": []}),
            "resources/read" => {
                json!({"contents": [{"uri": "book://1", "text": "Once\u{200b} upon a time"}]})
            }
            "prompts/list" => json!({"prompts": [{"name": "greet"}]}),
            "prompts/get" => {
                json!({"messages": [{"role": "user", "content": {"type": "text", "text": "Hello"}}]})
            }
            "completion/complete" => json!({"completion": {"values": ["one"]}}),
            other => panic!("{other} was asked"),
        })
    });
    front.connect("library", &server).await;
    let session = front.holding("library", held).await;
    (server, session)
}

/// A method, its parameters, and the member of its result.
type Ask = (&'static str, Value, &'static str);

/// What belongs to resources, and what to prompts; with what each answers.
fn families() -> [(&'static str, [Ask; 3]); 2] {
    let complete = |kind: &str| json!({"ref": {"type": kind, "uri": "book://{n}", "name": "greet"}, "argument": {"name": "n", "value": "o"}});
    [
        (
            "resources/read",
            [
                ("resources/list", json!({}), "resources"),
                ("resources/read", json!({"uri": "book://1"}), "contents"),
                ("completion/complete", complete("ref/resource"), "completion"),
            ],
        ),
        (
            "prompts/get",
            [
                ("prompts/list", json!({}), "prompts"),
                ("prompts/get", json!({"name": "greet"}), "messages"),
                ("completion/complete", complete("ref/prompt"), "completion"),
            ],
        ),
    ]
}

async fn gw4_resources_and_prompts_are_there_where_they_were_granted(front: &Front) {
    for (held, asked) in families() {
        let (server, session) = library(front, &["look", held]).await;
        let mut client = Client::new(front, &session, DOOR);
        let begun = result(&client.begin(&json!({})).await);
        let has = |name: &str| begun["capabilities"].get(name).is_some();
        let resources = held == "resources/read";
        assert_eq!([has("resources"), has("prompts"), has("completions")], [resources, !resources, true]);
        for ((method, params, member), id) in asked.into_iter().zip(1..) {
            let before = server.of(method).len();
            let heard = client.legacy(id, method, &params).await;
            assert!(!result(&heard)[member].is_null(), "{method}: {}", heard.text());
            assert_eq!(server.of(method).len(), before + 1);
        }
    }
}

async fn gw4_what_was_not_granted_is_asked_of_nobody(front: &Front) {
    let [resources, prompts] = families();
    for ((held, _), (_, asked)) in [(&resources, &prompts), (&prompts, &resources)] {
        let (server, session) = library(front, &["look", held]).await;
        let mut client = Client::new(front, &session, DOOR);
        client.begin(&json!({})).await;
        for (method, params, member) in asked {
            let heard = client.legacy(1, method, params).await;
            if method.ends_with("/list") {
                assert_eq!(result(&heard)[member], json!([]), "{}", heard.text());
            } else {
                heard.refused(403, Code::NotGranted);
            }
            assert!(server.of(method).is_empty(), "{method} went on");
        }
        assert!(!front.refusals(&session.grant).await.is_empty());
    }
}

async fn reading_is_on_the_record_with_what_was_read(front: &Front) {
    let (_server, session) = library(front, &["resources/read"]).await;
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    client.legacy(1, "resources/read", &json!({"uri": "book://1"})).await;
    let (begun, ended) = front.both(&session.grant).await;
    assert_eq!(
        (&begun.facts["action"], &begun.facts["method"]),
        (&json!("resources/read"), &json!("resources/read"))
    );
    assert!(begun.facts["arguments"].to_string().contains("book://1"), "{:?}", begun.facts);
    assert_eq!(ended.facts["outcome"], "complete");
}

async fn what_a_resource_says_is_cleaned(front: &Front) {
    let (_server, session) = library(front, &["resources/read"]).await;
    let mut client = Client::new(front, &session, DOOR);
    client.begin(&json!({})).await;
    let heard = client.legacy(1, "resources/read", &json!({"uri": "book://1"})).await;
    let answer = messages(&heard).pop().unwrap();
    assert_eq!(answer["result"]["contents"][0]["text"], "Once upon a time");
    assert!(answer["result"]["_meta"]["dev.countersign/changed"].is_object(), "{answer}");
}
