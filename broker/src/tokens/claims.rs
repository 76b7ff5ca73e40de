//! What our JWTs say. Every claim is required (but those that tokens of older brokers lack, and what only narrows) and no
//! other is allowed, so that a broker of an older version refuses a token whose newer claim (a key binding, say) it would
//! not enforce.

use chrono::{DateTime, Utc};
use protocol::{CallId, GrantId, HalfDigest, LineId, Slug};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A call token never lives longer.
pub const CALL_TOKEN_SECONDS: i64 = 60;

/// What to put into a grant token.
#[derive(Debug, Clone)]
pub struct GrantToken<'a> {
    /// The grant; also the token's `jti`, since a grant is redeemed once.
    pub grant: &'a GrantId,
    /// What was approved: the token stands for exactly this, whatever the database says later.
    pub digest: HalfDigest,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Whose agent it is.
    pub owner: &'a Slug,
    /// The agent.
    pub agent: &'a Slug,
    /// The OAuth client that the agent is: by its own name, unless a person brought that client along.
    pub client: &'a str,
    /// The resources that the client bound the token to (RFC 8707), as [`super::Signer::audience`] writes them. None
    /// means all that the grant holds.
    pub resources: &'a [String],
    /// The granted lines as RFC 9396 objects. Information for the agent: the broker looks the grant up.
    pub authorization_details: Vec<Value>,
    /// The same in short, as OAuth scopes separated by blanks.
    pub scope: &'a str,
}

/// What to put into a call token.
#[derive(Debug, Clone)]
pub struct CallToken<'a> {
    /// The call; `jti` and `txn` of the token and the id in the record.
    pub call: &'a CallId,
    /// The grant it is a use of.
    pub grant: &'a GrantId,
    /// What that grant holds.
    pub digest: HalfDigest,
    /// When that grant ends.
    pub grant_ends_at: DateTime<Utc>,
    /// Whose agent it is.
    pub owner: &'a Slug,
    /// The agent.
    pub agent: &'a Slug,
    /// The service to be called.
    pub service: &'a Slug,
    /// The one action it is for.
    pub action: &'a str,
    /// The line that permits it.
    pub line: LineId,
    /// The resources that it is for; none means all that the line names.
    pub resources: &'a [String],
}

/// A token for asking never lives longer.
pub const ASK_TOKEN_SECONDS: i64 = 600;

/// What to put into a token for asking.
#[derive(Debug, Clone)]
pub struct AskToken<'a> {
    /// Its id.
    pub id: String,
    /// The agent.
    pub agent: &'a Slug,
    /// The number of the secret that it authenticated with; 0 for a key.
    pub key: i64,
    /// The thumbprint of the key that it authenticated with.
    pub thumbprint: Option<&'a str>,
}

/// RFC 8693 `act`: who acts for the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The agent.
    pub sub: Slug,
}

/// The claims of a grant token (`typ: at+jwt`, RFC 9068).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantClaims {
    /// The broker.
    pub iss: String,
    /// The broker itself, for all that the grant holds; or exactly the resources that the token was bound to.
    pub aud: Vec<String>,
    /// The agent's owner.
    pub sub: Slug,
    /// The OAuth client that the agent is: by the agent's name, unless a person brought that client along.
    pub client_id: String,
    /// When it was issued, in unix seconds.
    pub iat: i64,
    /// The same.
    pub nbf: i64,
    /// When the grant ends.
    pub exp: i64,
    /// The grant again.
    pub jti: GrantId,
    /// The grant.
    pub grant_id: GrantId,
    /// The first half of the digest of what was granted. Tokens of brokers before this claim lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_digest: Option<HalfDigest>,
    /// The agent.
    pub act: Actor,
    /// RFC 8693 section 4.4: who may have it exchanged, which is the agent. Tokens of brokers before this claim lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<Actor>,
    /// The granted lines.
    pub authorization_details: Vec<Value>,
    /// The granted lines in short.
    pub scope: String,
}

/// The claims of a call token for a service that is called through the broker (`typ: csn-call+jwt`): nobody but the
/// broker reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallClaims {
    /// The broker.
    pub iss: String,
    /// The one place where it may be used.
    pub aud: String,
    /// The agent's owner.
    pub sub: Slug,
    /// The agent.
    pub client_id: Slug,
    /// The agent again, as OAuth wants it.
    pub act: Actor,
    /// When it was issued, in unix seconds.
    pub iat: i64,
    /// The same.
    pub nbf: i64,
    /// At most [`CALL_TOKEN_SECONDS`] later, and never after the grant.
    pub exp: i64,
    /// The call.
    pub jti: CallId,
    /// The call's id in the record: the same.
    pub txn: CallId,
    /// The grant it is a use of.
    pub grant_id: GrantId,
    /// The first half of the digest of what was granted. Tokens of brokers before this claim lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_digest: Option<HalfDigest>,
    /// The service.
    pub service: Slug,
    /// The action.
    pub action: String,
    /// The line that permits it.
    pub line: LineId,
    /// The resources that it is for; without it all that the line names. A broker that does not know the claim refuses
    /// the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
}

/// The claims of a token for asking (`typ: at+jwt`, RFC 9068): it works at the agents' API and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskClaims {
    /// The broker.
    pub iss: String,
    /// The agents' API.
    pub aud: String,
    /// The agent.
    pub sub: Slug,
    /// The agent again.
    pub client_id: Slug,
    /// When it was issued, in unix seconds.
    pub iat: i64,
    /// The same.
    pub nbf: i64,
    /// At most [`ASK_TOKEN_SECONDS`] later.
    pub exp: i64,
    /// Its id.
    pub jti: String,
    /// Always `ask`.
    pub scope: String,
    /// The number of the secret that the agent authenticated with; 0 for a key.
    pub key: i64,
    /// The thumbprint of the key that the agent authenticated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
}

/// What proves that a token is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// ES256: others may check it with the published keys.
    Signature,
    /// HS256: only brokers read it. A tenth of the time of a signature, and of checking one.
    Mac,
}

/// What is remembered of a grant token that was found good: little, since there are as many as sessions in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownGrant {
    grant: u128,
    /// What was granted. None in tokens of older brokers.
    pub digest: Option<HalfDigest>,
    /// The agent that may use it.
    pub agent: Slug,
    services: Option<Box<[Slug]>>,
    mcp: bool,
    nbf: i64,
    exp: i64,
}

impl KnownGrant {
    /// Whether it is good for this service; whether the grant holds it is another matter.
    pub fn is_for(&self, service: &Slug) -> bool {
        self.services.as_ref().is_none_or(|only| only.contains(service))
    }

    /// Whether it was bound to the door to all MCP servers that the grant holds.
    pub fn is_for_all_mcp(&self) -> bool {
        self.mcp
    }

    /// The services that it was bound to; none if it is good for all that the grant holds.
    pub fn services(&self) -> Option<&[Slug]> {
        self.services.as_deref()
    }

    /// The grant that it stands for.
    pub fn grant(&self) -> GrantId {
        GrantId::from_u128(self.grant)
    }

    /// When it was issued, in unix seconds.
    pub fn issued_at(&self) -> i64 {
        self.nbf
    }

    /// When it ends, in unix seconds.
    pub fn expires_at(&self) -> i64 {
        self.exp
    }
}

/// What is remembered of a token that was found good, and checked again at every use.
pub(super) trait Known {
    /// The times between which it is good.
    fn term(&self) -> (i64, i64);
}

impl Known for KnownGrant {
    fn term(&self) -> (i64, i64) {
        (self.nbf, self.exp)
    }
}

impl Known for CallClaims {
    fn term(&self) -> (i64, i64) {
        (self.nbf, self.exp)
    }
}

impl Known for AskClaims {
    fn term(&self) -> (i64, i64) {
        (self.nbf, self.exp)
    }
}

/// What is signed here.
pub(super) trait Signed: Serialize {
    /// The `typ` that sets this kind apart.
    const TYP: &'static str;
    /// What it is proven by.
    const PROOF: Proof;
    fn lifetime(&self) -> Lifetime;
}

/// What is also accepted here.
pub(super) trait Claims: Signed + DeserializeOwned {
    /// What is remembered of one.
    type Known: Known;
    /// What is remembered of this one.
    fn known(self) -> Self::Known;
    fn iss(&self) -> &str;
    /// Whether the claims that say the same thing twice agree.
    fn agree(&self) -> bool;
}

/// In unix seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

impl Signed for GrantClaims {
    const TYP: &'static str = "at+jwt";
    const PROOF: Proof = Proof::Signature;

    fn lifetime(&self) -> Lifetime {
        Lifetime { iat: self.iat, nbf: self.nbf, exp: self.exp }
    }
}

impl Claims for GrantClaims {
    type Known = KnownGrant;

    fn known(self) -> Self::Known {
        // What cannot be read is good for nothing.
        let services = self.services().unwrap_or_else(|_| Some(Box::default()));
        let (grant, digest, mcp) = (self.grant_id.number(), self.grant_digest, self.for_all_mcp());
        KnownGrant { grant, digest, agent: self.act.sub, services, mcp, nbf: self.nbf, exp: self.exp }
    }

    fn iss(&self) -> &str {
        &self.iss
    }

    fn agree(&self) -> bool {
        // What could be an agent's name is the agent's.
        let own = self.client_id == self.act.sub.as_str() || self.client_id.parse::<Slug>().is_err();
        let may_act = self.may_act.as_ref().is_none_or(|it| *it == self.act);
        self.jti == self.grant_id && own && may_act
    }
}

impl Signed for AskClaims {
    const TYP: &'static str = "at+jwt";
    const PROOF: Proof = Proof::Signature;

    fn lifetime(&self) -> Lifetime {
        Lifetime { iat: self.iat, nbf: self.nbf, exp: self.exp }
    }
}

impl Claims for AskClaims {
    type Known = Self;

    fn known(self) -> Self::Known {
        self
    }

    fn iss(&self) -> &str {
        &self.iss
    }

    fn agree(&self) -> bool {
        self.sub == self.client_id
            && self.scope == "ask"
            && self.exp.saturating_sub(self.iat) <= ASK_TOKEN_SECONDS
    }
}

impl Signed for CallClaims {
    const TYP: &'static str = "csn-call+jwt";
    const PROOF: Proof = Proof::Mac;

    fn lifetime(&self) -> Lifetime {
        Lifetime { iat: self.iat, nbf: self.nbf, exp: self.exp }
    }
}

impl Claims for CallClaims {
    type Known = Self;

    fn known(self) -> Self::Known {
        self
    }

    fn iss(&self) -> &str {
        &self.iss
    }

    fn agree(&self) -> bool {
        self.jti == self.txn
            && self.act.sub == self.client_id
            && self.exp.saturating_sub(self.iat) <= CALL_TOKEN_SECONDS
    }
}
