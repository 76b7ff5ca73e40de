//! A sealed record opens exactly where it was sealed, and no edit of it opens anywhere.
#![no_main]

use aws_lc_rs::rand::SystemRandom;
use chrono::DateTime;
use fuzz::{
    Pieces,
    vault::{Origin, RootKeySource, Secret, SecretContext, Vault},
};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let text = |_: &str| Some("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into());
    let root = Arc::new(RootKeySource::Environment.load(&text).unwrap().key);
    let vault = Vault::sealed("instance");
    let row = vault.create_key(&root, 1, DateTime::UNIX_EPOCH, &SystemRandom::new()).unwrap();
    let keyring = vault.open_keyring(&root, &[row]).unwrap();
    vault.install(vault.ticket(), keyring).unwrap();
    vault
});

#[derive(Clone, PartialEq)]
struct Place {
    owner: Option<String>,
    texts: [String; 6],
    version: i64,
    port: u16,
}

impl Place {
    fn read(pieces: &mut Pieces<'_>) -> Self {
        Self {
            owner: (pieces.byte() % 2 == 0).then(|| pieces.text()),
            texts: std::array::from_fn(|_| pieces.text()),
            version: i64::from(pieces.byte()),
            port: u16::from(pieces.byte()),
        }
    }

    fn context(&self) -> SecretContext<'_> {
        let [connection, field, service, scheme, host, auth_style] = &self.texts;
        let origin = Origin { scheme, host, port: self.port };
        SecretContext {
            owner: self.owner.as_deref(),
            connection,
            version: self.version,
            field,
            service,
            origin,
            auth_style,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut pieces = Pieces(data);
    let place = Place::read(&mut pieces);
    let secret = pieces.bytes();
    let record = VAULT.seal_secret(&place.context(), &Secret::key(secret), &SystemRandom::new()).unwrap();
    assert_eq!(VAULT.open_secret(&place.context(), &record).unwrap().expose(), secret);

    let elsewhere = Place::read(&mut pieces);
    if elsewhere != place {
        assert!(VAULT.open_secret(&elsewhere.context(), &record).is_err(), "it opened at another place");
    }
    let mut bytes = record.clone().into_bytes();
    for _ in 0..=pieces.byte() % 4 {
        let at = pieces.below(bytes.len().max(1));
        match pieces.byte() % 4 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), pieces.byte()),
            _ if at < bytes.len() => bytes[at] ^= 1 << (pieces.byte() % 7),
            _ => {}
        }
    }
    if let Ok(edited) = String::from_utf8(bytes)
        && edited != record
    {
        assert!(VAULT.open_secret(&place.context(), &edited).is_err(), "{edited}");
    }
    // Nor is anything a record that nobody sealed.
    assert!(VAULT.open_secret(&place.context(), &String::from_utf8_lossy(pieces.0)).is_err());
});
