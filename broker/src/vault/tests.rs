mod rotation;

use super::*;
use aws_lc_rs::rand::SystemRandom;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const TEXT: &str = "ghp_0123456789abcdef";

fn rng() -> SystemRandom {
    SystemRandom::new()
}

fn root() -> Arc<RootKey> {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(create_root_key_file(&folder.path().join("root.key"), &rng()).unwrap())
}

/// Opens the keyring and works with it.
fn unlock(vault: &Vault, root: &Arc<RootKey>, rows: &[KeyringRow]) -> Result<(), VaultError> {
    let ticket = vault.ticket();
    vault.install(ticket, vault.open_keyring(root, rows)?)
}

struct Bench {
    vault: Vault,
    root: Arc<RootKey>,
    row: KeyringRow,
}

fn bench() -> Bench {
    let (vault, root) = (Vault::sealed("inst-1"), root());
    let row = vault.create_key(&root, 1, DateTime::UNIX_EPOCH, &rng()).unwrap();
    unlock(&vault, &root, std::slice::from_ref(&row)).unwrap();
    Bench { vault, root, row }
}

fn ctx() -> SecretContext<'static> {
    SecretContext {
        owner: Some("paul"),
        connection: "paul-github",
        version: 2,
        field: "token",
        service: "github",
        origin: Origin { scheme: "https", host: "api.github.com", port: 443 },
        auth_style: r#"{"style":"bearer"}"#,
    }
}

impl Bench {
    fn seal(&self) -> String {
        self.vault.seal_secret(&ctx(), &Secret::new(TEXT).unwrap(), &rng()).unwrap()
    }
}

#[test]
fn a_secret_comes_back_where_it_was_sealed() {
    let b = bench();
    for bytes in [b"twelve bytes".to_vec(), TEXT.into(), vec![0xff; 5000]] {
        let record = b.vault.seal_secret(&ctx(), &Secret::new(bytes.clone()).unwrap(), &rng()).unwrap();
        assert_eq!(b.vault.open_secret(&ctx(), &record).unwrap().expose(), bytes);
    }
}

#[test]
fn the_same_secret_never_gives_the_same_record() {
    let b = bench();
    let (one, two) = (BASE64_STANDARD.decode(b.seal()).unwrap(), BASE64_STANDARD.decode(b.seal()).unwrap());
    assert_eq!(one.len(), two.len());
    // Magic, format, algorithm and key id are the same; nonces, wrapped key and ciphertext are not.
    assert_eq!(one[..14], two[..14]);
    for at in [14..26, 26..74, 74..86, 86..one.len()] {
        assert_ne!(one[at.clone()], two[at]);
    }
}

#[test]
fn a_record_opens_nowhere_else() {
    let b = bench();
    let record = b.seal();
    let origin = ctx().origin;
    let elsewhere = [
        SecretContext { owner: Some("mary"), ..ctx() },
        SecretContext { owner: Some(""), ..ctx() },
        SecretContext { owner: None, ..ctx() },
        SecretContext { connection: "paul-gitlab", ..ctx() },
        SecretContext { version: 3, ..ctx() },
        SecretContext { version: 1, ..ctx() },
        SecretContext { field: "password", ..ctx() },
        SecretContext { service: "gitlab", ..ctx() },
        SecretContext { origin: Origin { scheme: "http", ..origin }, ..ctx() },
        SecretContext { origin: Origin { host: "api.github.com.evil.example", ..origin }, ..ctx() },
        SecretContext { origin: Origin { port: 8443, ..origin }, ..ctx() },
        SecretContext { auth_style: r#"{"style":"basic","user":"x"}"#, ..ctx() },
        // The same characters, cut elsewhere.
        SecretContext { field: "tokeng", service: "ithub", ..ctx() },
    ];
    for place in elsewhere {
        assert_eq!(b.vault.open_secret(&place, &record).unwrap_err(), VaultError::DoesNotOpen, "{place:?}");
    }
}

#[test]
fn no_owner_differs_from_an_empty_one() {
    let b = bench();
    let shared = SecretContext { owner: None, ..ctx() };
    let record = b.vault.seal_secret(&shared, &Secret::new(TEXT).unwrap(), &rng()).unwrap();
    assert!(b.vault.open_secret(&shared, &record).is_ok());
    assert!(b.vault.open_secret(&SecretContext { owner: Some(""), ..ctx() }, &record).is_err());
}

#[test]
fn swapped_records_and_old_versions_do_not_open() {
    let b = bench();
    let old = b.seal();
    let new_place = SecretContext { version: 3, ..ctx() };
    let new = b.vault.seal_secret(&new_place, &Secret::new("the second token").unwrap(), &rng()).unwrap();
    assert!(b.vault.open_secret(&new_place, &new).is_ok());
    assert!(b.vault.open_secret(&new_place, &old).is_err(), "replayed");
    assert!(b.vault.open_secret(&ctx(), &new).is_err(), "swapped");
}

#[test]
fn parts_of_two_records_of_one_place_do_not_mix() {
    let b = bench();
    let (one, two) = (BASE64_STANDARD.decode(b.seal()).unwrap(), BASE64_STANDARD.decode(b.seal()).unwrap());
    let mixed = BASE64_STANDARD.encode([&one[..74], &two[74..]].concat());
    assert_eq!(b.vault.open_secret(&ctx(), &mixed).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn every_flipped_bit_is_noticed() {
    let b = bench();
    let good = BASE64_STANDARD.decode(b.seal()).unwrap();
    for at in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[at / 8] ^= 1 << (at % 8);
        assert!(b.vault.open_secret(&ctx(), &BASE64_STANDARD.encode(bad)).is_err(), "bit {at}");
    }
}

#[test]
fn every_changed_or_lost_character_is_noticed() {
    let b = bench();
    let good = b.seal();
    for at in 0..good.len() {
        let other = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        assert!(b.vault.open_secret(&ctx(), &changed).is_err(), "character {at}");
        assert!(b.vault.open_secret(&ctx(), &good[..at]).is_err(), "cut at {at}");
    }
    assert!(b.vault.open_secret(&ctx(), &format!("{good}AAAA")).is_err(), "longer");
}

#[test]
fn what_is_no_record_is_told_apart() {
    let b = bench();
    let good = BASE64_STANDARD.decode(b.seal()).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bad = good.clone();
        bad[at] = byte;
        bad
    };
    let bad = [
        (with(0, b'X'), "not a vault record"),
        (with(4, 2), "unknown format"),
        (with(5, 2), "unknown algorithm"),
        (good[..13].to_vec(), "cut off"),
        (good[..73].to_vec(), "cut off"),
    ];
    for (record, why) in bad {
        let told = b.vault.open_secret(&ctx(), &BASE64_STANDARD.encode(record)).unwrap_err();
        assert_eq!(told, VaultError::BadRecord(why));
    }
    assert_eq!(b.vault.open_secret(&ctx(), "?").unwrap_err(), VaultError::BadRecord("not base64"));
}

#[test]
fn a_wrong_root_key_is_named_and_changes_nothing() {
    let b = bench();
    let (record, other) = (b.seal(), root());
    let wrong = VaultError::WrongRootKey {
        expected_root_id: b.root.id().to_owned(),
        got_root_id: other.id().to_owned(),
    };
    assert_eq!(unlock(&b.vault, &other, std::slice::from_ref(&b.row)), Err(wrong));
    assert!(b.vault.open_secret(&ctx(), &record).is_ok(), "still open with the right key");

    let relabelled = KeyringRow { root_id: other.id().to_owned(), ..b.row.clone() };
    assert_eq!(unlock(&b.vault, &other, &[relabelled]), Err(VaultError::KeyringDamaged { id: 1 }));
}

#[test]
fn an_altered_keyring_is_refused() {
    let b = bench();
    let row = || b.row.clone();
    let other = b.vault.create_key(&b.root, 1, DateTime::UNIX_EPOCH, &rng()).unwrap();
    let damaged = [
        vec![KeyringRow { id: 2, ..row() }],
        vec![KeyringRow { check: other.check.clone(), ..row() }],
        vec![KeyringRow { wrapped: other.wrapped.clone(), ..row() }],
        vec![KeyringRow { wrapped: String::new(), ..row() }],
        vec![row(), row()],
    ];
    for rows in damaged {
        let id = rows[0].id;
        assert_eq!(unlock(&b.vault, &b.root, &rows), Err(VaultError::KeyringDamaged { id }), "{rows:?}");
    }
    assert_eq!(unlock(&b.vault, &b.root, &[]), Err(VaultError::NoKeyring));
    assert_eq!(unlock(&b.vault, &b.root, &[other]), Ok(()), "a whole other row is fine");
}

#[test]
fn another_instance_opens_neither_keyring_nor_record() {
    let b = bench();
    let record = b.seal();
    let other = Vault::sealed("inst-2");
    assert_eq!(
        unlock(&other, &b.root, std::slice::from_ref(&b.row)),
        Err(VaultError::KeyringDamaged { id: 1 })
    );
    // Even if it had the very same key, the record is bound to its instance.
    let keyring = Keyring::open(&b.root, "inst-1", std::slice::from_ref(&b.row)).unwrap();
    other.write().keyring = Some(keyring.moved_to("inst-2"));
    assert_eq!(other.open_secret(&ctx(), &record).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn new_records_use_the_newest_key_and_old_ones_still_open() {
    let b = bench();
    let old = b.seal();
    let second = keyring::new_row(&b.root, "inst-1", 2, DateTime::UNIX_EPOCH, &rng()).unwrap();
    unlock(&b.vault, &b.root, &[second.clone(), b.row.clone()]).unwrap();
    let new = b.seal();
    assert!(b.vault.open_secret(&ctx(), &old).is_ok());
    assert!(b.vault.open_secret(&ctx(), &new).is_ok());

    unlock(&b.vault, &b.root, std::slice::from_ref(&b.row)).unwrap();
    assert!(b.vault.open_secret(&ctx(), &old).is_ok());
    assert_eq!(b.vault.open_secret(&ctx(), &new).unwrap_err(), VaultError::UnknownKey { id: 2 });
}

#[test]
fn a_sealed_vault_does_nothing_with_secrets() {
    let b = bench();
    let record = b.seal();
    let clone = b.vault.clone();
    assert!(!clone.is_sealed());
    b.vault.seal();
    assert!(clone.is_sealed(), "clones share one state");
    assert_eq!(clone.open_secret(&ctx(), &record).unwrap_err(), VaultError::Sealed);
    let sealed = clone.seal_secret(&ctx(), &Secret::new(TEXT).unwrap(), &rng());
    assert_eq!(sealed.unwrap_err(), VaultError::Sealed);
    unlock(&clone, &b.root, std::slice::from_ref(&b.row)).unwrap();
    assert!(b.vault.open_secret(&ctx(), &record).is_ok());
}

#[test]
fn short_credentials_are_refused_and_keys_are_not() {
    assert_eq!(Secret::new("elevenbytes").unwrap_err(), VaultError::TooShort);
    assert!(Secret::new("twelve bytes").is_ok());
    assert_eq!(Secret::key("short").expose(), b"short");
}

#[test]
fn nothing_secret_is_printed_or_stored() {
    let b = bench();
    let root_text = BASE64_STANDARD.encode(b.root.key().expose());
    let keyring = Keyring::open(&b.root, "inst-1", std::slice::from_ref(&b.row)).unwrap();
    let (_, key) = keyring.current().unwrap();
    let key_text = BASE64_STANDARD.encode(key.expose());
    let record = b.seal();
    let stored = BASE64_STANDARD.decode(&record).unwrap();
    assert!(!stored.windows(TEXT.len()).any(|part| part == TEXT.as_bytes()));

    let secret = b.vault.open_secret(&ctx(), &record).unwrap();
    let shown = format!("{:?} {:?} {:?} {:?} {key:?} {keyring:?}", b.vault, b.root, b.row, secret);
    let numbers = |bytes: &[u8]| format!("{:?}", &bytes[..4]).trim_matches(['[', ']']).to_owned();
    let (a, z) = (numbers(key.expose()), numbers(b.root.key().expose()));
    assert!(shown.starts_with("Vault { instance: \"inst-1\", state: \"open\" } "), "{shown}");
    assert!(shown.contains(" Secret([redacted]) Key([redacted]) "), "{shown}");
    b.vault.seal();
    assert!(format!("{:?}", b.vault).contains("sealed"));
    for hidden in [TEXT, &root_text, &key_text, &a, &z, &numbers(TEXT.as_bytes())] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

fn no_env(_: &str) -> Option<OsString> {
    None
}

fn write(path: &Path, contents: &str, mode: u32) {
    std::fs::write(path, contents).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_fresh_key_file_is_private_and_never_replaces_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    let made = create_root_key_file(&path, &rng()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o400);
    let loaded = RootKeySource::File(path.clone()).load(&no_env).unwrap();
    assert_eq!(loaded.key.key().expose(), made.key().expose());
    assert_eq!((loaded.key.id(), loaded.warning), (made.id(), None));

    let before = std::fs::read(&path).unwrap();
    assert!(matches!(create_root_key_file(&path, &rng()), Err(RootKeyError::Io { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    let text = "5a".repeat(32);
    for mode in [0o440, 0o404, 0o644, 0o620, 0o602] {
        write(&path, &text, mode);
        let error = RootKeySource::File(path.clone()).load(&no_env).unwrap_err();
        assert!(matches!(error, RootKeyError::TooOpen { mode: m, .. } if m == mode), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 0400"), "{error}");
        assert!(!error.to_string().contains(&text));
    }
    for mode in [0o400, 0o600] {
        write(&path, &text, mode);
        assert!(RootKeySource::File(path.clone()).load(&no_env).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_systemd_credential_may_show_its_access_list_as_group_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root");
    let env = |name: &str| (name == "CREDENTIALS_DIRECTORY").then(|| folder.path().into());
    let source = RootKeySource::Credential("root".to_owned());
    write(&path, &"a5".repeat(32), 0o440);
    assert!(source.load(&env).is_ok());
    write(&path, &"a5".repeat(32), 0o444);
    assert!(matches!(source.load(&env), Err(RootKeyError::TooOpen { .. })));
    assert!(matches!(source.load(&no_env), Err(RootKeyError::NotSet("CREDENTIALS_DIRECTORY"))));
    for name in ["", "..", "../root", "/etc/passwd"] {
        let error = RootKeySource::Credential(name.to_owned()).load(&env);
        assert!(matches!(error, Err(RootKeyError::BadName(_))), "{name}");
    }
}

#[test]
fn the_environment_works_and_warns() {
    let env = |name: &str| (name == "COUNTERSIGN_ROOT_KEY").then(|| "0f".repeat(32).into());
    let loaded = RootKeySource::Environment.load(&env).unwrap();
    assert!(loaded.warning.unwrap().contains("development"));
    assert_eq!(loaded.key.key().expose(), &[0x0f; 32]);
    assert!(matches!(RootKeySource::Environment.load(&no_env), Err(RootKeyError::NotSet(_))));
}

#[test]
fn only_the_two_text_forms_are_keys() {
    let load = |text: &str| {
        let text = OsString::from(text);
        RootKeySource::Environment.load(&move |_| Some(text.clone()))
    };
    let base64 = "A".repeat(42) + "E";
    let hex = "0F".repeat(32);
    for good in [base64.clone(), format!("{base64}\n"), hex.clone(), hex.to_lowercase(), format!("{hex}\r\n")]
    {
        assert!(load(&good).is_ok(), "{good:?}");
    }
    assert_eq!(load(&base64).unwrap().key.key().expose()[31], 1);
    for bad in
        ["", "\n", &hex[1..], &format!("{hex}{hex}"), &format!(" {hex}"), &"g".repeat(64), &"+".repeat(43)]
    {
        let error = load(bad).unwrap_err();
        assert!(matches!(error, RootKeyError::Format { .. }), "{bad:?}");
        assert!(bad.len() < 5 || !error.to_string().contains(bad));
    }
    assert!(load(&("A".repeat(42) + "F")).is_err(), "not canonical");
}
