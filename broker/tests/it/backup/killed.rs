//! Whoever is killed in the middle of a backup, a restore or an acceptance leaves what was before, or what was to be.

use super::{back_up, file, opener, restored};
use crate::support::{
    acts::line,
    database::Database,
    installation::{Installation, start_of_time},
    invariants, on_each_engine,
};
use age::x25519::Identity;
use broker::{backup, clock::Clock, failpoint, ledger::LedgerError, recovery};
use std::{
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
};

on_each_engine!(while_it_is_made, while_it_is_restored, while_it_is_accepted);

const DATABASE: &str = "COUNTERSIGN_CHILD_DATABASE";
const FOLDER: &str = "COUNTERSIGN_CHILD_ROOT";
const WHAT: &str = "COUNTERSIGN_TEST_WHAT";
const ABORTED: i32 = 6;

/// Does one of the three, in a process that dies in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that the other tests kill"]
async fn child() {
    let (Ok(url), Ok(root)) = (std::env::var(DATABASE), std::env::var(FOLDER)) else { return };
    let root = Path::new(&root).to_owned();
    match std::env::var(WHAT).unwrap().as_str() {
        "accept" => {
            let it = Installation::open(&url, Clock::held(start_of_time()), root).await;
            drop(recovery::accept(&it.app, None).await);
        }
        "restore" => {
            let path = root.with_file_name("it.backup");
            let opener = backup::Opener::file(&root.with_file_name("identity.txt")).unwrap();
            drop(backup::restore(&path, &opener, &url, file(&url).as_deref()).await);
        }
        _ => {
            let it = Installation::open(&url, Clock::held(start_of_time()), root).await;
            back_up(&it, "it.backup", &Identity::generate()).await;
        }
    }
    unreachable!("it was to die before");
}

async fn die_at(url: &str, root: &Path, what: &str, failpoint: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["backup::killed::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(DATABASE, url).env(FOLDER, root).env(WHAT, what);
    command.env("COUNTERSIGN_FAILPOINT", format!("{failpoint}=abort"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let died = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let why = String::from_utf8_lossy(&died.stderr);
    assert_eq!(died.status.signal(), Some(ABORTED), "{failpoint}: {why}");
}

async fn while_it_is_made(it: &Installation) {
    let identity = Identity::generate();
    for failpoint in ["backup.copied", "backup.written"] {
        die_at(&it.url, &it.root, "create", failpoint).await;
        assert!(!it.root.with_file_name("it.backup").exists(), "{failpoint}");
    }
    // The same command goes through, and removes what was left behind.
    let (path, _) = back_up(it, "it.backup", &identity).await;
    backup::check(&path, &opener(&identity, &path)).await.unwrap();
    for left in ["it.backup.copy", "it.backup.partial"] {
        assert!(!it.root.with_file_name(left).exists(), "{left}");
    }
}

async fn while_it_is_restored(it: &Installation) {
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let opener = opener(&identity, &path);
    let database = Database::create(it.app.store.engine()).await.unwrap();
    die_at(&database.url, &it.root, "restore", "restore.imported").await;
    let into = file(&database.url);
    assert!(into.as_ref().is_none_or(|file| !file.exists()));
    let done = backup::restore(&path, &opener, &database.url, into.as_deref()).await.unwrap();
    assert_eq!(done.report.first_fault, None);
    database.remove().await;
}

async fn while_it_is_accepted(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let identity = Identity::generate();
    let (path, _) = back_up(it, "it.backup", &identity).await;
    let (database, _) = restored(&path, &opener(&identity, &path), it.app.store.engine()).await.unwrap();
    let open = async || Installation::open(&database.url, it.clock.clone(), it.root.clone()).await;
    for (failpoint, accepted) in [("recovery.ending", false), ("recovery.accepted", true)] {
        die_at(&database.url, &it.root, "accept", failpoint).await;
        let there = open().await;
        assert_eq!(there.app.recovering.is_suspended(), !accepted, "{failpoint}");
        let refused = there.use_tracker(&grant).await;
        assert!(matches!(refused, Err(LedgerError::Refused(_))), "{failpoint}: {refused:?}");
        assert_eq!(there.app.signer().unwrap().jwks()["keys"].as_array().unwrap().len(), 1);
        invariants::check(&there.app.store).await;
        there.stop().await;
    }
    database.remove().await;
}

#[test]
fn every_failpoint_is_visited() {
    let of = |what: &str| failpoint::ALL.iter().filter(|name| name.starts_with(what)).count();
    assert_eq!((of("backup."), of("restore."), of("recovery.")), (2, 1, 2));
}
