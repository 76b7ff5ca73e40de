//! A bounded memory of things that do not change while they may be remembered. What may be remembered is said where
//! each one is declared; that a call is allowed never is.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Bounded by two generations: when the young one is full it becomes the old one, and the old one goes. What is used
/// moves to the young one, so the busiest entries stay. Values are cheap to clone: an `Arc`, as a rule.
#[derive(Debug)]
pub struct Remembered<K, V> {
    /// At most so many in each generation.
    capacity: usize,
    /// Held for a map operation, never across an await.
    generations: Mutex<Generations<K, V>>,
}

#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash + Clone, V: Clone> Remembered<K, V> {
    /// An empty memory of at most `capacity` entries, twice over.
    pub fn new(capacity: usize) -> Self {
        let generations = Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() });
        Self { capacity, generations }
    }

    /// What is remembered under this key.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut generations = self.lock();
        if let Some(value) = generations.young.get(key) {
            return Some(value.clone());
        }
        let value = generations.old.remove(key)?;
        generations.put(key.clone(), value.clone(), self.capacity);
        Some(value)
    }

    /// Remembers this.
    pub fn put(&self, key: K, value: V) {
        self.lock().put(key, value, self.capacity);
    }

    /// For what is over or has changed.
    pub fn forget(&self, key: &K) {
        let mut generations = self.lock();
        generations.young.remove(key);
        generations.old.remove(key);
    }

    /// How much is remembered.
    pub fn len(&self) -> usize {
        let generations = self.lock();
        generations.young.len() + generations.old.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    // Poisoning is ignored: losing or keeping an entry is harmless.
    fn lock(&self) -> MutexGuard<'_, Generations<K, V>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn put(&mut self, key: K, value: V, capacity: usize) {
        if self.young.len() >= capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let memory = Remembered::new(8);
        memory.put(0, 0);
        for number in 1..1000 {
            memory.put(number, number);
            assert_eq!(memory.get(&0), Some(0), "the busy one, after {number}");
            assert!(memory.len() <= 16);
        }
        assert!(memory.get(&1).is_none(), "an unused old one is gone");
        assert_eq!(memory.get(&999), Some(999));
    }

    #[test]
    fn forgetting_reaches_both_generations() {
        let memory = Remembered::new(1);
        for number in [1, 2] {
            memory.put(number, number);
        }
        assert_eq!(memory.len(), 2);
        memory.forget(&1);
        memory.forget(&2);
        assert_eq!(memory.len(), 0);
    }
}
