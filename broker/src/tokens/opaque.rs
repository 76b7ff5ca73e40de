//! Secrets without inner meaning: a prefix that names the kind, 256 random bits, a checksum.
//!
//! `csn_a_` + 43 characters base64url + 6 characters checksum. The prefix lets secret scanners recognise a leaked one,
//! the checksum lets them rule out look-alikes and lets us refuse a mistyped one without asking the database. Only
//! [`OpaqueToken::mac`] is ever stored. The token itself is random, so a plain keyed hash is enough: there is nothing
//! to guess.

use crate::vault::Secret;
use aws_lc_rs::{digest, hmac, rand::SecureRandom};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::fmt;
use zeroize::Zeroizing;

/// What an opaque token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpaqueKind {
    /// An agent's secret.
    Agent,
    /// A person's bearer token for the people's API.
    Person,
    /// A sign-in link, one use.
    Link,
    /// A web session's cookie.
    WebSession,
    /// What an agent fetches the outcome of its request with (CIBA's `auth_req_id`).
    Backchannel,
    /// A browser's cookie: the one that asked for a client is the one that goes back to it.
    Browser,
    /// An authorization code (RFC 6749 section 1.3.1).
    Code,
    /// What stands in the `request_uri` of a pushed authorization request (RFC 9126).
    Pushed,
    /// The secret of an OAuth client that registered itself.
    ClientSecret,
    /// What such a client keeps its registration with.
    Registration,
    /// The id of such a client. It is made like the others and is no secret.
    ClientId,
}

impl OpaqueKind {
    /// What every token of this kind starts with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "csn_a_",
            Self::Person => "csn_p_",
            Self::Link => "csn_l_",
            Self::WebSession => "csn_w_",
            Self::Backchannel => "csn_q_",
            Self::Browser => "csn_b_",
            Self::Code => "csn_k_",
            Self::Pushed => "csn_u_",
            Self::ClientSecret => "csn_s_",
            Self::Registration => "csn_r_",
            Self::ClientId => "csn_c_",
        }
    }
}

/// Why a text is not such a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// It does not start as this kind does.
    #[error("not a token of this kind")]
    WrongKind,
    /// It has the wrong length or characters.
    #[error("the token is malformed")]
    Malformed,
    /// The checksum does not match: a typing or copying error.
    #[error("the token is mistyped")]
    Mistyped,
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
}

const RANDOM_BYTES: usize = 32;
const RANDOM_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;

/// A token in the clear: as it is shown once, or as it came in.
pub struct OpaqueToken {
    kind: OpaqueKind,
    text: Zeroizing<String>,
}

impl OpaqueToken {
    /// A fresh one.
    pub fn mint(kind: OpaqueKind, rng: &dyn SecureRandom) -> Result<Self, OpaqueError> {
        let mut random = Zeroizing::new([0; RANDOM_BYTES]);
        rng.fill(random.as_mut_slice()).map_err(|_| OpaqueError::Random)?;
        let mut text = Zeroizing::new(String::with_capacity(64));
        text.push_str(kind.prefix());
        BASE64_URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut text);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self { kind, text })
    }

    /// The token that a client presents; nothing is known about it yet but that it was typed correctly.
    pub fn parse(kind: OpaqueKind, text: &str) -> Result<Self, OpaqueError> {
        let rest = text.strip_prefix(kind.prefix()).ok_or(OpaqueError::WrongKind)?;
        let url_safe = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if rest.len() != RANDOM_CHARS + CHECKSUM_CHARS || !rest.bytes().all(url_safe) {
            return Err(OpaqueError::Malformed);
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
        if checksum(body) != sum {
            return Err(OpaqueError::Mistyped);
        }
        Ok(Self { kind, text: Zeroizing::new(text.to_owned()) })
    }

    /// The text, to be shown once to whom it belongs.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is stored, and what is looked up. The text carries the kind, so MACs of two kinds never meet.
    pub fn mac(&self, key: &MacKey) -> String {
        hex(hmac::sign(&key.0, self.text.as_bytes()).as_ref())
    }

    /// Whether this is the token that was stored as `mac`; takes the same time whatever the answer.
    pub fn matches(&self, key: &MacKey, mac: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.mac(key).as_bytes(), mac.as_bytes()).is_ok()
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[redacted]", self.kind.prefix())
    }
}

/// The key of the stored HMACs.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// Random bytes for a new key.
    pub fn generate(rng: &dyn SecureRandom) -> Result<Secret, OpaqueError> {
        let mut bytes = vec![0; RANDOM_BYTES];
        rng.fill(&mut bytes).map_err(|_| OpaqueError::Random)?;
        Ok(Secret::key(bytes))
    }

    /// The key of these bytes.
    pub fn new(bytes: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.expose()))
    }
}

impl MacKey {
    /// The HMAC of a text of our own, as hexadecimal digits. `label` keeps one use apart from the others.
    pub fn tag(&self, label: &str, text: &str) -> String {
        hex(hmac::sign(&self.0, format!("{label}\0{text}").as_bytes()).as_ref())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey([redacted])")
    }
}

/// 36 bits of SHA-256. Not a secret: whoever has the body can compute it, and that is the point.
fn checksum(body: &str) -> String {
    let hash = digest::digest(&digest::SHA256, body.as_bytes());
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(hash);
    text.truncate(CHECKSUM_CHARS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;

    const KINDS: [OpaqueKind; 11] = [
        OpaqueKind::Agent,
        OpaqueKind::Person,
        OpaqueKind::Link,
        OpaqueKind::WebSession,
        OpaqueKind::Backchannel,
        OpaqueKind::Browser,
        OpaqueKind::Code,
        OpaqueKind::Pushed,
        OpaqueKind::ClientSecret,
        OpaqueKind::Registration,
        OpaqueKind::ClientId,
    ];

    fn mint(kind: OpaqueKind) -> OpaqueToken {
        OpaqueToken::mint(kind, &SystemRandom::new()).unwrap()
    }

    fn key(byte: u8) -> MacKey {
        MacKey::new(&Secret::key([byte; 32]))
    }

    #[test]
    fn a_minted_token_parses_as_its_kind_only() {
        for made in KINDS {
            let token = mint(made);
            assert_eq!(token.expose().len(), 55);
            for asked in KINDS {
                let parsed = OpaqueToken::parse(asked, token.expose());
                assert_eq!(parsed.is_ok(), made == asked, "{made:?} as {asked:?}");
            }
            assert_ne!(token.expose(), mint(made).expose());
        }
    }

    #[test]
    fn every_typing_error_is_noticed() {
        let token = mint(OpaqueKind::Agent);
        let good = token.expose();
        for at in 0..good.len() {
            let other = if good.as_bytes()[at] == b'x' { "y" } else { "x" };
            let typo = format!("{}{other}{}", &good[..at], &good[at + 1..]);
            let lost = format!("{}{}", &good[..at], &good[at + 1..]);
            for bad in [typo, lost] {
                assert!(OpaqueToken::parse(OpaqueKind::Agent, &bad).is_err(), "character {at}");
            }
        }
        for bad in
            ["", "csn_a_", &format!("{good} "), &format!(" {good}"), &format!("{good}A"), &"é".repeat(30)]
        {
            assert!(OpaqueToken::parse(OpaqueKind::Agent, bad).is_err(), "{bad:?}");
        }
        let not_url_safe = format!("csn_a_{}", "+".repeat(49));
        assert_eq!(OpaqueToken::parse(OpaqueKind::Agent, &not_url_safe).unwrap_err(), OpaqueError::Malformed);
    }

    #[test]
    fn the_form_is_fixed() {
        // Stored MACs and scanners depend on it. The expected values were computed with Python's hashlib and hmac.
        let body = format!("csn_p_{}", "A".repeat(43));
        let text = format!("{body}{}", checksum(&body));
        assert_eq!(text, "csn_p_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAtM3D6s");
        let token = OpaqueToken::parse(OpaqueKind::Person, &text).unwrap();
        assert_eq!(token.mac(&key(7)), "35b2906a8bd0139b106ebd2f4a73a6417fea546c55f17985454f6d39944e6672");
    }

    #[test]
    fn macs_tell_tokens_and_keys_apart() {
        let fresh = || MacKey::generate(&SystemRandom::new()).unwrap();
        assert_ne!(fresh().expose(), fresh().expose());
        let (one, two) = (mint(OpaqueKind::Agent), mint(OpaqueKind::Agent));
        let stored = one.mac(&key(1));
        let presented = OpaqueToken::parse(OpaqueKind::Agent, one.expose()).unwrap();
        assert!(presented.matches(&key(1), &stored));
        assert!(!two.matches(&key(1), &stored));
        assert!(!presented.matches(&key(2), &stored));
        assert!(!presented.matches(&key(1), ""));
        assert!(!presented.matches(&key(1), &stored.to_uppercase()));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let token = mint(OpaqueKind::Link);
        assert_eq!(format!("{token:?}"), "csn_l_[redacted]");
        assert_eq!(format!("{:?}", key(1)), "MacKey([redacted])");
    }
}
