//! Keys are replaced while serving, and nothing that opened before ever stops opening, wherever a broker dies.

mod killed;

use crate::support::{
    self,
    acts::line,
    dump::dump,
    installation::{CANARY, Installation, definition, slug, start_of_time},
    on_each_engine,
};
use broker::{
    host::SecretText,
    keys::{self, Progress, RootKeys, Step},
    ledger::acts::{Act, Declaration, KeyAct, Rewrapped},
    services::context,
    store::{
        Engine,
        connections::{self, Connection},
        keys as rows, services,
    },
    sweeper,
    tokens::GrantToken,
    vault::{Secret, key_of},
};
use std::collections::BTreeSet;

on_each_engine!(
    a_new_key_takes_over_and_the_old_one_leaves,
    an_unusable_secret_keeps_the_old_key,
    a_secret_that_was_entered_meanwhile_is_kept,
    a_new_root_key_takes_over,
    a_root_key_that_becomes_a_passphrase,
    a_new_signing_key_takes_over,
    a_leaked_signing_key_is_worth_nothing,
);

/// More than two batches.
const MANY: usize = 210;

/// Connections enough for several batches, beside those of every installation.
async fn many(it: &Installation) {
    let service = definition("tracker");
    for number in 0..MANY {
        let mut connection = Connection {
            id: slug(&format!("many-{number:04}")),
            service: slug("tracker"),
            account: "@many".to_owned(),
            owner: None,
            approvers: Vec::new(),
            version: 1,
            record: String::new(),
        };
        let place = context(&service, &connection).unwrap();
        let secret = Secret::new(format!("{CANARY}-{number:04}")).unwrap();
        connection.record = it.app.vault.seal_secret(&place.bound(), &secret, it.app.rng.source()).unwrap();
        it.declare(Declaration::Connection(connection)).await;
    }
}

/// Every one of them opens, with its own secret; says how many keys they are under.
async fn all_open(it: &Installation) -> usize {
    keys::follow(&it.app).await.unwrap();
    let mut conn = it.app.store.read().await.unwrap();
    let mut under = BTreeSet::new();
    let mut opened = 0;
    for connection in connections::list(&mut conn).await.unwrap() {
        under.insert(key_of(&connection.record).unwrap());
        let Some(number) = connection.id.as_str().strip_prefix("many-") else { continue };
        let service = services::find(&mut conn, &connection.service).await.unwrap().unwrap();
        let place = context(&service.definition, &connection).unwrap();
        let secret = it.app.vault.open_secret(&place.bound(), &connection.record).unwrap();
        assert_eq!(secret.expose(), format!("{CANARY}-{number}").as_bytes());
        opened += 1;
    }
    assert!(it.app.signer().is_some());
    assert!(opened == 0 || opened == MANY);
    under.len()
}

async fn rotate(it: &Installation) -> Progress {
    let mut progress = keys::step(&it.app, Step::Begin).await.unwrap();
    while let Some(step) = progress.next.clone() {
        progress = keys::step(&it.app, step).await.unwrap();
    }
    progress
}

async fn keyring(it: &Installation) -> Vec<rows::WrappedKey> {
    rows::keyring(&mut it.app.store.read().await.unwrap()).await.unwrap()
}

async fn a_new_key_takes_over_and_the_old_one_leaves(it: &Installation) {
    // The usual connections name an origin that their service is not at: sealed for another place than it is checked for.
    reseal_usual(it).await;
    many(it).await;
    let before = keyring(it).await.remove(0);
    assert!(before.wraps >= i64::try_from(MANY).unwrap(), "{before:?}");
    let ended = rotate(it).await;
    assert_eq!((ended.key, ended.left, ended.unusable.len()), (2, 0, 0));
    assert_eq!(ended.under, i64::try_from(MANY).unwrap() + 4, "three connections and the signing key");
    let after = keyring(it).await;
    assert_eq!((after.len(), after[0].id, after[0].wraps), (1, 2, ended.under));
    assert!(!dump(&it.app.store).await.contains(&before.wrapped), "the old key is in the database still");
    if let Some(file) = it.url.strip_prefix("sqlite:") {
        for name in [file.to_owned(), format!("{file}-wal")] {
            let bytes = std::fs::read(&name).unwrap_or_default();
            let found = bytes.windows(before.wrapped.len()).any(|part| part == before.wrapped.as_bytes());
            assert!(!found, "the old key is in {name} still");
        }
    }
    assert_eq!(all_open(it).await, 1);
    // What is sealed from now on is under the new one, and the next rotation finds it.
    assert_eq!(rotate(it).await.key, 3);
    let next = it.another().await;
    assert_eq!(all_open(&next).await, 1);
    next.stop().await;
    let status = keys::status(&it.app).await.unwrap();
    assert_eq!((status.keyring.len(), status.keyring[0].records, status.advice.len()), (1, ended.under, 0));
}

/// Seals the secrets of the usual connections as `apply` does: for the place where their service is.
async fn reseal_usual(it: &Installation) {
    let mut conn = it.app.store.read().await.unwrap();
    for mut connection in connections::list(&mut conn).await.unwrap() {
        let service = services::find(&mut conn, &connection.service).await.unwrap().unwrap();
        let place = context(&service.definition, &connection).unwrap();
        let secret = Secret::new(CANARY.as_bytes()).unwrap();
        connection.record = it.app.vault.seal_secret(&place.bound(), &secret, it.app.rng.source()).unwrap();
        it.declare(Declaration::Connection(connection)).await;
    }
}

/// A record that opens nowhere cannot be wrapped anew; it is named, and its key stays for the day its place comes back.
async fn an_unusable_secret_keeps_the_old_key(it: &Installation) {
    reseal_usual(it).await;
    let mut moved = definition("mail");
    "https://elsewhere.example".clone_into(&mut moved.origin);
    it.declare(Declaration::Service(moved)).await;
    let ended = rotate(it).await;
    assert_eq!((ended.unusable, ended.left), (vec![slug("mail")], 1));
    assert_eq!(keyring(it).await.len(), 2);
    let status = keys::status(&it.app).await.unwrap();
    assert!(status.advice[0].contains("not finished"), "{status:?}");
    it.declare(Declaration::Service(definition("mail"))).await;
    let ended = rotate(it).await;
    assert_eq!((ended.key, ended.unusable.len(), keyring(it).await.len()), (2, 0, 1), "no third key");
}

async fn mail(it: &Installation) -> Connection {
    let mut conn = it.app.store.read().await.unwrap();
    connections::find(&mut conn, &slug("mail")).await.unwrap().unwrap()
}

/// Between the reading and the writing of a batch somebody enters another secret: that one stays.
async fn a_secret_that_was_entered_meanwhile_is_kept(it: &Installation) {
    reseal_usual(it).await;
    let stale = mail(it).await;
    let begun = keys::step(&it.app, Step::Begin).await.unwrap();
    assert_eq!(begun.next, Some(Step::Rewrap { after: String::new() }));
    reseal_usual(it).await;
    let fresh = mail(it).await;
    let act = KeyAct::Rewrap {
        connections: vec![Rewrapped {
            id: "mail".to_owned(),
            before: stale.record.clone(),
            after: "lost".to_owned(),
        }],
        signing: Vec::new(),
        passkeys: Vec::new(),
        key: 2,
    };
    it.app.ledger.act(Act::Keys(Box::new(act))).await.unwrap();
    let now = mail(it).await;
    assert_eq!(now.record, fresh.record);
    rotate(it).await;
    // What was sealed by a key that is gone is refused instead of being stored for nobody to open.
    let act = Act::Declare(Box::new(Declaration::Connection(stale)));
    let refused = it.app.ledger.act(act).await.unwrap_err().to_string();
    assert!(refused.contains("retired in the meantime"), "{refused}");
    assert_eq!(all_open(it).await, 1);
}

async fn a_new_root_key_takes_over(it: &Installation) {
    reseal_usual(it).await;
    many(it).await;
    let old = std::fs::read(&it.root).unwrap();
    let done = keys::reroot(&it.app, None).await.unwrap();
    assert_ne!(done.from, done.to);
    assert_eq!(done.to_do, None);
    assert_ne!(std::fs::read(&it.root).unwrap(), old);
    assert!(!it.root.with_extension("key.new").exists());
    assert_eq!(all_open(it).await, 1);
    let next = it.another().await;
    assert_eq!(all_open(&next).await, 1);
    // And the keyring goes on under it.
    assert_eq!(rotate(it).await.key, 2);
    assert_eq!(all_open(&next).await, 1);
    next.stop().await;
    // The old one opens nothing any more, and both are named.
    let path = it.root.with_extension("old");
    std::fs::write(&path, old).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    let told = RootKeys::file(&path).find(&done.to).unwrap_err().to_string();
    assert!(
        told.contains("wrong root key") && told.contains(&done.to) && told.contains(&done.from),
        "{told}"
    );
}

async fn a_root_key_that_becomes_a_passphrase(it: &Installation) {
    reseal_usual(it).await;
    let text = SecretText::new("correct horse battery staple");
    let short = keys::reroot(&it.app, Some(&SecretText::new("short"))).await.unwrap_err().to_string();
    assert!(short.contains("nothing was changed") && short.contains("at least 15"), "{short}");
    let done = keys::reroot(&it.app, Some(&text)).await.unwrap();
    let next = it.another().await;
    assert!(next.app.vault.is_sealed(), "the file opens it no more");
    keys::unseal(&next.app, Some(&text)).await.unwrap();
    all_open(&next).await;
    // Another passphrase, then a key again: the numbers of the old ones are gone.
    let other = SecretText::new("a quite different passphrase");
    keys::reroot(&next.app, Some(&other)).await.unwrap();
    let mut conn = it.app.store.read().await.unwrap();
    assert_eq!(rows::passphrase(&mut conn, &done.to).await.unwrap(), None);
    drop(conn);
    std::fs::remove_file(&it.root).unwrap();
    let back = keys::reroot(&next.app, None).await.unwrap();
    next.stop().await;
    let last = it.another().await;
    assert_eq!(last.app.vault.root().unwrap().id(), back.to);
    all_open(&last).await;
    last.stop().await;
    // This broker was told nothing and has no new root key before it looks: its keys are open still.
    all_open(it).await;
}

async fn a_new_signing_key_takes_over(it: &Installation) {
    let old = it.app.signer().unwrap();
    let token = sign(it);
    let (kid, until) = keys::replace_signing_key(&it.app, false).await.unwrap();
    let ends = until.unwrap();
    assert!((ends - it.clock.now()).num_hours() >= 12, "{ends}");
    let now = || it.app.signer().unwrap();
    assert!(now().verify_grant(&token, it.clock.now()).is_ok(), "tokens of the old key are good");
    assert_eq!(now().jwks()["keys"].as_array().unwrap().len(), 2);
    assert_eq!(now().jwks()["keys"][0]["kid"], kid.as_str());
    let fresh = sign(it);
    assert!(old.verify_grant(&fresh, it.clock.now()).is_err(), "it is another key");
    sweeper::sweep(&it.app).await.unwrap();
    assert_eq!(now().jwks()["keys"].as_array().unwrap().len(), 2, "it is not time");
    it.wait((ends - it.clock.now()).num_seconds());
    sweeper::sweep(&it.app).await.unwrap();
    assert_eq!(now().jwks()["keys"].as_array().unwrap().len(), 1);
    assert!(now().verify_grant(&token, start_of_time()).is_err(), "the old key is forgotten");
    let stored = rows::signing(&mut it.app.store.read().await.unwrap()).await.unwrap();
    assert_eq!(stored.len(), 1);
    let next = it.another().await;
    assert!(next.app.signer().unwrap().verify_grant(&fresh, start_of_time()).is_ok());
    next.stop().await;
}

async fn a_leaked_signing_key_is_worth_nothing(it: &Installation) {
    let token = sign(it);
    assert!(it.app.signer().unwrap().verify_grant(&token, it.clock.now()).is_ok());
    keys::replace_signing_key(&it.app, false).await.unwrap();
    let (_, until) = keys::replace_signing_key(&it.app, true).await.unwrap();
    assert_eq!(until, None);
    let signer = it.app.signer().unwrap();
    assert!(signer.verify_grant(&token, it.clock.now()).is_err(), "neither the last one nor those before it");
    assert_eq!(signer.jwks()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(rows::signing(&mut it.app.store.read().await.unwrap()).await.unwrap().len(), 1);
}

/// A grant token of the broker's.
fn sign(it: &Installation) -> String {
    let (agent, owner) = (slug("bot"), slug("paul"));
    let grant = protocol::RequestId::from_u128(1).grant();
    let token = GrantToken {
        grant: &grant,
        digest: domain::digest::of_json(&()).half(),
        agent: &agent,
        owner: &owner,
        client: "bot",
        resources: &[],
        ends_at: start_of_time() + chrono::TimeDelta::hours(11),
        authorization_details: Vec::new(),
        scope: "",
    };
    it.app.signer().unwrap().grant_token(&token, it.clock.now()).unwrap().expose().to_owned()
}

/// A token by a key that another broker made a moment ago, and a record under such a key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_broker_takes_new_keys_in() {
    support::run(Engine::Postgres, async |one| {
        reseal_usual(one).await;
        many(one).await;
        let other = one.another().await;
        keys::replace_signing_key(&one.app, false).await.unwrap();
        let token = sign(one);
        assert!(other.app.signer().unwrap().verify_grant(&token, one.clock.now()).is_err());
        keys::follow(&other.app).await.unwrap();
        assert!(other.app.signer().unwrap().verify_grant(&token, one.clock.now()).is_ok());
        // Both go on while one rotates; each finishes what the other began.
        let grant = one.session("bot", &[line("mail", None)]).await;
        let mut progress = keys::step(&one.app, Step::Begin).await.unwrap();
        let mut turn = 0;
        while let Some(step) = progress.next.clone() {
            other.authorise(other.call(&grant, "mail", 1)).await.unwrap();
            turn += 1;
            progress = keys::step(if turn % 2 == 0 { &one.app } else { &other.app }, step).await.unwrap();
        }
        assert_eq!((all_open(one).await, all_open(&other).await, keyring(one).await.len()), (1, 1, 1));
        // Under a new root key, which the other finds in the same file.
        keys::reroot(&one.app, None).await.unwrap();
        rotate(&other).await;
        assert_eq!((all_open(one).await, all_open(&other).await), (1, 1));
        other.stop().await;
    })
    .await;
}
