//! What the ledger can be asked to commit, and what it answers.

use super::{
    acts::Act,
    facts::{CallFacts, CanonicalFacts, Facts},
};
use crate::store::grants::Stored;
use chrono::{DateTime, Utc};
use protocol::{
    CallId, GrantId, RequestId, Slug,
    access::{EndReason, RequestStatus},
    record::Actor,
    revoke::{Stopped, Subject},
    terms::LineId,
};

/// One thing to commit.
#[derive(Debug, Clone)]
pub enum Intent {
    /// A state change or an admin's act: rare, one by one in savepoints.
    Act(Box<Act>),
    /// A call, before its secret is opened.
    Authorise(Box<Authorise>),
    /// A call token, before it leaves.
    Mint(Box<Mint>),
    /// What became of a call.
    Finish(Box<Finish>),
    /// A refusal, for the record.
    Refused(Box<Entry>),
    /// An end.
    Revoke(Box<Revocation>),
}

/// What a committed intent gives back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Recorded.
    Done,
    /// Some of it is done, and there may be more.
    More,
    /// The request or grant as it stands now.
    Grant(Box<Stored>),
    /// The request that was there already.
    Same(Box<Stored>),
    /// The number of a seal, or of its end.
    Number(i64),
    /// Whom a link or code let in.
    Person(Slug),
    /// What a revocation stopped.
    Stopped(Box<Stopped>),
    /// The time of the record.
    At(DateTime<Utc>),
}

/// A call that asks to be authorised.
#[derive(Debug, Clone)]
pub struct Authorise {
    /// Its id; the `jti` of its token if it came with one.
    pub call: CallId,
    /// Whether it came with a call token, which is used up by this.
    pub token: bool,
    /// Under which grant.
    pub grant: GrantId,
    /// By which agent.
    pub agent: Slug,
    /// To which service.
    pub service: Slug,
    /// Under which line.
    pub line: LineId,
    /// The agent's idempotency key, and the digest of what it is bound to.
    pub idempotency: Option<(String, String)>,
    /// The revision of what admins declared that it was made from; none if it depends on nothing declared.
    pub revision: Option<i64>,
    /// What the record says.
    pub facts: CallFacts,
}

/// A call token that asks to be minted.
#[derive(Debug, Clone)]
pub struct Mint {
    /// Its `jti`.
    pub call: CallId,
    /// Under which grant.
    pub grant: GrantId,
    /// By which agent.
    pub agent: Slug,
    /// For which service.
    pub service: Slug,
    /// Under which line.
    pub line: LineId,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// The revision of what admins declared that it was made from; none if it depends on nothing declared.
    pub revision: Option<i64>,
    /// What the record says.
    pub facts: CallFacts,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Which.
    pub call: CallId,
    /// Under which grant.
    pub grant: GrantId,
    /// By which agent.
    pub agent: Slug,
    /// `call.finished`, `call.not_sent` or `call.outcome_unknown`.
    pub kind: &'static str,
    /// What the record says.
    pub facts: CanonicalFacts,
}

/// A record of its own.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What happened.
    pub kind: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// In which session.
    pub grant: Option<GrantId>,
    /// In which call.
    pub call: Option<CallId>,
    /// What the record says.
    pub facts: Facts,
}

/// An early end.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Of what.
    pub subject: Subject,
    /// By whom.
    pub actor: Actor,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// Whether new requests are refused too.
    pub block: bool,
    /// What a session's end is called.
    pub end: EndReason,
}

/// Why an intent was refused. It was recorded as refused where a call was asked for; nothing else happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing of that name.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The state machine refused.
    #[error(transparent)]
    State(#[from] domain::state::Refusal),
    /// The request changed since it was read.
    #[error("it changed in the meantime")]
    Changed,
    /// The grant is not redeemed yet, or was never granted.
    #[error("the session is not active: it is {0:?}")]
    NotActive(RequestStatus),
    /// The grant belongs to another agent.
    #[error("it belongs to another agent")]
    Foreign,
    /// The database holds something else than the token was made for.
    #[error(
        "what stands in the database is not what this session's token was made for: an operator has to look"
    )]
    Altered,
    /// The grant's time is up.
    #[error("the session ended at {0}")]
    Expired(DateTime<Utc>),
    /// A revocation ended it.
    #[error("it was revoked (revocation {0})")]
    Revoked(i64),
    /// A revocation, by somebody or with a changed definition, came between the asking and the approval.
    #[error(
        "what this asks for was stopped or changed after it was asked (revocation {0}), so it can no longer be approved; \
         the agent has to ask again"
    )]
    Overtaken(i64),
    /// A revocation took the service away.
    #[error("the service was taken away from it (revocation {0})")]
    TakenAway(i64),
    /// Every unit of the line is used.
    #[error("the limit of line {0} is used up")]
    Limit(LineId),
    /// The call token was used before.
    #[error("this call token was used already, or was not minted here")]
    TokenUsed,
    /// The idempotency key stands for a call that was made.
    #[error("this idempotency key already stands for call {call}")]
    Repeat {
        /// That call.
        call: String,
        /// Whether it was for the very same method, path and query.
        same: bool,
    },
    /// The idempotency key of a request stands for a request for something else.
    #[error("this idempotency key already stands for {0}, which asks for something else")]
    OtherAsk(RequestId),
    /// What was declared changed since the intent was made. Not recorded: it is made again from what is so now.
    #[error("what is declared changed in the meantime; nothing was recorded")]
    Stale,
    /// Blocked by an admin.
    #[error("the {0} is blocked")]
    Blocked(&'static str),
    /// Not permitted to this person.
    #[error("not permitted: {0}")]
    NotPermitted(String),
    /// It takes a passkey, and none was used.
    #[error("it takes your passkey, and none was used")]
    NeedsPasskey,
    /// It takes a fresh answer of a passkey in this very session.
    #[error("this needs your passkey: use it now, and then try again")]
    NeedsProof,
    /// People said no again and again.
    #[error(
        "people denied this agent {denials} times lately; it may ask again in {after} seconds. Ask for less then, and \
         say why; the broker's operator can lift this (lift-cool-down)"
    )]
    CoolingDown {
        /// How often.
        denials: i64,
        /// In how many seconds it may ask again.
        after: u32,
    },
    /// Too many open requests.
    #[error("{0} requests of this agent are open already")]
    TooManyPending(i64),
    /// What the request pinned is no longer so.
    #[error("{0}")]
    Outdated(String),
    /// The vault was sealed, here or by another broker.
    #[error("the vault is sealed")]
    Sealed,
    /// The database is an older copy, and nobody has accepted it yet.
    #[error(
        "the database is an older copy that nobody has accepted yet: sessions may have been ended that it does not know \
         of. The broker's operator accepts it (backup accept)"
    )]
    NotAccepted,
    /// A one-time code or link that is used, expired or unknown.
    #[error("this code was used, has expired, or never existed")]
    Spent,
}

/// Which queue an intent waits in. Each is drained before the next, and each has room of its own: agents that fill
/// theirs hold no person up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// What ends something.
    Urgent,
    /// What people, the host and the broker itself do.
    People,
    /// What agents do.
    Agents,
    /// What became of their calls: nobody waits for it, so it may ride along with what somebody waits for.
    Later,
}

impl Intent {
    /// What it is, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Act(_) => "act",
            Self::Authorise(_) => "authorise",
            Self::Mint(_) => "mint",
            Self::Finish(_) => "finish",
            Self::Refused(_) => "refused",
            Self::Revoke(_) => "revoke",
        }
    }

    /// Which queue it waits in.
    pub fn class(&self) -> Class {
        match self {
            it if it.is_urgent() => Class::Urgent,
            Self::Act(act) if act.is_an_agents() => Class::Agents,
            Self::Act(_) | Self::Revoke(_) => Class::People,
            Self::Authorise(_) | Self::Mint(_) | Self::Refused(_) => Class::Agents,
            Self::Finish(_) => Class::Later,
        }
    }

    /// Whether it goes before everything else, in a batch of its own: whatever can end what is alive, and what changes
    /// the keys that other batches rely on.
    pub fn is_urgent(&self) -> bool {
        match self {
            Self::Revoke(_) => true,
            Self::Act(act) => act.is_alone(),
            _ => false,
        }
    }
}

/// Who acts, in one word.
pub(super) fn by(actor: &Actor) -> &'static str {
    match actor {
        Actor::Agent { .. } => "agent",
        Actor::Person { .. } => "person",
        Actor::Host => "host",
        Actor::Broker => "broker",
    }
}
