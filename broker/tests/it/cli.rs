//! The program as an operator meets it: configuration, lock, host commands, `apply`.

mod agent_keys;
mod audit;
mod backup;
mod config;
mod keys;
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};
use tempfile::TempDir;

const BROKER: &str = env!("CARGO_BIN_EXE_countersign-broker");

/// An operator with a directory of their own.
pub struct Operator(TempDir);

/// A running broker; killed if a test forgets it.
pub struct Serving {
    pub child: Child,
    out: BufReader<ChildStdout>,
    /// What it printed up to the line that says where it listens.
    pub greeting: String,
}

impl Operator {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The program with an empty environment but for a runtime directory of its own.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(BROKER);
        command.env_clear().env("XDG_RUNTIME_DIR", self.0.path()).current_dir(self.0.path());
        command.env("COUNTERSIGN_DATA", self.data()).args(args).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn good(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn bad(&self, args: &[&str]) -> String {
        bad(&mut self.command(args))
    }

    fn serve(&self) -> Serving {
        Serving::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A file that declares one of everything, with a good secret.
    fn declaration(&self) -> String {
        self.write("tracker.key", "0123456789abcdef\n");
        self.write("declared.toml", DECLARED)
    }
}

fn bad(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

impl Serving {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("listening on http") {
            if out.read_line(&mut greeting).unwrap() == 0 {
                let mut why = String::new();
                child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                panic!("the broker did not start: {why}");
            }
        }
        Self { child, out, greeting }
    }

    /// Stops it as systemd does; gives the rest of what it printed, and its log.
    pub fn stop(mut self) -> (String, String) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let (mut rest, mut log) = (String::new(), String::new());
        self.out.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        (rest, log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub const DECLARED: &str = r#"
[[person]]
name = "paul"
title = "Paul"
roles = ["admin", "approver"]

[[service]]
name = "tracker"
title = "Tracker"
origin = "https://tracker.example"
auth = { style = "bearer" }
[[service.action]]
name = "issues.read"
verb = "read"
object = "issues"
effect = "read"
reversible = true
method = "GET"
path = "/issues"
[[connection]]
name = "tracker-paul"
service = "tracker"
account = "@paul"
owner = "paul"
secret = { file = "tracker.key" }

[[agent]]
name = "bot"
title = "Bot"
owner = "paul"
secret_file = "bot.secret"
"#;

#[test]
fn a_second_broker_on_the_same_data_is_refused_by_name() {
    let operator = Operator::new();
    let first = operator.serve();
    let told = operator.bad(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains(&format!("(process {})", first.child.id())), "{told}");
    let database = format!("sqlite://{}/countersign.db", operator.data().display());
    let elsewhere = operator.path("elsewhere");
    let args =
        ["serve", "--listen", "127.0.0.1:0", "--data", elsewhere.to_str().unwrap(), "--database", &database];
    // Another data directory does not make the same database another one.
    let told = operator.bad(&args);
    assert!(told.contains("another Countersign broker") && told.contains("countersign.db"), "{told}");
    first.stop();
    operator.serve().stop();
}

#[test]
fn flag_over_environment_over_file_and_nothing_unknown() {
    let operator = Operator::new();
    fs::create_dir(operator.data()).unwrap();
    let file = operator.data().join("countersign.toml");
    fs::write(&file, "public_url = \"http://localhost:1\"\n").unwrap();
    let told = |flags: &[&str], env: Option<&str>| {
        let mut command = operator.command(&[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
        command.envs(env.map(|url| ("COUNTERSIGN_PUBLIC_URL", url)));
        let serving = Serving::start(command);
        let greeting = serving.greeting.clone();
        serving.stop();
        greeting
    };
    let (environment, flag) = ("http://localhost:2", ["--public-url", "http://localhost:3"]);
    assert!(told(&[], None).contains("http://localhost:1/set-up"));
    assert!(told(&[], Some(environment)).contains("http://localhost:2/set-up"));
    assert!(told(&flag, Some(environment)).contains("http://localhost:3/set-up"));

    let unknown = bad(operator.command(&["serve"]).env("COUNTERSIGN_LISTN", "127.0.0.1:0"));
    assert!(
        unknown.contains("COUNTERSIGN_LISTN is not known; did you mean COUNTERSIGN_LISTEN?"),
        "{unknown}"
    );
    fs::write(&file, "publicurl = \"http://localhost:1\"\n").unwrap();
    let unknown = operator.bad(&["serve"]);
    assert!(unknown.contains("\"publicurl\"; did you mean public_url?"), "{unknown}");
}

#[test]
fn an_empty_installation_prints_one_code_and_keeps_it_out_of_log_and_database() {
    let operator = Operator::new();
    let serving = operator.serve();
    let code = serving.greeting.split("and enter ").nth(1).unwrap()[..14].to_owned();
    assert_eq!(serving.greeting.matches(&code).count(), 1);
    let mode = |name: &str| fs::metadata(operator.data().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("root.key"), mode("countersign.db")), (0o700, 0o400, 0o600));
    let (rest, log) = serving.stop();
    assert!(!rest.contains(&code) && !log.contains(&code));
    let database = fs::read(operator.data().join("countersign.db")).unwrap();
    for text in [code.clone(), code.replace('-', "")] {
        assert!(!database.windows(text.len()).any(|bytes| bytes == text.as_bytes()));
    }
    // With somebody in it, none is printed any more.
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let serving = operator.serve();
    assert!(!serving.greeting.contains("enter"), "{}", serving.greeting);
    serving.stop();
}

#[test]
fn host_commands_work_with_and_without_a_running_broker() {
    let operator = Operator::new();
    let told = operator.bad(&["sign-in-link", "paul"]);
    assert!(told.contains("no broker's data directory"), "{told}");
    assert!(!operator.data().exists(), "a question makes nothing");
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let check = || {
        let link = operator.good(&["sign-in-link", "paul"]);
        assert!(link.starts_with("http://localhost:8420/sign-in/link?t=csn_l_"), "{link}");
        assert_ne!(link, operator.good(&["sign-in-link", "paul"]));
        assert!(operator.bad(&["sign-in-link", "ana"]).contains("there is no such person"));
        assert!(operator.good(&["person-token", "paul", "--for", "5m"]).starts_with("csn_p_"));
        operator.bad(&["person-token", "paul", "--for", "13h"]);
        let revoked = operator.good(&["revoke", "--agent", "bot", "--reason", "a test"]);
        assert!(revoked.contains("Sessions ended: 0"), "{revoked}");
        assert!(operator.bad(&["revoke", "--agent", "cat"]).contains("there is no such agent"));
        operator.bad(&["revoke"]);
    };
    check();
    let serving = operator.serve();
    check();
    let whole = operator.good(&["audit", "verify"]);
    assert!(whole.contains("2 revocations"), "{whole}");
    serving.stop();
    let exported = operator.good(&["audit", "export", "--kind", "link.issued"]);
    assert_eq!(exported.lines().count(), 4, "{exported}");
    assert!(!exported.contains("csn_l_"));
}

#[test]
fn the_record_is_verified_on_a_copy_and_a_fault_is_named() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let copy = operator.path("copy.db");
    fs::copy(operator.data().join("countersign.db"), &copy).unwrap();
    let url = format!("sqlite://{}", copy.display());
    operator.good(&["audit", "verify", "--database", &url]);
    let record = b"person.saved";
    let mut bytes = fs::read(&copy).unwrap();
    let at = bytes.windows(record.len()).position(|it| it == record).expect("the record is in the file");
    bytes[at] = b'm';
    fs::write(&copy, bytes).unwrap();
    let output = operator.run(&["audit", "verify", "--database", &url]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("The record is damaged: record "), "{told}");
    let missing = operator.bad(&["audit", "verify", "--database", "sqlite://nowhere.db"]);
    assert!(missing.contains("there is no database at nowhere.db"), "{missing}");
}

#[test]
fn apply_shows_the_difference_asks_and_can_be_repeated() {
    let operator = Operator::new();
    let file = operator.declaration();
    let serving = operator.serve();
    let shown = operator.good(&["apply", "-f", &file, "--dry-run"]);
    assert!(shown.contains("+ connection tracker-paul") && !shown.contains("Applied"), "{shown}");
    let told = operator.bad(&["apply", "-f", &file]);
    assert!(told.contains("add --yes"), "{told}");
    assert!(!operator.path("bot.secret").exists());

    let applied = operator.good(&["apply", "-f", &file, "--yes"]);
    assert!(applied.contains("+ agent bot") && applied.contains("Applied."), "{applied}");
    assert!(!applied.contains("csn_a_"), "the secret goes into its file only");
    let secret = fs::read_to_string(operator.path("bot.secret")).unwrap();
    assert!(secret.starts_with("csn_a_"));
    assert_eq!(fs::metadata(operator.path("bot.secret")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(operator.good(&["apply", "-f", &file, "--yes"]), "Nothing to change.\n");

    let rotated = operator.good(&["apply", "-f", &file, "--yes", "--new-secret", "bot"]);
    assert!(rotated.contains("the old one stops working"), "{rotated}");
    assert_ne!(fs::read_to_string(operator.path("bot.secret")).unwrap(), secret);
    operator.write("declared.toml", &DECLARED.replace("https://tracker", "https://other"));
    fs::remove_file(operator.path("tracker.key")).unwrap();
    let told = operator.bad(&["apply", "-f", &file, "--yes"]);
    assert!(told.contains("connection tracker-paul") && told.contains("tracker.key"), "{told}");
    operator.write("tracker.key", "fedcba9876543210");
    let moved = operator.good(&["apply", "-f", &file, "--yes"]);
    assert!(moved.contains("sealed again (version 2)"), "{moved}");
    // The new record opens where the service is now: otherwise it would be sealed once more.
    assert_eq!(operator.good(&["apply", "-f", &file, "--yes"]), "Nothing to change.\n");
    let again = operator.good(&["apply", "-f", &file, "--yes", "--reseal"]);
    assert!(again.contains("sealed again (version 3)"), "{again}");
    let (_, log) = serving.stop();
    for text in ["0123456789abcdef", "fedcba9876543210", secret.trim()] {
        assert!(!log.contains(text) && !applied.contains(text) && !moved.contains(text));
    }
}

#[test]
fn bad_secrets_are_refused_before_anything_is_changed() {
    let operator = Operator::new();
    let file = operator.declaration();
    operator.write("tracker.key", "short\n");
    let told = operator.bad(&["apply", "-f", &file, "--yes"]);
    assert!(told.contains("connection tracker-paul: a secret needs at least 12 bytes"), "{told}");
    operator.write("tracker.key", "two lines of\na secret\n");
    let told = operator.bad(&["apply", "-f", &file, "--yes"]);
    assert!(told.contains("must not hold line breaks"), "{told}");
    operator.write("declared.toml", &DECLARED.replace("{ file = \"tracker.key\" }", "\"hunter2hunter2\""));
    let told = operator.bad(&["apply", "-f", &file, "--yes"]);
    assert!(told.contains("a secret never stands in this file") && !told.contains("hunter2"), "{told}");
    operator.declaration();
    operator.write("bot.secret", "somebody's\n");
    let told = operator.bad(&["apply", "-f", &file, "--yes"]);
    assert!(told.contains("is there already"), "{told}");
    fs::remove_file(operator.path("bot.secret")).unwrap();
    assert!(operator.good(&["apply", "-f", &file, "--yes"]).contains("+ person paul"), "nothing was there");
}

#[test]
fn a_wrong_root_key_is_refused_and_a_missing_one_seals() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let own = operator.data().join("root.key");
    let other = operator.write("other.key", &format!("{}\n", "ab".repeat(32)));
    let told = operator.bad(&["serve", "--listen", "127.0.0.1:0", "--root-key", &other]);
    assert!(told.contains("wrong root key: this database needs root key"), "{told}");
    let told = operator.bad(&["serve", "--root-key", "nowhere.key"]);
    assert!(told.contains("nowhere.key"), "{told}");

    fs::rename(&own, operator.path("kept.key")).unwrap();
    let serving = operator.serve();
    assert!(!own.exists(), "a new key would open nothing");
    assert!(operator.good(&["revoke", "--all"]).contains("Revoked"));
    operator.good(&["sign-in-link", "paul"]);
    let told = operator.bad(&["apply", "-f", &operator.declaration(), "--yes", "--reseal"]);
    assert!(told.contains("the vault is sealed"), "{told}");
    let (_, log) = serving.stop();
    assert!(log.contains("the vault is sealed: this database needs root key"), "{log}");
}

#[test]
fn a_root_key_in_the_environment_is_taken_out_of_it() {
    let operator = Operator::new();
    let key = "cd".repeat(32);
    let mut command = operator.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("COUNTERSIGN_ROOT_KEY", &key);
    let serving = Serving::start(command);
    let process = PathBuf::from(format!("/proc/{}", serving.child.id()));
    // Not dumpable: its environment belongs to root, who can read it, and to nobody else.
    if let Ok(environment) = fs::read(process.join("environ")) {
        assert!(!String::from_utf8_lossy(&environment).contains(&key));
    }
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    let (_, log) = serving.stop();
    assert!(log.contains("for development only") && !log.contains(&key), "{log}");
    assert!(!operator.data().join("root.key").exists());
    let told = operator.bad(&["serve", "--root-key", &operator.write("other", &"ef".repeat(32))]);
    assert!(told.contains("wrong root key"), "the key of the environment was used: {told}");
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let database = operator.data().join("countersign.db");
    from_the_future(&database);
    let before = fs::read(&database).unwrap();
    let told = operator.bad(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("the database has schema 99999999999999"), "{told}");
    assert_eq!(fs::read(&database).unwrap(), before);
}

fn from_the_future(database: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                   VALUES (99999999999999, 'from the future', 1, x'00', 0)";
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    });
}
