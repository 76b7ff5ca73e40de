//! Headers of 2026-07-28 and the body say the same, or nothing is done.

use super::{Client, base64, error, messages, request, result, said, with_meta};
use crate::{
    front::{
        cast::Asking,
        support::{Front, on_each_front},
    },
    support::mcp_server::McpServer,
};
use serde_json::{Value, json};

on_each_front!(
    gw3_a_header_that_contradicts_the_body_is_refused,
    gw3_a_name_may_stand_in_base64,
    gw3_arguments_that_headers_repeat_agree,
    gw4_another_revision_is_refused_with_those_that_are_spoken,
    gw4_a_request_says_for_itself_what_it_is,
    gw4_an_unknown_method_is_not_found,
    gw5_a_page_of_another_site_is_refused,
    gw10_media_types_are_negotiated,
    gw10_without_a_session_there_is_nothing_to_get,
);

const DOOR: &str = "/mcp/tracker-mcp";

fn calling(name: &str) -> String {
    request(7, "tools/call", &with_meta(&json!({"name": name, "arguments": {}}))).to_string()
}

/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// With exactly these headers of the protocol.
fn with<'a>(client: &Client<'a>, headers: &[(&str, &str)]) -> Asking<'a> {
    headers.iter().fold(client.asking(), |asking, (name, value)| asking.header(name, value))
}

async fn gw3_a_header_that_contradicts_the_body_is_refused(front: &Front) {
    const VERSION: (&str, &str) = ("mcp-protocol-version", "2026-07-28");
    const METHOD: (&str, &str) = ("mcp-method", "tools/call");
    const NAME: (&str, &str) = ("mcp-name", "look");
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let wrong: [&[(&str, &str)]; 14] = [
        &[METHOD, NAME],
        &[VERSION, NAME],
        &[VERSION, METHOD],
        &[("mcp-protocol-version", "2025-11-25"), METHOD, NAME],
        &[("mcp-protocol-version", "2027-01-01"), METHOD, NAME],
        &[VERSION, ("mcp-method", "tools/list"), NAME],
        &[VERSION, ("mcp-method", "Tools/Call"), NAME],
        &[VERSION, METHOD, ("mcp-name", "write")],
        &[VERSION, METHOD, ("mcp-name", "LOOK")],
        &[VERSION, METHOD, ("mcp-name", "=?base64?!!!?=")],
        &[VERSION, METHOD, ("mcp-name", "=?base64?d3JpdGU=?=")],
        &[VERSION, VERSION, METHOD, NAME],
        &[VERSION, METHOD, METHOD, NAME],
        &[VERSION, METHOD, NAME, NAME],
    ];
    for headers in wrong {
        let heard = with(&client, headers).send("POST", DOOR, calling("look")).await;
        assert_eq!(error(&heard), (400, -32020), "{headers:?}: {}", heard.text());
        assert_eq!(messages(&heard)[0]["id"], 7);
    }
    assert!(server.calls().is_empty());
    let heard = with(&client, &[VERSION, METHOD, NAME]).send("POST", DOOR, calling("look")).await;
    assert_eq!(said(&heard), "{}");
    // A header that names another tool than the body cannot lend its grant: the body counts, and both must agree.
    let heard = with(&client, &[VERSION, METHOD, NAME]).send("POST", DOOR, calling("secret")).await;
    assert_eq!(error(&heard), (400, -32020));
    assert_eq!(server.calls().len(), 1);
}

async fn gw3_a_name_may_stand_in_base64(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let asking = client.modern_asking("tools/call", Some(&base64("look")));
    assert_eq!(said(&asking.send("POST", DOOR, calling("look")).await), "{}");
    assert_eq!(server.last().header("mcp-name"), "look", "made anew for the server");
}

/// A tool whose schema has arguments repeated in headers.
async fn marked(front: &Front) -> (McpServer, crate::front::acts::Session) {
    let tool = json!({
        "name": "search", "description": "Searches.", "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "deep": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N"}}},
        }},
    });
    let server = McpServer::start(&[tool]).await;
    front.connect("tracker-mcp", &server).await;
    let session = front.holding("tracker-mcp", &["search"]).await;
    (server, session)
}

async fn gw3_arguments_that_headers_repeat_agree(front: &Front) {
    let (server, session) = marked(front).await;
    let client = Client::new(front, &session, DOOR);
    let both = json!({"region": "eu", "deep": {"n": 5}});
    let accented = json!({"region": "Zürich"});
    let zurich = base64("Zürich");
    let table: [(&Value, Headers, bool); 9] = [
        (&both, &[("mcp-param-region", "eu"), ("mcp-param-n", "5")], true),
        (&both, &[("mcp-param-region", "us"), ("mcp-param-n", "5")], false),
        (&both, &[("mcp-param-region", "eu"), ("mcp-param-n", "6")], false),
        (&both, &[("mcp-param-region", "eu")], false),
        (&both, &[], false),
        (&json!({}), &[("mcp-param-region", "eu")], false),
        (&json!({}), &[], true),
        (&accented, &[("mcp-param-region", &zurich)], true),
        (&json!({"region": "eu"}), &[("mcp-param-region", "eu"), ("mcp-param-region", "eu")], false),
    ];
    let mut passed = 0;
    for (arguments, headers, good) in table {
        let params = with_meta(&json!({"name": "search", "arguments": arguments}));
        let asking = client.modern_asking("tools/call", Some("search"));
        let asking = headers.iter().fold(asking, |asking, (name, value)| asking.header(name, value));
        let heard = asking.send("POST", DOOR, request(7, "tools/call", &params).to_string()).await;
        if good {
            passed += 1;
            assert_eq!(said(&heard), arguments.to_string());
        } else {
            assert_eq!(error(&heard), (400, -32020), "{arguments} {headers:?}: {}", heard.text());
        }
        assert_eq!(server.calls().len(), passed);
    }
    let got = server.calls();
    assert_eq!((got[0].header("mcp-param-region"), got[0].header("mcp-param-n")), ("eu", "5"));
    assert_eq!(got[2].header("mcp-param-region"), zurich);
    // One that the schema does not know is nobody's here, and goes on.
    let asking = client.modern_asking("tools/call", Some("search")).header("mcp-param-trace", "t1");
    assert_eq!(asking.send("POST", DOOR, calling("search")).await.status, 200);
    assert_eq!(server.last().header("mcp-param-trace"), "t1");
}

async fn gw4_another_revision_is_refused_with_those_that_are_spoken(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    for version in ["2026-07-29", "2030-01-01", "9999-99-99"] {
        let mut params = with_meta(&json!({"name": "look", "arguments": {}}));
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        let headers = [("mcp-protocol-version", version), ("mcp-method", "tools/call"), ("mcp-name", "look")];
        let body = request(7, "tools/call", &params).to_string();
        let heard = with(&client, &headers).send("POST", DOOR, body).await;
        assert_eq!(error(&heard), (400, -32022), "{version}: {}", heard.text());
        let data = messages(&heard)[0]["error"]["data"].clone();
        assert_eq!(data["requested"], version);
        assert!(data["supported"].as_array().unwrap().contains(&json!("2026-07-28")), "{data}");
    }
    // One from before that nobody speaks, without `_meta`.
    let old = [("mcp-protocol-version", "2024-11-05")];
    let body = request(7, "tools/call", &json!({"name": "look", "arguments": {}})).to_string();
    let heard = with(&client, &old).send("POST", DOOR, body).await;
    assert_eq!(error(&heard), (400, -32022), "{}", heard.text());
    assert!(server.calls().is_empty());
}

async fn gw4_a_request_says_for_itself_what_it_is(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let bare = json!({"name": "look", "arguments": {}});
    let mut without_version = with_meta(&bare);
    let version = "io.modelcontextprotocol/protocolVersion";
    without_version["_meta"].as_object_mut().unwrap().remove(version);
    let mut without_capabilities = with_meta(&bare);
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    without_capabilities["_meta"].as_object_mut().unwrap().remove(capabilities);
    for params in [&bare, &without_version, &without_capabilities] {
        let body = request(7, "tools/call", params).to_string();
        let heard = client.modern_asking("tools/call", Some("look")).send("POST", DOOR, body).await;
        assert_eq!(error(&heard), (400, -32602), "{params}: {}", heard.text());
    }
    assert!(server.calls().is_empty());
}

async fn gw4_an_unknown_method_is_not_found(front: &Front) {
    let (server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    let before = server.got().len();
    for method in
        ["nothing/here", "initialize", "ping", "logging/setLevel", "tools/call/x", "sampling/createMessage"]
    {
        let heard = client.modern(7, method, &json!({})).await;
        assert_eq!(error(&heard), (404, -32601), "{method}: {}", heard.text());
    }
    client.begin(&json!({})).await;
    for method in ["nothing/here", "server/nothing", "tasks/get", "roots/list"] {
        let heard = client.legacy(7, method, &json!({})).await;
        assert_eq!(error(&heard).1, -32601, "{method}: {}", heard.text());
    }
    assert_eq!(server.got().len(), before, "none of them went on");
}

async fn gw5_a_page_of_another_site_is_refused(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let asked = |origin: &str| {
        let asking = client.modern_asking("tools/call", Some("look")).header("origin", origin);
        asking.send("POST", DOOR, calling("look"))
    };
    let others = [
        "https://evil.example",
        "null",
        "http://localhost:8421",
        "https://localhost:8420",
        "http://localhost:8420.evil.example",
        "http://127.0.0.1:8420",
    ];
    for origin in others {
        assert_eq!(asked(origin).await.status, 403, "{origin}");
    }
    assert!(server.calls().is_empty());
    assert_eq!(asked("http://localhost:8420").await.status, 200);
    // A name that was rebound to this broker.
    for host in ["evil.example", "evil.example:8420"] {
        let asking = client.modern_asking("tools/call", Some("look")).header("host", host);
        let asking = asking.header("origin", &format!("http://{host}"));
        let heard = asking.send("POST", DOOR, calling("look")).await;
        assert_eq!(heard.status, 421, "{host}: {}", heard.text());
    }
    assert_eq!(server.calls().len(), 1);
}

async fn gw10_media_types_are_negotiated(front: &Front) {
    let (server, session) = front.tracker().await;
    let client = Client::new(front, &session, DOOR);
    let headers =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "look")];
    let both = "application/json, text/event-stream";
    let table = [
        ("text/plain", both, 415),
        ("", both, 415),
        ("application/x-www-form-urlencoded", both, 415),
        ("application/json+x", both, 415),
        ("application/json", "application/json", 406),
        ("application/json", "text/event-stream", 406),
        ("application/json", "text/html", 406),
        ("application/json", "", 406),
        ("application/json; charset=utf-8", "text/event-stream;q=0.5, application/json", 200),
        ("application/json", "*/*", 200),
    ];
    for (kind, accept, status) in table {
        let asking = front.with(&session.token).header("content-type", kind).header("accept", accept);
        let asking = headers.iter().fold(asking, |asking, (name, value)| asking.header(name, value));
        let heard = asking.send("POST", DOOR, calling("look")).await;
        assert_eq!(heard.status, status, "{kind:?} {accept:?}: {}", heard.text());
        if status == 200 {
            result(&heard);
        } else {
            error(&heard);
        }
    }
    assert_eq!(server.calls().len(), 2);
    drop(client);
}

async fn gw10_without_a_session_there_is_nothing_to_get(front: &Front) {
    let (_server, session) = front.tracker().await;
    let mut client = Client::new(front, &session, DOOR);
    for method in ["GET", "DELETE"] {
        let heard = client.asking().send(method, DOOR, "").await;
        assert_eq!((heard.status.as_u16(), heard.header("allow")), (405, "POST"), "{method}");
    }
    for method in ["PUT", "PATCH", "OPTIONS"] {
        let heard = client.asking().send(method, DOOR, "").await;
        assert!(heard.status == 405 || heard.status == 403, "{method}: {}", heard.status);
    }
    client.session = Some("made-up".to_owned());
    for method in ["GET", "DELETE"] {
        assert_eq!(client.asking().send(method, DOOR, "").await.status, 404, "{method}");
    }
    assert_eq!(error(&client.legacy(1, "ping", &json!({})).await).0, 404);
}
