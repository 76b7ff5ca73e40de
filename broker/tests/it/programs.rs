//! Programs of the host as MCP servers: what goes in and out, how they end, and what they cannot reach.
//!
//! They are started by the real executable, as the broker does it. What only some kernels enforce is asked of this one
//! first, with the question that `doctor` asks: where it says yes, it must hold.

mod confined;
mod ending;
mod only_here;
mod registry;

use broker::mcp::upstream::stdio::{Host, Limits, Program, Stdio, StdioError};
use protocol::Slug;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn host() -> Host {
    Host::new(env!("CARGO_BIN_EXE_countersign-broker"), false, Vec::new())
}

fn name() -> Slug {
    "tested".parse().unwrap()
}

/// A script of the shell that is everywhere, as a program.
fn script(text: &str) -> Program {
    let command = ["/bin/sh", "-c", text].map(str::to_owned).to_vec();
    Program {
        command,
        env: BTreeMap::new(),
        folder: None,
        readable: Vec::new(),
        writable: Vec::new(),
        network: false,
        limits: Limits::default(),
        start_timeout: PATIENCE,
    }
}

async fn started(program: &Program) -> (Stdio, mpsc::Receiver<String>) {
    let server = Stdio::start(&name(), program, &host()).await.unwrap();
    let lines = server.take_lines().unwrap();
    (server, lines)
}

async fn next(lines: &mut mpsc::Receiver<String>) -> Option<String> {
    timeout(PATIENCE, lines.recv()).await.expect("a line, or the end")
}

/// What a script that ends by itself prints, each line in braces.
async fn said(program: &Program) -> Vec<String> {
    let (server, mut lines) = started(program).await;
    let mut said = Vec::new();
    while let Some(line) = next(&mut lines).await {
        said.push(line);
    }
    timeout(PATIENCE, server.ended()).await.unwrap();
    said
}

#[tokio::test]
async fn lines_go_both_ways_in_order() {
    let (server, mut lines) = started(&script("while read -r line; do printf '%s\\n' \"$line\"; done")).await;
    assert!(server.take_lines().is_none(), "only one listens");
    for number in 0..200 {
        let line = format!("{{\"id\":{number},\"text\":\"\\n\u{e4}\"}}");
        server.send(&line).await.unwrap();
        assert_eq!(next(&mut lines).await, Some(line));
    }
    assert!(matches!(server.send("{}\n{}").await, Err(StdioError::NotALine)));
    assert!(matches!(server.send(&"x".repeat(5 << 20)).await, Err(StdioError::NotALine)));
    server.send("{}").await.unwrap();
    assert_eq!(next(&mut lines).await.as_deref(), Some("{}"), "nothing of what was refused arrived");
}

#[tokio::test]
async fn the_longest_line_passes() {
    let (server, mut lines) = started(&script("exec cat")).await;
    let longest = format!("{{{}}}", "x".repeat((4 << 20) - 2));
    server.send(&longest).await.unwrap();
    assert!(next(&mut lines).await.unwrap() == longest);
}

#[tokio::test]
async fn what_is_no_message_is_left_out() {
    let program = script("echo 'Server is running'; echo; echo '  {\"a\":1}'; echo 'bye'; echo '[]'");
    assert_eq!(said(&program).await, ["  {\"a\":1}", "[]"]);
}

#[tokio::test]
async fn its_environment_and_folder_are_its_own() {
    let folder = tempfile::TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "the-secret-of-a-program\n").unwrap();
    let mut program = script("env | sed 's/.*/{&}/'; pwd | sed 's/.*/{&}/'; ls -A | sed 's/.*/{&}/'");
    program.env.insert("GIVEN".to_owned(), broker::mcp::upstream::stdio::Value::Literal("here".to_owned()));
    program.env.insert("SECRET".to_owned(), broker::mcp::upstream::stdio::Value::File(secret));
    let mut lines = said(&program).await;
    // The shell adds these two itself.
    lines.retain(|it| !it.starts_with("{PWD=") && !it.starts_with("{OLDPWD=") && !it.starts_with("{_="));
    lines.retain(|it| !it.starts_with("{SHLVL="));
    let own = lines.iter().find_map(|it| it.strip_prefix("{HOME=")?.strip_suffix('}')).unwrap().to_owned();
    let mut expected = [
        "{GIVEN=here}".to_owned(),
        format!("{{HOME={own}}}"),
        "{LANG=C.UTF-8}".to_owned(),
        "{PATH=/usr/local/bin:/usr/bin:/bin}".to_owned(),
        "{SECRET=the-secret-of-a-program}".to_owned(),
        format!("{{TMPDIR={own}}}"),
        format!("{{{own}}}"),
    ];
    expected.sort();
    lines.sort();
    assert_eq!(lines, expected, "and its folder is empty");
    assert!(!PathBuf::from(&own).exists(), "its folder goes with it");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_starts_nothing() {
    let mut program = script("echo '{}'");
    program.env.insert("A".to_owned(), broker::mcp::upstream::stdio::Value::File("/is/not/there".into()));
    let told = Stdio::start(&name(), &program, &host()).await.unwrap_err().to_string();
    assert!(told.contains("A: /is/not/there"), "{told}");
}
