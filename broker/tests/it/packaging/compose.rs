//! The compose files: what they say is confined, and what they say starts.

use super::{ROOT_KEY, image::stage, packaged};
use crate::support::database::Database;
use broker::{config::keys, store::Engine};
use serde_json::Value;
use std::collections::BTreeMap;

fn compose(name: &str) -> Value {
    serde_saphyr::from_str(&packaged(name).1).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(Vec::new, |all| all.iter().filter_map(Value::as_str).collect())
}

/// A service's environment, with what stands in the place of a variable that nobody set.
fn environment(service: &Value) -> BTreeMap<String, String> {
    let pairs = service["environment"].as_object().unwrap().iter();
    let usual = |text: &str| match text.strip_prefix("${").and_then(|it| it.strip_suffix('}')) {
        Some(inner) => inner.split_once(":-").unwrap().1.to_owned(),
        None => text.to_owned(),
    };
    pairs.map(|(name, value)| (name.clone(), usual(value.as_str().unwrap()))).collect()
}

/// What must be true of every service in them.
fn confined(file: &Value) {
    for (name, service) in file["services"].as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(service.get("privileged").is_none() && service.get("network_mode").is_none(), "{name}");
        for secret in texts(&service["secrets"]) {
            assert!(file["secrets"][secret]["file"].as_str().unwrap().starts_with("./secrets/"), "{secret}");
        }
        for volume in texts(&service["volumes"]) {
            let (volume, _) = volume.split_once(':').unwrap();
            assert!(file["volumes"].as_object().unwrap().contains_key(volume), "{volume}");
        }
        // From this machine only.
        assert!(texts(&service["ports"]).iter().all(|it| it.starts_with("127.0.0.1:")), "{name}");
        for secret in
            service["environment"].as_object().unwrap().iter().filter(|(key, _)| key.contains("PASSWORD"))
        {
            assert!(secret.0.ends_with("_FILE"), "{secret:?}");
        }
    }
    let broker = &file["services"]["broker"];
    for variable in environment(broker).keys() {
        assert!(keys::is_known_variable(variable), "{variable}");
    }
    let mounted: Vec<_> = texts(&broker["volumes"]).iter().filter_map(|it| it.split(':').nth(1)).collect();
    assert_eq!(mounted, stage().volumes);
    assert_eq!(broker["build"]["dockerfile"], "packaging/Dockerfile");
    assert!(broker.get("cap_add").is_none() && broker.get("command").is_none(), "it is the image's");
}

#[test]
fn what_they_say_is_confined() {
    confined(&compose("compose.sqlite.yaml"));
    let file = compose("compose.postgres.yaml");
    confined(&file);
    assert_eq!(file["networks"]["inside"]["internal"], true);
    let database = &file["services"]["database"];
    assert_eq!(texts(&database["networks"]), ["inside"], "nobody reaches it from outside");
    assert!(database.get("ports").is_none());
    let address = environment(&file["services"]["broker"])["COUNTERSIGN_DATABASE"].clone();
    let given = environment(database);
    assert_eq!(
        address,
        format!("postgres://{}@database:5432/{}", given["POSTGRES_USER"], given["POSTGRES_DB"])
    );
}

/// A database's address as the file has it, and the password that belongs into the secret.
fn without_password(url: &str) -> (String, Option<String>) {
    let parts = url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?)));
    let Some((scheme, (user, place))) = parts else { return (url.to_owned(), None) };
    let Some((user, password)) = user.split_once(':') else { return (url.to_owned(), None) };
    (format!("{scheme}://{user}@{place}"), Some(password.to_owned()))
}

/// Starts the broker of a file, with this instead of what it says of the database.
fn start(file: &Value, database: Option<&str>) {
    let (stage, service) = (stage(), &file["services"]["broker"]);
    let mut environment = environment(service);
    let mut password = "a password of the test".to_owned();
    if let Some(database) = database {
        let (database, own) = without_password(database);
        password = own.unwrap_or(password);
        environment.insert("COUNTERSIGN_DATABASE".to_owned(), database);
    }
    let secret = |name: &str| if name == "countersign-root-key" { ROOT_KEY } else { password.as_str() };
    let secrets: Vec<_> =
        texts(&service["secrets"]).into_iter().map(|name| (name.to_owned(), secret(name))).collect();
    let Some(mut sandbox) = stage.sandbox(&environment, &secrets) else { return };
    for folder in texts(&service["tmpfs"]) {
        sandbox.writable(folder.split(':').next().unwrap());
    }
    let (running, said) = sandbox.start(&stage.command);
    running.is_confined();
    stage.is_healthy(&running, &said);
    let shown = running.run(&[&stage.command[0], "config", "show", "--origin"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("the systemd credential countersign-root-key") && !shown.contains(&password),
        "{shown}"
    );
    assert_eq!(shown.contains(":***@"), database.is_some(), "{shown}");
    running.stop();
}

#[test]
fn sqlite_starts() {
    start(&compose("compose.sqlite.yaml"), None);
}

#[tokio::test]
async fn postgres_starts() {
    let Some(database) = Database::create(Engine::Postgres).await else { return };
    let url = database.url.clone();
    tokio::task::spawn_blocking(move || start(&compose("compose.postgres.yaml"), Some(&url))).await.unwrap();
    database.remove().await;
}
