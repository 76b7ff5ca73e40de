//! A SHA-256 digest as lower-case hexadecimal text.

use crate::ids::BadId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// 64 hexadecimal digits. `domain` computes it; here it only travels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of these 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(halves.filter_map(|half| char::from_digit(half.into(), 16)).collect())
    }

    /// Its first half.
    pub fn half(&self) -> HalfDigest {
        HalfDigest(self.0.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok()).unwrap_or_default())
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first half of a digest, as 32 hexadecimal digits: enough to tell what it was computed of from anything else that
/// somebody could make up (a second preimage takes 2^128 tries), where many of them are kept or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HalfDigest(u128);

impl TryFrom<String> for HalfDigest {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| hex && text.len() == 32);
        number.map(Self).ok_or(BadId { expected: "half a digest: 32 hexadecimal digits" })
    }
}

impl From<HalfDigest> for String {
    fn from(half: HalfDigest) -> Self {
        format!("{:032x}", half.0)
    }
}

impl FromStr for Digest {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() == 64 && hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId { expected: "a digest of 64 hexadecimal digits" })
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
