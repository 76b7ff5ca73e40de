//! ES256 keys. A key's id is its RFC 7638 thumbprint: it is computed from the key, so that no row can mislabel one.

use super::TokenError;
use crate::vault::Secret;
use aws_lc_rs::digest;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, Signature};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use std::fmt;

/// A key that signs. Lives in the vault as PKCS #8.
pub struct SigningKey {
    pkcs8: Secret,
    pair: EcdsaKeyPair,
    public: PublicKey,
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
        let public = PublicKey::of_point(pair.public_key().as_ref())?;
        Ok(Self { pkcs8, pair, public })
    }

    /// The private key, for the vault.
    pub fn pkcs8(&self) -> &Secret {
        &self.pkcs8
    }

    /// The ES256 signature (RFC 7518 section 3.4) of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, TokenError> {
        self.pair.sign(&SystemRandom::new(), message).map_err(|_| TokenError::Crypto)
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.public.kid
    }

    /// The public half as a JWK: not secret, may be stored beside the sealed half and be published while the vault
    /// is sealed. Never verify with a JWK that the database kept: whoever writes there could add their own.
    pub fn jwk(&self) -> Value {
        self.public.jwk()
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

/// A key that verifies.
#[derive(Clone)]
pub(super) struct PublicKey {
    pub kid: String,
    pub decoding: DecodingKey,
    x: String,
    y: String,
}

impl PublicKey {
    /// From the uncompressed point: 4, x, y.
    fn of_point(point: &[u8]) -> Result<Self, TokenError> {
        let [4, coordinates @ ..] = point else { return Err(TokenError::BadKey) };
        let (x, y) = coordinates.split_at_checked(32).ok_or(TokenError::BadKey)?;
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        Ok(Self { kid, decoding: DecodingKey::from_ec_der(point), x, y })
    }

    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y,
            "kid": self.kid, "use": "sig", "alg": "ES256",
        })
    }
}
