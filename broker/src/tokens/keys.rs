//! Signing keys: ES256 for what others may check, and a MAC key derived from it for what only brokers read. A key's id
//! is its RFC 7638 thumbprint: it is computed from the key, so that no row can mislabel one.

use super::TokenError;
use crate::vault::Secret;
use aws_lc_rs::digest;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, Signature};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use std::fmt;
use zeroize::Zeroizing;

/// Keeps the MAC key apart from whatever else may be derived from a signing key one day.
const MAC_LABEL: &[u8] = b"countersign call token HS256 v1";
const MAC_BYTES: usize = 32;

/// A key that signs. Lives in the vault as PKCS #8.
pub struct SigningKey {
    pkcs8: Secret,
    pair: EcdsaKeyPair,
    mac: hmac::Key,
    check: CheckingKey,
}

impl SigningKey {
    /// A fresh key. The caller seals [`SigningKey::pkcs8`] before it uses the key.
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, TokenError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng)
            .map_err(|_| TokenError::Crypto)?;
        Self::from_pkcs8(Secret::key(document.as_ref()))
    }

    /// The key that the vault kept.
    pub fn from_pkcs8(pkcs8: Secret) -> Result<Self, TokenError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose())
            .map_err(|_| TokenError::BadKey)?;
        let mac = mac_key(&pkcs8)?;
        let check = CheckingKey::new(pair.public_key().as_ref(), &mac)?;
        Ok(Self { pkcs8, pair, mac: hmac::Key::new(HMAC_SHA256, mac.as_slice()), check })
    }

    /// The private key, for the vault.
    pub fn pkcs8(&self) -> &Secret {
        &self.pkcs8
    }

    /// The ES256 signature (RFC 7518 section 3.4) of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, TokenError> {
        self.pair.sign(&SystemRandom::new(), message).map_err(|_| TokenError::Crypto)
    }

    /// The HS256 tag (RFC 7518 section 3.2) of a message.
    pub(super) fn tag(&self, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.mac, message)
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.check.kid
    }

    /// The public half as a JWK: not secret, may be stored beside the sealed half and be published while the vault
    /// is sealed. Never verify with a JWK that the database kept: whoever writes there could add their own.
    pub fn jwk(&self) -> Value {
        self.check.jwk()
    }

    pub(super) fn check(&self) -> &CheckingKey {
        &self.check
    }
}

/// HKDF (RFC 5869) of the private key as the vault keeps it: every broker that opens the key has the same MAC key, and
/// a rotation replaces both.
fn mac_key(pkcs8: &Secret) -> Result<Zeroizing<[u8; MAC_BYTES]>, TokenError> {
    let mut mac = Zeroizing::new([0; MAC_BYTES]);
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(pkcs8.expose());
    let expanded = extracted.expand(&[MAC_LABEL], HKDF_SHA256).map_err(|_| TokenError::Crypto)?;
    expanded.fill(mac.as_mut_slice()).map_err(|_| TokenError::Crypto)?;
    Ok(mac)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

/// What checks a signing key's tokens: those that anybody may check with the public half, and those with a MAC.
#[derive(Clone)]
pub(super) struct CheckingKey {
    pub kid: String,
    pub public: DecodingKey,
    pub mac: DecodingKey,
    x: String,
    y: String,
}

impl CheckingKey {
    /// From the uncompressed point (4, x, y) and the MAC key.
    fn new(point: &[u8], mac: &[u8; MAC_BYTES]) -> Result<Self, TokenError> {
        let [4, coordinates @ ..] = point else { return Err(TokenError::BadKey) };
        let (x, y) = coordinates.split_at_checked(32).ok_or(TokenError::BadKey)?;
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        let (public, mac) = (DecodingKey::from_ec_der(point), DecodingKey::from_secret(mac));
        Ok(Self { kid, public, mac, x, y })
    }

    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y,
            "kid": self.kid, "use": "sig", "alg": "ES256",
        })
    }
}
