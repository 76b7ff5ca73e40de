//! The unit of systemd.

use super::{
    ROOT_KEY, packaged,
    sandbox::{Sandbox, get},
};
use std::{collections::BTreeMap, fs, process::Command};
use tempfile::TempDir;

const UNIT: &str = "systemd/countersign-broker.service";
/// systemd's measure of what a service could still do, in tenths; 100 is a service without any care.
const EXPOSURE: &str = "15";

/// Every key of the unit with its values.
fn unit() -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in packaged(UNIT).1.lines().filter(|it| !it.starts_with(['#', '['])) {
        if let Some((key, value)) = line.split_once('=') {
            keys.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    keys
}

#[test]
fn systemd_understands_it_and_finds_it_well_confined() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(
            !std::env::var("CI").is_ok_and(|it| it == "true"),
            "systemd-analyze is missing: cargo xtask test --only tools"
        );
        eprintln!("left out: systemd-analyze is missing");
        return;
    }
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("countersign-broker.service");
    let analyse = |args: &[&str], text: &str| {
        fs::write(&file, text).unwrap();
        Command::new("systemd-analyze").args(args).arg(&file).output().unwrap()
    };
    let (_, text) = packaged(UNIT);
    let here = text.replace("/usr/bin/countersign-broker", env!("CARGO_BIN_EXE_countersign-broker"));
    let verified = analyse(&["verify"], &here);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success() && !said.contains("countersign-broker.service:"), "{said}");
    let secure = ["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE];
    let measured = analyse(&secure, &text);
    assert!(measured.status.success(), "{}", String::from_utf8_lossy(&measured.stdout));
    // The measure means something: without the part about files it is not met.
    let open = text.replace("ProtectSystem=strict", "").replace("CapabilityBoundingSet=\n", "");
    assert!(!analyse(&secure, &open).status.success());
}

#[test]
fn the_user_is_made_for_it_alone() {
    let (_, users) = packaged("systemd/countersign.sysusers.conf");
    let line: Vec<&str> = users.lines().find(|it| !it.starts_with('#')).unwrap().split_whitespace().collect();
    assert_eq!((line[0], vec![line[1].to_owned()]), ("u", unit()["User"].clone()), "{users}");
    assert!(
        users.contains(&format!("/var/lib/{}", unit()["StateDirectory"][0])) && users.contains("nologin")
    );
}

#[test]
fn it_starts_as_the_unit_says() {
    let unit = unit();
    let command: Vec<String> = unit["ExecStart"][0].split(' ').map(str::to_owned).collect();
    let Some(mut sandbox) = Sandbox::new(987, &command[0]) else { return };
    let (state, runtime) =
        (format!("/var/lib/{}", unit["StateDirectory"][0]), format!("/run/{}", unit["RuntimeDirectory"][0]));
    sandbox.writable(&state);
    sandbox.writable(&runtime);
    let credentials = "/run/credentials/countersign-broker.service";
    let (name, from) = unit["LoadCredential"][0].split_once(':').unwrap();
    assert_eq!(from, "/etc/countersign/root.key");
    sandbox.secret(&format!("{credentials}/{name}"), ROOT_KEY);
    for pair in &unit["Environment"] {
        let (variable, value) = pair.split_once('=').unwrap();
        sandbox.environment.insert(variable.to_owned(), value.to_owned());
    }
    let config = sandbox.environment["COUNTERSIGN_CONFIG"].clone();
    // Port 8420 may be taken here.
    let text = packaged("systemd/countersign.toml").1.replace("127.0.0.1:8420", "127.0.0.1:0");
    sandbox.folder("/etc/countersign");
    fs::write(sandbox.at(&config), text).unwrap();
    let seconds: u64 = unit["WatchdogSec"][0].trim_end_matches('s').parse().unwrap();
    for (variable, value) in [
        ("STATE_DIRECTORY", state),
        ("RUNTIME_DIRECTORY", runtime),
        ("CREDENTIALS_DIRECTORY", credentials.to_owned()),
        ("WATCHDOG_USEC", (seconds * 1_000).to_string()),
    ] {
        sandbox.environment.insert(variable.to_owned(), value);
    }
    let (mut running, said) = sandbox.start(&command);
    assert!(get(&said, "/readyz").contains("\"sealed\":false"), "{said}");
    running.hear("WATCHDOG=1"); // every 10 ms here, where the unit says seconds
    running.is_confined();
    let report = running.run(&[&command[0], "doctor", "--json"]);
    let report: serde_json::Value =
        serde_json::from_slice(&report.stdout).unwrap_or_else(|_| panic!("{report:?}"));
    let is = |name: &str, verdict: &str| {
        report["checks"].as_array().unwrap().iter().any(|it| it["name"] == name && it["verdict"] == verdict)
    };
    for name in ["user", "root key", "settings", "vault"] {
        assert!(is(name, "ok"), "{name}: {report:#}");
    }
    // Of the folder only what is wrong is told.
    assert!(!is("data directory", "warning") && !is("data directory", "failure"), "{report:#}");
    // It can be written; how fast is up to the disk.
    assert!(is("durable writes", "ok") || is("durable writes", "warning"), "{report:#}");
    running.stop();
}
