//! Names and ids. A [`Slug`] is chosen by an admin; the prefixed ids are made by the broker (UUIDv7, so that they
//! sort by time) and carry what they name in front.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text is not the id or name it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadId {
    /// What was expected, in words.
    pub expected: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for BadId {}

/// The name of a service, person, agent or connection: 1 to 63 of `a-z 0-9 -`, not starting or ending with `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let inner = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let ends = !text.starts_with('-') && !text.ends_with('-');
        if (1..=63).contains(&text.len()) && inner && ends {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId { expected: "a name of 1 to 63 characters a-z, 0-9 and -, not at the ends" })
        }
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

text_conversions!(Slug);

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What stands in front of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// The id of a 128-bit number, as the broker makes it from a UUIDv7.
            pub fn from_u128(number: u128) -> Self {
                Self(format!(concat!($prefix, "{:032x}"), number))
            }

            /// The id as text, with its prefix.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The 32 hexadecimal digits behind the prefix.
            pub fn digits(&self) -> &str {
                &self.0[$prefix.len()..]
            }

            /// The number that [`Self::from_u128`] makes it from.
            pub fn number(&self) -> u128 {
                // Nothing but 32 hexadecimal digits ever gets in.
                u128::from_str_radix(self.digits(), 16).unwrap_or_default()
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let digits = text.strip_prefix($prefix).unwrap_or_default();
                let hex = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if digits.len() == 32 && hex {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { expected: concat!("an id of the form ", $prefix, "<32 hexadecimal digits>") })
                }
            }
        }

        text_conversions!($name);
    };
}

prefixed_id!(
    /// What an agent asked. The grant that comes of it has the same digits: [`RequestId::grant`].
    RequestId,
    "req_"
);
prefixed_id!(
    /// A session that a decision created.
    GrantId,
    "ses_"
);
prefixed_id!(
    /// One use of one line of a grant; also the `jti` and `txn` of the call token that was minted for it.
    CallId,
    "call_"
);

impl RequestId {
    /// The grant that an approval of this request creates.
    pub fn grant(&self) -> GrantId {
        GrantId(format!("{}{}", GrantId::PREFIX, self.digits()))
    }
}

impl GrantId {
    /// The request that this grant came from.
    pub fn request(&self) -> RequestId {
        RequestId(format!("{}{}", RequestId::PREFIX, self.digits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_take_plain_names_only() {
        for good in ["github", "a", "ci-bot-2", &"x".repeat(63)] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a b", "a/b", "é", "*", &"x".repeat(64)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_keep_their_kind_apart() {
        let request = RequestId::from_u128(7);
        assert_eq!(request.grant().request(), request);
        for number in [0, 7, u128::MAX] {
            assert_eq!(RequestId::from_u128(number).number(), number);
        }
        assert!(request.as_str().parse::<GrantId>().is_err());
        assert!("req_7".parse::<RequestId>().is_err());
        assert!(format!("req_{}", "G".repeat(32)).parse::<RequestId>().is_err());
    }
}
