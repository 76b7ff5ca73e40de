//! Makes and checks the broker's JWTs.

use super::claims::{
    ASK_TOKEN_SECONDS, Actor, AskClaims, AskToken, CALL_TOKEN_SECONDS, CallClaims, CallToken, Claims,
    GrantClaims, GrantToken, Known, KnownGrant, Lifetime, Signed,
};
use super::keys::{CheckingKey, SigningKey};
use super::{MAX_TOKEN_BYTES, TokenError, jwt};
use crate::remembered::Remembered;
use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use protocol::Slug;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How many signatures of each kind are remembered, twice over.
const REMEMBERED: usize = 1024;

/// Remembers that a token's *signature* (or MAC) was good and what it says, never that a call is allowed: time, place and
/// the grant are checked on every use all the same. By the SHA-256 of the whole token, its signature included.
type Signatures<C> = Remembered<[u8; 32], Arc<<C as Claims>::Known>>;

/// The broker's voice: one key that signs, and all keys whose tokens are accepted. Immutable: a rotation builds a
/// new one, which also forgets every remembered signature. Clones share one state.
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    issuer: String,
    current: SigningKey,
    /// The current one first. A handful at most.
    keys: Vec<CheckingKey>,
    grants: Signatures<GrantClaims>,
    calls: Signatures<CallClaims>,
    asks: Signatures<AskClaims>,
}

/// What is looked at of an ID token that a client sends as a hint.
#[derive(Deserialize)]
struct Hint {
    iss: String,
    aud: String,
    sub: Slug,
}

/// A token that was just signed. Whoever holds the text can use it.
pub struct SignedToken {
    text: Zeroizing<String>,
    expires_at: DateTime<Utc>,
}

impl SignedToken {
    /// The token, for its answer only.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Its `exp`.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Signer {
    /// Signs with `current`; accepts its tokens and those of `others`: older keys whose tokens may still live, and
    /// the next one, published ahead so that resource servers know it in time. `issuer` is the public URL exactly as
    /// the metadata publishes it, without a slash at the end.
    pub fn new(issuer: impl Into<String>, current: SigningKey, others: &[SigningKey]) -> Self {
        let mut keys = vec![current.check().clone()];
        for other in others {
            if keys.iter().all(|key| key.kid != other.kid()) {
                keys.push(other.check().clone());
            }
        }
        Self(Arc::new(Inner {
            issuer: issuer.into(),
            current,
            keys,
            grants: Remembered::new(REMEMBERED),
            calls: Remembered::new(REMEMBERED),
            asks: Remembered::new(REMEMBERED),
        }))
    }

    /// The public keys, as `/.well-known/jwks.json` serves them.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.0.keys.iter().map(CheckingKey::jwk).collect::<Vec<_>>() })
    }

    /// The audience of call tokens for `service`.
    pub fn audience(&self, service: &Slug) -> String {
        format!("{}/proxy/{service}", self.0.issuer)
    }

    /// The broker's own name in tokens.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The audience of tokens for asking: the agents' API.
    pub fn ask_audience(&self) -> String {
        format!("{}/v1", self.0.issuer)
    }

    /// A token for asking: ten minutes.
    pub fn ask_token(&self, ask: AskToken<'_>, now: DateTime<Utc>) -> Result<SignedToken, TokenError> {
        let iat = now.timestamp();
        self.sign(&AskClaims {
            iss: self.0.issuer.clone(),
            aud: self.ask_audience(),
            sub: ask.agent.clone(),
            client_id: ask.agent.clone(),
            iat,
            nbf: iat,
            exp: iat.saturating_add(ASK_TOKEN_SECONDS),
            jti: ask.id,
            scope: "ask".to_owned(),
            key: ask.key,
            thumbprint: ask.thumbprint.map(str::to_owned),
        })
    }

    /// Checks a token for asking. Whether the agent still has the credential must still be looked up.
    pub fn verify_ask(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<AskClaims>, TokenError> {
        let for_us = |claims: &AskClaims| claims.aud == self.ask_audience();
        self.verify(&self.0.asks, token, now, for_us, |_| true)
    }

    /// The token of a redeemed grant. It ends with the grant, rounded down to the second.
    pub fn grant_token(&self, grant: &GrantToken<'_>, now: DateTime<Utc>) -> Result<SignedToken, TokenError> {
        let iat = now.timestamp();
        let everything = vec![self.0.issuer.clone()];
        let claims = GrantClaims {
            iss: self.0.issuer.clone(),
            aud: if grant.resources.is_empty() { everything } else { grant.resources.to_vec() },
            sub: grant.owner.clone(),
            client_id: grant.client.to_owned(),
            iat,
            nbf: iat,
            exp: grant.ends_at.timestamp(),
            jti: grant.grant.clone(),
            grant_id: grant.grant.clone(),
            grant_digest: Some(grant.digest),
            act: Actor { sub: grant.agent.clone() },
            may_act: Some(Actor { sub: grant.agent.clone() }),
            authorization_details: grant.authorization_details.clone(),
            scope: grant.scope.to_owned(),
        };
        // Nobody could use it: `verify_grant` refuses it too.
        claims.services()?;
        self.sign(&claims)
    }

    /// The token of one call: at most a minute, and never past the grant.
    pub fn call_token(&self, call: &CallToken<'_>, now: DateTime<Utc>) -> Result<SignedToken, TokenError> {
        let iat = now.timestamp();
        self.sign(&CallClaims {
            iss: self.0.issuer.clone(),
            aud: self.audience(call.service),
            sub: call.owner.clone(),
            client_id: call.agent.clone(),
            act: Actor { sub: call.agent.clone() },
            iat,
            nbf: iat,
            exp: iat.saturating_add(CALL_TOKEN_SECONDS).min(call.grant_ends_at.timestamp()),
            jti: call.call.clone(),
            txn: call.call.clone(),
            grant_id: call.grant.clone(),
            grant_digest: Some(call.digest),
            service: call.service.clone(),
            action: call.action.to_owned(),
            line: call.line,
            resources: Some(call.resources.to_vec()).filter(|it| !it.is_empty()),
        })
    }

    /// Checks a grant token. What it says must still be looked up: the grant may have ended. Whether it is good for a
    /// service, [`KnownGrant::is_for`] says.
    pub fn verify_grant(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<KnownGrant>, TokenError> {
        let for_us = |claims: &GrantClaims| claims.services().is_ok();
        self.verify(&self.0.grants, token, now, for_us, |_| true)
    }

    /// Checks a call token wherever it is for.
    pub fn verify_call_of_any(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<CallClaims>, TokenError> {
        let for_us = |claims: &CallClaims| claims.aud == self.audience(&claims.service);
        self.verify(&self.0.calls, token, now, for_us, |_| true)
    }

    /// Checks a call token that is presented for `service`. What it says must still be spent in the ledger.
    pub fn verify_call(
        &self,
        token: &str,
        service: &Slug,
        now: DateTime<Utc>,
    ) -> Result<Arc<CallClaims>, TokenError> {
        let for_us = |claims: &CallClaims| claims.aud == self.audience(&claims.service);
        self.verify(&self.0.calls, token, now, for_us, |known| known.service == *service)
    }

    pub(super) fn sign<C: Signed>(&self, claims: &C) -> Result<SignedToken, TokenError> {
        let Lifetime { iat, exp, .. } = claims.lifetime();
        let expires_at = DateTime::from_timestamp(exp, 0).filter(|_| exp > iat).ok_or(TokenError::Expired)?;
        let text = Zeroizing::new(jwt::sign(&self.0.current, claims)?);
        // Nobody could use it: `verify` refuses it too.
        if text.len() > MAX_TOKEN_BYTES {
            Err(TokenError::TooLarge)
        } else {
            Ok(SignedToken { text, expires_at })
        }
    }

    /// `for_us` says whether a token is for this broker, `here` whether it is for the place where it is presented.
    fn verify<C: Claims>(
        &self,
        cache: &Signatures<C>,
        token: &str,
        now: DateTime<Utc>,
        for_us: impl Fn(&C) -> bool,
        here: impl Fn(&C::Known) -> bool,
    ) -> Result<Arc<C::Known>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        let hash = hash(token);
        let remembered = cache.get(&hash);
        let known = match &remembered {
            Some(known) => Arc::clone(known),
            None => Arc::new(self.check(jwt::read(&self.0.keys, token)?, for_us)?),
        };
        let now = now.timestamp();
        let good = match known.term() {
            _ if !here(&known) => Err(TokenError::WrongAudience),
            // Never before `iat` either, which is never after it.
            (nbf, _) if now < nbf => Err(TokenError::NotYetValid),
            // Without leeway: these are our own tokens on our own clock, and a token ends in the second that `exp` names.
            (_, exp) if now >= exp => Err(TokenError::Expired),
            _ => Ok(()),
        };
        match good {
            Ok(()) if remembered.is_none() => cache.put(hash, Arc::clone(&known)),
            Ok(()) => {}
            Err(error) => {
                cache.forget(&hash);
                return Err(error);
            }
        }
        Ok(known)
    }

    /// What a good signature does not say, and what is so once and for all; gives what is remembered of it.
    fn check<C: Claims>(&self, claims: C, for_us: impl Fn(&C) -> bool) -> Result<C::Known, TokenError> {
        let Lifetime { iat, nbf, exp } = claims.lifetime();
        if claims.iss() != self.0.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if !for_us(&claims) {
            return Err(TokenError::WrongAudience);
        }
        if !claims.agree() || exp <= iat || nbf < iat {
            return Err(TokenError::BadClaims);
        }
        Ok(claims.known())
    }

    /// The person whom an ID token of ours names to this client. A hint proves nothing and gives nothing: it may be as old
    /// as it likes (OpenID Connect Core section 3.1.2.1), as long as we still know the key.
    pub fn subject_of_hint(&self, token: &str, client: &str) -> Option<Slug> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let hint: Hint = jwt::read_hint(&self.0.keys, token, "JWT").ok()?;
        (hint.iss == self.0.issuer && hint.aud == client).then_some(hint.sub)
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> (usize, usize) {
        (self.0.grants.len(), self.0.calls.len())
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.0.keys.iter().map(|key| key.kid.as_str()).collect();
        f.debug_struct("Signer").field("issuer", &self.0.issuer).field("kids", &kids).finish_non_exhaustive()
    }
}
