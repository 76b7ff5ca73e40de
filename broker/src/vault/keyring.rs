//! The keyring: random 256-bit keys, each wrapped by the root key in a row of its own.
//!
//! New records use the key with the highest id; every record names its key, so older keys keep opening what they
//! sealed until a rotation has re-wrapped it. Nothing is ever found by trying keys.

use super::crypto::{self, length_prefixed};
use super::rootkey::RootKey;
use super::secret::{Key, Secret};
use super::{SecretContext, VaultError, envelope};
use aws_lc_rs::aead::AES_256_GCM_SIV;
use aws_lc_rs::{hmac, rand::SecureRandom};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// The opened keyring; never empty. Holds the root key too, so that keys which a rotation adds can be opened without
/// asking for a passphrase again: it is overwritten with the rest when the vault is sealed.
#[derive(Debug)]
pub struct Keyring {
    instance: String,
    root: Arc<RootKey>,
    keys: BTreeMap<i64, Key>,
}

impl Keyring {
    pub(super) fn open(root: &Arc<RootKey>, instance: &str, rows: &[KeyringRow]) -> Result<Self, VaultError> {
        Self::collect(root, instance, rows, |row| unwrap(root, instance, row))
    }

    /// The same keyring as its rows are now. Keys that are open already need no root key: a broker that has not been
    /// given a new one yet goes on with them.
    pub(super) fn refreshed(&self, root: &Arc<RootKey>, rows: &[KeyringRow]) -> Result<Self, VaultError> {
        Self::collect(root, &self.instance, rows, |row| match self.keys.get(&row.id) {
            Some(key) if is_key_of(key, row) => Ok(key.duplicate()),
            _ => unwrap(root, &self.instance, row),
        })
    }

    fn collect(
        root: &Arc<RootKey>,
        instance: &str,
        rows: &[KeyringRow],
        open: impl Fn(&KeyringRow) -> Result<Key, VaultError>,
    ) -> Result<Self, VaultError> {
        let mut keys = BTreeMap::new();
        for row in rows {
            if keys.insert(row.id, open(row)?).is_some() {
                return Err(VaultError::KeyringDamaged { id: row.id });
            }
        }
        if keys.is_empty() {
            Err(VaultError::NoKeyring)
        } else {
            Ok(Self { instance: instance.to_owned(), root: root.clone(), keys })
        }
    }

    /// Seals a secret for exactly the place that `ctx` names.
    pub fn seal_secret(
        &self,
        ctx: &SecretContext<'_>,
        secret: &Secret,
        rng: &dyn SecureRandom,
    ) -> Result<String, VaultError> {
        envelope::seal(self, ctx, secret, rng)
    }

    /// Opens a record that was sealed for exactly the place that `ctx` names.
    pub fn open_secret(&self, ctx: &SecretContext<'_>, record: &str) -> Result<Secret, VaultError> {
        envelope::open(self, ctx, record)
    }

    /// The root key that this keyring was opened with last.
    pub fn root(&self) -> &Arc<RootKey> {
        &self.root
    }

    #[cfg(test)]
    pub(super) fn moved_to(self, instance: &str) -> Self {
        Self { instance: instance.to_owned(), ..self }
    }

    #[cfg(test)]
    pub(super) fn doubled(mut self, id: i64, other: i64) -> Self {
        let twin = self.keys.get(&id).map(Key::duplicate);
        self.keys.extend(twin.map(|key| (other, key)));
        self
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
    wrap(root, instance, id, &Key::random(rng)?, now, rng)
}

/// The same keys under another root key.
pub(super) fn under(
    keyring: &Keyring,
    root: &RootKey,
    rows: &[KeyringRow],
    rng: &dyn SecureRandom,
) -> Result<Vec<KeyringRow>, VaultError> {
    let wrap =
        |row: &KeyringRow| wrap(root, &keyring.instance, row.id, keyring.key(row.id)?, row.created_at, rng);
    rows.iter().map(wrap).collect()
}

fn wrap(
    root: &RootKey,
    instance: &str,
    id: i64,
    key: &Key,
    created_at: DateTime<Utc>,
    rng: &dyn SecureRandom,
) -> Result<KeyringRow, VaultError> {
    let wrapped =
        crypto::seal(&AES_256_GCM_SIV, root.key(), &associated_data(instance, id), key.expose(), rng)?;
    Ok(KeyringRow {
        id,
        wrapped: BASE64_STANDARD.encode(wrapped),
        check: BASE64_STANDARD.encode(hmac::sign(&check_key(key), CHECK)),
        root_id: root.id().to_owned(),
        created_at,
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
    let aad = associated_data(instance, row.id);
    let key = crypto::open(&AES_256_GCM_SIV, root.key(), &aad, &wrapped).map_err(|_| damaged())?;
    let key = Key::from_slice(&key).ok_or_else(damaged)?;
    if is_key_of(&key, row) { Ok(key) } else { Err(damaged()) }
}

fn is_key_of(key: &Key, row: &KeyringRow) -> bool {
    let check = BASE64_STANDARD.decode(&row.check);
    check.is_ok_and(|check| hmac::verify(&check_key(key), CHECK, &check).is_ok())
}

fn check_key(key: &Key) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.expose())
}

fn associated_data(instance: &str, id: i64) -> Vec<u8> {
    length_prefixed(&[b"countersign-keyring-v1", b"AES-256-GCM-SIV", instance.as_bytes(), &id.to_be_bytes()])
}
