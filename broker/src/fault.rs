//! Why a use case did not do what it was asked. `http::error` turns it into what the outside sees.

use crate::{
    egress::EgressError,
    ledger::{LedgerError, Why},
    people::passkeys::relying::Refused,
    tokens::TokenError,
    vault::VaultError,
};
use domain::{narrowing::NarrowRefusal, path::PathRefusal, pin::PinRefusal, text::TextRefusal};
use protocol::Hint;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A field is not as it must be.
    #[error("{field}: {detail}")]
    Invalid {
        /// Which.
        field: String,
        /// What is wrong, and what would be right.
        detail: String,
    },
    /// A body that is larger than it may be, in bytes.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// A body that took longer than it may, in seconds.
    #[error("the body took longer than {0} seconds")]
    TooSlow(u64),
    /// No, or no valid, credential.
    #[error("not signed in")]
    Unauthenticated,
    /// Known, but not permitted; in words.
    #[error("{0}")]
    Forbidden(String),
    /// The request names a host that is not the broker's.
    #[error("the request names another host")]
    OtherHost {
        /// Where the broker is reached.
        public_url: String,
    },
    /// It came over plain HTTP from another machine.
    #[error("the request came over plain http")]
    InTheOpen {
        /// Where the broker is reached.
        public_url: String,
    },
    /// Agents hold as many connections as they may.
    #[error("agents hold as many connections as they may")]
    Busy,
    /// Nothing of that name that the caller may see.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// More than a rate allows.
    #[error("{what} too often")]
    TooMany {
        /// Who does what.
        what: &'static str,
        /// In how many seconds it may be tried again.
        after: u32,
    },
    /// A passkey's answer does not count.
    #[error(transparent)]
    Passkey(#[from] Refused),
    /// Whoever came in with a recovery code makes a new passkey first.
    #[error("you came in with a recovery code: make a new passkey first")]
    MustRecover,
    /// The decision came faster than a person can read.
    #[error("the decision came faster than a person can read")]
    TooFast,
    /// Nobody could approve what is asked for.
    #[error("nobody could approve this: {0}")]
    NotApprovable(String),
    /// What is to be granted is no narrowing of what was asked.
    #[error(transparent)]
    Narrow(#[from] NarrowRefusal),
    /// A call that the grant does not hold.
    #[error("{refusal}")]
    NotGranted {
        /// Why not.
        refusal: domain::admit::Refusal,
        /// What to ask for.
        hint: Option<Hint>,
    },
    /// A path, query or header that could be read in two ways.
    #[error("{detail}")]
    Ambiguous {
        /// A stable word.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// The record refused it, or could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The vault is sealed, or a secret did not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A good grant token, bound to other resources than the one that it is used for.
    #[error("this grant token is bound to other resources")]
    OtherResource,
    /// A token was refused or could not be made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The service could not be called. The call is on the record.
    #[error(transparent)]
    Upstream(#[from] EgressError),
    /// The service's answer cannot be passed on.
    #[error("the answer cannot be passed on: {0}")]
    Answer(&'static str),
    /// The session ended while the call was being made.
    #[error("the session ended while this call was being made")]
    Cut,
    /// The vault was sealed while the call was being made.
    #[error("the vault was sealed while this call was being made")]
    SealedMeanwhile {
        /// Whether it may have reached the service.
        sent: bool,
    },
    /// The database could not be read.
    #[error("the database could not be read: {0}")]
    Store(#[from] sqlx::Error),
    /// A fault of the broker.
    #[error("{0}")]
    Internal(String),
}

impl Fault {
    /// A field that is not as it must be.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), detail: detail.into() }
    }

    /// The record refused it for this reason.
    pub fn refused(why: Why) -> Self {
        Self::Ledger(LedgerError::Refused(why))
    }

    /// A text field that is not as it must be.
    pub fn text(field: &str, refusal: &TextRefusal) -> Self {
        Self::invalid(field, refusal.to_string())
    }
}

impl From<Why> for Fault {
    fn from(why: Why) -> Self {
        Self::refused(why)
    }
}

impl From<PinRefusal> for Fault {
    fn from(refusal: PinRefusal) -> Self {
        Self::Invalid { field: refusal.field, detail: refusal.why }
    }
}

impl From<PathRefusal> for Fault {
    fn from(refusal: PathRefusal) -> Self {
        Self::Ambiguous { code: refusal.code(), detail: refusal.to_string() }
    }
}

impl From<aws_lc_rs::error::Unspecified> for Fault {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Internal("the source of randomness failed".to_owned())
    }
}
