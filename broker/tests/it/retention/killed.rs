//! A broker that is killed while it drops: before it, everything is there; after it, the drop is on the record, and the
//! next broker finishes removing.

use super::{bound, history, whole};
use crate::support::{
    installation::{Installation, start_of_time},
    on_each_engine,
};
use broker::{clock::Clock, failpoint, retention, sweeper};
use chrono::TimeDelta;
use protocol::record::Actor;
use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

on_each_engine!(at_every_step);

const DATABASE: &str = "COUNTERSIGN_CHILD_DATABASE";
const ROOT: &str = "COUNTERSIGN_CHILD_ROOT";
const ABORTED: i32 = 6;

/// Drops, in a process that dies in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that the other test kills"]
async fn child() {
    let (Ok(url), Ok(root)) = (std::env::var(DATABASE), std::env::var(ROOT)) else { return };
    let clock = Clock::held(start_of_time() + TimeDelta::days(9));
    let it = Installation::open(&url, clock, root.into()).await;
    retention::sweep(&it.app).await.unwrap();
    retention::drop_some(&it.app, bound(), None, Actor::Host).await.unwrap();
    unreachable!("it was to die before");
}

async fn die_at(it: &Installation, failpoint: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["retention::killed::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(DATABASE, &it.url).env(ROOT, &it.root).env("COUNTERSIGN_FAILPOINT", failpoint);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let died = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let why = String::from_utf8_lossy(&died.stderr);
    assert_eq!(died.status.signal(), Some(ABORTED), "{failpoint}: {why}");
}

async fn at_every_step(it: &Installation) {
    history(it).await;
    it.wait(2 * 24 * 3_600);
    for (failpoint, is_dropped, is_left) in [
        ("record.planned=abort", false, false),
        ("record.dropping=abort", false, false),
        ("record.dropped=abort", true, true),
        ("record.removing=abort", true, true),
    ] {
        die_at(it, failpoint).await;
        let report = whole(&it.app.store).await;
        assert_eq!((report.dropped > 0, report.to_remove > 0), (is_dropped, is_left), "{failpoint}");
    }
    sweeper::sweep(&it.app).await.unwrap();
    assert_eq!(whole(&it.app.store).await.to_remove, 0);
}

#[test]
fn every_failpoint_of_dropping_is_visited() {
    let ours: Vec<_> = failpoint::ALL.iter().filter_map(|name| name.strip_prefix("record.")).collect();
    assert_eq!(ours, ["planned", "dropping", "dropped", "removing"]);
}
