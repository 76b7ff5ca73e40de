//! A client that lost the stream of a call asks again. What may have changed something is not done twice: whoever repeats it, by
//! the same key or in the same words while the first has no answer yet, gets the answer of the first.

use protocol::GrantId;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How long an answer that no client got is kept.
const KEPT: Duration = Duration::from_secs(120);
/// Calls that are remembered at once.
const MOST: usize = 10_000;

/// What a repeat is recognised by: its grant, and its key or the digest of its words.
pub(super) type Same = (GrantId, String);

/// Calls that may be repeated.
#[derive(Debug, Default)]
pub(crate) struct Repeats(Mutex<HashMap<Same, Slot>>);

#[derive(Debug)]
struct Slot {
    answer: watch::Receiver<Option<Value>>,
    /// Whether the client of the first is known to be gone, or the repeat says by its key that it is one.
    open: bool,
    keyed: bool,
    until: Option<Instant>,
}

/// Where the answer of a call goes.
pub(super) struct First {
    answer: watch::Sender<Option<Value>>,
    same: Same,
}

impl Repeats {
    /// Begins a call; or the answer to wait for, if it is a repeat of one.
    pub fn begin(&self, same: Same, keyed: bool) -> Result<First, watch::Receiver<Option<Value>>> {
        let now = Instant::now();
        let mut slots = self.lock();
        if slots.len() >= MOST {
            slots.retain(|_, slot| slot.until.is_none_or(|until| until > now));
        }
        let waiting = slots.get(&same).filter(|slot| slot.until.is_none_or(|until| until > now));
        if let Some(slot) = waiting.filter(|slot| slot.open || slot.keyed) {
            return Err(slot.answer.clone());
        }
        let (sender, answer) = watch::channel(None);
        slots.insert(same.clone(), Slot { answer, open: false, keyed, until: None });
        Ok(First { answer: sender, same })
    }

    /// The client of a call is gone: who asks the same now repeats it.
    pub fn left(&self, same: &Same) {
        if let Some(slot) = self.lock().get_mut(same) {
            slot.open = true;
        }
    }

    /// A call has its answer, or none that could be kept.
    pub fn end(&self, first: First, answer: Option<Value>, delivered: bool) {
        let mut slots = self.lock();
        let keep = slots.get_mut(&first.same).filter(|slot| answer.is_some() && (slot.keyed || !delivered));
        match keep {
            Some(slot) => slot.until = Some(Instant::now() + KEPT),
            None => {
                slots.remove(&first.same);
            }
        }
        drop(slots);
        first.answer.send_replace(answer);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Same, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl First {
    /// What it is recognised by.
    pub fn same(&self) -> &Same {
        &self.same
    }
}
