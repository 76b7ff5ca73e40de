use crate::fake::{Fake, Reply, Socket, at, changed, exchanged, id, me, redeemed, view};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Stdio};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

/// A user with an empty home, an agent's secret and a person's token.
pub struct User {
    home: TempDir,
    url: String,
}

pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl User {
    pub fn of(fake: &Fake) -> Self {
        Self { home: tempfile::tempdir().unwrap(), url: fake.url.clone() }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .env_clear()
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env("COUNTERSIGN_URL", &self.url)
            .env("COUNTERSIGN_AGENT", "bot")
            .env("COUNTERSIGN_AGENT_SECRET", "csn_a_secret")
            .env("COUNTERSIGN_PERSON_TOKEN_FILE", self.home.path().join("token"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub async fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "").await
    }

    async fn run_with(&self, args: &[&str], stdin: &str) -> Done {
        fs::write(self.home.path().join("token"), "csn_p_token\n").unwrap();
        finish(self.command(args), stdin).await
    }

    fn kept(&self) -> PathBuf {
        self.home.path().join("countersign").join(format!("{}.json", id()))
    }
}

async fn finish(mut command: Command, stdin: &str) -> Done {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

const REQUEST: [&str; 9] =
    ["request", "--service", "tracker", "--action", "issues.read", "--purpose", "Read.", "--for", "1h30m"];

#[tokio::test]
async fn every_state_has_its_exit_code() {
    let states = [
        ("approved", 0),
        ("active", 0),
        ("withdrawn", 1),
        ("denied", 3),
        ("pending", 4),
        ("lapsed", 5),
        ("ended", 5),
    ];
    let fake = Fake::start().await;
    let (user, id) = (User::of(&fake), id().to_string());
    for (state, code) in states {
        fake.on(&at("GET", ""), [Reply::ok(&view(2, state))]);
        let done = user.run(&["status", &id, "--json"]).await;
        assert_eq!(done.code, code, "{state}: {}", done.err);
        assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["status"], state);
    }
}

#[tokio::test]
async fn failures_have_their_exit_codes() {
    let fake = Fake::start().await;
    let (user, id) = (User::of(&fake), id().to_string());
    for (status, problem, code) in
        [(404, "not_found", 1), (410, "expired", 5), (410, "grant_ended", 5), (401, "unauthenticated", 1)]
    {
        fake.on(&at("GET", ""), [Reply::problem(status, problem)]);
        let done = user.run(&["status", &id]).await;
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{problem}");
        assert_eq!(done.err, format!("countersign: Refused: because of {problem}\n"));
    }
    for usage in [&["status", "req_1"][..], &["request"], &["stop"], &["nothing"]] {
        assert_eq!(user.run(usage).await.code, 2, "{usage:?}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let fake = Fake::start().await;
    let user = User::of(&fake);
    for variable in ["COUNTERSIGN_URL", "COUNTERSIGN_AGENT", "COUNTERSIGN_AGENT_SECRET"] {
        let mut command = user.command(&["status"]);
        command.env_remove(variable);
        let done = finish(command, "").await;
        assert_eq!(done.code, 2);
        assert!(done.err.contains(variable), "{}", done.err);
    }
    let done = user.run(&["status", "--url", "http://broker.example"]).await;
    assert_eq!((done.code, done.err.contains("https")), (2, true), "{}", done.err);
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_unreachable() {
    // Bound and not listening: the port refuses, and nobody else can get it in the meantime.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    let fake = Fake::start().await;
    let done = User::of(&fake).run(&["status", "--json", "--url", &url]).await;
    assert_eq!(done.code, 6, "{}", done.err);
    let error: Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((&error["error"], &error["exit"]), (&json!("unreachable"), &json!(6)));
}

#[tokio::test]
async fn asking_waiting_calling_and_ending() {
    let fake = Fake::start().await;
    let (user, id) = (User::of(&fake), id().to_string());
    let mut approved = view(2, "approved");
    approved["granted"] = json!({"grant": crate::fake::id().grant(), "ends_at": "2030-01-01T01:00:00Z",
        "redeem_by": "2030-01-01T00:20:00Z", "authorization_details": redeemed()["authorization_details"]});
    approved["diff"] = json!([{"line": 1, "asked": approved["asked"][0], "granted": redeemed()["authorization_details"][0],
        "why": ["issues.close was left out."]}]);
    fake.on("POST /v1/requests", [Reply::json(202, &view(1, "pending"))]);
    fake.sockets([Socket::Say(vec![changed(2)])]);
    fake.on(&at("GET", ""), [Reply::ok(&view(1, "pending")), Reply::ok(&approved)]);
    fake.on(&at("POST", "/redeem"), [Reply::ok(&redeemed()), Reply::problem(409, "already_done")]);

    let done = user.run(&[&REQUEST[..], &["--wait"]].concat()).await;
    assert_eq!(done.code, 0, "{}", done.err);
    for said in ["Approve at http://x.example/r/req_", "Matching code AB-12", "issues.close was left out."] {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    assert!(!done.out.contains("grant.token") && !done.err.contains("grant.token"));
    let asked: Value = serde_json::from_str(&fake.seen()[0].body).unwrap();
    assert_eq!(asked["duration"], 5400);
    assert_eq!(fs::metadata(user.kept()).unwrap().permissions().mode() & 0o777, 0o600);

    fake.on("GET /v1/me", [Reply::ok(&me())]).on("POST /oauth/token", [Reply::ok(&exchanged())]);
    let done = user.run(&["token", &id, "tracker", "issues.read"]).await;
    assert_eq!((done.code, done.out.as_str()), (0, "call.token\n"), "{}", done.err);
    let body = "raw \u{1b}[1m bytes";
    fake.on("PATCH /proxy/tracker/issues/7", [Reply::json(418, &json!(body)).header("x-odd", "1")]);
    let call = ["call", &id, "PATCH", "tracker/issues/7", "-d", r#"{"state":"closed"}"#];
    let done = user.run(&[&call[..], &["-i", "--fail"]].concat()).await;
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.out.starts_with("HTTP/1.1 418 "), "{}", done.out);
    assert!(done.out.contains("\nx-odd: 1\n"), "{}", done.out);
    let sent = fake.seen().pop().unwrap();
    assert_eq!(
        (sent.body.as_str(), sent.headers["content-type"].to_str().unwrap()),
        (r#"{"state":"closed"}"#, "application/json")
    );

    fake.on(&at("POST", "/end"), [Reply::ok(&view(4, "ended"))]);
    assert_eq!(user.run(&["end", &id]).await.code, 0);
    assert!(!user.kept().exists());
    assert_eq!(fake.count(&at("POST", "/redeem")), 1);
}

#[tokio::test]
async fn a_token_of_a_session_that_is_over_is_forgotten() {
    let fake = Fake::start().await;
    let (user, id) = (User::of(&fake), id().to_string());
    let mut ended = view(3, "ended");
    ended["end_reason"] = json!("revoked");
    fake.on(&at("GET", ""), [Reply::ok(&view(2, "approved")), Reply::ok(&ended)]);
    fake.on(&at("POST", "/redeem"), [Reply::ok(&redeemed())]);
    fake.on("POST /oauth/token", [Reply::json(400, &json!({"error": "invalid_request"}))]);

    let done = user.run(&["token", &id, "tracker", "issues.read"]).await;
    assert_eq!(done.code, 5, "{}", done.err);
    assert!(done.err.contains("it was revoked"), "{}", done.err);
    assert!(!user.kept().exists());
}

#[tokio::test]
async fn a_denial_is_said_without_its_control_characters() {
    for json in [false, true] {
        let fake = Fake::start().await;
        let user = User::of(&fake);
        let mut denied = view(2, "denied");
        denied["reason"] = json!("no\u{1b}[2J\u{9b}1m\u{202e}");
        fake.on("POST /v1/requests", [Reply::json(202, &view(1, "pending"))]);
        fake.sockets([Socket::Say(Vec::new())]).on(&at("GET", ""), [Reply::ok(&denied)]);
        let flags: &[&str] = if json { &["--wait", "--json"] } else { &["--wait"] };

        let done = user.run(&[&REQUEST[..], flags].concat()).await;

        assert_eq!(done.code, 3, "{}", done.err);
        assert!(!(done.out + &done.err).contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{}", done.err);
        if json {
            let error: Value = serde_json::from_str(&done.err).unwrap();
            assert_eq!((&error["error"], &error["reason"]), (&json!("denied"), &denied["reason"]));
        } else {
            assert!(done.err.contains("no<U+001B>[2J<U+009B>1m<U+202E>"), "{}", done.err);
        }
    }
}

#[tokio::test]
async fn a_request_can_come_from_stdin() {
    let fake = Fake::start().await;
    fake.on("POST /v1/requests", [Reply::json(202, &view(1, "pending"))]);
    let request = r#"{"authorization_details":[{"service":"a","actions":["b"]},{"service":"c","actions":["d"]}],"purpose":"P"}"#;
    let user = User::of(&fake);
    let done = user.run_with(&["request", "--file", "-", "--for", "5s"], request).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let sent: Value = serde_json::from_str(&fake.seen()[0].body).unwrap();
    assert_eq!((&sent["authorization_details"][1]["service"], &sent["duration"]), (&json!("c"), &json!(5)));
    assert_eq!(user.run_with(&["request", "--file", "-"], r#"{"purpos":"P"}"#).await.code, 2);
}

#[tokio::test]
async fn waiting_in_vain_is_pending() {
    let fake = Fake::start().await;
    fake.sockets([Socket::Say(Vec::new())]).on(&at("GET", ""), [Reply::ok(&view(1, "pending"))]);
    let done = User::of(&fake).run(&["wait", id().as_str(), "--timeout", "1s"]).await;
    assert_eq!(done.code, 4, "{}", done.err);
}
