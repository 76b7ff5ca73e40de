//! The vault is sealed or opened, and its keys change. Every one of these is rare, and all but re-wrapping are alone:
//! no other broker seals or authorises anything while they are committed.

use super::{Acting, Why};
use crate::{
    events::Event,
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        keys::{self, Passphrase, SigningKey, WrappedKey},
        watermarks,
    },
};
use chrono::{DateTime, Utc};
use domain::watermark::{SEALED, UNSEALED};
use protocol::record::Actor;
use serde_json::json;

/// One change.
#[derive(Debug, Clone)]
pub enum KeyAct {
    /// The kill switch: from here on nothing is called, on any broker, until the seal is lifted.
    Seal {
        /// Why, in the words of who did it.
        reason: Option<String>,
    },
    /// Lifts the seal, if there is one. Each broker still needs its root key.
    Unseal,
    /// The first key of an installation, and the passphrase that is its root key if it has one.
    Begin {
        /// The key.
        key: WrappedKey,
        /// The numbers of the passphrase.
        passphrase: Option<Passphrase>,
    },
    /// The first signing key.
    Sign(SigningKey),
    /// The next key of the keyring: from here on everything is sealed with it.
    Add(WrappedKey),
    /// Records that the newest key wraps now, each in the place of the one that was read.
    Rewrap {
        /// Of connections.
        connections: Vec<Rewrapped>,
        /// Of signing keys.
        signing: Vec<Rewrapped>,
        /// Of passkeys; one that does not open any more loses its seal, and counts for no decision.
        passkeys: Vec<Rewrapped>,
        /// The newest key.
        key: i64,
    },
    /// Keys of the keyring that no record needs any more.
    Retire(Vec<i64>),
    /// The whole keyring under another root key.
    Root {
        /// Each row as it was read, and as it is to be.
        rows: Vec<(WrappedKey, WrappedKey)>,
        /// The numbers of the new passphrase, if it is one.
        passphrase: Option<Passphrase>,
    },
    /// Another signing key in the place of those that there are.
    Replace {
        /// The new one.
        key: SigningKey,
        /// Until when tokens of the others are accepted; those of none, if not at all.
        until: Option<DateTime<Utc>>,
    },
    /// Signing keys whose last token has ended are forgotten.
    Drop,
}

/// A record that another key wraps now.
#[derive(Debug, Clone)]
pub struct Rewrapped {
    /// Whose: a connection, a signing key or a passkey.
    pub id: String,
    /// As it was read.
    pub before: String,
    /// As it is to be.
    pub after: String,
}

impl KeyAct {
    /// Whether it needs the lock that no other batch shares: all but what goes on for long.
    pub(super) fn is_alone(&self) -> bool {
        !matches!(self, Self::Rewrap { .. })
    }

    /// Whether it is done in a database that nobody has accepted yet: the kill switch, and what a start needs.
    pub(super) fn goes_while_suspended(&self) -> bool {
        matches!(self, Self::Seal { .. } | Self::Unseal | Self::Begin { .. } | Self::Sign(_) | Self::Drop)
    }
}

impl Acting<'_> {
    pub(super) async fn keys(mut self, act: &KeyAct) -> sqlx::Result<Outcome> {
        let outcome = match act {
            KeyAct::Seal { reason } => self.seal(reason.as_deref()).await,
            KeyAct::Unseal => self.unseal().await,
            KeyAct::Begin { key, passphrase } => self.begin(key, passphrase.as_ref()).await,
            KeyAct::Sign(key) => self.sign(key).await,
            KeyAct::Add(key) => self.add_key(key).await,
            KeyAct::Rewrap { connections, signing, passkeys, key } => {
                return self.rewrap(connections, signing, passkeys, *key).await; // no key changes: nobody has to hear of it
            }
            KeyAct::Retire(ids) => self.retire(ids).await,
            KeyAct::Root { rows, passphrase } => self.root(rows, passphrase.as_ref()).await,
            KeyAct::Replace { key, until } => self.replace(key, *until).await,
            KeyAct::Drop => self.drop_signing().await,
        }?;
        if outcome.is_ok() {
            self.pen.events.push(Event::Vault);
        }
        Ok(outcome)
    }

    async fn seal(&mut self, reason: Option<&str>) -> sqlx::Result<Outcome> {
        let number = self.mark(SEALED).await?;
        let mut facts = Facts::from_iter([("number".to_owned(), json!(number))]);
        facts.extend(reason.map(|reason| ("reason".to_owned(), json!(reason))));
        self.keep("vault.sealed", Actor::Host, facts);
        Ok(Ok(Answer::Number(number)))
    }

    async fn unseal(&mut self) -> sqlx::Result<Outcome> {
        let lifts = keys::standing(self.conn).await?.is_sealed();
        let number = if lifts { self.mark(UNSEALED).await? } else { 0 };
        let mut facts = Facts::from_iter([("lifts_the_seal".to_owned(), json!(lifts))]);
        facts.extend(lifts.then(|| ("number".to_owned(), json!(number))));
        self.keep("vault.unsealed", Actor::Host, facts);
        Ok(Ok(Answer::Number(number)))
    }

    /// A number like a revocation's: every batch learns it with the revocations, at no cost of its own.
    pub(super) async fn mark(&mut self, key: &str) -> sqlx::Result<i64> {
        let number = watermarks::next(self.conn).await?;
        watermarks::add(self.conn, number, key, self.pen.now).await?;
        // This batch is the first that has seen the number it sets.
        self.pen.watermark = number;
        Ok(number)
    }

    async fn begin(&mut self, key: &WrappedKey, passphrase: Option<&Passphrase>) -> sqlx::Result<Outcome> {
        if !keys::keyring(self.conn).await?.is_empty() {
            return Ok(Err(Why::Outdated("this installation has its first key already".to_owned())));
        }
        keys::add(self.conn, key).await?;
        if let Some(passphrase) = passphrase {
            keys::add_passphrase(self.conn, passphrase).await?;
        }
        keys::changed(self.conn).await?;
        let facts = Facts::from_iter([
            ("key".to_owned(), json!(key.id)),
            ("root".to_owned(), json!(key.root_id)),
            ("passphrase".to_owned(), json!(passphrase.is_some())),
        ]);
        self.keep("vault.key_added", Actor::Host, facts);
        Ok(Ok(Answer::Done))
    }

    async fn sign(&mut self, key: &SigningKey) -> sqlx::Result<Outcome> {
        if !keys::signing(self.conn).await?.is_empty() {
            return Ok(Err(Why::Outdated("there is a signing key already".to_owned())));
        }
        keys::add_signing(self.conn, key).await?;
        keys::changed(self.conn).await?;
        let facts = Facts::from_iter([("kid".to_owned(), json!(key.kid))]);
        self.keep("signing_key.added", Actor::Host, facts);
        Ok(Ok(Answer::Done))
    }

    pub(super) fn keep(&mut self, kind: &str, actor: Actor, facts: Facts) {
        self.pen.write(kind, actor, None, None, facts);
    }
}
