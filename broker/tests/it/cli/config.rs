//! `config check` and `config show` as an operator meets them.

use super::Operator;
use std::fs;

const PASSWORD: &str = "hunter22-never-shown";

#[test]
fn every_setting_says_where_it_comes_from_and_no_secret() {
    let operator = Operator::new();
    fs::create_dir(operator.data()).unwrap();
    let file = operator.data().join("countersign.toml");
    fs::write(&file, "\nenvironment = \"staging\"\n").unwrap();
    let password = operator.write("password", &format!("{PASSWORD}\n"));
    let show = |more: &[&str]| {
        let mut command = operator.command(&["config", "show"]);
        command.args(more).env("COUNTERSIGN_DATABASE", "postgres://u@db.example/c");
        command.env("COUNTERSIGN_DATABASE_PASSWORD_FILE", &password).env("COUNTERSIGN_LOG", "debug");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = show(&["--origin", "--listen", "127.0.0.1:8421", "--public-url", "http://localhost:8421"]);
    let line = |name: &str| text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
    for (name, value, origin) in [
        ("listen", "127.0.0.1:8421", "--listen".to_owned()),
        ("log_level", "debug", "COUNTERSIGN_LOG".to_owned()),
        ("environment", "staging", format!("environment in {}, line 2", file.display())),
        ("database", "postgres://u:***@db.example/c", "COUNTERSIGN_DATABASE".to_owned()),
        ("upstream_tool", "10m", "the default".to_owned()),
        ("upstream_total", "1h", "the default".to_owned()),
        ("tls_cert", "-", "not set".to_owned()),
    ] {
        assert!(line(name).contains(value) && line(name).ends_with(&origin), "{text}");
    }
    let json = show(&["--json"]);
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let row = |name: &str| {
        parsed["settings"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
    };
    assert_eq!(row("environment")["origin"]["file"]["line"], 2);
    assert_eq!(row("log_level")["origin"]["environment"], "COUNTERSIGN_LOG");
    assert_eq!(row("tls_cert")["value"], serde_json::Value::Null);
    assert!(!text.contains(PASSWORD) && !json.contains(PASSWORD));
}

#[test]
fn check_names_everything_wrong_and_fails() {
    let operator = Operator::new();
    let good = operator.good(&["config", "check"]);
    assert_eq!(good, "The configuration is good.\n");
    assert!(!operator.data().exists(), "it changes nothing");
    fs::create_dir(operator.data()).unwrap();
    fs::write(operator.data().join("countersign.toml"), "lisen = \"x\"\nlog = \"xml\"\n").unwrap();
    let output = operator.run(&["config", "check", "--tls-cert", "cert.pem"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in
        ["line 1: there is no setting \"lisen\"; did you mean listen?", "line 2: must be json", "--tls-cert"]
    {
        assert!(told.contains(part), "{told}");
    }
    assert!(told.contains("3 things are wrong"), "{told}");
    let output = operator.run(&["config", "check", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["ok"]), (Some(1), &false.into()));
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
    // What `serve` refuses is what `check` finds.
    assert!(operator.bad(&["serve"]).contains("did you mean listen?"));
}
