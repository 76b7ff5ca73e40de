//! Remembers that a token's *signature* was good, never that a call is allowed: time, audience and the grant are
//! checked on every use all the same.

use aws_lc_rs::digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// SHA-256 of the whole token, its signature included.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hash.as_ref());
        Self(bytes)
    }
}

/// Bounded by two generations: when the young one is full it becomes the old one, and the old one goes. What is used
/// moves to the young one, so the busiest tokens stay.
pub(super) struct SignatureCache<C> {
    /// At most so many in each generation.
    capacity: usize,
    /// Held for a map operation, never across an await.
    generations: Mutex<Generations<C>>,
}

struct Generations<C> {
    young: HashMap<TokenHash, Arc<C>>,
    old: HashMap<TokenHash, Arc<C>>,
}

impl<C> SignatureCache<C> {
    pub(super) fn new(capacity: usize) -> Self {
        let generations = Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() });
        Self { capacity, generations }
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<Arc<C>> {
        let mut generations = self.lock();
        if let Some(claims) = generations.young.get(hash) {
            return Some(Arc::clone(claims));
        }
        let claims = generations.old.remove(hash)?;
        generations.put(*hash, Arc::clone(&claims), self.capacity);
        Some(claims)
    }

    pub(super) fn put(&self, hash: TokenHash, claims: Arc<C>) {
        self.lock().put(hash, claims, self.capacity);
    }

    /// For a token that is over.
    pub(super) fn forget(&self, hash: &TokenHash) {
        let mut generations = self.lock();
        generations.young.remove(hash);
        generations.old.remove(hash);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let generations = self.lock();
        generations.young.len() + generations.old.len()
    }

    // Poisoning is ignored: losing or keeping an entry is harmless.
    fn lock(&self) -> MutexGuard<'_, Generations<C>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Generations<C> {
    fn put(&mut self, hash: TokenHash, claims: Arc<C>, capacity: usize) {
        if self.young.len() >= capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> TokenHash {
        TokenHash::of(&number.to_string())
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let cache = SignatureCache::new(8);
        cache.put(hash(0), Arc::new(0));
        for number in 1..1000 {
            cache.put(hash(number), Arc::new(number));
            assert_eq!(cache.get(&hash(0)).as_deref(), Some(&0), "the busy one, after {number}");
            assert!(cache.len() <= 16);
        }
        assert!(cache.get(&hash(1)).is_none(), "an unused old one is gone");
        assert_eq!(cache.get(&hash(999)).as_deref(), Some(&999));
    }

    #[test]
    fn forgetting_reaches_both_generations() {
        let cache = SignatureCache::new(1);
        for number in [1, 2] {
            cache.put(hash(number), Arc::new(number));
        }
        assert_eq!(cache.len(), 2);
        cache.forget(&hash(1));
        cache.forget(&hash(2));
        assert_eq!(cache.len(), 0);
    }
}
