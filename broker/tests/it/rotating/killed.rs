//! A broker that is killed while it replaces a key: everything opens as before, and the same command finishes.

use super::{all_open, keyring, many, reseal_usual, rotate};
use crate::support::{
    installation::{Installation, start_of_time},
    invariants, on_each_engine,
};
use broker::{clock::Clock, failpoint, keys};
use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

on_each_engine!(while_the_key_rotates, while_the_root_key_changes);

const DATABASE: &str = "COUNTERSIGN_CHILD_DATABASE";
const ROOT: &str = "COUNTERSIGN_CHILD_ROOT";
const WHAT: &str = "COUNTERSIGN_TEST_WHAT";
const ABORTED: i32 = 6;

/// Rotates, in a process that dies in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that the other tests kill"]
async fn child() {
    let (Ok(url), Ok(root)) = (std::env::var(DATABASE), std::env::var(ROOT)) else { return };
    let it = Installation::open(&url, Clock::held(start_of_time()), root.into()).await;
    match std::env::var(WHAT).as_deref() {
        Ok("root") => drop(keys::reroot(&it.app, None).await.unwrap()),
        Ok("signing") => drop(keys::replace_signing_key(&it.app, false).await.unwrap()),
        _ => drop(rotate(&it).await),
    }
    unreachable!("it was to die before");
}

async fn die_at(it: &Installation, what: &str, failpoint: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["rotating::killed::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(DATABASE, &it.url).env(ROOT, &it.root).env("COUNTERSIGN_FAILPOINT", failpoint);
    command.env(WHAT, what).stdout(Stdio::piped()).stderr(Stdio::piped());
    let died = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let why = String::from_utf8_lossy(&died.stderr);
    assert_eq!(died.status.signal(), Some(ABORTED), "{failpoint}: {why}");
}

/// At every step, and at the second and the third batch. After each the broker that lives opens everything, so does
/// one that starts, and rotating again finishes with one key.
async fn while_the_key_rotates(it: &Installation) {
    reseal_usual(it).await;
    many(it).await;
    let deaths = [
        ("keys.added=abort", 2),
        ("keys.rewrapped=abort", 2),
        ("keys.rewrapped=abort:2", 2),
        ("keys.checked=abort:2", 2),
        ("keys.retired=abort", 1),
        // In the commit of the second batch: all of it or nothing.
        ("ledger.before_commit=abort:4", 2),
    ];
    for (failpoint, keys_left) in deaths {
        die_at(it, "key", failpoint).await;
        assert_eq!(keyring(it).await.len(), keys_left, "{failpoint}");
        all_open(it).await;
        let next = it.another().await;
        all_open(&next).await;
        if keys_left > 1 {
            let begun = keyring(&next).await.last().unwrap().id;
            assert_eq!(rotate(&next).await.key, begun, "{failpoint}: it goes on with the key that was begun");
        }
        assert_eq!((all_open(&next).await, keyring(&next).await.len()), (1, 1), "{failpoint}");
        next.stop().await;
        invariants::check(&it.app.store).await;
    }
}

async fn while_the_root_key_changes(it: &Installation) {
    reseal_usual(it).await;
    for failpoint in ["keys.root_made", "keys.root_recorded", "keys.root_settled", "ledger.before_commit"] {
        let nth = if failpoint == "ledger.before_commit" { ":2" } else { "" };
        die_at(it, "root", &format!("{failpoint}=abort{nth}")).await;
        all_open(it).await;
        // Whichever the database needs is found, and the change can be made again.
        let next = it.another().await;
        assert!(!next.app.vault.is_sealed(), "{failpoint}");
        let done = keys::reroot(&next.app, None).await.unwrap();
        assert_eq!(done.to_do, None, "{failpoint}");
        next.stop().await;
        let last = it.another().await;
        assert_eq!(last.app.vault.root().unwrap().id(), done.to);
        last.stop().await;
    }
    die_at(it, "signing", "keys.signing_replaced=abort").await;
    let next = it.another().await;
    assert_eq!(next.app.signer().unwrap().jwks()["keys"].as_array().unwrap().len(), 2);
    next.stop().await;
}

#[test]
fn every_failpoint_of_the_keys_is_visited() {
    let ours: Vec<_> = failpoint::ALL.iter().filter_map(|name| name.strip_prefix("keys.")).collect();
    let visited = ["added", "rewrapped", "checked", "retired", "root_made", "root_recorded", "root_settled"];
    assert_eq!(ours, [&visited[..], &["signing_replaced"]].concat());
}
