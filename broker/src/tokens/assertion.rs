//! Client assertions (`private_key_jwt`: RFC 7523 section 3, OpenID Connect Core section 9).
//!
//! 1. [`Assertion::read`] looks at the size and the header, and takes from the claims only whose assertion it is.
//!    Nothing in it is believed yet, and nothing in its header is ever followed.
//! 2. [`Assertion::check`] finds that agent's key by its name, has the signature checked under that key's algorithm,
//!    and then checks every claim. What is wrong with a claim is told only to who holds the key.
//! 3. The caller uses [`Proven::replay`] up, once, before it believes anything.

use super::{MAX_TOKEN_BYTES, OpaqueKind, OpaqueToken, TokenError, agent_key::AgentKey, jwt};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use protocol::Slug;
use serde::Deserialize;

/// An assertion may not be good for longer than this, in seconds.
pub const ASSERTION_SECONDS: i64 = 300;
/// How far another's clock may be off, in seconds.
const LEEWAY: i64 = 5;
/// The longest address that is the id of a client.
const LONGEST_CLIENT: usize = 512;
/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 256;

/// Why an assertion proves nothing. These words go to the client: they name what is wrong, never what would be right
/// of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Longer than any token may be.
    #[error("the client assertion is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLarge,
    /// Not a JWT as it must be.
    #[error(
        "the client assertion must be a JWT whose header has alg (ES256 or EdDSA), kid and at most typ, and whose \
         claims are iss, sub, aud, exp and jti, each once"
    )]
    Malformed,
    /// No key of the agent that is named.
    #[error(
        "no key of this agent verifies the client assertion: check the client's name, the kid, that the public key \
         was declared with apply, and that it was not removed"
    )]
    NoKey,
    /// Issuer and subject.
    #[error("iss and sub of the client assertion must both be the agent's name")]
    Parties,
    /// For somebody else.
    #[error("aud of the client assertion must be {0}, exactly")]
    Audience(String),
    /// Over.
    #[error("the client assertion has expired: make a new one for each use, and check this machine's clock")]
    Expired,
    /// Good for too long.
    #[error("exp of the client assertion must be at most {ASSERTION_SECONDS} seconds ahead")]
    TooLong,
    /// From the future.
    #[error("the client assertion is not valid yet: check this machine's clock")]
    NotYet,
    /// Without an id of its own.
    #[error("the client assertion needs a jti of 1 to {LONGEST_JTI} bytes that is used once")]
    Jti,
    /// Used before.
    #[error("this client assertion was used already: make a new one, with a new jti, for each use")]
    Used,
}

/// An assertion of which nothing is believed yet.
#[derive(Debug)]
pub struct Assertion<'a> {
    /// Who it says it is.
    pub client: String,
    text: &'a str,
    header: Header,
}

/// An assertion that is good, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The thumbprint of the key that signed it.
    pub thumbprint: String,
    /// What must be used up before it counts.
    pub replay: String,
    /// From when on nobody accepts it any more.
    pub expires_at: DateTime<Utc>,
}

/// Anything else in it is refused: `jku`, `x5u`, `x5c` and `jwk` would bring a key along, `crit` and `b64` would
/// change what is signed. A member that stands there twice is refused too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
}

/// Other claims may be there; they mean nothing here.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audiences,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

impl<'a> Assertion<'a> {
    /// Whose assertion this says it is.
    pub fn read(text: &'a str) -> Result<Self, AssertionError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(AssertionError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AssertionError::Malformed);
        };
        let header: Header = decoded(header)?;
        let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(kind.as_deref(), None | Some("jwt" | "client-authentication+jwt")) {
            return Err(AssertionError::Malformed);
        }
        if header.alg != "ES256" && header.alg != "EdDSA" {
            return Err(AssertionError::Malformed);
        }
        let Issuer { iss } = decoded(claims)?;
        // A name that no client can have: as unknown as any other.
        let own_id = OpaqueToken::parse(OpaqueKind::ClientId, &iss).is_ok();
        let address = iss.starts_with("https://") && iss.len() <= LONGEST_CLIENT;
        if !own_id && !address && iss.parse::<Slug>().is_err() {
            return Err(AssertionError::NoKey);
        }
        Ok(Self { client: iss, text, header })
    }

    /// Checks everything that can be checked without memory. `audiences` are the broker's names: its issuer first.
    pub fn check(
        &self,
        keys: &[AgentKey],
        audiences: &[String],
        now: DateTime<Utc>,
    ) -> Result<Proven, AssertionError> {
        let key = self.key(keys).ok_or(AssertionError::NoKey)?;
        let claims: Claims = jwt::read_by(key, self.text).map_err(|error| match error {
            TokenError::BadSignature => AssertionError::NoKey,
            _ => AssertionError::Malformed,
        })?;
        if claims.iss != self.client || claims.sub != claims.iss {
            return Err(AssertionError::Parties);
        }
        let ours = |named: &String| audiences.contains(named);
        let for_us = match &claims.aud {
            Audiences::One(named) => ours(named),
            Audiences::Many(names) => !names.is_empty() && names.iter().all(ours),
        };
        if !for_us {
            return Err(AssertionError::Audience(audiences.join(" or ")));
        }
        let expires_at = in_time(&claims, now.timestamp())?;
        let jti = claims.jti.filter(|it| (1..=LONGEST_JTI).contains(&it.len())).ok_or(AssertionError::Jti)?;
        let replay = domain::digest::of_json(&("client assertion", &self.client, &jti)).to_string();
        Ok(Proven { thumbprint: key.thumbprint().to_owned(), replay, expires_at })
    }

    /// The key that it names, by name or thumbprint; the only one, if it names none. Never one after the other.
    fn key<'k>(&self, keys: &'k [AgentKey]) -> Option<&'k AgentKey> {
        let key = match (&self.header.kid, keys) {
            (Some(kid), _) => {
                keys.iter().find(|key| key.kid() == kid.as_str() || key.thumbprint() == kid.as_str())
            }
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        key.filter(|key| key.alg() == self.header.alg)
    }
}

/// Whether it is good now; from when on nobody accepts it any more.
fn in_time(claims: &Claims, now: i64) -> Result<DateTime<Utc>, AssertionError> {
    if claims.exp.saturating_add(LEEWAY) <= now {
        return Err(AssertionError::Expired);
    }
    if claims.exp > now + ASSERTION_SECONDS + LEEWAY {
        return Err(AssertionError::TooLong);
    }
    if [claims.iat, claims.nbf].into_iter().flatten().any(|from| from > now + LEEWAY) {
        return Err(AssertionError::NotYet);
    }
    DateTime::from_timestamp(claims.exp + LEEWAY, 0).ok_or(AssertionError::Malformed)
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, AssertionError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| AssertionError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| AssertionError::Malformed)
}
