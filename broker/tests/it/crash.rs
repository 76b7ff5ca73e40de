//! A broker that dies in the middle of a write leaves the state before it or the state after it, and everything that
//! it had acknowledged. A real process is killed at every failpoint of the write path, at each kind of act.

use crate::support::{
    acts::line,
    database::Database,
    installation::{Installation, start_of_time},
    invariants, on_each_engine,
};
use broker::{
    clock::Clock,
    failpoint,
    store::{Engine, Store, audit},
};
use protocol::{GrantId, revoke::Subject};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::time::timeout;

on_each_engine!(
    begun,
    locked,
    judged,
    appended,
    before_commit,
    committed,
    answered,
    a_commit_that_fails_is_looked_up_and_refused,
);

const DATABASE: &str = "COUNTERSIGN_CHILD_DATABASE";
const ROOT: &str = "COUNTERSIGN_CHILD_ROOT";
const ABORTED: Ending = (Some(6), None);
const PANICKED: Ending = (None, Some(101));
/// The signal that a process died of, or its exit code.
type Ending = (Option<i32>, Option<i32>);

/// The acts of one round of the child, and the start of its chain before them.
const ACTS: u32 = 7;

/// What the child does, over and over: each act is named when it begins and when it was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that the other tests kill"]
async fn child() {
    let (Ok(url), Ok(root)) = (std::env::var(DATABASE), std::env::var(ROOT)) else { return };
    let it = Installation::open(&url, Clock::held(start_of_time()), PathBuf::from(root)).await;
    loop {
        let stored = it.ask("bot", &[line("tracker", Some(50))]).await;
        let grant = stored.grant.grant_id();
        acknowledged("request.opened", &grant);
        it.approve(&stored, "ana").await.unwrap();
        acknowledged("request.approved", &grant);
        it.app.ledger.advance(crate::support::acts::redemption(&stored)).await.unwrap();
        acknowledged("grant.redeemed", &grant);
        let call = it.call(&grant, "tracker", 1);
        it.authorise(call.clone()).await.unwrap();
        acknowledged("call.authorised", &grant);
        it.finish(&grant, &call.call, "call.finished").await;
        acknowledged("call.finished", &grant);
        it.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
        acknowledged("grant.ended", &grant);
    }
}

fn acknowledged(kind: &str, grant: &GrantId) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nacknowledged {kind} {grant}").unwrap();
    out.flush().unwrap();
}

fn start(url: &str, root: PathBuf, failpoint: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crash::child", "--exact", "--include-ignored", "--nocapture"]);
    command.env(DATABASE, url).env(ROOT, root).env("COUNTERSIGN_FAILPOINT", failpoint);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The acts that a child acknowledged before it died as it should.
fn last_words(mut child: Child, ending: Ending) -> Vec<(String, GrantId)> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let words = lines.map(Result::unwrap).filter_map(|line| {
        let mut words = line.strip_prefix("acknowledged ")?.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?.parse().unwrap()))
    });
    let words = words.collect();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.code()), ending, "it did not end as it should");
    words
}

async fn die_at(it: &Installation, name: &str) {
    for nth in 1..=ACTS {
        let (url, root, failpoint) = (it.url.clone(), it.root.clone(), format!("{name}=abort:{nth}"));
        let child = start(&url, root, &failpoint);
        let words = tokio::task::spawn_blocking(move || last_words(child, ABORTED)).await.unwrap();
        for (kind, grant) in &words {
            assert!(has(&it.app.store, grant, kind).await, "{failpoint}: {kind} of {grant} was acknowledged");
        }
        invariants::check(&it.app.store).await;
    }
    // Whoever lives goes on.
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
}

/// The child's fifth commit fails. It finds out that nothing happened, says so, and the child gives up.
async fn a_commit_that_fails_is_looked_up_and_refused(it: &Installation) {
    let child = start(&it.url, it.root.clone(), "ledger.before_commit=error:5");
    let words = tokio::task::spawn_blocking(move || last_words(child, PANICKED)).await.unwrap();
    let kinds: Vec<&str> = words.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["request.opened", "request.approved", "grant.redeemed"]);
    assert!(!has(&it.app.store, &words[0].1, "call.authorised").await);
}

async fn has(store: &Store, grant: &GrantId, kind: &str) -> bool {
    let mut conn = store.read().await.unwrap();
    let rows = audit::of_grant(&mut conn, grant, 1_000).await.unwrap();
    rows.iter().any(|row| row.kind == kind)
}

async fn begun(it: &Installation) {
    die_at(it, "ledger.begun").await;
}

async fn locked(it: &Installation) {
    die_at(it, "ledger.locked").await;
}

async fn judged(it: &Installation) {
    die_at(it, "ledger.judged").await;
}

async fn appended(it: &Installation) {
    die_at(it, "ledger.appended").await;
}

async fn before_commit(it: &Installation) {
    die_at(it, "ledger.before_commit").await;
}

async fn committed(it: &Installation) {
    die_at(it, "ledger.committed").await;
}

async fn answered(it: &Installation) {
    die_at(it, "ledger.answered").await;
}

#[test]
fn every_failpoint_of_the_ledger_is_visited() {
    let ours: Vec<_> = failpoint::ALL.iter().filter_map(|name| name.strip_prefix("ledger.")).collect();
    let visited = ["begun", "locked", "judged", "appended", "before_commit", "committed", "answered"];
    assert_eq!(ours, visited);
}

/// A process that is stopped in the middle of a batch, while another revokes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_stands_still_holds_no_revocation_up() {
    let Some(database) = Database::create(Engine::Postgres).await else { return };
    let it = Installation::start(&database).await;
    let mut child = start(&database.url, it.root.clone(), "ledger.appended=stall:5");
    // Its fifth write is the authorisation of a call; it has acknowledged the redemption before.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let redeemed =
        lines.find_map(|line| line.strip_prefix("acknowledged grant.redeemed ").map(str::to_owned));
    let grant: GrantId = redeemed.unwrap().parse().unwrap();
    let holding = "SELECT COUNT(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
        WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND a.datname = current_database() \
        AND a.state = 'idle in transaction'";
    let held = async { while invariants::count(&it.app.store, holding).await == 0 {} };
    timeout(Duration::from_secs(10), held).await.unwrap();
    let begun = Instant::now();
    it.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
    let took = begun.elapsed().as_millis();
    assert!((200..2_500).contains(&took), "{took} ms");
    assert!(!has(&it.app.store, &grant, "call.authorised").await);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!has(&it.app.store, &grant, "call.authorised").await);
    invariants::check(&it.app.store).await;
    it.stop().await;
    database.remove().await;
}
