//! What is accepted, and everything that is not. Forged tokens are put together by hand, so that these tests do not
//! lean on the library whose checks they are about.

mod accepted;
mod assertion;
mod claims;
mod forged;
mod keys;
mod resources;

use super::*;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use protocol::{CallId, GrantId, HalfDigest, Slug};
use serde_json::{Value, json};

const ISSUER: &str = "https://approve.example";
const START: i64 = 1_800_000_000;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(START + second, 0).unwrap()
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

const HALF: &str = "0123456789abcdef0123456789abcdef";

fn digest() -> HalfDigest {
    HalfDigest::try_from(HALF.to_owned()).unwrap()
}

fn fresh_key() -> SigningKey {
    SigningKey::generate(&SystemRandom::new()).unwrap()
}

/// A second copy, as the vault would give it back.
fn copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_pkcs8(crate::vault::Secret::key(key.pkcs8().expose())).unwrap()
}

struct Bench {
    key: SigningKey,
    signer: Signer,
}

fn bench() -> Bench {
    let key = fresh_key();
    Bench { signer: Signer::new(ISSUER, copy(&key), &[]), key }
}

impl Bench {
    fn grant(&self, ends: DateTime<Utc>, details: Vec<Value>) -> Result<SignedToken, TokenError> {
        let grant = GrantToken {
            grant: &GrantId::from_u128(1),
            digest: digest(),
            ends_at: ends,
            owner: &slug("paul"),
            agent: &slug("ci-bot"),
            client: "ci-bot",
            resources: &[],
            authorization_details: details,
            scope: "github:issues.read",
        };
        self.signer.grant_token(&grant, at(0))
    }

    fn call(&self, service: &str, grant_ends_at: DateTime<Utc>) -> Result<SignedToken, TokenError> {
        let call = CallToken {
            call: &CallId::from_u128(2),
            grant: &GrantId::from_u128(1),
            digest: digest(),
            grant_ends_at,
            owner: &slug("paul"),
            agent: &slug("ci-bot"),
            service: &slug(service),
            action: "issues.read",
            line: 1,
            resources: &[],
        };
        self.signer.call_token(&call, at(0))
    }

    fn grant_text(&self) -> String {
        self.grant(at(3600), vec![json!({"type": "service_access"})]).unwrap().expose().to_owned()
    }

    fn call_text(&self) -> String {
        self.call("github", at(3600)).unwrap().expose().to_owned()
    }

    fn verify_grant(&self, token: &str) -> Result<(), TokenError> {
        self.signer.verify_grant(token, at(1)).map(drop)
    }

    fn verify_call(&self, token: &str) -> Result<(), TokenError> {
        self.signer.verify_call(token, &slug("github"), at(1)).map(drop)
    }

    fn header(&self, typ: &str) -> Value {
        let alg = if typ == "csn-call+jwt" { "HS256" } else { "ES256" };
        json!({"alg": alg, "typ": typ, "kid": self.key.kid()})
    }

    fn forge(&self, header: &str, claims: &str) -> String {
        forge(&self.key, &ECDSA_P256_SHA256_FIXED_SIGNING, header, claims)
    }

    /// Our own key under other claims than we would ever sign.
    fn grant_with(&self, claims: &str) -> String {
        self.forge(&self.header("at+jwt").to_string(), claims)
    }

    fn call_with(&self, claims: &str) -> String {
        forge_mac(&mac_of(&self.key), &self.header("csn-call+jwt").to_string(), claims)
    }
}

fn b64(text: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn forge(key: &SigningKey, algorithm: &'static EcdsaSigningAlgorithm, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", b64(header), b64(claims));
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.pkcs8().expose()).unwrap();
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", b64(signature))
}

/// The MAC key of a signing key: HKDF (RFC 5869 sections 2.2 and 2.3), step by step.
fn mac_of(key: &SigningKey) -> Vec<u8> {
    let step = |key: &[u8], data: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    let extracted = step(&[0; 32], key.pkcs8().expose());
    step(extracted.as_ref(), b"countersign call token HS256 v1\x01").as_ref().to_vec()
}

fn forge_mac(secret: &[u8], header: &str, claims: &str) -> String {
    let message = format!("{}.{}", b64(header), b64(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", b64(tag))
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn claims_of(token: &str) -> Value {
    part(token, 1)
}

fn with(mut claims: Value, name: &str, value: Value) -> String {
    claims[name] = value;
    claims.to_string()
}
