//! An authenticator in software: it makes a passkey and answers with it as a browser would, or as nobody should.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What it does otherwise than it should.
#[derive(Debug, Clone, Default)]
pub struct Forged {
    /// It is used on this site.
    pub origin: Option<String>,
    /// It signs for this host.
    pub rp_id: Option<String>,
    /// It answers this challenge (base64url) instead of the one that was asked.
    pub challenge: Option<String>,
    /// It asks for no finger, face or PIN.
    pub unverified: bool,
    /// It runs in another site's frame.
    pub cross_origin: bool,
    /// Its counter goes back to this.
    pub counter: Option<u32>,
    /// It says that it is this credential (base64url).
    pub credential: Option<String>,
}

/// One passkey.
pub struct SoftPasskey {
    origin: String,
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    counter: u32,
    /// What it does otherwise than it should.
    pub forged: Forged,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const MAY_BE_BACKED_UP: u8 = 8;
const BACKED_UP: u8 = 16;
const HAS_CREDENTIAL: u8 = 64;

impl SoftPasskey {
    /// A passkey in a browser that is at this origin.
    pub fn at(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref()[..20].to_vec();
        let forged = Forged::default();
        Self { origin: origin.to_owned(), key, id, user: Vec::new(), counter: 0, forged }
    }

    /// Its id, in base64url.
    pub fn credential(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// What `navigator.credentials.create()` gives for these options, as JSON.
    pub fn enrol(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["attestation"], "none");
        self.user = BASE64_URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut data = self.authenticator_data(&options["rp"]["id"], HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key());
        let text = |it: &str| Cbor::Text(it.to_owned());
        let object = BTreeMap::from([
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map(BTreeMap::new())),
            (text("authData"), Cbor::Bytes(data)),
        ]);
        let object = serde_cbor_2::to_vec(&Cbor::Map(object)).unwrap();
        self.said(&json!({
            "attestationObject": BASE64_URL_SAFE_NO_PAD.encode(object),
            "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", &options)),
            "transports": ["internal"],
        }))
    }

    /// What `navigator.credentials.get()` gives for these options, as JSON.
    pub fn answer(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        assert_eq!(options["userVerification"], "required");
        self.counter += 1;
        let data = self.authenticator_data(&options["rpId"], 0);
        let client = self.client_data("webauthn.get", &options);
        let signed = [&data, digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.said(&json!({
            "authenticatorData": BASE64_URL_SAFE_NO_PAD.encode(data),
            "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(client),
            "signature": BASE64_URL_SAFE_NO_PAD.encode(signature),
            "userHandle": BASE64_URL_SAFE_NO_PAD.encode(&self.user),
        }))
    }

    fn said(&self, response: &Value) -> String {
        let id = self.forged.credential.clone().unwrap_or_else(|| self.credential());
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let asked = options["challenge"].as_str().unwrap();
        json!({
            "type": kind,
            "challenge": self.forged.challenge.as_deref().unwrap_or(asked),
            "origin": self.forged.origin.as_ref().unwrap_or(&self.origin),
            "crossOrigin": self.forged.cross_origin,
        })
        .to_string()
    }

    fn authenticator_data(&self, rp_id: &Value, more: u8) -> Vec<u8> {
        let rp_id = self.forged.rp_id.as_deref().unwrap_or(rp_id.as_str().unwrap());
        let verified = if self.forged.unverified { 0 } else { VERIFIED };
        let flags = PRESENT | MAY_BE_BACKED_UP | BACKED_UP | verified | more;
        let counter = self.forged.counter.unwrap_or(self.counter);
        [digest(&SHA256, rp_id.as_bytes()).as_ref(), &[flags], &counter.to_be_bytes()].concat()
    }

    /// RFC 9052: {kty: EC2, alg: ES256, crv: P-256, x, y}.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let number = |it: i128| Cbor::Integer(it);
        let key = BTreeMap::from([
            (number(1), number(2)),
            (number(3), number(-7)),
            (number(-1), number(1)),
            (number(-2), Cbor::Bytes(point[1..33].to_vec())),
            (number(-3), Cbor::Bytes(point[33..].to_vec())),
        ]);
        serde_cbor_2::to_vec(&Cbor::Map(key)).unwrap()
    }
}
