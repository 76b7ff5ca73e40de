//! The keyring: random 256-bit keys, each wrapped by the root key in a row of its own.
//!
//! New records use the key with the highest id; every record names its key, so older keys keep opening what they
//! sealed until a rotation has re-wrapped it. Nothing is ever found by trying keys.

use super::VaultError;
use super::crypto::{self, length_prefixed};
use super::rootkey::RootKey;
use super::secret::Key;
use aws_lc_rs::aead::AES_256_GCM_SIV;
use aws_lc_rs::{hmac, rand::SecureRandom};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// One key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringRow {
    /// Its number; people see it as `k1`.
    pub id: i64,
    /// The key under the root key, base64.
    pub wrapped: String,
    /// Proves that unwrapping gave the right key, base64.
    pub check: String,
    /// Which root key wrapped it.
    pub root_id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The opened keyring; never empty.
#[derive(Debug)]
pub(super) struct Keyring {
    instance: String,
    keys: BTreeMap<i64, Key>,
}

impl Keyring {
    pub(super) fn open(root: &RootKey, instance: &str, rows: &[KeyringRow]) -> Result<Self, VaultError> {
        let mut keys = BTreeMap::new();
        for row in rows {
            if keys.insert(row.id, unwrap(root, instance, row)?).is_some() {
                return Err(VaultError::KeyringDamaged { id: row.id });
            }
        }
        if keys.is_empty() {
            Err(VaultError::NoKeyring)
        } else {
            Ok(Self { instance: instance.to_owned(), keys })
        }
    }

    #[cfg(test)]
    pub(super) fn moved_to(self, instance: &str) -> Self {
        Self { instance: instance.to_owned(), ..self }
    }

    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    pub(super) fn current(&self) -> Result<(i64, &Key), VaultError> {
        self.keys.last_key_value().map(|(id, key)| (*id, key)).ok_or(VaultError::NoKeyring)
    }

    pub(super) fn key(&self, id: i64) -> Result<&Key, VaultError> {
        self.keys.get(&id).ok_or(VaultError::UnknownKey { id })
    }
}

/// A fresh key, wrapped.
pub(super) fn new_row(
    root: &RootKey,
    instance: &str,
    id: i64,
    now: DateTime<Utc>,
    rng: &dyn SecureRandom,
) -> Result<KeyringRow, VaultError> {
    let key = Key::random(rng)?;
    let wrapped =
        crypto::seal(&AES_256_GCM_SIV, root.key(), &associated_data(instance, id), key.expose(), rng)?;
    Ok(KeyringRow {
        id,
        wrapped: BASE64_STANDARD.encode(wrapped),
        check: BASE64_STANDARD.encode(hmac::sign(&check_key(&key), CHECK)),
        root_id: root.id().to_owned(),
        created_at: now,
    })
}

const CHECK: &[u8] = b"countersign-kcv";

fn unwrap(root: &RootKey, instance: &str, row: &KeyringRow) -> Result<Key, VaultError> {
    if row.root_id != root.id() {
        return Err(VaultError::WrongRootKey {
            expected_root_id: row.root_id.clone(),
            got_root_id: root.id().to_owned(),
        });
    }
    let damaged = || VaultError::KeyringDamaged { id: row.id };
    let wrapped = BASE64_STANDARD.decode(&row.wrapped).map_err(|_| damaged())?;
    let check = BASE64_STANDARD.decode(&row.check).map_err(|_| damaged())?;
    let aad = associated_data(instance, row.id);
    let key = crypto::open(&AES_256_GCM_SIV, root.key(), &aad, &wrapped).map_err(|_| damaged())?;
    let key = Key::from_slice(&key).ok_or_else(damaged)?;
    hmac::verify(&check_key(&key), CHECK, &check).map_err(|_| damaged())?;
    Ok(key)
}

fn check_key(key: &Key) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.expose())
}

fn associated_data(instance: &str, id: i64) -> Vec<u8> {
    length_prefixed(&[b"countersign-keyring-v1", b"AES-256-GCM-SIV", instance.as_bytes(), &id.to_be_bytes()])
}
