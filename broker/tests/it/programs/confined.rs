use super::{host, name, next, said, script, started};
use crate::support::database::Database;
use broker::{
    mcp::upstream::stdio::{Host, Program, Stdio, StdioError},
    store::{Engine, Store},
};
use std::{fs, net::TcpListener, path::Path, process::Command};
use tempfile::TempDir;

/// What a command in a script came to: `{yes}` or `{no}`.
fn tries(command: &str) -> Program {
    script(&format!("if {command}; then echo '{{yes}}'; else echo '{{no}}'; fi"))
}

async fn succeeds(program: &Program) -> bool {
    let said = said(program).await;
    assert!(said == ["{yes}"] || said == ["{no}"], "{said:?}");
    said == ["{yes}"]
}

/// Whether this kernel fences files off. Where it must, an answer "no" is an error of the question.
async fn fences_files() -> bool {
    let enforced = host().enforced().await;
    let lsm = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    assert!(enforced.asked, "the question was not answered");
    assert!(enforced.abi > 0 || !lsm.contains("landlock"), "the kernel says that it has Landlock");
    enforced.files()
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

#[tokio::test]
async fn the_brokers_database_cannot_be_read() {
    let fenced = fences_files().await;
    let Some(database) = Database::create(Engine::Sqlite).await else { panic!("SQLite is always there") };
    let _store = Store::open(&database.url).await.unwrap();
    let folder = database.folder.path();
    let file = folder.join("countersign.db");
    assert!(file.is_file());
    let read = tries(&format!("cat {} >/dev/null 2>&1", quoted(&file)));
    assert_eq!(succeeds(&read).await, !fenced);
    let list = tries(&format!("ls {} >/dev/null 2>&1", quoted(folder)));
    assert_eq!(succeeds(&list).await, !fenced);
    // What was declared can be read: the fence is why it could not.
    let mut declared = read.clone();
    declared.readable.push(file);
    assert!(succeeds(&declared).await);
}

#[tokio::test]
async fn a_declaration_that_opens_the_brokers_files_starts_nothing() {
    let data = TempDir::new().unwrap();
    let host = Host::new(env!("CARGO_BIN_EXE_countersign-broker"), false, vec![data.path().to_owned()]);
    let mut program = script("cat");
    program.readable.push(data.path().join("inside"));
    let told = Stdio::start(&name(), &program, &host).await.unwrap_err();
    assert!(matches!(told, StdioError::Exposes { .. }), "{told}");
}

#[tokio::test]
async fn it_writes_where_it_may_and_nowhere_else() {
    let fenced = fences_files().await;
    let (open, shut) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let write = |at: &Path| {
        let mut program = tries(&format!("echo x 2>/dev/null >{}/file", quoted(at)));
        program.writable.push(open.path().to_owned());
        program.readable.push(shut.path().to_owned());
        program
    };
    assert!(succeeds(&write(open.path())).await);
    assert_eq!(succeeds(&write(shut.path())).await, !fenced);
    assert_eq!(shut.path().join("file").exists(), !fenced);
    assert!(succeeds(&tries("echo x >\"$HOME/file\" && cat \"$TMPDIR/file\" >/dev/null")).await);
    let run = "cp /bin/true \"$HOME/x\" && \"$HOME/x\" 2>/dev/null";
    assert_eq!(succeeds(&tries(run)).await, !fenced, "what it wrote, it cannot run");
}

#[tokio::test]
async fn rights_cannot_be_raised() {
    // The shell reads it itself: the rules open the folder of this one process, and of none that it starts.
    let said = said(&script("while read -r line; do echo \"{$line}\"; done </proc/self/status")).await;
    assert!(said.iter().any(|it| it.contains("NoNewPrivs:") && it.ends_with("1}")), "{said:?}");
}

#[tokio::test]
async fn its_limits_hold() {
    let mut program = script("for it in -n -Hn -c -d; do echo \"{$(ulimit $it)}\"; done");
    program.limits.open_files = 64;
    program.limits.memory = 256 << 20;
    assert_eq!(said(&program).await, ["{64}", "{64}", "{0}", "{262144}"]);
}

#[tokio::test]
async fn nothing_of_the_broker_is_open_in_it() {
    let folder = TempDir::new().unwrap();
    let file = fs::File::create(folder.path().join("open")).unwrap();
    // As a library would that forgets to close it in children.
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let said = said(&script("cd /proc/self/fd && for it in *; do echo \"{$it}\"; done")).await;
    let more: Vec<_> = said.iter().filter(|it| !["{0}", "{1}", "{2}"].contains(&it.as_str())).collect();
    // The shell's own list of the folder.
    assert!(said.len() >= 3 && more.len() <= 1, "{said:?}");
    drop(file);
}

#[tokio::test]
async fn the_network_is_shut_unless_it_was_declared() {
    let enforced = host().enforced().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connects = |network: bool| {
        // bash is on every machine that builds this; its redirections are the smallest TCP client there is.
        let mut program = tries("");
        let text = format!(
            "if (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; then echo '{{yes}}'; else echo '{{no}}'; fi"
        );
        program.command = ["/bin/bash", "-c", &text].map(str::to_owned).to_vec();
        program.network = network;
        program
    };
    assert!(succeeds(&connects(true)).await, "it can be reached at all");
    assert_eq!(succeeds(&connects(false)).await, !enforced.tcp());
}

#[tokio::test]
async fn it_sends_no_signals_to_others() {
    let enforced = host().enforced().await;
    let mut victim = Command::new("/bin/sleep").arg("600").spawn().unwrap();
    let program = tries(&format!("kill -0 {} 2>/dev/null", victim.id()));
    let reached = succeeds(&program).await;
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!(reached, !enforced.signals());
}

#[tokio::test]
async fn it_has_a_session_of_its_own() {
    let (_server, mut lines) = started(&script("read -r stat </proc/self/stat; echo \"{$stat}\"; cat")).await;
    let line = next(&mut lines).await.unwrap();
    let rest = line.rsplit_once(") ").unwrap().1.to_owned();
    let fields: Vec<&str> = rest.split(' ').collect();
    let process = line.trim_start_matches('{').split(' ').next().unwrap();
    assert_eq!((fields[2], fields[3]), (process, process), "group and session");
}

#[test]
fn nobody_starts_it_by_hand() {
    let broker = env!("CARGO_BIN_EXE_countersign-broker");
    let help = Command::new(broker).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("confined"));
    // `script` gives it a terminal.
    let command = format!("{broker} confined -- /bin/true");
    let told = Command::new("script").args(["-qec", &command, "/dev/null"]).output();
    if let Ok(told) = told {
        assert_eq!(told.status.code(), Some(126));
        assert!(String::from_utf8_lossy(&told.stdout).contains("only the broker starts this command"));
    }
}
