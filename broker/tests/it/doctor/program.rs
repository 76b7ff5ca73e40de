//! The program as an operator runs it: with a running broker, without one, for programs.

use crate::cli::{DECLARED, Operator, Serving};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

const DISK: &str = "durable writes";

/// A declaration with a service on this machine that listens, so that it can be reached.
fn declare(operator: &Operator) -> TcpListener {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", service.local_addr().unwrap());
    let text = DECLARED.replace("https://tracker.example", &origin);
    let text = text.replace("auth = {", "allow_private = true\nauth = {");
    operator.write("tracker.key", "0123456789abcdef\n");
    let file = operator.write("declared.toml", &text);
    assert!(operator.command(&["apply", "-f", &file, "--yes"]).status().unwrap().success());
    service
}

/// As it is declared without leave to be on this machine.
fn forbid_private(operator: &Operator) {
    let text = fs::read_to_string(operator.path("declared.toml"))
        .unwrap()
        .replace("allow_private = true", "allow_private = false");
    let text = text.replace("http://127", "https://127");
    let file = operator.write("declared.toml", &text);
    assert!(operator.command(&["apply", "-f", &file, "--yes"]).status().unwrap().success());
}

/// As a unit of its own would be: its state directory says that the user is the broker's alone.
fn as_a_unit(mut command: Command, operator: &Operator) -> Output {
    command.env("STATE_DIRECTORY", operator.path("data")).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}: {report:#}"))
}

#[test]
fn a_running_broker_looks_itself() {
    let operator = Operator::new();
    let service = declare(&operator);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let mut command = operator.command(&["serve", "--listen", &listen, "--public-url", &url]);
    command.env("STATE_DIRECTORY", operator.path("data"));
    let serving = Serving::start(command);
    // The flags of `serve` are not repeated: the broker knows them.
    let output = as_a_unit(operator.command(&["doctor", "--json"]), &operator);
    let report = json(&output);
    assert_eq!((output.status.code(), &report["verdict"]), (Some(1), &"warning".into()), "{report:#}");
    for (name, what) in [
        ("broker", "runs, and looked itself"),
        ("settings", "nothing contradicts"),
        ("public url", "leads here"),
        ("connection tracker-paul", "the credential opens; http://127.0.0.1"),
        ("open files", "connections"),
        ("root key", "for its owner alone"),
    ] {
        let check = check(&report, name);
        assert!(check["verdict"] == "ok" && check["what"].as_str().unwrap().contains(what), "{report:#}");
    }
    // The disk is looked at, and may have a slow moment of its own.
    assert!(check(&report, DISK)["what"].as_str().unwrap().contains("(p50)"), "{report:#}");
    let checks = report["checks"].as_array().unwrap().iter();
    let warned: Vec<_> = checks.filter(|it| it["verdict"] != "ok" && it["name"] != DISK).collect();
    let [cookies, admin] = &warned[..] else { panic!("{report:#}") };
    assert!(admin["what"].as_str().unwrap().contains("is an admin without a passkey"), "{report:#}");
    assert!(cookies["what"].as_str().unwrap().contains("only browsers on this machine keep"), "{report:#}");
    let text = String::from_utf8(as_a_unit(operator.command(&["doctor"]), &operator).stdout).unwrap();
    assert!(text.contains("\nWARNING  cookies: ") && text.contains("\n         -> "), "{text}");
    let slow = text.contains(&format!("WARNING  {DISK}: "));
    assert!(text.contains(if slow { "0 failures, 3 warnings" } else { "0 failures, 2 warnings" }), "{text}");
    drop(service);
    let output = as_a_unit(operator.command(&["doctor", "--json"]), &operator);
    assert_eq!(
        (output.status.code(), &check(&json(&output), "connection tracker-paul")["verdict"]),
        (Some(2), &"failure".into())
    );
    serving.stop();
}

#[test]
fn without_a_broker_it_looks_at_what_one_would_start_with() {
    let operator = Operator::new();
    let output = operator.command(&["doctor", "--offline", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "there is nothing: {output:?}");
    let _service = declare(&operator);
    let database = operator.path("data/countersign.db");
    let before = fs::read(&database).unwrap();
    let doctor = |args: &[&str]| {
        let output = operator.command(&[&["doctor", "--json"], args].concat()).output().unwrap();
        (output.status.code().unwrap(), json(&output))
    };
    let (code, report) = doctor(&[]);
    assert_eq!((code, &check(&report, "broker")["verdict"]), (2, &"failure".into()), "{report:#}");
    let (_, report) = doctor(&["--offline"]);
    for (name, verdict) in [
        ("broker", "ok"),
        // These tests run as somebody who is not a user of the system.
        ("user", "failure"),
        ("vault", "ok"),
        ("schema", "ok"),
        ("record", "ok"),
        ("connection tracker-paul", "ok"),
    ] {
        assert_eq!(check(&report, name)["verdict"], verdict, "{name}: {report:#}");
    }
    assert_eq!(fs::read(&database).unwrap(), before, "it changes nothing");

    forbid_private(&operator);
    let (_, report) = doctor(&["--offline"]);
    let what = check(&report, "connection tracker-paul")["what"].as_str().unwrap().to_owned();
    assert!(
        what.starts_with("the credential opens, but https://127.0.0.1") && what.contains("loopback"),
        "{what}"
    );

    let key = operator.path("data/root.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o444)).unwrap();
    let (code, report) = doctor(&["--offline"]);
    let found = check(&report, "root key");
    assert!(code == 2 && found["to_do"].as_str().unwrap().starts_with("chmod 0400 "), "{report:#}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "00".repeat(32)).unwrap();
    let (_, report) = doctor(&["--offline"]);
    assert!(check(&report, "root key")["what"].as_str().unwrap().contains("wrong root key"), "{report:#}");
    assert!(check(&report, "vault")["what"].as_str().unwrap().contains("stays sealed"), "{report:#}");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(operator.path("data"), open).unwrap();
    let (_, report) = doctor(&["--offline"]);
    assert!(
        check(&report, "data directory")["what"].as_str().unwrap().contains("others can enter"),
        "{report:#}"
    );
}

#[test]
fn a_certificate_is_looked_at_where_it_lies() {
    let operator = Operator::new();
    let _service = declare(&operator);
    let made = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap();
    let (cert, key) = (
        operator.write("c.pem", &made.cert.pem()),
        operator.write("k.pem", &made.signing_key.serialize_pem()),
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let args = [
        "doctor",
        "--offline",
        "--json",
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
        "--public-url",
        "https://sign.example:8420",
    ];
    let report = json(&operator.command(&args).output().unwrap());
    let what = |name: &str| check(&report, name)["what"].as_str().unwrap().to_owned();
    assert_eq!(what("certificate"), "is for other.example, not for sign.example");
    assert!(what("certificate key").contains("every user of this machine can read"), "{report:#}");
}
