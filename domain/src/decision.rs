//! What people decide: verdicts, the proof that comes with them, and approvals that one person alone cannot give.

use crate::quorum::{Approver, Quorum};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{Digest, Slug, Terms};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who decided, how and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Who.
    pub by: Slug,
    /// How they were signed in: `passkey`, `link`, `token`.
    pub via: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What they said to the agent.
    pub reason: Option<String>,
    /// How long the page had been before them, in milliseconds; none where nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i64>,
    /// By whose sign-in links they came in, the nearest first; none for a link of the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub let_in_by: Vec<Slug>,
}

impl Verdict {
    /// Whose hand it may have been.
    pub fn approver(&self) -> Approver<'_> {
        Approver { person: &self.by, let_in_by: &self.let_in_by }
    }
}

/// A passkey's answer to the challenge of one decision ([`crate::digest::approval_challenge`]): whoever has the public
/// key can check it, without the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The credential, as base64url.
    pub credential: String,
    /// What made the challenge one of a kind.
    pub nonce: String,
    /// The authenticator's answer: a `PublicKeyCredential` as JSON (WebAuthn Level 3, section 5.1).
    pub answer: Value,
}

/// One person's approval of exactly one grant digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who, how and when.
    pub verdict: Verdict,
    /// The passkey's answer, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The highest revocation at that moment: a later one of this person takes the consent back.
    pub seen: i64,
}

/// What some approve and others still have to: all consents are to the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What would be granted.
    pub terms: Terms,
    /// Its digest.
    pub grant_digest: Digest,
    /// Who has approved it so far, in this order.
    pub consents: Vec<Consent>,
}

/// An approval, with exactly what it granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who completed it, how and when.
    pub verdict: Verdict,
    /// The proof that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Who had approved exactly this before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Consent>,
    /// What was granted.
    pub terms: Terms,
    /// The digest of what was granted.
    pub grant_digest: Digest,
    /// When it ends at the latest. Never grows.
    pub ends_at: DateTime<Utc>,
    /// When it must be redeemed.
    pub redeem_by: DateTime<Utc>,
}

impl Approval {
    /// Everybody who approved it, whoever completed it last.
    pub fn approvers(&self) -> impl Iterator<Item = &Slug> {
        self.earlier.iter().map(|it| &it.verdict.by).chain([&self.verdict.by])
    }

    /// Whose hands approved it.
    pub fn quorum(&self) -> Vec<Approver<'_>> {
        self.decisions().map(|(verdict, _)| verdict.approver()).collect()
    }

    /// Every verdict with its proof, in order.
    pub fn decisions(&self) -> impl Iterator<Item = (&Verdict, Option<&Evidence>)> {
        let earlier = self.earlier.iter().map(|it| (&it.verdict, it.evidence.as_ref()));
        earlier.chain([(&self.verdict, self.evidence.as_ref())])
    }
}

/// What a person decided, bound to what they were shown.
#[derive(Debug, Clone)]
pub struct Approving {
    /// Who, how and when.
    pub verdict: Verdict,
    /// The proof that came with it, checked by whoever hands it in.
    pub evidence: Option<Evidence>,
    /// What would be granted, made by [`crate::narrowing::narrow`].
    pub terms: Terms,
    /// The digest of the request that was shown.
    pub request_digest: Digest,
    /// The digest of the grant that was shown.
    pub grant_digest: Digest,
    /// How long the agent has to redeem.
    pub redeem_within: TimeDelta,
    /// How many people it takes, and whom.
    pub quorum: Quorum,
    /// People whose earlier consent no longer counts: blocked, revoked, or no longer permitted.
    pub fallen: Vec<Slug>,
    /// The highest revocation that is known.
    pub seen: i64,
}
