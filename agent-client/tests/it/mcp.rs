//! `countersign mcp` between a client on its pipes and a gateway of scripted answers.

use crate::{
    command::User,
    fake::{Fake, Reply, Socket, at, id, me, redeemed, view},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
const GATEWAY: &str = "POST /mcp/tracker";
const ASKING: [&str; 6] = ["mcp", "tracker", "--action", "issues.read", "--purpose", "Read."];

/// A client that started the command.
struct Talk {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Talk {
    fn start(user: &User, args: &[&str]) -> Self {
        let mut child = user.command(args).kill_on_drop(true).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, stdin, lines: BufReader::new(stdout).lines() }
    }

    async fn say(&mut self, message: &Value) {
        self.write(&message.to_string()).await;
    }

    async fn write(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("an answer").unwrap();
        serde_json::from_str(&line.expect("an answer, not the end")).unwrap()
    }

    async fn ask(&mut self, id: i64, method: &str, params: &Value) -> Value {
        self.say(&call(id, method, params)).await;
        self.hear().await
    }

    /// Closes stdin: what else was said, the exit code, what stderr says.
    async fn end(mut self) -> (Vec<String>, i32, String) {
        drop(self.stdin);
        let mut rest = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap() {
            rest.push(line);
        }
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).await.unwrap();
        (rest, status.code().unwrap(), err)
    }
}

fn call(id: i64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn answer(id: i64, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn initialize() -> Value {
    json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
}

fn meta() -> Value {
    json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"})
}

/// A broker where the request is approved as soon as it is made.
async fn approving() -> Fake {
    let fake = Fake::start().await;
    fake.on("GET /v1/me", [Reply::ok(&me())]);
    fake.on("POST /v1/requests", [Reply::ok(&view(2, "approved"))]);
    fake.on(&at("POST", "/redeem"), [Reply::ok(&redeemed())]);
    fake
}

/// Waits until the command has its session: before that it answers alone.
async fn live(fake: &Fake) {
    let live = async {
        while fake.count(&at("POST", "/redeem")) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, live).await.expect("the session");
}

/// A client of the stateless revision, whose first question was carried.
async fn talking(fake: &Fake, user: &User) -> Talk {
    let mut talk = Talk::start(user, &ASKING);
    live(fake).await;
    // The session is there for the broker; the command may still be reading that.
    fake.on(GATEWAY, [Reply::ok(&answer(1, &json!({"tools": [{"name": "x"}]})))]);
    let listed = async {
        loop {
            let said = talk.ask(1, "tools/list", &json!({"_meta": meta()})).await;
            if said["result"]["tools"] != json!([]) {
                return;
            }
        }
    };
    timeout(PATIENCE, listed).await.expect("the gateway's tools");
    talk
}

#[tokio::test]
async fn until_a_person_approves_it_answers_itself() {
    let fake = Fake::start().await;
    let mut pending = view(1, "pending");
    pending["poll"]["interval"] = json!(0);
    fake.on("GET /v1/me", [Reply::ok(&me())]);
    fake.on("POST /v1/requests", [Reply::ok(&pending)]).on(&at("GET", ""), [Reply::ok(&pending)]);
    fake.on(&at("POST", "/redeem"), [Reply::ok(&redeemed())]);
    fake.sockets([Socket::Refuse(Reply::problem(404, "not_found"))]);
    let user = User::of(&fake);
    let mut talk = Talk::start(&user, &ASKING);
    let begun = talk.ask(1, "initialize", &initialize()).await;
    assert_eq!(begun["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(begun["result"]["capabilities"], json!({"tools": {"listChanged": true}}));
    talk.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    assert_eq!(talk.ask(2, "ping", &json!({})).await, answer(2, &json!({})));
    assert_eq!(talk.ask(3, "tools/list", &json!({})).await, answer(3, &json!({"tools": []})));
    let url = pending["approve_url"].as_str().unwrap();
    let told = async {
        loop {
            let refused = talk.ask(4, "tools/call", &json!({"name": "issues.read"})).await;
            assert_eq!(refused["result"]["isError"], true);
            let text = refused["result"]["content"][0]["text"].as_str().unwrap().to_owned();
            if text.contains(url) && text.contains("AB-12") {
                return;
            }
        }
    };
    timeout(PATIENCE, told).await.expect("the address of the page");
    assert_eq!(talk.ask(5, "prompts/list", &json!({})).await["error"]["code"], -32_601);
    let modern = talk.ask(6, "server/discover", &json!({"_meta": meta()})).await;
    assert_eq!(modern["result"]["resultType"], "complete");
    assert_eq!(modern["result"]["cacheScope"], "private");
    assert!(fake.count(GATEWAY) == 0, "nothing reached the gateway");

    let begins = answer(0, &json!({"protocolVersion": "2025-06-18", "capabilities": {}}));
    let begins = json!({"jsonrpc": "2.0", "id": "countersign-bridge", "result": begins["result"]});
    fake.on(
        GATEWAY,
        [
            Reply::ok(&begins).header("mcp-session-id", "s-1"),
            Reply::json(202, &Value::Null),
            Reply::ok(&answer(7, &json!({"tools": [{"name": "issues.read"}]}))),
        ],
    );
    fake.on(&at("GET", ""), [Reply::ok(&view(2, "approved"))]);
    assert_eq!(talk.hear().await["method"], "notifications/tools/list_changed");
    let listed = talk.ask(7, "tools/list", &json!({})).await;
    assert_eq!(listed["result"]["tools"][0]["name"], "issues.read");
    let (rest, code, err) = talk.end().await;
    assert_eq!((rest, code), (Vec::new(), 0));
    assert!(err.contains(url), "{err}");

    let seen: Vec<_> = fake.seen().into_iter().filter(|it| it.what == GATEWAY).collect();
    let begun: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!((&begun["method"], &begun["params"]), (&json!("initialize"), &initialize()));
    assert!(seen[1].body.contains("notifications/initialized"));
    assert_eq!(seen[2].headers["mcp-session-id"], "s-1");
    assert_eq!(seen[2].headers["mcp-protocol-version"], "2025-06-18");
    assert_eq!(fake.count("DELETE /mcp/tracker"), 1, "it says goodbye");
}

#[tokio::test]
async fn a_denial_is_told_to_the_client() {
    let fake = Fake::start().await;
    fake.on("GET /v1/me", [Reply::ok(&me())]);
    let mut denied = view(2, "denied");
    denied["reason"] = json!("Not on a Friday.");
    fake.on("POST /v1/requests", [Reply::ok(&denied)]);
    let user = User::of(&fake);
    let mut talk = Talk::start(&user, &ASKING);
    assert_eq!(talk.ask(1, "initialize", &initialize()).await["id"], 1);
    let told = async {
        loop {
            let said = talk.ask(2, "tools/list", &json!({})).await;
            if let Some(why) = said["error"]["message"].as_str() {
                return why.to_owned();
            }
        }
    };
    let why = timeout(PATIENCE, told).await.expect("the denial");
    assert!(why.contains("Not on a Friday.") && why.contains("Start this server again"), "{why}");
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn messages_of_the_stateless_revision_pass_unchanged() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = talking(&fake, &user).await;
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}});
    let result = answer(2, &json!({"content": [], "unknown": {"b": 1, "a": [2.50, 1e3]}}));
    fake.on(GATEWAY, [Reply::events(&[progress.clone(), result.clone()])]);
    let sent = r#"{"jsonrpc":"2.0", "id":2,"method":"tools/call","params":{"name":"issues.read","arguments":{"z":1.0,"a":"\u00e4"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}},"extra":1}"#;
    talk.write(sent).await;
    assert_eq!((talk.hear().await, talk.hear().await), (progress, result));
    let last = fake.seen().into_iter().rfind(|it| it.what == GATEWAY).unwrap();
    assert_eq!(last.body, sent, "to the byte");
    for (name, value) in [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "issues.read"),
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("authorization", "Bearer grant.token"),
    ] {
        assert_eq!(last.headers[name], value, "{name}");
    }
    // An error of the gateway, on several lines.
    let error = json!({"jsonrpc": "2.0", "id": 3, "error": {"code": -32_020, "message": "Header mismatch"}});
    fake.on(GATEWAY, [Reply::json(400, &error).pretty(&error)]);
    assert_eq!(talk.ask(3, "tools/list", &json!({"_meta": meta()})).await, error);
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn a_cancelled_request_closes_its_stream_and_holds_nothing_up() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = talking(&fake, &user).await;
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "begun"}});
    let (open, closed) = Reply::events(std::slice::from_ref(&begun)).open();
    fake.on(GATEWAY, [open, Reply::ok(&answer(3, &json!({})))]);
    talk.say(&call(2, "tools/call", &json!({"name": "x", "_meta": meta()}))).await;
    assert_eq!(talk.hear().await, begun);
    assert_eq!(talk.ask(3, "tools/list", &json!({"_meta": meta()})).await, answer(3, &json!({})));
    let cancel = json!({"requestId": 2, "_meta": meta()});
    let before = fake.count(GATEWAY);
    talk.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel})).await;
    timeout(PATIENCE, closed.notified()).await.expect("the stream is closed");
    assert_eq!(fake.count(GATEWAY), before, "the closed stream says it");
    let (rest, code, _) = talk.end().await;
    assert_eq!((rest, code), (Vec::new(), 0));
}

#[tokio::test]
async fn a_session_that_is_over_is_explained() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = talking(&fake, &user).await;
    let mut ended = view(3, "ended");
    ended["end_reason"] = json!("revoked");
    fake.on(&at("GET", ""), [Reply::ok(&ended)]);
    fake.on(GATEWAY, [Reply::json(401, &json!({"error": "invalid_token"}))]);
    for number in 2..4 {
        let said = talk.ask(number, "tools/list", &json!({"_meta": meta()})).await;
        let why = said["error"]["message"].as_str().unwrap();
        assert_eq!(said["id"], number);
        assert!(why.contains("it was revoked") && why.contains("Start this server again"), "{why}");
    }
    let refusals = fake.seen().into_iter().filter(|it| it.what == GATEWAY && it.body.contains("\"id\":3"));
    assert_eq!(refusals.count(), 0, "the broker is not asked again");
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_unknown_outcome() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = talking(&fake, &user).await;
    fake.on(GATEWAY, [Reply::events(&[])]);
    let said = talk.ask(2, "tools/call", &json!({"name": "x", "_meta": meta()})).await;
    assert_eq!(said["id"], 2);
    assert!(said["error"]["message"].as_str().unwrap().contains("not known whether this happened"), "{said}");
    fake.on(GATEWAY, [Reply::problem(503, "audit_unavailable")]);
    let said = talk.ask(3, "tools/call", &json!({"name": "x", "_meta": meta()})).await;
    assert_eq!(said["error"]["message"], "Refused: because of audit_unavailable");
    // An answer to somebody else's question is not handed over.
    fake.on(GATEWAY, [Reply::ok(&answer(99, &json!({})))]);
    let said = talk.ask(4, "tools/list", &json!({"_meta": meta()})).await;
    assert_eq!((&said["id"], said["error"].is_object()), (&json!(4), true));
    let huge = json!({"text": "x".repeat(5 << 20)});
    for reply in [Reply::ok(&answer(5, &huge)), Reply::events(&[answer(5, &huge)])] {
        fake.on(GATEWAY, [reply]);
        let said = talk.ask(5, "tools/list", &json!({"_meta": meta()})).await;
        assert_eq!((&said["id"], said["error"].is_object()), (&json!(5), true));
    }
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn a_gateway_that_forgot_the_client_is_introduced_to_it_again() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = talking(&fake, &user).await;
    let version = json!({"protocolVersion": "2025-11-25"});
    let mut again = answer(0, &version);
    again["id"] = json!("countersign-bridge");
    fake.on(
        GATEWAY,
        [
            Reply::ok(&answer(1, &version)).header("mcp-session-id", "s-1"),
            Reply::problem(404, "not_found"),
            Reply::ok(&again).header("mcp-session-id", "s-2"),
            Reply::json(202, &Value::Null),
            Reply::ok(&answer(2, &json!({"tools": []}))),
        ],
    );
    assert_eq!(talk.ask(1, "initialize", &initialize()).await, answer(1, &version));
    assert_eq!(talk.ask(2, "tools/list", &json!({})).await, answer(2, &json!({"tools": []})));
    let last = fake.seen().into_iter().rfind(|it| it.what == GATEWAY).unwrap();
    assert_eq!(last.headers["mcp-session-id"], "s-2");
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn a_session_that_is_kept_is_used_again() {
    let fake = approving().await;
    let user = User::of(&fake);
    talking(&fake, &user).await.end().await;
    let mut mine = me();
    mine["grants"] = json!([{"grant": id().grant(), "status": "active", "ends_at": "2030-01-01T01:00:00Z",
        "authorization_details": redeemed()["authorization_details"], "left": []}]);
    fake.on("GET /v1/me", [Reply::ok(&mine)]);
    let mut active = view(3, "active");
    active["asked"] = json!([{"type": "service_access", "service": "tracker", "actions": ["issues.read"]}]);
    fake.on(&at("GET", ""), [Reply::ok(&active)]);
    for args in [&ASKING[..], &["mcp", "tracker"], &["mcp", "tracker", "--session", id().as_str()]] {
        let mut talk = Talk::start(&user, args);
        let carried = async {
            while talk.ask(1, "tools/list", &json!({"_meta": meta()})).await["result"]["tools"] == json!([]) {
            }
        };
        timeout(PATIENCE, carried).await.expect("the gateway's tools");
        assert_eq!(talk.end().await.1, 0, "{args:?}");
    }
    assert_eq!(fake.count("POST /v1/requests"), 1, "a person was asked once");
}

#[tokio::test]
async fn what_is_no_message_is_answered_and_skipped() {
    let fake = approving().await;
    let user = User::of(&fake);
    let mut talk = Talk::start(&user, &ASKING);
    for (line, code) in
        [("{", -32_700), ("[{}]", -32_600), ("\u{e4}", -32_700), (&"x".repeat(5 << 20), -32_700)]
    {
        talk.write(line).await;
        let said = talk.hear().await;
        assert_eq!((&said["id"], &said["error"]["code"]), (&Value::Null, &json!(code)));
    }
    talk.write("").await;
    assert_eq!(talk.ask(1, "ping", &json!({"_meta": meta()})).await["id"], 1);
    assert_eq!(talk.end().await.1, 0);
}

#[tokio::test]
async fn what_cannot_be_asked_is_wrong_usage() {
    let fake = Fake::start().await;
    let user = User::of(&fake);
    for args in [
        &["mcp", "tracker", "--action", "x"][..],
        &["mcp", "--action", "x", "--purpose", "p"],
        &["mcp", "tracker", "--file", "-"],
        &["mcp", "tracker", "--resource", "x"],
    ] {
        let done = user.run(args).await;
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}: {}", done.err);
    }
}
