//! An agent with a key, from `apply` to a request, with the library that agents use.

use super::{DECLARED, Operator};
use agent_client::{Client, Error, Key, KeyKind};
use protocol::AccessRequest;
use serde_json::json;

/// Who is called `key-bot` and has these keys.
fn declared(operator: &Operator, keys: &str) -> String {
    operator.write("tracker.key", "0123456789abcdef\n");
    let agent =
        format!("[[agent]]\nname = \"key-bot\"\ntitle = \"Key bot\"\nowner = \"paul\"\nkeys = [{keys}]\n");
    operator.write("declared.toml", &format!("{DECLARED}\n{agent}"))
}

fn inline(key: &Key) -> String {
    let members = key.public().as_object().unwrap().iter();
    format!(
        "{{ {} }}",
        members.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_asks_with_its_key_until_it_is_removed() {
    let operator = Operator::new();
    let (first, private) = Key::generate(KeyKind::Ed25519).unwrap();
    let (second, _) = Key::generate(KeyKind::P256).unwrap();
    let file = operator.write("private.pem", private.expose());
    let told = operator.bad(&["apply", "-f", &declared(&operator, "{ file = \"private.pem\" }"), "--yes"]);
    assert!(told.contains("private key") && !told.contains("MC4CAQ"), "{told}");
    let shown = operator.good(&["apply", "-f", &declared(&operator, &inline(&first)), "--yes"]);
    assert!(shown.contains(&format!("gets key {}", first.thumbprint())), "{shown}");
    assert!(!shown.contains("The secret of agent key-bot"), "it has a key instead: {shown}");

    let serving = operator.serve();
    let url = serving.greeting.split("listening on ").nth(1).unwrap().trim().to_owned();
    let key = Key::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap();
    let client = |key: &Key| {
        Client::with_key(&url, "key-bot", key.clone()).unwrap().with_audience("http://localhost:8420/")
    };
    let asked: AccessRequest = serde_json::from_value(json!({
        "authorization_details": [{"type": "service_access", "service": "tracker", "actions": ["issues.read"]}],
        "purpose": "Try the key",
    }))
    .unwrap();
    let agent = client(&key);
    let pending = agent.request(&asked).await.unwrap();
    assert_eq!(agent.me().await.unwrap().pending, [pending.id().clone()]);
    // For another broker, or with another key, it proves nothing, and the answer says why.
    for (other, expected) in [
        (Client::with_key(&url, "key-bot", key.clone()).unwrap(), "aud of the client assertion must be"),
        (client(&second), "no key of this agent"),
        (Client::with_key(&url, "bot", key.clone()).unwrap(), "no key of this agent"),
    ] {
        match other.me().await.unwrap_err() {
            Error::OAuth { error, description: Some(told), .. } => {
                assert!(error == "invalid_client" && told.contains(expected), "{error} {told}");
            }
            error => panic!("{error}"),
        }
    }
    // The old key goes, and with it what it asked for.
    let shown = operator.good(&["apply", "-f", &declared(&operator, &inline(&second)), "--yes"]);
    assert!(
        shown.contains(&format!("loses key {}; what was asked with it ends", first.thumbprint())),
        "{shown}"
    );
    agent.me().await.unwrap_err();
    let renewed = client(&second);
    assert!(renewed.me().await.unwrap().pending.iter().all(|it| it != pending.id()));
    serving.stop();
    operator.good(&["audit", "verify"]);
}

#[test]
fn a_block_and_a_cool_down_are_lifted_on_the_host() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let check = || {
        for kind in ["agent", "person", "service"] {
            let name = [("agent", "bot"), ("person", "paul")]
                .iter()
                .find(|it| it.0 == kind)
                .map_or("tracker", |it| it.1);
            operator.good(&["revoke", &format!("--{kind}"), name, "--block"]);
            let told = operator.good(&["unblock", kind, name]);
            assert!(told.starts_with(&format!("{name} is not blocked")), "{told}");
            assert!(operator.bad(&["unblock", kind, "nobody"]).contains(&format!("there is no such {kind}")));
        }
        operator.bad(&["unblock", "session", "bot"]);
        assert!(operator.good(&["lift-cool-down", "bot"]).contains("may ask again"));
        assert!(operator.bad(&["lift-cool-down", "cat"]).contains("there is no such agent"));
    };
    check();
    let serving = operator.serve();
    check();
    serving.stop();
    let lifted = operator.good(&["audit", "export", "--kind", "unblocked"]);
    assert_eq!(lifted.lines().count(), 6, "{lifted}");
}

#[test]
fn a_new_secret_says_what_becomes_of_the_sessions() {
    let operator = Operator::new();
    let file = operator.declaration();
    operator.good(&["apply", "-f", &file, "--yes"]);
    let apply = |more: &[&str]| operator.good(&[&["apply", "-f", &file, "--yes"], more].concat());
    let told = apply(&["--new-secret", "bot"]);
    assert!(told.contains("live sessions go on (--end-sessions ends them)"), "{told}");
    let told = apply(&["--new-secret", "bot", "--end-sessions"]);
    assert!(told.contains("all its sessions and requests end"), "{told}");
    assert!(operator.bad(&["apply", "-f", &file, "--end-sessions"]).contains("--new-secret"));
    let revoked = operator.good(&["audit", "export", "--kind", "revoked"]);
    assert!(revoked.lines().count() == 1 && revoked.contains("its credentials were replaced"), "{revoked}");
}
