//! The one place that signs JWTs and checks signatures.
//!
//! jsonwebtoken's defaults are wrong for us (60 s leeway, `nbf` unchecked, `aud` and `iss` only if present, `aud` by
//! intersection, the system clock). So it does the signature here, and everything about issuer, audience and time is
//! ours, in `signer.rs`, on a clock that is an argument.

use super::TokenError;
use super::agent_key::AgentKey;
use super::claims::{Claims, Proof, Signed};
use super::keys::{CheckingKey, SigningKey};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The header as we write it. Anything else in it is refused before a key is touched: `jku`, `x5u` and `jwk` would
/// bring the attacker's own key, `crit` and `b64` would change what is signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// The JWS compact serialisation (RFC 7515 section 7.1) is written here because `jsonwebtoken::encode` parses and
/// checks the private key again for each token, which takes as long as the signature. What comes out is read back by
/// the library in every test.
pub(super) fn sign<C: Signed>(key: &SigningKey, claims: &C) -> Result<String, TokenError> {
    let header = Header {
        typ: Some(C::TYP.to_owned()),
        kid: Some(key.kid().to_owned()),
        ..Header::new(C::PROOF.algorithm())
    };
    let mut token = String::with_capacity(1024);
    for (part, end) in [(json(&header)?, "."), (json(claims)?, "")] {
        BASE64_URL_SAFE_NO_PAD.encode_string(part, &mut token);
        token.push_str(end);
    }
    let proof = match C::PROOF {
        Proof::Signature => BASE64_URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes())?),
        Proof::Mac => BASE64_URL_SAFE_NO_PAD.encode(key.tag(token.as_bytes())),
    };
    token.push('.');
    token.push_str(&proof);
    Ok(token)
}

fn json(part: &impl Serialize) -> Result<Vec<u8>, TokenError> {
    serde_json::to_vec(part).map_err(|_| TokenError::Crypto)
}

/// The claims of a token of exactly this kind with a good signature or MAC. Says nothing about issuer, audience and
/// time. Which of the two it must be is said by the kind that is expected here, never by the token: no key checks what
/// the other's half was made for (RFC 8725 section 3.1).
pub(super) fn read<C: Claims>(keys: &[CheckingKey], token: &str) -> Result<C, TokenError> {
    let header = StrictHeader::of(token)?;
    if header.typ != C::TYP {
        return Err(TokenError::WrongKind);
    }
    if header.alg != C::PROOF.name() {
        return Err(TokenError::Malformed);
    }
    let key = keys.iter().find(|key| key.kid == header.kid).ok_or(TokenError::UnknownKey)?;
    let key = match C::PROOF {
        Proof::Signature => &key.public,
        Proof::Mac => &key.mac,
    };
    decode(key, token, &validation(C::PROOF.algorithm(), &["exp", "nbf", "iss", "aud", "sub"]))
}

/// What a token of ours says that is no credential here, only a hint, with a good signature. Says nothing about issuer,
/// audience and time either.
pub(super) fn read_hint<C: DeserializeOwned>(
    keys: &[CheckingKey],
    token: &str,
    typ: &str,
) -> Result<C, TokenError> {
    let header = StrictHeader::of(token)?;
    if header.typ != typ {
        return Err(TokenError::WrongKind);
    }
    if header.alg != Proof::Signature.name() {
        return Err(TokenError::Malformed);
    }
    let key = keys.iter().find(|key| key.kid == header.kid).ok_or(TokenError::UnknownKey)?;
    decode(&key.public, token, &validation(Proof::Signature.algorithm(), &["exp", "iss", "aud", "sub"]))
}

impl Proof {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Signature => Algorithm::ES256,
            Self::Mac => Algorithm::HS256,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Signature => "ES256",
            Self::Mac => "HS256",
        }
    }
}

/// The claims of a client's assertion with a good signature by exactly this key, under the one algorithm that the key
/// is for. Its header was looked at before: see `assertion.rs`.
pub(super) fn read_by<C: DeserializeOwned>(key: &AgentKey, token: &str) -> Result<C, TokenError> {
    decode(key.decoding(), token, &validation(key.algorithm(), &["exp", "iss", "aud", "sub"]))
}

fn decode<C: DeserializeOwned>(
    key: &DecodingKey,
    token: &str,
    validation: &Validation,
) -> Result<C, TokenError> {
    #[expect(clippy::disallowed_methods, reason = "the one place that checks")]
    let decoded = jsonwebtoken::decode::<C>(token, key, validation);
    decoded.map(|data| data.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => TokenError::BadClaims,
        _ => TokenError::Malformed,
    })
}

impl StrictHeader {
    fn of(token: &str) -> Result<Self, TokenError> {
        let (header, _) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&header).map_err(|_| TokenError::Malformed)
    }
}

fn validation(algorithm: Algorithm, required: &[&str]) -> Validation {
    #[expect(clippy::disallowed_methods, reason = "the one place that builds a Validation")]
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.set_required_spec_claims(required);
    // Off because the callers check them (and the issuer): jsonwebtoken would ask the system clock, and would be
    // content with an audience that merely contains ours.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
