//! What was acknowledged to agents and people, and what they saw that must not be.

use std::sync::{Arc, Mutex, PoisonError};

use protocol::{GrantId, RequestId};

/// The broker said that this is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    Opened(RequestId),
    Approved(RequestId),
    Redeemed(GrantId),
    /// A call under this grant, for this item, came back with the service's answer.
    Called(GrantId, String),
    Minted(GrantId),
    /// A revocation, by its number.
    Revoked(GrantId, i64),
}

impl Ack {
    pub fn grant(&self) -> GrantId {
        match self {
            Self::Opened(request) | Self::Approved(request) => request.grant(),
            Self::Redeemed(grant)
            | Self::Called(grant, _)
            | Self::Minted(grant)
            | Self::Revoked(grant, _) => grant.clone(),
        }
    }
}

/// Clones write into the same notes.
#[derive(Clone, Default)]
pub struct Witness(Arc<Mutex<Notes>>);

/// What was noted.
#[derive(Clone, Default)]
pub struct Notes {
    pub acknowledged: Vec<Ack>,
    /// What was tried under which grant, whatever came of it.
    pub tried: Vec<(GrantId, String)>,
    /// Calls that were refused in these words: nothing happened.
    pub refused: Vec<String>,
    pub violations: Vec<String>,
    /// Refusals and failures by their words, to tell a broker that refuses from one that is away.
    pub failures: std::collections::BTreeMap<String, usize>,
}

impl Witness {
    fn note(&self, note: impl FnOnce(&mut Notes)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn acknowledged(&self, ack: Ack) {
        self.note(|notes| notes.acknowledged.push(ack));
    }

    pub fn tried(&self, grant: &GrantId, item: &str) {
        self.note(|notes| notes.tried.push((grant.clone(), item.to_owned())));
    }

    pub fn refused(&self, item: &str) {
        self.note(|notes| notes.refused.push(item.to_owned()));
    }

    pub fn violation(&self, what: String) {
        self.note(|notes| notes.violations.push(what));
    }

    pub fn failed(&self, words: String) {
        self.note(|notes| *notes.failures.entry(words).or_default() += 1);
    }

    /// The notes up to now.
    pub fn notes(&self) -> Notes {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
