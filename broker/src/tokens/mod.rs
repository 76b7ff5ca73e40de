//! Everything that is a token.
//!
//! - [`opaque`]: the broker's own secrets for agents and people (`csn_a_…`), stored only as HMACs.
//! - [`Assertion`]: what an agent with a key signs to say who it is (RFC 7523), the one JWT that is not ours.
//! - JWTs: the **grant token** that an agent redeems ([`GrantClaims`]) and the **ask token** of an agent's API
//!   ([`AskClaims`]), both ES256, and the **call token** that one exchange mints for one call ([`CallClaims`]), HS256 since
//!   only brokers read it. [`Signer`] is the only thing that makes or checks them. An **ID token** ([`IdToken`]) tells
//!   an OpenID Connect client who was asked; it is made here and read nowhere here.
//!
//! A valid token never means that a call is allowed: it says which grant and call to look up. The rules of the two
//! kinds are disjoint (`typ`, audience, claims), so that no token passes where another kind is meant.

mod agent_key;
mod assertion;
mod audience;
mod claims;
mod id_token;
mod jwt;
mod keys;
pub mod opaque;
mod signer;
#[cfg(test)]
mod tests;

pub use agent_key::{ALGORITHMS as AGENT_ALGORITHMS, AgentKey, KeyRefusal};
pub use assertion::{ASSERTION_SECONDS, Assertion, AssertionError, Proven};
pub use claims::{ASK_TOKEN_SECONDS, Actor, AskClaims, AskToken, CALL_TOKEN_SECONDS};
pub use claims::{CallClaims, CallToken, GrantClaims, GrantToken, KnownGrant};
pub use id_token::{ID_TOKEN_SECONDS, IdToken};
pub use keys::SigningKey;
pub use opaque::{MacKey, OpaqueError, OpaqueKind, OpaqueToken, hex};
pub use signer::{SignedToken, Signer};

/// Longer tokens are refused before anything is parsed, and never signed: headers of that size do not travel.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Why a token was not made or not accepted. For logs; a client learns only that its token is invalid, or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is too large")]
    TooLarge,
    /// Not a JWT of ours: encoding, algorithm, or a header parameter that we never write.
    #[error("the token is malformed")]
    Malformed,
    /// Another kind of token than is accepted here.
    #[error("this kind of token is not accepted here")]
    WrongKind,
    /// Signed by a key that we do not know, or no longer.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// A claim is missing, doubled, unknown, of a wrong type, or contradicts another.
    #[error("the token's claims are not valid")]
    BadClaims,
    /// Issued by somebody else.
    #[error("the token has another issuer")]
    WrongIssuer,
    /// Meant for somebody else.
    #[error("the token is meant for another audience")]
    WrongAudience,
    /// From the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// A private key that is not an ES256 one.
    #[error("not an ES256 signing key")]
    BadKey,
    /// Signing or the random generator failed, which they never should.
    #[error("the cryptographic library failed")]
    Crypto,
}
