use super::*;
use crate::config::{Config, Flags, inspect, keys::DATA};
use std::{ffi::OsString, fs};
use tempfile::TempDir;

fn load(text: &str) -> (TempDir, Result<Config, ConfigError>) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("countersign.toml"), text).unwrap();
    let flags: Flags = vec![(DATA, OsString::from(dir.path()))];
    let config = Config::load(flags, [], &|_| None);
    (dir, config)
}

fn refused(text: &str) -> String {
    load(text).1.unwrap_err().to_string()
}

const WHOLE: &str = r#"
listen = "127.0.0.1:1"
[mcp]
require_confinement = true
[mcp.program.files]
command = ["/usr/bin/node", "/srv/mcp/files.js"]
env = { MODE = "ro", TOKEN = { file = "/etc/token" }, OTHER = { credential = "files-token" } }
folder = "/srv/mcp"
readable = ["/srv/documents"]
writable = ["/srv/drafts"]
network = true
memory = "512m"
open_files = 64
processes = 32
start_timeout = "1m"
[mcp.program.bare]
command = ["/bin/true"]
"#;

#[test]
fn a_program_is_declared_in_the_file() {
    let (_dir, config) = load(WHOLE);
    let config = config.unwrap();
    assert!(config.programs.require_confinement);
    assert_eq!(config.server.listen.value.port(), 1);
    let files = &config.programs.declared[&"files".parse().unwrap()];
    assert_eq!(files.path(), Path::new("/usr/bin/node"));
    assert_eq!(files.env["TOKEN"], Value::File("/etc/token".into()));
    assert_eq!(files.env["OTHER"], Value::Credential("files-token".to_owned()));
    assert_eq!(files.env["MODE"], Value::Literal("ro".to_owned()));
    assert_eq!(files.limits, Limits { memory: 512 << 20, open_files: 64, processes: Some(32) });
    assert_eq!((files.network, files.start_timeout), (true, Duration::from_mins(1)));
    let bare = &config.programs.declared[&"bare".parse().unwrap()];
    assert_eq!((bare.network, bare.limits, bare.start_timeout), (false, Limits::default(), START_TIMEOUT));
    assert_eq!(load("listen = \"127.0.0.1:1\"").1.unwrap().programs, ProgramsConfig::default());
}

#[test]
fn what_nobody_knows_or_nobody_can_mean_is_an_error() {
    let program = |rest: &str| format!("[mcp.program.x]\n{rest}");
    let with = |rest: &str| program(&format!("command = [\"/bin/true\"]\n{rest}"));
    for (text, told) in [
        ("[mcp]\nprograms = 1".to_owned(), "unknown field"),
        ("mcp = \"files\"".to_owned(), "line 1"),
        (program("command = \"/bin/sh -c x\""), "line 2"),
        (program("folder = \"/srv\""), "missing field"),
        (program("command = []"), "command is the program's path"),
        (program("command = [\"node\"]"), "no absolute path"),
        (program("command = [\"./node\"]"), "no absolute path"),
        (with("shell = true"), "unknown field"),
        (with("folder = \"srv\""), "no absolute path"),
        (with("writable = [\"../x\"]"), "no absolute path"),
        (with("memory = \"1\""), "is not a size"),
        (with("memory = \"1m\""), "is not a size"),
        (with("memory = \"99999999999999999999g\""), "is not a size"),
        (with("open_files = 2"), "open_files is at least 16"),
        (with("start_timeout = \"0s\""), "is not a time"),
        (with("env = { \"A=B\" = \"x\" }"), "no name of a variable"),
        (with("env = { COUNTERSIGN_ROOT_KEY = \"x\" }"), "no name of a variable"),
        (with("env = { A = { file = \"x\" } }"), "no absolute path"),
        (with("env = { A = { credential = \"../x\" } }"), "no name of a credential"),
        (with("env = { A = { command = \"x\" } }"), "line"),
        ("[mcp.program.\"Bad Name\"]\ncommand = [\"/bin/true\"]".to_owned(), "line"),
    ] {
        let said = refused(&text);
        assert!(said.contains(told) && said.contains("countersign.toml"), "{text}\n{said}");
    }
    let said = refused("[mcp.program.x]\ncommand = [\"/bin/true\"]\nenv = { A = 5, B = \"hunter22\" }");
    assert!(!said.contains("hunter22"), "{said}");
}

#[test]
fn no_program_is_given_what_is_the_brokers() {
    let dir = TempDir::new().unwrap();
    let inspected = |line: String| {
        let text = format!("[mcp.program.x]\ncommand = [\"/bin/true\"]\n{line}");
        fs::write(dir.path().join("countersign.toml"), text).unwrap();
        let found = inspect(vec![(DATA, OsString::from(dir.path()))], [], &|_| None);
        found.findings.into_iter().filter(|it| it.wrong).map(|it| it.text).collect::<Vec<_>>()
    };
    for path in [dir.path(), &dir.path().join("programs"), Path::new("/")] {
        let said = inspected(format!("readable = [{path:?}]"));
        assert!(said.len() == 1 && said[0].contains("to the program"), "{path:?}: {said:?}");
    }
    assert!(inspected("readable = [\"/srv/is-not-there\"]".to_owned())[0].contains("there is no"));
    let other = TempDir::new().unwrap();
    assert_eq!(inspected(format!("readable = [{:?}]", other.path())), Vec::<String>::new());
}
