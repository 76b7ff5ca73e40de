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
mod passphrase;
mod rootkey;
mod secret;
#[cfg(test)]
mod tests;

pub use envelope::{Origin, SecretContext, key_of};
pub use keyring::{Keyring, KeyringRow};
pub use passphrase::{Derivation, MIN_PASSPHRASE, PassphraseError};
pub use rootkey::{LoadedRootKey, RootKey, RootKeyError, RootKeySource, create_root_key_file};
pub use secret::{MIN_SECRET_BYTES, Secret};

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Why the vault refused. No variant carries secret material, so each may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No root key has been given yet, or the vault was sealed again.
    #[error("the vault is sealed")]
    Sealed,
    /// The vault was sealed while it was being opened: the seal counts.
    #[error("the vault was sealed in the meantime, and stays sealed")]
    SealedMeanwhile,
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
    /// A std lock: it is held for one encryption (about a microsecond) and never across an await. Because work is done
    /// under the read lock, no key is in use once [`Vault::seal`] has returned.
    state: RwLock<State>,
}

/// Everything that is secret, in one place: what is added here is dropped by every seal and every new keyring.
#[derive(Default)]
struct State {
    /// `None` is sealed.
    keyring: Option<Keyring>,
    /// How often the vault was sealed.
    seals: u64,
}

/// The vault as it was when somebody began to open it: a seal since then is not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

impl Vault {
    /// The vault of `instance`, still without keys.
    pub fn sealed(instance: impl Into<String>) -> Self {
        Self(Arc::new(Inner { instance: instance.into(), state: RwLock::default() }))
    }

    /// A new row of the keyring. The caller stores it durably, then installs the keyring that has it.
    pub fn create_key(
        &self,
        root: &RootKey,
        id: i64,
        now: DateTime<Utc>,
        rng: &dyn SecureRandom,
    ) -> Result<KeyringRow, VaultError> {
        keyring::new_row(root, &self.0.instance, id, now, rng)
    }

    /// To be taken before the keyring's rows are read.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.read().seals)
    }

    /// Opens the rows of a keyring; nothing changes before it is installed.
    pub fn open_keyring(&self, root: &Arc<RootKey>, rows: &[KeyringRow]) -> Result<Keyring, VaultError> {
        Keyring::open(root, &self.0.instance, rows)
    }

    /// The open keyring as its rows are now; only rows that are new to it need the root key.
    pub fn refresh_keyring(&self, root: &Arc<RootKey>, rows: &[KeyringRow]) -> Result<Keyring, VaultError> {
        self.read().keyring.as_ref().ok_or(VaultError::Sealed)?.refreshed(root, rows)
    }

    /// The rows of the keyring, wrapped by another root key.
    pub fn under_root(
        &self,
        root: &RootKey,
        rows: &[KeyringRow],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<KeyringRow>, VaultError> {
        keyring::under(self.read().keyring.as_ref().ok_or(VaultError::Sealed)?, root, rows, rng)
    }

    /// Works with this keyring from now on, unless the vault was sealed since the ticket was taken.
    pub fn install(&self, ticket: Ticket, keyring: Keyring) -> Result<(), VaultError> {
        let mut state = self.write();
        if state.seals != ticket.0 {
            return Err(VaultError::SealedMeanwhile);
        }
        state.keyring = Some(keyring);
        Ok(())
    }

    /// Forgets every key; the memory that held them is overwritten.
    pub fn seal(&self) {
        let mut state = self.write();
        *state = State { seals: state.seals + 1, ..State::default() };
    }

    /// Whether there are no keys.
    pub fn is_sealed(&self) -> bool {
        self.read().keyring.is_none()
    }

    /// The root key that the open keyring was opened with.
    pub fn root(&self) -> Result<Arc<RootKey>, VaultError> {
        self.read().keyring.as_ref().map(|it| it.root().clone()).ok_or(VaultError::Sealed)
    }

    /// Seals a secret for exactly the place that `ctx` names. The record may be stored anywhere.
    pub fn seal_secret(
        &self,
        ctx: &SecretContext<'_>,
        secret: &Secret,
        rng: &dyn SecureRandom,
    ) -> Result<String, VaultError> {
        self.read().keyring.as_ref().ok_or(VaultError::Sealed)?.seal_secret(ctx, secret, rng)
    }

    /// Opens a record that was sealed for exactly the place that `ctx` names.
    ///
    /// Data keys are unwrapped anew on every call; a cache of them for seconds would go here.
    pub fn open_secret(&self, ctx: &SecretContext<'_>, record: &str) -> Result<Secret, VaultError> {
        self.read().keyring.as_ref().ok_or(VaultError::Sealed)?.open_secret(ctx, record)
    }

    /// The record with its data key under the newest key. That it opens is checked before it is given out.
    pub fn rewrap(
        &self,
        ctx: &SecretContext<'_>,
        record: &str,
        rng: &dyn SecureRandom,
    ) -> Result<String, VaultError> {
        let state = self.read();
        let keyring = state.keyring.as_ref().ok_or(VaultError::Sealed)?;
        let fresh = envelope::rewrap(keyring, ctx, record, rng)?;
        keyring.open_secret(ctx, &fresh).map(|_| fresh)
    }

    // Poisoning is ignored: the only write is the assignment of a whole value, which cannot be left half done.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_sealed() { "sealed" } else { "open" };
        f.debug_struct("Vault").field("instance", &self.0.instance).field("state", &state).finish()
    }
}
