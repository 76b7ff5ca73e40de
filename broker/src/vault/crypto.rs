//! The two things the vault does with ciphers: seal under a fresh nonce, open again.

use super::VaultError;
use super::secret::Key;
use aws_lc_rs::aead::{Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::SecureRandom;
use zeroize::Zeroizing;

pub(super) const TAG_BYTES: usize = 16;
/// What sealing adds to the length of the plaintext.
pub(super) const OVERHEAD: usize = NONCE_LEN + TAG_BYTES;

/// `nonce ‖ ciphertext ‖ tag`.
pub(super) fn seal(
    algorithm: &'static Algorithm,
    key: &Key,
    aad: &[u8],
    plain: &[u8],
    rng: &dyn SecureRandom,
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    rng.fill(&mut nonce).map_err(|_| VaultError::Crypto)?;

    // Full capacity from the start: growing would leave plaintext behind in the old allocation.
    let mut sealed = Zeroizing::new(Vec::with_capacity(plain.len() + OVERHEAD));
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);

    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(algorithm, key)?
        .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut sealed[NONCE_LEN..])
        .map_err(|_| VaultError::Crypto)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(std::mem::take(&mut *sealed))
}

/// The plaintext of what [`seal`] made with the same key and associated data.
pub(super) fn open(
    algorithm: &'static Algorithm,
    key: &Key,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError::DoesNotOpen)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::DoesNotOpen)?;
    let mut plain = Zeroizing::new(body.to_vec());
    let length = cipher(algorithm, key)?
        .open_in_place(nonce, Aad::from(aad), &mut plain)
        .map_err(|_| VaultError::DoesNotOpen)?
        .len();
    plain.truncate(length);
    Ok(plain)
}

/// Joins parts so that no two different lists of parts give the same bytes.
pub(super) fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

fn cipher(algorithm: &'static Algorithm, key: &Key) -> Result<LessSafeKey, VaultError> {
    let key = UnboundKey::new(algorithm, key.expose()).map_err(|_| VaultError::Crypto)?;
    Ok(LessSafeKey::new(key))
}
