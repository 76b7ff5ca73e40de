//! An agent's private key, and the assertions that it signs (`private_key_jwt`, RFC 7523).

use crate::{error::Error, secret::Secret};
use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};
use std::{fmt, sync::Arc};

/// How long an assertion is good for, in seconds: the broker takes five minutes, so clocks may differ by two.
const LIFE: i64 = 120;

/// Which kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519, signs with EdDSA.
    Ed25519,
    /// P-256, signs with ES256.
    P256,
}

/// A private key. The broker knows the public half, from [`Key::public`]; the private half never leaves this process.
#[derive(Clone)]
pub struct Key(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    encoding: EncodingKey,
    kid: String,
    jwk: Value,
}

impl Key {
    /// Reads a key in PKCS #8 PEM (`-----BEGIN PRIVATE KEY-----`).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
            Error::invalid(
                "the agent's key must be in PKCS #8 PEM, as `countersign keygen` or `openssl genpkey` writes it \
                 (-----BEGIN PRIVATE KEY-----), without a passphrase",
            )
        })?;
        Self::from_pkcs8(der.secret_pkcs8_der())
    }

    /// A fresh key, and its private half in PEM: keep it where only the agent can read it.
    pub fn generate(kind: KeyKind) -> Result<(Self, Secret), Error> {
        let (random, failed) = (SystemRandom::new(), |_| Error::invalid("the random generator failed"));
        let document = match kind {
            KeyKind::Ed25519 => Ed25519KeyPair::generate_pkcs8(&random).map_err(failed)?,
            KeyKind::P256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(failed)?
            }
        };
        Ok((Self::from_pkcs8(document.as_ref())?, pem(document.as_ref())))
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
            let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
            let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
            return Self::new(&members, Algorithm::EdDSA, EncodingKey::from_ed_der(der));
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| Error::invalid("the agent's key must be an Ed25519 or a P-256 key"))?;
        let Some((x, y)) = pair.public_key().as_ref().get(1..).and_then(|point| point.split_at_checked(32))
        else {
            return Err(Error::invalid("the agent's key has no public half"));
        };
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self::new(&members, Algorithm::ES256, EncodingKey::from_ec_der(der))
    }

    /// From the members that RFC 7638 hashes, in its order: the thumbprint is the key's name.
    fn new(members: &str, algorithm: Algorithm, encoding: EncodingKey) -> Result<Self, Error> {
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()));
        let jwk = serde_json::from_str(members).map_err(|why| Error::invalid(why.to_string()))?;
        Ok(Self(Arc::new(Inner { algorithm, encoding, kid, jwk })))
    }

    /// The public half as a JSON Web Key, for the `keys` of the agent in an `apply` file.
    pub fn public(&self) -> &Value {
        &self.0.jwk
    }

    /// The RFC 7638 thumbprint: what the broker shows of it.
    pub fn thumbprint(&self) -> &str {
        &self.0.kid
    }

    /// An assertion for one use: who the agent is, for this broker, for two minutes.
    pub(crate) fn assertion(&self, agent: &str, audience: &str) -> Result<String, Error> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::invalid("the random generator failed"))?;
        #[expect(clippy::disallowed_methods, reason = "the one place where an agent's clock counts")]
        let now = chrono::Utc::now().timestamp();
        // No `iat`: it would only let a clock that is a little fast be refused.
        let claims = json!({
            "iss": agent,
            "sub": agent,
            "aud": audience,
            "exp": now + LIFE,
            "jti": BASE64_URL_SAFE_NO_PAD.encode(random),
        });
        let header = Header { kid: Some(self.0.kid.clone()), ..Header::new(self.0.algorithm) };
        #[expect(clippy::disallowed_methods, reason = "the one place where an agent signs")]
        let text = jsonwebtoken::encode(&header, &claims, &self.0.encoding);
        text.map_err(|why| Error::invalid(format!("the agent's key does not sign: {why}")))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("thumbprint", &self.0.kid).finish_non_exhaustive()
    }
}

/// RFC 7468: 64 characters a line.
fn pem(der: &[u8]) -> Secret {
    let encoded = BASE64_STANDARD.encode(der);
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    for (at, c) in encoded.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    text.push_str("\n-----END PRIVATE KEY-----\n");
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            let (key, file) = Key::generate(kind).unwrap();
            let again = Key::from_pem(file.expose()).unwrap();
            assert_eq!((again.thumbprint(), again.public()), (key.thumbprint(), key.public()));
            assert!(again.public().get("d").is_none());
            assert!(!format!("{again:?}").contains("PRIVATE"));
        }
    }

    /// RFC 8037 appendix A: this key, and its thumbprint.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let seed = BASE64_URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ];
        der.extend(seed);
        let key = Key::from_pem(pem(&der).expose()).unwrap();
        assert_eq!(key.public()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_key_is_refused_in_words() {
        let (_, file) = Key::generate(KeyKind::P256).unwrap();
        for bad in [String::new(), "csn_a_x".to_owned(), file.expose().replace("PRIVATE", "PUBLIC")] {
            let told = Key::from_pem(&bad).unwrap_err().to_string();
            assert!(told.contains("PKCS #8"), "{told}");
        }
    }
}
