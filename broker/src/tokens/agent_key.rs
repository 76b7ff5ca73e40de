//! The public key of an agent: P-256 for ES256, or Ed25519 for EdDSA. The key says which algorithm counts, never the
//! token.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde::{Deserialize, de::IgnoredAny};
use std::fmt;

/// What a DER public key (RFC 5480) of P-256 starts with, up to the uncompressed point.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// The same of Ed25519 (RFC 8410).
const ED25519_SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The longest name of a key.
const LONGEST_KID: usize = 128;

/// Why something is no key for an agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyRefusal(&'static str);

const PRIVATE: KeyRefusal = KeyRefusal(
    "this is a private key: give the broker the public half only, and replace this key if others saw it",
);
/// What agents may sign assertions with, as JWTs write it: by P-256, by Ed25519.
pub const ALGORITHMS: [&str; 2] = ["ES256", "EdDSA"];

const OTHER_KIND: KeyRefusal = KeyRefusal("only P-256 keys (ES256) and Ed25519 keys (EdDSA) are taken");

/// A public key of an agent.
#[derive(Clone)]
pub struct AgentKey {
    kid: String,
    thumbprint: String,
    algorithm: Algorithm,
    decoding: DecodingKey,
    jwk: String,
}

/// RFC 7517, as far as a public signature key of the two kinds needs it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    /// There only in a private key.
    d: Option<IgnoredAny>,
    /// There only in a symmetric key.
    k: Option<IgnoredAny>,
}

impl AgentKey {
    /// Reads a public JSON Web Key. Its `kid` is its name; without one the thumbprint is.
    pub fn from_jwk(text: &str) -> Result<Self, KeyRefusal> {
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| {
            KeyRefusal("this is no public JSON Web Key: kty, crv, x, for P-256 also y, and kid, alg, use if you like")
        })?;
        if jwk.d.is_some() || jwk.k.is_some() {
            return Err(PRIVATE);
        }
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref(), &jwk.x, &jwk.y) {
            ("EC", Some("P-256"), Some(x), Some(y)) => {
                let mut point = vec![4];
                point.extend(coordinate(x)?);
                point.extend(coordinate(y)?);
                Self::p256(&point)?
            }
            ("OKP", Some("Ed25519"), Some(x), None) => Self::ed25519(&coordinate(x)?)?,
            _ => return Err(OTHER_KIND),
        };
        if jwk.alg.is_some_and(|alg| alg != key.alg()) {
            return Err(KeyRefusal("alg must be ES256 for P-256 and EdDSA for Ed25519"));
        }
        let verifies = jwk.key_ops.is_none_or(|ops| ops.iter().any(|it| it == "verify"));
        if jwk.usage.is_some_and(|usage| usage != "sig") || !verifies {
            return Err(KeyRefusal("this key is not meant for signatures"));
        }
        jwk.kid.map_or(Ok(key.clone()), |kid| key.named(&kid))
    }

    /// Reads a public key as `openssl pkey -pubout` writes it; its thumbprint is its name.
    pub fn from_pem(text: &str) -> Result<Self, KeyRefusal> {
        if text.contains("PRIVATE KEY") {
            return Err(PRIVATE);
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes())
            .map_err(|_| KeyRefusal("this is no public key in PEM form (-----BEGIN PUBLIC KEY-----)"))?;
        match (der.strip_prefix(P256_SPKI), der.strip_prefix(ED25519_SPKI)) {
            (Some(point), _) => Self::p256(point),
            (_, Some(key)) => Self::ed25519(key),
            _ => Err(OTHER_KIND),
        }
    }

    /// The same key under another name.
    pub fn named(self, kid: &str) -> Result<Self, KeyRefusal> {
        if !(1..=LONGEST_KID).contains(&kid.len()) || !kid.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyRefusal("kid must be 1 to 128 visible ASCII characters without blanks"));
        }
        Ok(Self { kid: kid.to_owned(), ..self })
    }

    fn p256(point: &[u8]) -> Result<Self, KeyRefusal> {
        let wrong = KeyRefusal("this is no point of P-256");
        let [4, coordinates @ ..] = point else { return Err(wrong) };
        let Some((x, y)) = coordinates.split_at_checked(32).filter(|(_, y)| y.len() == 32) else {
            return Err(wrong);
        };
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| wrong)?;
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok(Self::new(jwk, Algorithm::ES256, DecodingKey::from_ec_der(point)))
    }

    fn ed25519(key: &[u8]) -> Result<Self, KeyRefusal> {
        ParsedPublicKey::new(&ED25519, key).map_err(|_| KeyRefusal("this is no Ed25519 key"))?;
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64_URL_SAFE_NO_PAD.encode(key));
        Ok(Self::new(jwk, Algorithm::EdDSA, DecodingKey::from_ed_der(key)))
    }

    /// From the members that RFC 7638 hashes, in its order.
    fn new(jwk: String, algorithm: Algorithm, decoding: DecodingKey) -> Self {
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, jwk.as_bytes()));
        Self { kid: thumbprint.clone(), thumbprint, algorithm, decoding, jwk }
    }

    /// What an assertion names it by.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The JSON Web Key, with the members that make it what it is and no other.
    pub fn jwk(&self) -> &str {
        &self.jwk
    }

    /// The one algorithm that counts for it, as JWTs write it.
    pub fn alg(&self) -> &'static str {
        let [p256, ed25519] = ALGORITHMS;
        if self.algorithm == Algorithm::ES256 { p256 } else { ed25519 }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentKey").field("kid", &self.kid).field("jwk", &self.jwk).finish_non_exhaustive()
    }
}

fn coordinate(text: &str) -> Result<Vec<u8>, KeyRefusal> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
    bytes.ok_or(KeyRefusal("x and y must be 32 bytes in base64url without padding"))
}
