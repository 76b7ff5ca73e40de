//! Secret bytes: overwritten when dropped, and impossible to print, serialise or clone by accident.

use super::VaultError;
use aws_lc_rs::rand::SecureRandom;
use std::fmt;
use zeroize::Zeroizing;

/// Shorter credentials are refused: the proxy keeps secrets out of answers by searching for them, and a short text
/// is found everywhere.
pub const MIN_SECRET_BYTES: usize = 12;

/// A credential or key in the clear. Deliberately without `Clone`, `Display` and `Serialize`.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A credential that somebody entered; at least [`MIN_SECRET_BYTES`] long.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, VaultError> {
        let secret = Self::key(bytes);
        if secret.0.len() < MIN_SECRET_BYTES { Err(VaultError::TooShort) } else { Ok(secret) }
    }

    /// A key that the broker made itself, whatever its length.
    pub fn key(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes. Keep the borrow short and copy nothing that is not overwritten too.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn opened(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

pub(super) const KEY_BYTES: usize = 32;

/// A 256-bit key. On the heap, so that moving it leaves no copies behind on the stack.
pub(super) struct Key(Box<Zeroizing<[u8; KEY_BYTES]>>);

impl Key {
    pub(super) fn random(rng: &dyn SecureRandom) -> Result<Self, VaultError> {
        let mut key = Self(Box::default());
        rng.fill(key.0.as_mut_slice()).map_err(|_| VaultError::Crypto)?;
        Ok(key)
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::copy_of)
    }

    pub(super) fn duplicate(&self) -> Self {
        Self::copy_of(self.expose())
    }

    fn copy_of(bytes: &[u8; KEY_BYTES]) -> Self {
        let mut key = Self(Box::default());
        key.0.copy_from_slice(bytes);
        key
    }

    pub(super) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}
