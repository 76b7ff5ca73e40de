use super::{PATIENCE, next, script, started};
use broker::mcp::upstream::stdio::{Ended, Reason, Stdio, StdioError};
use nix::{sys::signal::kill, unistd::Pid};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

async fn ended(server: &Stdio) -> Ended {
    timeout(PATIENCE, server.ended()).await.expect("it ends")
}

/// Waits until a process is gone.
async fn gone(process: i32) {
    let gone = async {
        while kill(Pid::from_raw(process), None).is_ok() && !is_zombie(process) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the process is gone");
}

/// Nobody may be there to reap what a program left behind.
fn is_zombie(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

/// The number in `{pid:N}`.
fn number(line: Option<String>) -> i32 {
    line.unwrap().trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

#[tokio::test]
async fn one_that_exits_at_once_is_noticed_with_its_status() {
    let (server, mut lines) = started(&script("exit 3")).await;
    assert_eq!(next(&mut lines).await, None);
    let ended = ended(&server).await;
    assert_eq!((ended.reason, ended.status.and_then(|it| it.code())), (Reason::Exited, Some(3)));
    assert_eq!(ended.to_string(), "the program ended by itself (exit status 3)");
    assert!(matches!(server.send("{}").await, Err(StdioError::Ended(it)) if it == ended));
}

#[tokio::test]
async fn what_it_said_last_arrives_before_its_end() {
    let (server, mut lines) = started(&script("read -r line; echo '{\"last\":1}'")).await;
    server.send("{}").await.unwrap();
    assert_eq!(next(&mut lines).await.as_deref(), Some("{\"last\":1}"));
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(ended(&server).await.reason, Reason::Exited);
}

#[tokio::test]
async fn a_program_that_is_not_there_says_so() {
    let mut program = script("");
    program.command = vec!["/is/not/there".to_owned()];
    let (server, mut lines) = started(&program).await;
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(ended(&server).await.status.and_then(|it| it.code()), Some(126));
}

#[tokio::test]
async fn ten_megabytes_without_a_line_end_it() {
    let (server, mut lines) = started(&script("head -c 10000000 /dev/zero | tr '\\0' '{'; sleep 600")).await;
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(ended(&server).await.reason, Reason::TooLarge);
}

#[tokio::test]
async fn garbage_ends_it() {
    let (server, mut lines) = started(&script("printf '{}\\n\\377\\376\\n'; sleep 600")).await;
    assert_eq!(next(&mut lines).await.as_deref(), Some("{}"));
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(ended(&server).await.reason, Reason::Garbage);
}

#[tokio::test]
async fn one_that_gives_no_first_answer_ends() {
    let mut program = script("exec sleep 600");
    program.start_timeout = Duration::from_millis(200);
    let (server, _lines) = started(&program).await;
    server.send("{}").await.unwrap();
    assert_eq!(ended(&server).await.reason, Reason::Silent);
}

#[tokio::test]
async fn one_that_does_not_read_ends() {
    let (server, _lines) = started(&script("exec sleep 600")).await;
    let line = format!("{{{}}}", "x".repeat(1 << 20));
    let told = server.send(&line).await.unwrap_err();
    assert!(matches!(told, StdioError::Ended(it) if it.reason == Reason::Deaf), "{told}");
}

#[tokio::test]
async fn one_that_closes_its_output_ends() {
    let (server, mut lines) = started(&script("exec >&-; sleep 600")).await;
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(ended(&server).await.reason, Reason::Closed);
}

#[tokio::test]
async fn dropped_it_ends_when_its_input_is_closed() {
    let (server, mut lines) = started(&script("while read -r line; do :; done; echo '{\"bye\":1}'")).await;
    let before = Instant::now();
    drop(server);
    assert_eq!(next(&mut lines).await.as_deref(), Some("{\"bye\":1}"));
    assert_eq!(next(&mut lines).await, None);
    assert!(before.elapsed() < Duration::from_secs(2), "no signal was needed");
}

#[tokio::test]
async fn one_that_hangs_is_told_and_then_killed() {
    let text = "trap 'echo \"{\\\"told\\\":1}\"' TERM; echo \"{pid:$$}\"; while :; do sleep 0.1; done";
    let (server, mut lines) = started(&script(text)).await;
    let process = number(next(&mut lines).await);
    server.end();
    assert_eq!(next(&mut lines).await.as_deref(), Some("{\"told\":1}"));
    let ended = ended(&server).await;
    assert_eq!(ended.reason, Reason::Ended);
    assert!(ended.to_string().ends_with("(signal 9)"), "{ended}");
    gone(process).await;
}

#[tokio::test]
async fn what_it_started_ends_with_it() {
    let text = "sleep 600 & echo \"{pid:$!}\"; read -r line";
    let (server, mut lines) = started(&script(text)).await;
    let child = number(next(&mut lines).await);
    server.send("{}").await.unwrap();
    assert_eq!(ended(&server).await.reason, Reason::Exited);
    gone(child).await;
}

#[tokio::test]
async fn standard_error_holds_nobody_up() {
    let text = "head -c 3000000 /dev/zero | tr '\\0' 'e' >&2; yes line | head -n 100000 >&2; echo '{}'";
    let (_server, mut lines) = started(&script(text)).await;
    assert_eq!(next(&mut lines).await.as_deref(), Some("{}"));
}
