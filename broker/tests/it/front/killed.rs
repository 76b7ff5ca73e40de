//! A broker that is killed in the middle of a call: the call was on the record before anything could leave, and the
//! next broker says that its outcome is not known.

use super::support::Front;
use crate::support::{
    installation::{Installation, start_of_time},
    invariants, on_each_engine,
};
use broker::{
    clock::Clock,
    failpoint,
    store::{audit, calls},
};
use protocol::GrantId;
use std::{
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

on_each_engine!(authorised, injected, sent);

const DATABASE: &str = "COUNTERSIGN_CHILD_DATABASE";
const ROOT: &str = "COUNTERSIGN_CHILD_ROOT";
const ABORTED: i32 = 6;

/// One call through the front door, in a process that dies in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that the other tests kill"]
async fn child() {
    let (Ok(url), Ok(root)) = (std::env::var(DATABASE), std::env::var(ROOT)) else { return };
    let it = Installation::open(&url, Clock::held(start_of_time()), root.into()).await;
    let front = Front::open(&it).await;
    let session = front.usual().await;
    writeln!(std::io::stdout(), "\nsession {}", session.grant).unwrap();
    front.read(&session, "").await;
    unreachable!("the call came back");
}

async fn die_at(it: &Installation, name: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["front::killed::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(DATABASE, &it.url).env(ROOT, &it.root).env("COUNTERSIGN_FAILPOINT", format!("{name}=abort"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let died = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&died.stdout);
    let why = String::from_utf8_lossy(&died.stderr);
    assert_eq!(died.status.signal(), Some(ABORTED), "{said}{why}");
    let grant = said.lines().find_map(|line| line.strip_prefix("session ")).unwrap();
    let grant: GrantId = grant.parse().unwrap();
    let before = kinds(it, &grant).await;
    assert_eq!(count(&before, "call.authorised"), 1, "{before:?}");
    assert_eq!(calls::open(&mut it.app.store.read().await.unwrap()).await.unwrap(), 1);
    invariants::check(&it.app.store).await;
    // Long enough for the dead to be taken for dead, where several may live.
    it.wait(120);
    let next = it.another().await;
    let after = kinds(&next, &grant).await;
    assert_eq!(count(&after, "call.outcome_unknown"), 1, "{after:?}");
    assert_eq!(count(&after, "call.finished"), 0, "{after:?}");
    assert_eq!(calls::open(&mut next.app.store.read().await.unwrap()).await.unwrap(), 0);
    next.stop().await;
}

async fn kinds(it: &Installation, grant: &GrantId) -> Vec<String> {
    let rows = audit::of_grant(&mut it.app.store.read().await.unwrap(), grant, 100).await.unwrap();
    rows.into_iter().map(|row| row.kind).collect()
}

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|it| *it == kind).count()
}

async fn authorised(it: &Installation) {
    die_at(it, "call.authorised").await;
}

async fn injected(it: &Installation) {
    die_at(it, "call.injected").await;
}

async fn sent(it: &Installation) {
    die_at(it, "call.sent").await;
}

#[test]
fn every_failpoint_of_a_call_is_visited() {
    let ours: Vec<_> = failpoint::ALL.iter().filter_map(|name| name.strip_prefix("call.")).collect();
    assert_eq!(ours, ["authorised", "injected", "sent"]);
}
