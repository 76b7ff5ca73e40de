use super::{
    keys::{CONFIG, DATA, DATABASE, Key, LISTEN, PUBLIC_URL, ROOT_KEY},
    *,
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A data directory with this `countersign.toml`, the flags and the environment given.
fn load(file: &str, flags: &[(Key, &str)], env: &[(&str, &str)]) -> (TempDir, Result<Config, ConfigError>) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("countersign.toml"), file).unwrap();
    let config = load_in(dir.path(), flags, env);
    (dir, config)
}

fn load_in(dir: &Path, flags: &[(Key, &str)], env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut flags: Flags = flags.iter().map(|(key, value)| (*key, OsString::from(value))).collect();
    flags.push((DATA, dir.into()));
    let pairs = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let lookup =
        |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
    Config::load(flags, pairs, &lookup)
}

fn message(result: Result<Config, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

const FILE: &str =
    "listen = \"127.0.0.1:1\"\npublic_url = \"https://file.example\"\nenvironment = \"staging\"\n";

#[test]
fn the_highest_layer_wins_and_is_named() {
    let env = [("COUNTERSIGN_LISTEN", "127.0.0.1:2"), ("COUNTERSIGN_PUBLIC_URL", "https://env.example")];
    let (dir, config) = load(FILE, &[(LISTEN, "127.0.0.1:3")], &env);
    let config = config.unwrap();
    assert_eq!(config.server.listen.value.port(), 3);
    assert_eq!(config.server.listen.source, Source::Flag("--listen"));
    assert_eq!(config.server.public_url.value, "https://env.example");
    assert_eq!(config.server.public_url.source, Source::Environment("COUNTERSIGN_PUBLIC_URL"));
    assert_eq!(config.server.environment.value, "staging");
    let path = dir.path().join("countersign.toml");
    assert_eq!(config.server.environment.source, Source::File { path, name: "environment", line: 3 });
    assert_eq!(config.log.level, Setting::by_default("info".to_owned()));
    assert_eq!(config.storage.sqlite_file().unwrap(), dir.path().join("countersign.db"));
    let own = RootKeyPlace::Own(dir.path().join("root.key"));
    assert_eq!(config.storage.root_key, Setting::by_default(own));
}

#[test]
fn what_nobody_knows_is_an_error_with_a_suggestion() {
    let (_dir, config) = load("pubic_url = \"https://x.example\"", &[], &[]);
    assert!(message(config).ends_with("there is no setting \"pubic_url\"; did you mean public_url?"));
    let (_dir, config) = load("", &[], &[("COUNTERSIGN_PUBLIC_URI", "x")]);
    let told =
        "the environment variable COUNTERSIGN_PUBLIC_URI is not known; did you mean COUNTERSIGN_PUBLIC_URL?";
    assert_eq!(message(config), told);
    let (_dir, config) = load("", &[], &[("OTHER_LISTEN", "x"), ("COUNTERSIGN_TEST_X", "y")]);
    assert!(config.is_ok());
    let (_dir, config) = load("data = \"/elsewhere\"", &[], &[]);
    assert!(message(config).contains("there is no setting \"data\""), "a file cannot move its own directory");
}

#[test]
fn a_bad_value_names_where_it_stands() {
    let (_dir, config) = load("", &[(LISTEN, "8420")], &[]);
    assert_eq!(message(config), "--listen: \"8420\" is not an address and port, as 127.0.0.1:8420");
    let (_dir, config) = load("", &[], &[("COUNTERSIGN_PUBLIC_URL", "http://x.example")]);
    assert!(message(config).starts_with("COUNTERSIGN_PUBLIC_URL: must start with https://"));
    let (_dir, config) = load("listen = 8420", &[], &[]);
    assert!(message(config).ends_with("must be a text in quotes"));
    let (_dir, config) = load("log = \"xml\"", &[], &[]);
    assert!(message(config).contains("log in"));
    let (_dir, config) = load("", &[(DATABASE, "mysql://x")], &[]);
    assert_eq!(message(config), "--database: must start with sqlite: or postgres:");
}

#[test]
fn a_broken_file_is_not_quoted() {
    let (_dir, config) = load("listen = \"127.0.0.1:1\"\ndatabase = \"postgres://u:hunter22@h/db", &[], &[]);
    let told = message(config);
    assert!(told.contains("line 2") && !told.contains("hunter22"), "{told}");
}

#[test]
fn a_named_file_may_name_the_directory_and_must_exist() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x.toml");
    let flags = || vec![(CONFIG, OsString::from(&file))];
    let told = Config::load(flags(), [], &|_| None).unwrap_err().to_string();
    assert!(told.contains("x.toml"), "{told}");
    fs::write(&file, "data = \"/srv/countersign\"").unwrap();
    let config = Config::load(flags(), [], &|_| None).unwrap();
    assert_eq!(config.storage.data.value, Path::new("/srv/countersign"));
    // Without any, the directory that systemd made counts.
    let state = |name: &str| (name == "STATE_DIRECTORY").then(|| OsString::from("/var/lib/a:/var/lib/b"));
    let config = Config::load(Vec::new(), [], &state).unwrap();
    assert_eq!(config.storage.data.value, Path::new("/var/lib/a"));
}

#[test]
fn the_root_key_has_one_place() {
    let place = |file: &str, flags: &[(Key, &str)], env: &[(&str, &str)]| {
        load(file, flags, env).1.map(|it| it.storage.root_key.value)
    };
    let by_file = |path: &str| RootKeyPlace::File(path.into());
    let variable = ("COUNTERSIGN_ROOT_KEY", "0");
    let named = ("COUNTERSIGN_ROOT_KEY_FILE", "/e");
    assert_eq!(place("root_key = \"/f\"", &[(ROOT_KEY, "/a")], &[variable]).unwrap(), by_file("/a"));
    assert_eq!(place("root_key = \"/f\"", &[], &[variable]).unwrap(), RootKeyPlace::Environment);
    assert_eq!(place("root_key = \"/f\"", &[], &[named]).unwrap(), by_file("/e"));
    assert_eq!(place("root_key = \"/f\"", &[], &[]).unwrap(), by_file("/f"));
    assert!(message(load("", &[], &[variable, named]).1).contains("both set"));
    assert_eq!(place("", &[(ROOT_KEY, "passphrase")], &[]).unwrap(), RootKeyPlace::Passphrase);
    assert_eq!(place("root_key = \"passphrase\"", &[], &[]).unwrap(), RootKeyPlace::Passphrase);
    assert_eq!(place("", &[(ROOT_KEY, "./passphrase")], &[]).unwrap(), by_file("./passphrase"));

    let credentials = TempDir::new().unwrap();
    let folder = [("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap())];
    assert!(matches!(place("", &[], &folder).unwrap(), RootKeyPlace::Own(_)), "it holds no key of ours");
    fs::write(credentials.path().join("countersign-root-key"), "x").unwrap();
    assert_eq!(place("", &[], &folder).unwrap(), RootKeyPlace::Credential("countersign-root-key"));
    let (_dir, config) = load("", &[(PUBLIC_URL, "http://[::1]:1")], &folder);
    assert!(config.unwrap().server.warning().is_some());
}

#[test]
fn a_site_has_the_wasm_half_in_it() {
    let (dir, config) = load("", &[], &[]);
    assert!(config.unwrap().server.check_site().is_ok(), "pages work without one");
    let site = dir.path().to_str().unwrap();
    let config = load_in(dir.path(), &[], &[("COUNTERSIGN_SITE", site)]).unwrap();
    let told = config.server.check_site().unwrap_err().to_string();
    assert_eq!(told, format!("COUNTERSIGN_SITE: there is no {site}/pkg/ui.js"));
    fs::create_dir(dir.path().join("pkg")).unwrap();
    fs::write(dir.path().join("pkg/ui.js"), "").unwrap();
    assert!(config.server.check_site().is_ok());
}

fn inspected(file: &str, flags: &[(Key, &str)], env: &[(&str, &str)]) -> Inspection {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("countersign.toml"), file).unwrap();
    let mut given: Flags = flags.iter().map(|(key, value)| (*key, OsString::from(value))).collect();
    given.push((DATA, dir.path().into()));
    let pairs = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    inspect(given, pairs, &|_| None)
}

#[test]
fn every_setting_is_shown_as_it_is_set() {
    let shown = inspected("", &[], &[]).settings.unwrap();
    assert_eq!(shown.iter().map(|it| it.name).collect::<Vec<_>>(), keys::ALL.map(|key| key.name));
    // What is shown can be set: it gives the same again.
    let again: Vec<(Key, &str)> = keys::ALL
        .iter()
        .filter(|key| ![keys::CONFIG, DATA, DATABASE, ROOT_KEY].contains(key))
        .filter_map(|key| Some((*key, shown.iter().find(|it| it.name == key.name)?.value.as_deref()?)))
        .collect();
    let twice = inspected("", &again, &[]).settings.unwrap();
    for (key, value) in again {
        let found = twice.iter().find(|it| it.name == key.name).unwrap();
        assert_eq!(found.value.as_deref(), Some(value), "{}", key.name);
        assert_eq!(found.origin, Source::Flag(key.flag));
    }
}

#[test]
fn everything_wrong_is_found_at_once() {
    let file = "pubic_url = \"https://x.example\"\nlisten = 8420\nlog = \"xml\"\nupstream_idle = \"5\"\n";
    let env = [("COUNTERSIGN_LISTN", "x"), ("COUNTERSIGN_TLS_CERT", "/cert.pem")];
    let found = inspected(file, &[(PUBLIC_URL, "http://x.example")], &env);
    assert_eq!(found.settings, None);
    let texts: Vec<&str> = found.findings.iter().map(|it| it.text.as_str()).collect();
    for part in [
        "COUNTERSIGN_LISTN is not known; did you mean COUNTERSIGN_LISTEN?",
        "countersign.toml, line 1: there is no setting \"pubic_url\"; did you mean public_url?",
        "line 2: must be a text in quotes",
        "line 3: must be json or text",
        "line 4: \"5\" is not a time",
        "--public-url: must start with https://",
        "COUNTERSIGN_TLS_CERT: --tls-cert and --tls-key belong together",
    ] {
        assert!(texts.iter().any(|it| it.contains(part)), "{part}: {texts:#?}");
    }
    assert_eq!(texts.len(), 7, "{texts:#?}");
}

#[test]
fn contradictions_are_wrong_and_oddities_are_said() {
    let found = |flags: &[(Key, &str)]| {
        let found = inspected("", flags, &[]).findings;
        found.into_iter().map(|it| format!("{} {}", it.wrong, it.text)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(found(&[]), "");
    for (flags, says) in [
        (vec![(LISTEN, "0.0.0.0:8420")], "true --listen: 0.0.0.0:8420 can be reached from other machines"),
        (vec![(keys::ADMIN_LISTEN, "127.0.0.1:8420")], "true --admin-listen: is the same address as listen"),
        (vec![(keys::ADMIN_EXPOSED, "allowed")], "true --admin-exposed: has no effect without admin_listen"),
        (
            vec![(keys::UPSTREAM_IDLE, "2h")],
            "true --upstream-idle: upstream_idle is longer than upstream_total",
        ),
        (
            vec![(keys::UPSTREAM_TOOL, "2h")],
            "true --upstream-tool: upstream_tool is longer than upstream_total",
        ),
        (vec![(keys::UPSTREAM_TOTAL, "5s")], "true --upstream-total: upstream_first_byte is longer"),
        (vec![(keys::LIMITS, "cool_down_longest=1")], "true --limits: cool_down is longer"),
        (vec![(ROOT_KEY, "/nowhere/root.key")], "true --root-key: root key /nowhere/root.key"),
        (vec![(keys::SITE, "/nowhere")], "true --site: there is no /nowhere/pkg/ui.js"),
        (vec![(PUBLIC_URL, "https://x.example")], "false --public-url: is https, and nothing here says"),
        (vec![(LISTEN, "127.0.0.1:9")], "names another port than listen (9)"),
        (vec![(PUBLIC_URL, "http://127.0.0.1:8420")], "false passkeys need a name"),
        (
            vec![(keys::PLAIN_HTTP, "allowed")],
            "false --plain-http: other machines are spoken with in the clear",
        ),
        (vec![(DATABASE, "postgres://u:hunter22@h/d")], "false --database: every user of the machine"),
    ] {
        let told = found(&flags);
        assert!(told.contains(says), "{flags:?}: {told}");
        assert!(!told.contains("hunter22"), "{told}");
    }
    let good = [(PUBLIC_URL, "https://x.example"), (keys::TRUSTED_PROXY, "127.0.0.1")];
    assert_eq!(found(&good), "");
}

#[test]
fn tls_excludes_what_is_plain() {
    let dir = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["x.example".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = [(keys::TLS_CERT, cert.to_str().unwrap()), (keys::TLS_KEY, key.to_str().unwrap())];
    let wrong = |more: &[(Key, &str)]| {
        let found = inspected("", &[&tls[..], more].concat(), &[]).findings;
        found.into_iter().filter(|it| it.wrong).map(|it| it.text).collect::<Vec<_>>().join("\n")
    };
    let public = (PUBLIC_URL, "https://x.example");
    assert_eq!(wrong(&[public]), "");
    assert!(wrong(&[]).contains("starts with http://, but the broker speaks TLS"));
    let both = wrong(&[public, (keys::PLAIN_HTTP, "allowed")]);
    assert!(both.starts_with("--plain-http: the broker speaks TLS itself"), "{both}");
    fs::write(&key, "").unwrap();
    assert!(wrong(&[public]).starts_with("--tls-cert: "), "{}", wrong(&[public]));
}
