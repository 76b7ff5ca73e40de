//! The vault: root key → keyring → one data key per secret version → ciphertext.
//!
//! There is no database in here: rows go in and rows come out, the caller stores them. Whoever can read and write
//! the whole database but lacks the root key learns nothing from it and can move nothing: every record is bound to
//! the place it was sealed for ([`SecretContext`]).
//!
//! Without a root key the vault stays **sealed**: everything that needs no secret works, the rest is
//! [`VaultError::Sealed`].

mod crypto;
mod envelope;
mod keyring;
mod rootkey;
mod secret;
#[cfg(test)]
mod tests;

pub use envelope::{Origin, SecretContext};
pub use keyring::KeyringRow;
pub use rootkey::{LoadedRootKey, RootKey, RootKeyError, RootKeySource, create_root_key_file};
pub use secret::{MIN_SECRET_BYTES, Secret};

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, Utc};
use keyring::Keyring;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Why the vault refused. No variant carries secret material, so each may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No root key has been given yet, or the vault was sealed again.
    #[error("the vault is sealed")]
    Sealed,
    /// The root key is a valid one, but not the one that wrapped this keyring.
    #[error(
        "wrong root key: this database needs root key {expected_root_id}, but {got_root_id} was given; \
         configure the root key that this database was created with (or restore it from its backup)"
    )]
    WrongRootKey {
        /// The id of the root key that wrapped the keyring.
        expected_root_id: String,
        /// The id of the root key that was given.
        got_root_id: String,
    },
    /// The keyring has no row: this instance was never set up, or its rows were lost.
    #[error("the keyring is empty")]
    NoKeyring,
    /// A row of the keyring was altered, or belongs to another instance.
    #[error("key k{id} of the keyring is damaged or belongs to another instance")]
    KeyringDamaged {
        /// The row.
        id: i64,
    },
    /// A record names a key that the keyring lacks.
    #[error("the record needs key k{id}, which the keyring does not have")]
    UnknownKey {
        /// The key that the record names.
        id: i64,
    },
    /// A record is not one that this version wrote.
    #[error("the record is not readable: {0}")]
    BadRecord(&'static str),
    /// The record was altered, or was sealed for another place: row, version, origin or auth style.
    #[error("the record does not open here: it was altered, or sealed for another place")]
    DoesNotOpen,
    /// A credential so short that it could not be kept out of answers without mangling them.
    #[error("a secret needs at least {MIN_SECRET_BYTES} bytes")]
    TooShort,
    /// The random generator or a cipher failed, which they never should.
    #[error("the cryptographic library failed")]
    Crypto,
}

/// The vault of one instance. Clones share one state.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    instance: String,
    /// `None` is sealed. A std lock: it is held for one encryption (about a microsecond) and never across an await.
    /// Because work is done under the read lock, no key is in use once [`Vault::seal`] has returned.
    keyring: RwLock<Option<Keyring>>,
}

impl Vault {
    /// The vault of `instance`, still without keys.
    pub fn sealed(instance: impl Into<String>) -> Self {
        Self(Arc::new(Inner { instance: instance.into(), keyring: RwLock::new(None) }))
    }

    /// The first keyring row of a new instance. The caller stores it durably, then unlocks with it.
    pub fn create_keyring(
        &self,
        root: &RootKey,
        now: DateTime<Utc>,
        rng: &dyn SecureRandom,
    ) -> Result<KeyringRow, VaultError> {
        keyring::new_row(root, &self.0.instance, 1, now, rng)
    }

    /// Opens the keyring; on an error the vault stays as it was.
    pub fn unlock(&self, root: &RootKey, rows: &[KeyringRow]) -> Result<(), VaultError> {
        let keyring = Keyring::open(root, &self.0.instance, rows)?;
        *self.write() = Some(keyring);
        Ok(())
    }

    /// Forgets every key; the memory that held them is overwritten.
    pub fn seal(&self) {
        *self.write() = None;
    }

    /// Whether there are no keys.
    pub fn is_sealed(&self) -> bool {
        self.read().is_none()
    }

    /// Seals a secret for exactly the place that `ctx` names. The record may be stored anywhere.
    pub fn seal_secret(
        &self,
        ctx: &SecretContext<'_>,
        secret: &Secret,
        rng: &dyn SecureRandom,
    ) -> Result<String, VaultError> {
        let guard = self.read();
        let keyring = guard.as_ref().ok_or(VaultError::Sealed)?;
        envelope::seal(keyring, ctx, secret, rng)
    }

    /// Opens a record that was sealed for exactly the place that `ctx` names.
    ///
    /// Data keys are unwrapped anew on every call; a cache of them for seconds would go here.
    pub fn open_secret(&self, ctx: &SecretContext<'_>, record: &str) -> Result<Secret, VaultError> {
        let guard = self.read();
        let keyring = guard.as_ref().ok_or(VaultError::Sealed)?;
        envelope::open(keyring, ctx, record)
    }

    // Poisoning is ignored: the only write is the assignment of a whole value, which cannot be left half done.
    fn read(&self) -> RwLockReadGuard<'_, Option<Keyring>> {
        self.0.keyring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Keyring>> {
        self.0.keyring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_sealed() { "sealed" } else { "open" };
        f.debug_struct("Vault").field("instance", &self.0.instance).field("state", &state).finish()
    }
}
