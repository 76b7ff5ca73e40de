//! ID tokens (OpenID Connect Core section 2): they tell a client which person decided. The broker makes them and reads
//! none: they have no [`Claims`](super::claims::Claims), so there is no place where one could be accepted.

use super::TokenError;
use super::claims::{Lifetime, Proof, Signed};
use super::signer::{SignedToken, Signer};
use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use protocol::Slug;
use serde::Serialize;

/// A client looks at an ID token once, when it gets it.
pub const ID_TOKEN_SECONDS: i64 = 300;

/// What to put into an ID token. It holds the access token, so nothing prints it.
#[derive(Clone)]
pub struct IdToken<'a> {
    /// The client that it is for.
    pub client_id: &'a str,
    /// The person.
    pub sub: &'a Slug,
    /// What the client sent along to know its own request again.
    pub nonce: Option<&'a str>,
    /// When the person signed in.
    pub auth_time: DateTime<Utc>,
    /// The access token that it is given out with.
    pub access_token: &'a str,
}

/// There is no `azp`: the one audience is the client itself.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a Slug,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
}

impl Signed for IdClaims<'_> {
    const TYP: &'static str = "JWT";
    const PROOF: Proof = Proof::Signature;

    fn lifetime(&self) -> Lifetime {
        Lifetime { iat: self.iat, nbf: self.iat, exp: self.exp }
    }
}

impl Signer {
    /// An ID token: five minutes.
    pub fn id_token(&self, it: &IdToken<'_>, now: DateTime<Utc>) -> Result<SignedToken, TokenError> {
        let iat = now.timestamp();
        self.sign(&IdClaims {
            iss: self.issuer(),
            sub: it.sub,
            aud: it.client_id,
            iat,
            exp: iat.saturating_add(ID_TOKEN_SECONDS),
            // Nobody signs in after the token that says so.
            auth_time: it.auth_time.timestamp().min(iat),
            nonce: it.nonce,
            at_hash: half_hash(it.access_token),
        })
    }
}

/// The left half of the SHA-256 (Core section 3.1.3.6).
fn half_hash(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    let bytes = hash.as_ref();
    BASE64_URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 2])
}
