//! One record: a secret under a data key of its own, that key under a key of the keyring.
//!
//! ```text
//! "CSNV" | format 1 | algorithm 1 | key id (8) | nonce, wrapped data key, tag (60) | nonce, ciphertext, tag
//! ```
//!
//! stored as base64. The data key encrypts exactly one message, so random nonces cannot repeat under it; the
//! keyring's key wraps many and therefore uses GCM-SIV, which survives a repeated nonce (a cloned machine). Re-wrapping
//! to a newer key replaces the middle and leaves the ciphertext alone, hence only the wrapping binds the key id.

use super::VaultError;
use super::crypto::{self, OVERHEAD, length_prefixed};
use super::keyring::Keyring;
use super::secret::{KEY_BYTES, Key, Secret};
use aws_lc_rs::aead::{AES_256_GCM, AES_256_GCM_SIV};
use aws_lc_rs::rand::SecureRandom;
use base64::{Engine, prelude::BASE64_STANDARD};

/// The place a secret is sealed for. A record opens only where every one of these is the same as when it was sealed:
/// repointing a service at another origin means entering the secret again. The instance is bound too; the vault knows it.
#[derive(Debug, Clone, Copy)]
pub struct SecretContext<'a> {
    /// The owner of a personal connection; `None` for a shared one and for the broker's own keys.
    pub owner: Option<&'a str>,
    /// The connection.
    pub connection: &'a str,
    /// Which version of the connection's secret; take it from the row that names the current one, never from the
    /// record's own row, so that an old record put back does not open.
    pub version: i64,
    /// Which of the connection's fields.
    pub field: &'a str,
    /// The service.
    pub service: &'a str,
    /// Where the secret may be sent.
    pub origin: Origin<'a>,
    /// How it is put on a call: the whole style in one canonical text, so that not even a header's name can change.
    pub auth_style: &'a str,
}

/// Scheme, host and port, as the URL parser normalised them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `https` or `http`.
    pub scheme: &'a str,
    /// Lower case, punycode.
    pub host: &'a str,
    /// Always explicit.
    pub port: u16,
}

const MAGIC: &[u8; 4] = b"CSNV";
const FORMAT: u8 = 1;
/// AES-256-GCM data, AES-256-GCM-SIV wrapping.
const ALGORITHM: u8 = 1;
const WRAPPED_BYTES: usize = KEY_BYTES + OVERHEAD;

pub(super) fn seal(
    keyring: &Keyring,
    ctx: &SecretContext<'_>,
    secret: &Secret,
    rng: &dyn SecureRandom,
) -> Result<String, VaultError> {
    let (key_id, key) = keyring.current()?;
    let data_key = Key::random(rng)?;
    let aad = associated_data(keyring.instance(), ctx);
    let wrapped = crypto::seal(&AES_256_GCM_SIV, key, &wrapping_data(&aad, key_id), data_key.expose(), rng)?;
    let body = crypto::seal(&AES_256_GCM, &data_key, &aad, secret.expose(), rng)?;
    let record = [&MAGIC[..], &[FORMAT, ALGORITHM], &key_id.to_be_bytes(), &wrapped, &body].concat();
    Ok(BASE64_STANDARD.encode(record))
}

pub(super) fn open(keyring: &Keyring, ctx: &SecretContext<'_>, record: &str) -> Result<Secret, VaultError> {
    let record = BASE64_STANDARD.decode(record).map_err(|_| VaultError::BadRecord("not base64"))?;
    let Parts { key_id, wrapped, body } = Parts::of(&record)?;
    let aad = associated_data(keyring.instance(), ctx);
    let data_key =
        crypto::open(&AES_256_GCM_SIV, keyring.key(key_id)?, &wrapping_data(&aad, key_id), wrapped)?;
    let data_key = Key::from_slice(&data_key).ok_or(VaultError::DoesNotOpen)?;
    crypto::open(&AES_256_GCM, &data_key, &aad, body).map(Secret::opened)
}

/// The same secret with its data key under the newest key of the keyring; the ciphertext stays as it is.
pub(super) fn rewrap(
    keyring: &Keyring,
    ctx: &SecretContext<'_>,
    record: &str,
    rng: &dyn SecureRandom,
) -> Result<String, VaultError> {
    let record = BASE64_STANDARD.decode(record).map_err(|_| VaultError::BadRecord("not base64"))?;
    let Parts { key_id, wrapped, body } = Parts::of(&record)?;
    let aad = associated_data(keyring.instance(), ctx);
    let data_key =
        crypto::open(&AES_256_GCM_SIV, keyring.key(key_id)?, &wrapping_data(&aad, key_id), wrapped)?;
    let (key_id, key) = keyring.current()?;
    let wrapped = crypto::seal(&AES_256_GCM_SIV, key, &wrapping_data(&aad, key_id), &data_key, rng)?;
    let record = [&MAGIC[..], &[FORMAT, ALGORITHM], &key_id.to_be_bytes(), &wrapped, body].concat();
    Ok(BASE64_STANDARD.encode(record))
}

/// Which key of the keyring a record names; none if it is no record.
pub fn key_of(record: &str) -> Option<i64> {
    let record = BASE64_STANDARD.decode(record).ok()?;
    Parts::of(&record).ok().map(|parts| parts.key_id)
}

struct Parts<'a> {
    key_id: i64,
    wrapped: &'a [u8],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(record: &'a [u8]) -> Result<Self, VaultError> {
        let rest = record.strip_prefix(MAGIC).ok_or(VaultError::BadRecord("not a vault record"))?;
        let rest = match rest {
            [FORMAT, ALGORITHM, rest @ ..] => rest,
            [FORMAT, ..] => return Err(VaultError::BadRecord("unknown algorithm")),
            _ => return Err(VaultError::BadRecord("unknown format")),
        };
        let cut = VaultError::BadRecord("cut off");
        let (key_id, rest) = rest.split_first_chunk().ok_or_else(|| cut.clone())?;
        let (wrapped, body) = rest.split_at_checked(WRAPPED_BYTES).ok_or(cut)?;
        Ok(Self { key_id: i64::from_be_bytes(*key_id), wrapped, body })
    }
}

fn associated_data(instance: &str, ctx: &SecretContext<'_>) -> Vec<u8> {
    // No owner and an owner with an empty name must differ.
    let owner = ctx.owner.map_or_else(|| vec![0], |owner| [&[1], owner.as_bytes()].concat());
    length_prefixed(&[
        b"countersign-vault-v1",
        &[ALGORITHM],
        instance.as_bytes(),
        &owner,
        ctx.connection.as_bytes(),
        &ctx.version.to_be_bytes(),
        ctx.field.as_bytes(),
        ctx.service.as_bytes(),
        ctx.origin.scheme.as_bytes(),
        ctx.origin.host.as_bytes(),
        &ctx.origin.port.to_be_bytes(),
        ctx.auth_style.as_bytes(),
    ])
}

fn wrapping_data(aad: &[u8], key_id: i64) -> Vec<u8> {
    length_prefixed(&[b"countersign-wrap-v1", aad, &key_id.to_be_bytes()])
}
