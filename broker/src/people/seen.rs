//! Who and what was in use: kept here and written down by the sweeper, so that reading a page or making a call costs
//! no write of its own.

use chrono::{DateTime, Utc};
use protocol::RequestId;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// What was in use since the last time it was written down.
#[derive(Debug, Default)]
pub struct Seen {
    sessions: Mutex<HashMap<String, DateTime<Utc>>>,
    grants: Mutex<HashMap<RequestId, DateTime<Utc>>>,
}

/// What was in use, and when last.
pub type Uses<K> = Vec<(K, DateTime<Utc>)>;

impl Seen {
    /// A web session (by its HMAC) was used.
    pub fn session(&self, mac: &str, at: DateTime<Utc>) {
        note(&self.sessions, mac.to_owned(), at);
    }

    /// A grant was called.
    pub fn grant(&self, request: RequestId, at: DateTime<Utc>) {
        note(&self.grants, request, at);
    }

    /// Takes everything out, to be written down.
    pub fn take(&self) -> (Uses<String>, Uses<RequestId>) {
        (drain(&self.sessions), drain(&self.grants))
    }
}

fn note<K: Eq + Hash>(uses: &Mutex<HashMap<K, DateTime<Utc>>>, key: K, at: DateTime<Utc>) {
    uses.lock().unwrap_or_else(PoisonError::into_inner).insert(key, at);
}

fn drain<K: Eq + Hash>(uses: &Mutex<HashMap<K, DateTime<Utc>>>) -> Uses<K> {
    uses.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
}
