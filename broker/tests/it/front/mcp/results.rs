//! What a server answers is untrusted: it is cleaned, checked, marked, and what was changed is on the record.

use super::{Client, messages, reading, result, said};
use crate::{
    front::{
        acts::Session,
        support::{Front, on_each_front},
    },
    support::mcp_server::{McpServer, Say, text},
};
use protocol::mcp::ResultRule;
use serde_json::{Value, json};

on_each_front!(
    gw8_what_hides_or_commands_is_taken_out_and_counted,
    a_rule_is_switched_off_for_one_service,
    what_a_tool_says_of_itself_is_cleaned_too,
    an_answer_that_is_not_as_declared_is_withheld,
    what_is_too_large_is_not_passed_on,
    an_origin_that_a_server_claims_is_written_over,
    gw7_fields_that_nobody_knows_are_kept,
    an_error_of_the_server_is_cleaned_and_on_the_record,
);

const DOOR: &str = "/mcp/tracker-mcp";
const DIRTY: &str =
    "a\u{200b}b\u{202e}c \u{1b}[31mred\u{1b}[0m\u{7} ![x](https://evil.example/?q=1) <script>y</script>";

async fn keeping(front: &Front, kept: &[ResultRule]) -> (McpServer, Session) {
    let server = McpServer::start(&[reading("look")]).await;
    front.connect_keeping("tracker-mcp", &server, kept).await;
    let session = front.holding("tracker-mcp", &["look"]).await;
    server.answers(|_| text(DIRTY));
    (server, session)
}

async fn gw8_what_hides_or_commands_is_taken_out_and_counted(front: &Front) {
    let (_server, session) = keeping(front, &[]).await;
    let client = Client::new(front, &session, DOOR);
    let heard = client.call("look", &json!({})).await;
    let clean = said(&heard);
    for bad in ["\u{200b}", "\u{202e}", "\u{1b}", "\u{7}", "[31m", "](https://evil", "<script"] {
        assert!(!clean.contains(bad), "{bad:?} in {clean:?}");
    }
    assert!(clean.starts_with("abc red"), "{clean:?}");
    let changed = result(&heard)["_meta"]["dev.countersign/changed"].clone();
    for rule in ["invisible", "control", "markup"] {
        assert!(changed[rule].as_u64() > Some(0), "{rule}: {changed}");
    }
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!(ended.facts["changed"], changed);
}

async fn a_rule_is_switched_off_for_one_service(front: &Front) {
    let (_server, session) = keeping(front, &[ResultRule::Markup]).await;
    let client = Client::new(front, &session, DOOR);
    let heard = client.call("look", &json!({})).await;
    let text = said(&heard);
    assert!(text.contains("![x](https://evil") && text.contains("<script>"), "{text:?}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{200b}'), "{text:?}");
    assert!(result(&heard)["_meta"]["dev.countersign/changed"].get("markup").is_none());
}

async fn what_a_tool_says_of_itself_is_cleaned_too(front: &Front) {
    let mut tool = reading("look");
    tool["description"] = json!(DIRTY);
    tool["inputSchema"]["properties"] =
        json!({"a": {"type": "string", "description": "x\u{200b}y\u{1b}[1m"}});
    let server = McpServer::start(&[tool]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["look"]).await;
    let client = Client::new(front, &session, DOOR);
    let listed = client.modern(1, "tools/list", &json!({})).await;
    for bad in ["\u{200b}", "\u{202e}", "\\u001b", "\u{1b}", "](https://evil", "<script"] {
        assert!(!listed.text().contains(bad), "{bad:?} in {}", listed.text());
    }
}

async fn an_answer_that_is_not_as_declared_is_withheld(front: &Front) {
    let mut tool = reading("look");
    tool["outputSchema"] =
        json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    let server = McpServer::start(&[tool]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["look"]).await;
    let client = Client::new(front, &session, DOOR);
    for bad in [json!({"n": "WITHHELD"}), json!({"m": "WITHHELD"}), json!(["WITHHELD"]), Value::Null] {
        server.answers(move |_| Say::Result(json!({"content": [], "structuredContent": bad})));
        let heard = client.call("look", &json!({})).await;
        assert_eq!(result(&heard)["isError"], true);
        assert!(
            said(&heard).contains("outputSchema") && !heard.text().contains("WITHHELD\""),
            "{}",
            heard.text()
        );
        let (_, ended) = front.both(&session.grant).await;
        assert_eq!(
            (&ended.facts["outcome"], &ended.facts["why"]),
            (&json!("answer_refused"), &json!("result_not_as_declared"))
        );
    }
    server.answers(|_| text("only words"));
    assert_eq!(result(&client.call("look", &json!({})).await)["isError"], true);
    server.answers(|_| Say::Result(json!({"content": [], "structuredContent": {"n": 3, "more": "x"}})));
    let good = result(&client.call("look", &json!({})).await);
    assert_eq!(good["structuredContent"], json!({"n": 3, "more": "x"}));
    // An error needs no such content.
    server
        .answers(|_| Say::Result(json!({"content": [{"type": "text", "text": "no luck"}], "isError": true})));
    assert_eq!(said(&client.call("look", &json!({})).await), "no luck");
}

async fn what_is_too_large_is_not_passed_on(front: &Front) {
    let (server, session) = keeping(front, &[]).await;
    let client = Client::new(front, &session, DOOR);
    server.answers(|_| text(&"x".repeat((1 << 20) + 500)));
    let heard = client.call("look", &json!({})).await;
    assert!(said(&heard).len() <= (1 << 20) + 200, "{}", said(&heard).len());
    assert!(result(&heard)["_meta"]["dev.countersign/changed"]["size"].as_u64() > Some(0));
    server.answers(|_| text(&"x".repeat(5 << 20)));
    let heard = client.call("look", &json!({})).await;
    assert!(heard.body.len() < 2_000);
    assert_eq!(messages(&heard)[0]["error"]["data"]["code"], "upstream_message_too_large");
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!(ended.kind, "call.outcome_unknown");
}

async fn an_origin_that_a_server_claims_is_written_over(front: &Front) {
    let (server, session) = keeping(front, &[]).await;
    let client = Client::new(front, &session, DOOR);
    server.answers(|_| {
        let meta =
            json!({"dev.countersign/origin": "bank", "dev.countersign/changed": {"invisible": 0}, "own": 1});
        Say::Result(json!({"content": [], "_meta": meta}))
    });
    let meta = result(&client.call("look", &json!({})).await)["_meta"].clone();
    assert_eq!(meta, json!({"dev.countersign/origin": "tracker-mcp", "own": 1}));
}

async fn gw7_fields_that_nobody_knows_are_kept(front: &Front) {
    let mut tool = reading("look");
    tool["x-vendor"] = json!({"a": [1, null]});
    tool["inputSchema"] = json!({
        "type": "object", "$defs": {"a": {"type": "string"}}, "unevaluatedProperties": true, "x-keyword": [1],
        "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"anyOf": [{"const": 1}, {"not": {}}]}},
    });
    let server = McpServer::start(&[tool.clone()]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["look"]).await;
    let client = Client::new(front, &session, DOOR);
    let list = result(&client.modern(1, "tools/list", &json!({})).await);
    assert_eq!(list["tools"], json!([tool]));
    let odd = json!({"content": [{"type": "hologram", "x": {"y": 1.5}}], "x-more": [true, null, "é"]});
    let answer = odd.clone();
    server.answers(move |_| Say::Result(answer.clone()));
    let mut heard = result(&client.call("look", &json!({})).await);
    heard.as_object_mut().unwrap().retain(|name, _| name != "_meta" && name != "resultType");
    assert_eq!(heard, odd);
}

async fn an_error_of_the_server_is_cleaned_and_on_the_record(front: &Front) {
    let (server, session) = keeping(front, &[]).await;
    let client = Client::new(front, &session, DOOR);
    server.answers(|_| Say::Error(-32603, "no\u{200b}thing \u{1b}[2Jhere"));
    let heard = client.call("look", &json!({})).await;
    let error = messages(&heard)[0]["error"].clone();
    assert_eq!((&error["code"], &error["message"]), (&json!(-32603), &json!("nothing here")));
    let (_, ended) = front.both(&session.grant).await;
    assert_eq!((&ended.facts["outcome"], &ended.facts["failed"]), (&json!("complete"), &json!(true)));
}
